"""Write the tables of the documents that repeat what the code says.

    python docs/make_tables.py           # write them
    python docs/make_tables.py --check   # exit 1 where one is out of date

A table stands between `<!-- table: NAME -->` and `<!-- end -->`.
"""

import argparse
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from labelfix.check.formats.registry import FILE_FORMATS, FORMATS
from labelfix.data.label_typos import LARGEST_SHARE
from labelfix.judging.splits import SPLIT_COLUMNS
from labelfix.options.cross_fit_options import CrossFitOptions
from labelfix.options.diffusion_options import PAPER_DDIM_STEPS, PRESETS, DiffusionOptions
from labelfix.options.review_options import ReportOptions
from labelfix.options.rule_options import RuleOptions
from labelfix.options.train_options import TrainOptions

ROOT = Path(__file__).parent.parent
PLACE = re.compile(r"(<!-- table: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)

OF_FORMAT = {
    "full": "people: each finding with what to do",
    "concise": "people: one line for each finding",
    "json": "programs ([keys](file-formats.md#findings-as-json))",
    "json-lines": "programs: one object for each finding",
    "github": "annotations in GitHub Actions",
    "gitlab": "code quality in GitLab",
    "junit": "tests in GitLab, Jenkins and others",
    "sarif": "code scanning",
    "markdown": "summaries and comments",
    "csv": "spreadsheets ([columns](file-formats.md#findings-as-csv-and-parquet))",
    "parquet": "data frames, with the same columns; needs `--output-file`",
}
"""Who reads each output format."""


def main() -> None:
    """Write the tables, or see whether they are up to date."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing")
    only_check = parser.parse_args().check
    stale = [path for path in pages() if filled(read(path)) != read(path)]
    for path in stale:
        if not only_check:
            path.write_text(filled(read(path)), encoding="utf-8", newline="\n")
        print(f"{'out of date' if only_check else 'written'}: {path.relative_to(ROOT)}")
    sys.exit(1 if stale and only_check else 0)


def pages() -> list[Path]:
    """The documents that have tables."""
    every = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    return [path for path in every if PLACE.search(read(path))]


def read(path: Path) -> str:
    """The text of a document."""
    return path.read_text(encoding="utf-8")


def filled(text: str) -> str:
    """A document with its tables as the code has them now.

    Raises:
        KeyError: there is no table of a name.
    """
    return PLACE.sub(lambda place: f"{place[1]}{TABLES[place[2]]()}\n{place[3]}", text)


def table(header: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Lines of Markdown, without a newline at the end."""
    names = list(header)
    cells = [names, ["---"] * len(names), *[[str(cell) for cell in row] for row in rows]]
    return "\n".join(f"| {' | '.join(row)} |" for row in cells)


def training_table() -> str:
    """The defaults of the noise-aware training, and those of `--fast`."""
    usual, fast = CrossFitOptions(), TrainOptions(fast=True).of_method()
    if not isinstance(fast, CrossFitOptions):
        raise TypeError(f"expected CrossFitOptions for --fast, found {type(fast).__name__}")
    return table(
        ["training", "default", "`--fast`"],
        [
            ["folds", usual.folds, fast.folds],
            ["width of the hidden layer (`--width`)", f"{usual.width:,}", f"{fast.width:,}"],
            ["share of it that a step drops", usual.dropout, fast.dropout],
            ["passes over the images (`--denoiser-epochs`)", usual.epochs, fast.epochs],
            ["steps of each denoiser, at least", usual.least_steps, fast.least_steps],
            ["images in a step, at most", f"{usual.batch_size:,}", f"{fast.batch_size:,}"],
            ["learning rate (`--learning-rate`)", usual.learning_rate, fast.learning_rate],
            ["share of steps in which it rises", usual.warmup_share, fast.warmup_share],
            ["passes of the first round", usual.early_epochs, fast.early_epochs],
            ["images that it measures on", f"{usual.early_rows:,}", f"{fast.early_rows:,}"],
        ],
    )


def paper_table() -> str:
    """The defaults of the method of the paper."""
    usual = DiffusionOptions()
    return table(
        ["training", "default"],
        [
            ["timesteps T (`--timesteps`)", f"{usual.timesteps:,}"],
            ["width of the layers (`--width`)", usual.width],
            ["images in a step", usual.batch_size],
            ["learning rate (`--learning-rate`)", usual.learning_rate],
            ["share of steps in which it rises", usual.warmup_share],
            ["passes over the images (`--denoiser-epochs`)", usual.epochs],
            ["steps, at least", f"{usual.least_steps:,}"],
            ["norm to which gradients are clipped", f"{usual.largest_gradient_norm:g}"],
            ["steps between checkpoints", usual.checkpoint_steps],
            ["steps of DDIM (`--ddim-steps`)", PAPER_DDIM_STEPS],
        ],
    )


def preset_table() -> str:
    """The settings of every preset; those that are equal share a column."""
    columns: dict[object, list[str]] = {}
    for name, preset in PRESETS.items():
        columns.setdefault(preset, []).append(f"`{name}`")
    presets = [PRESETS[names[0].strip("`")] for names in columns.values()]
    rates = [f"{each.schedule_epochs or each.epochs}, {each.warmup_epochs}" for each in presets]
    rows = {
        "`--neighbours` (K)": [each.neighbours for each in presets],
        "`--width`": [each.width for each in presets],
        "`--denoiser-epochs`": [each.epochs for each in presets],
        "the learning rate falls to 0 over, rises over (passes)": rates,
        "images in a step": [each.batch_size for each in presets],
        "`--weighting`": [each.weighting for each in presets],
        "`--image-branch`": [each.image_branch for each in presets],
        "`--branch-weights`": [each.branch_weights for each in presets],
        "`--embed-again`": [each.embed_again for each in presets],
        "`--validation-share`": [each.validation_share for each in presets],
    }
    return table(
        ["`--preset`", *[", ".join(names) for names in columns.values()]],
        [[name, *cells] for name, cells in rows.items()],
    )


def format_table() -> str:
    """The output formats of `check`."""
    return table(
        ["`--output-format`", "for"],
        [[f"`{name}`", OF_FORMAT[name]] for name in (*FORMATS, *FILE_FORMATS)],
    )


def threshold_table() -> str:
    """The numbers that decide about findings."""
    rules, report = RuleOptions(), ReportOptions()
    columns = " or ".join(f"`{name}`" for name in SPLIT_COLUMNS)
    return table(
        ["rule", "decides", "default", "option"],
        [
            ["`wrong-label`", "P(wrong), at least", rules.min_confidence, "`--min-confidence`"],
            [
                "`uncertain-label`",
                "P(wrong), at least",
                rules.uncertain_from,
                "`--min-confidence uncertain-label=P`",
            ],
            [
                "`label-variant`",
                "rows of the rare spelling, at most",
                f"{LARGEST_SHARE} of the other's",
                "",
            ],
            ["copies", "cosine similarity, at least", rules.near_duplicate, "`--near-duplicate`"],
            ["`split-leak`", "column of splits", columns, "`--split-column`"],
            [
                "`rare-class`",
                "images, fewer than",
                rules.rare_class_images,
                "`--rare-class-images`",
            ],
            [
                "`noisy-annotator`",
                "share of wrong labels, more than",
                rules.annotator_wrong_rate,
                "`--max-annotator-wrong-rate`",
            ],
            [
                "the report",
                "findings about images, at most",
                "all" if report.most_cards is None else f"{report.most_cards:,}",
                "`--most-cards`",
            ],
            [
                "the report",
                "one file up to",
                f"{report.most_bytes / 1e6:.0f} MB",
                "`--single-file`",
            ],
        ],
    )


TABLES: dict[str, Callable[[], str]] = {
    "training": training_table,
    "paper": paper_table,
    "presets": preset_table,
    "formats": format_table,
    "thresholds": threshold_table,
}

if __name__ == "__main__":
    main()
