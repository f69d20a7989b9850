"""The documents say what the program does: its commands, options, files, columns and links."""

import dataclasses
import importlib.util
import json
import re
import shlex
import tomllib
from dataclasses import fields
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import typer
from safetensors import safe_open
from safetensors.torch import load_file

from labelfix.check.baseline import Baseline, Entry
from labelfix.check.baseline_file import read_baseline, write_baseline
from labelfix.check.formats.registry import FILE_FORMATS, FORMATS, render
from labelfix.check.history import PastCheck
from labelfix.check.rules.registry import RULES
from labelfix.check.verdict import EXPIRED, FIXED, GONE, Finding, StaleEntry, Verdict
from labelfix.cli import app as cli_app
from labelfix.correction.noise_files import noise_as_json, write_annotators, write_noise_transition
from labelfix.data import columns, corrections, embeddings, manifest, neighbours
from labelfix.data.answers import ANSWER_COLUMNS
from labelfix.data.audited_labels import CANNOT_TELL, NO_CLASS, Audits, save_audits
from labelfix.data.corrections import (
    ATYPICAL,
    EVIDENCE_COLUMNS,
    INSUFFICIENT_SUPPORT,
    NO_LABEL,
    OF_NO_CLASS,
    OFF_TOPIC,
    UNKNOWN_LABEL,
    Corrections,
)
from labelfix.data.image_endings import IMAGE_SUFFIXES
from labelfix.data.neighbours import Neighbours
from labelfix.data.records import Record, RowCounts
from labelfix.data.shares import AnnotatorQuality, WrongShare
from labelfix.data.workspace import Workspace
from labelfix.encoders.simclr import METADATA, TrainedEncoder
from labelfix.images.decode import MAX_PIXELS
from labelfix.methods.noise_aware.cross_fit import CrossFit, CrossFitDenoiser, save_cross_fit
from labelfix.methods.noise_aware.label_denoiser import build_label_denoiser
from labelfix.methods.noise_aware.learned_noise import ABOUT, save_learned_noise
from labelfix.methods.noise_aware.rounds import ROWS_A_CLASS
from labelfix.methods.paper.denoiser import Denoiser, save_denoiser
from labelfix.methods.paper.denoiser_network import NetworkShape, build_network
from labelfix.methods.paper.denoiser_training import REPORT_STEPS
from labelfix.methods.training_course import TrainingReport
from labelfix.noise.annotators import MOST_HYPOTHESES
from labelfix.noise.audits import DISCREPANCY_SPREAD, LEAST_AUDITS, LEAST_CHANCE
from labelfix.noise.batch_rate import PRIOR_WRONG, TRUST
from labelfix.noise.candidates import QUANTILES, DoubtScale
from labelfix.noise.class_noise import ANCHOR_SHARE
from labelfix.noise.class_noise import SHARPNESS_SPREAD as FIRST_SHARPNESS_SPREAD
from labelfix.noise.encoder_strength import Recognition
from labelfix.noise.estimate import LearnedNoise, NoiseEstimate
from labelfix.noise.evidence import PRIOR_ROWS as USUAL_ROWS
from labelfix.noise.evidence import Mixing
from labelfix.noise.folds import NEAR_DUPLICATE
from labelfix.noise.hypotheses import (
    EVIDENCE_ROWS,
    FITTED_ROWS,
    ROWS_OF_A_CLASS,
    SHARPNESS_SPREAD,
    SHARPNESSES,
    SLOPE_SPREAD,
    SLOPES,
    USUAL_SLOPE,
    NoiseModel,
)
from labelfix.noise.mixture import CLASS_ROWS, SOURCES, Mixture
from labelfix.noise.nearness import FAR_OUT, LeastNearness
from labelfix.noise.text_view import TextView
from labelfix.options import settings_file as settings
from labelfix.options.batch_options import EXPECTED_WRONG_RATE
from labelfix.options.cross_fit_options import CrossFitOptions
from labelfix.options.diffusion_options import PAPER_DDIM_STEPS, DiffusionOptions
from labelfix.options.embed_options import EmbedOptions
from labelfix.options.relabel_options import RelabelOptions
from labelfix.options.review_options import AuditOptions, ReportOptions
from labelfix.options.train_options import METHODS, TrainOptions
from labelfix.patches.change import Change, Origin, Patch, RowKey
from labelfix.patches.patch_file import write_patch
from labelfix.review import questions_file
from labelfix.simclr.epoch_reports import EpochReport

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.glob("*.md"))]
LINKING_PAGES = [
    *PAGES,
    ROOT / "CHANGELOG.md",
    ROOT / "sample_data" / "README.md",
    *sorted((ROOT / "benchmarks").glob("*.md")),
]

USAGE_ERROR = typer.BadParameter.__base__
"""Of click, which newer versions of typer have within."""

IN_WORDS = {3: "three", 4: "four"}
FAST = TrainOptions(fast=True).of_method()

NOT_SHELL = {"python", "toml", "json", "csv"}


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


# What stands in a document


def fenced_blocks(text: str) -> list[tuple[str, str]]:
    """(what stands after the fence, content) of every fenced block."""
    return re.findall(r"^```([^\n]*)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def commands_in(text: str, *, wrong: bool = False) -> list[list[str]]:
    """The words after `labelfix` of every labelfix command in the blocks.

    In a `console` block, and after a `$ ` anywhere, the line is a command. In other blocks it may
    be an output that begins with `labelfix`: it is a command if a command or an option follows.
    A block with the mark `wrong-usage` shows what labelfix refuses.
    """
    found = []
    for information, content in fenced_blocks(text):
        language, *marks = information.split() or [""]
        if language in NOT_SHELL or wrong != ("wrong-usage" in marks):
            continue
        for line in content.replace("\\\n", " ").splitlines():
            prompted = line.startswith("$ ")
            if language == "console" and not prompted:
                continue
            for command in simple_commands(line.removeprefix("$ ")):
                words = labelfix_words(command)
                if words and (prompted or re.match(r"[a-z-]", words[0])):
                    found.append(words)
    return found


def simple_commands(line: str) -> list[str]:
    """A line of shell cut at its operators; what is quoted stays together."""
    pieces = re.findall(r"'[^']*'|\"[^\"]*\"|&&|\|\||[;|]|[^'\";|&]+|.", line)
    commands = [""]
    for piece in pieces:
        if piece in ("&&", "||", ";", "|"):
            commands.append("")
        else:
            commands[-1] += piece
    return [command.strip() for command in commands]


def labelfix_words(command: str) -> list[str]:
    """The words after `labelfix` in a simple command, without redirections; none for another."""
    in_front = r"(?:- )?(?:run: )?(?:\w+=\S* )*(?:timeout .*? )?(?:python3? -m )?"
    found = re.match(in_front + r"labelfix (.*)", command)
    if found is None:
        return []
    return shlex.split(re.sub(r"\d?>>?\s*\S+", "", found[1]), comments=True)


def test_patches__page_has_the_keys_of_the_file(tmp_path):
    origin = Origin(
        manifest="m.csv",
        sha256="",
        rows_sha256="",
        label_column="label",
        image_column="image",
        made_at="",
        made_by="",
    )
    change = Change(
        key=RowKey("a.png", "ann", 1),
        copies=2,
        content_hash="",
        row=1,
        before="cat",
        after="dog",
        who="",
        when="",
        why="",
        confidence=None,
        split="train",
        cell="",
    )
    path = tmp_path / "a.patch.jsonl"
    write_patch(path, Patch(origin, [change]))
    of_file = [list(json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]
    tables = tables_under(DOCS / "patches.md", "## The patch file")
    told = [[key for cell in table for key in cell.split("`, `")] for table in tables]
    assert [sorted(keys) for keys in told] == [sorted(keys) for keys in of_file]


def section_of(page: Path, heading: str) -> str:
    """The text between a heading and the next one of any depth."""
    _, _, section = f"\n{read(page)}".partition(f"\n{heading}\n")
    assert section, f"{name_of(page)} has no heading {heading!r}"
    return re.split(r"^#", section, maxsplit=1, flags=re.MULTILINE)[0]


def tables_under(page: Path, heading: str) -> list[dict[str, str]]:
    """The first two columns of every table under a heading, without backticks and `[D]`."""
    tables = []
    for table in re.findall(r"(?:^\|.*\n)+", section_of(page, heading), re.MULTILINE):
        _header, _rule, *rows = table.splitlines()
        cells = [[cell.strip(" `") for cell in row.strip("|").split("|")] for row in rows]
        tables.append({name: re.sub(r"\[\w\]$", "", kind) for name, kind, *_ in cells})
    return tables


def documented(heading: str) -> dict[str, str]:
    """The first table under a heading of the file formats."""
    return tables_under(DOCS / "file-formats.md", heading)[0]


def row_of(heading: str, name: str) -> str:
    """The row of a table in the file formats whose first column is a name."""
    section = section_of(DOCS / "file-formats.md", heading)
    (found,) = re.findall(rf"^\| `{re.escape(name)}` \|.*$", section, re.MULTILINE)
    return found


def anchors(text: str) -> set[str]:
    """The anchors of the headings, as GitHub makes them."""
    without_code = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", without_code, re.MULTILINE)
    }


# The command line


def script(name: str):
    """A program of the documents as a module."""
    specification = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.mark.parametrize("terminal_width", ["20", "80", "300"])
def test_cli_reference__is_up_to_date(monkeypatch, terminal_width):
    monkeypatch.setenv("COLUMNS", terminal_width)
    monkeypatch.setenv("FORCE_COLOR", "1")
    text = script("make_cli_reference").reference()
    assert read(DOCS / "cli-reference.md") == text, "run: python docs/make_cli_reference.py"
    assert "\x1b" not in text
    assert "\\[" not in text


def test_tables__are_up_to_date():
    tables = script("make_tables")
    assert [path.name for path in tables.pages()] == ["ci.md", "how-it-works.md"]
    for path in tables.pages():
        assert read(path) == tables.filled(read(path)), "run: python docs/make_tables.py"


def test_tables__an_old_value_is_replaced():
    tables = script("make_tables")
    old = "before\n<!-- table: formats -->\n| an old table |\n<!-- end -->\nafter\n"
    new = tables.filled(old)
    assert "| an old table |" not in new
    assert new.startswith("before\n<!-- table: formats -->\n| `--output-format` | for |\n")
    assert new.endswith("|\n<!-- end -->\nafter\n")


def test_cli_reference__has_every_option_of_every_command():
    for name in cli_app.COMMANDS:
        command = typer.main.get_command(cli_app.app)
        for word in name.split():
            command = command.commands[word]
        section = section_of(DOCS / "cli-reference.md", f"## labelfix {name}")
        for parameter in command.params:
            for option in parameter.opts if parameter.param_type_name == "option" else ():
                assert f"`{option}`" in section, f"labelfix {name} {option}"


def test_commands_in__finds_commands_alone():
    text = "\n".join(
        [
            "labelfix outside of a block",
            "```sh",
            "pip install . && labelfix run a b --out c  # why",
            "LABELFIX_WORKSPACE=w python -m labelfix train",
            "labelfix run a b \\",
            "    --delimiter ';' --out c > d.json; labelfix index | labelfix train",
            "git clone labelfix",
            "```",
            "```console",
            "$ labelfix --version",
            "labelfix 0.1.0",
            "labelfix train",
            "```",
            "```",
            "labelfix 0.1.0",
            "labelfix relabel",
            "```",
            "```python",
            "labelfix train",
            "```",
            "```console wrong-usage",
            "$ labelfix --wrong",
            "```",
        ]
    )
    assert commands_in(text) == [
        ["run", "a", "b", "--out", "c"],
        ["train"],
        ["run", "a", "b", "--delimiter", ";", "--out", "c"],
        ["index"],
        ["train"],
        ["--version"],
        ["relabel"],
    ]
    assert commands_in(text, wrong=True) == [["--wrong"]]


def parse(words: list[str]) -> None:
    """Parse a command line with the real commands, and run nothing.

    Raises:
        Exception: typer's own for an unknown option or a wrong value; KeyError for a command.
    """
    group = typer.main.get_command(cli_app.app)
    help_options = group.context_settings["help_option_names"]
    if not words or words[0].startswith("-"):
        known = {name for parameter in group.params for name in parameter.opts}
        assert {*words} <= {*known, *help_options}, f"no options of labelfix: {words}"
        return
    command, *arguments = words
    command = group.commands[command]
    while hasattr(command, "commands") and arguments:
        command, *arguments = command.commands[arguments[0]], *arguments[1:]
    if not set(help_options).intersection(words):
        command.make_context(words[0], arguments)


def documented_commands(*, wrong: bool = False) -> list:
    return [
        pytest.param(words, id=f"{name_of(page)}: {shlex.join(words)}")
        for page in PAGES
        for words in commands_in(read(page), wrong=wrong)
    ]


def test_documented_commands__are_found():
    assert len(documented_commands()) > 20


@pytest.mark.slow
@pytest.mark.parametrize("words", documented_commands())
def test_documented_commands__parse(words):
    parse(words)


@pytest.mark.parametrize(
    "words",
    [
        *documented_commands(wrong=True),
        ["run", "images", "--out", "a.csv", "--encodr", "hog"],
        ["run", "images"],
        ["run", "images", "labels.csv", "more", "--out", "a.csv"],
        ["index", "--neighbours", "ten"],
    ],
)
def test_wrong_usage__does_not_parse(words):
    with pytest.raises(USAGE_ERROR):
        parse(words)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_blocks__are_valid_in_their_language(page, tmp_path):
    commands = {name: function for name, (function, _) in cli_app.COMMANDS.items()}
    for language, content in fenced_blocks(read(page)):
        if language == "python":
            compile(content, page.name, "exec")
        elif language == "toml":
            name = "pyproject.toml" if "[tool" in content else "labelfix.toml"
            assert tomllib.loads(content)
            (tmp_path / name).write_text(content, encoding="utf-8")
            assert settings.read_settings(tmp_path, commands)
            (tmp_path / name).unlink()


def test_exit_codes__are_all_told():
    codes = {
        value for name, value in vars(cli_app).items() if name.startswith("EXIT_") and value != 0
    }
    (table,) = tables_under(DOCS / "exit-codes.md", "# Exit codes")
    assert {int(code) for code in table} == {0, 1, *codes}


# Files


def as_documented(schema) -> dict[str, str]:
    """Names and types as the tables have them."""
    return {
        field.name: re.sub(r"<\w+: (\w+)(?: not null)?>\[\d+\]", r"<\1>", str(field.type))
        for field in schema
    }


@pytest.fixture
def one_row(tmp_path) -> tuple[manifest.Manifest, Corrections]:
    opened = manifest.manifest_from_names(["a.png"], ["cat"], tmp_path)
    text = {
        name: np.array([value], dtype=object)
        for name, value in {
            "label": "cat",
            "given_label": "cat",
            "suggested_label": "cat",
            "action": "keep",
            "reason": "",
            "second_label": "dog",
        }.items()
    }
    numbers = {
        name: np.array([0.5])
        for name in (
            "confidence",
            "self_confidence",
            "neighbour_agreement",
            "second_confidence",
            "question_value",
        )
    }
    return opened, Corrections(**text, **numbers, review_rank=np.array([0]))


WIDTH = 7


@pytest.fixture
def estimate() -> NoiseEstimate:
    """Of two classes and one annotator."""
    shares = (WrongShare(rows=1, share=0.1, low=0.0, high=0.2),) * 3
    quality = AnnotatorQuality(name="ann", labels=1, right_share=0.9, low=0.8, high=1.0)
    model = NoiseModel(
        [Mixture.first(1.5, 1.0, 2)],
        weights=np.array([0.9, 0.1]),
        sharpness_if_right=1.0,
        scale=DoubtScale(np.linspace(0, 1, 3)),
    )
    text = TextView(np.eye(2, WIDTH, dtype=np.float32), 0.1, np.zeros(2), 1.0, np.ones(2))
    least = LeastNearness(np.zeros(2), 0.0)
    learned = LearnedNoise(model, Mixing(1.0, 0.0), 1, least, shares[-1], text)
    seen = Recognition(share=0.8, confused=[(0, 1, 0.2)])
    return NoiseEstimate(learned, np.eye(2), shares, (quality,), more_right=1.0, recognition=seen)


def test_fixed_csv__columns_and_types(one_row):
    table = documented("## fixed.csv")
    assert tuple(table) == EVIDENCE_COLUMNS
    schema = as_documented(corrections.corrected_table(*one_row).schema)
    assert list(schema) == ["image", "label", *EVIDENCE_COLUMNS]
    assert table == {name: schema[name] for name in EVIDENCE_COLUMNS}


def test_corrections__columns_and_types(one_row, tmp_path):
    _, corrected = one_row
    by_names = {"text_label": corrected.given_label, "text_confidence": corrected.confidence}
    corrected = dataclasses.replace(corrected, **by_names)
    corrections.save_corrections(tmp_path / "corrections.parquet", corrected, ["a.png"])
    table = documented("## corrections.parquet")
    assert list(table) == ["image", *corrected.columns()]
    assert list(table.items()) == list(
        as_documented(pq.read_schema(tmp_path / "corrections.parquet")).items()
    )


def test_corrections__reasons():
    told = row_of("## corrections.parquet", "reason")
    assert {*re.findall(r"`(\w+)`", told)} == {
        "reason",
        INSUFFICIENT_SUPPORT,
        ATYPICAL,
        OFF_TOPIC,
        UNKNOWN_LABEL,
        OF_NO_CLASS,
    }
    assert f"`{NO_LABEL}`" in told


def test_corrections__metadata(one_row, estimate, tmp_path):
    path = tmp_path / "corrections.parquet"
    noise = noise_as_json(estimate, ["cat", "dog"])
    corrections.save_corrections(path, one_row[1], ["a.png"], noise)
    about = json.loads(pq.read_schema(path).metadata[corrections.NOISE_METADATA])
    _, fields_of_metadata = tables_under(DOCS / "file-formats.md", "## corrections.parquet")
    assert list(fields_of_metadata) == list(about)
    assert f"`{corrections.NOISE_METADATA.decode()}`" in read(DOCS / "file-formats.md")
    interval = row_of("## corrections.parquet", "wrong_share")
    assert re.findall(r"`(\w+)`", interval) == ["wrong_share", *about["wrong_share"]]


def test_noise_transition__columns(estimate, tmp_path):
    write_noise_transition(tmp_path / "noise_transition.csv", estimate, ["NAME", "other"])
    header, *_ = read(tmp_path / "noise_transition.csv").splitlines()
    assert header == ",".join([*documented("## noise_transition.csv"), "given=other"])


def test_annotators__columns(estimate, tmp_path):
    write_annotators(tmp_path / "annotators.csv", estimate)
    header, *_ = read(tmp_path / "annotators.csv").splitlines()
    assert header == ",".join(documented("## annotators.csv"))


def test_learned_noise__tensors_and_metadata(estimate, tmp_path):
    path = tmp_path / "learned_noise.safetensors"
    save_learned_noise(path, estimate.learned)
    tensors, fields_of_metadata = tables_under(
        DOCS / "file-formats.md", "## learned_noise.safetensors"
    )
    sizes = {2: "C", SOURCES: str(SOURCES), WIDTH: "D"}
    stored = {
        name: f"{str(tensor.dtype).removeprefix('torch.')} "
        f"({', '.join(sizes[size] for size in tensor.shape)})"
        for name, tensor in load_file(path).items()
        if name not in ("belief", "doubt_quantiles")
    }
    assert tensors == {**stored, "belief": "float64 (H)", "doubt_quantiles": "float64 (Q)"}
    with safe_open(path, "numpy") as file:
        about = json.loads(file.metadata()[ABOUT])
    assert list(fields_of_metadata) == list(about)
    section = "## learned_noise.safetensors"
    assert f"`{ABOUT}`" in section_of(DOCS / "file-formats.md", section)
    told = re.findall(r"`(\w+)`", row_of(section, "hypotheses"))
    assert told == ["hypotheses", "belief", *about["hypotheses"][0]]
    assert stands_in(section_of(DOCS / "file-formats.md", section), number(QUANTILES))
    for name in ("mixing", "wrong"):
        assert re.findall(r"`(\w+)`", row_of(section, name)) == [name, *about[name]]


def test_workspace__every_file_is_told():
    text = read(DOCS / "file-formats.md")
    headings = "\n".join(re.findall(r"^#+ .*$", text, re.MULTILINE))
    for path in vars(Workspace(Path("workspace"))).values():
        inside = f"{path.name}`" in text or path.stem.startswith("embeddings")
        assert inside or path.name in headings, path.name


# Findings


@pytest.fixture
def verdict() -> Verdict:
    """One finding, and one entry of the baseline that is stale."""
    stale = (StaleEntry(rule="wrong-label", image="a.png", label="cat", why=FIXED),)
    share = WrongShare(rows=1, share=0.1, low=0.0, high=0.2)
    finding = Finding(rule="wrong-label", level="error", message="a message")
    return Verdict(
        source="labels.csv",
        folder="images",
        is_folder=False,
        rows=1,
        rows_checked=1,
        findings=(finding,),
        known=0,
        stale=stale,
        wrong_share=share,
        wrong_share_of_class={"cat": share},
    )


def test_json__keys(verdict):
    document = json.loads(render(verdict, "json"))
    of_document, of_finding = tables_under(DOCS / "file-formats.md", "## Findings as JSON")
    assert list(of_document) == list(document)
    assert list(of_finding) == list(document["findings"][0])
    assert list(of_finding) == list(json.loads(render(verdict, "json-lines")))
    share = re.findall(r"`(\w+)`", row_of("## Findings as JSON", "wrong_share"))
    assert share == ["wrong_share", *document["wrong_share"]]
    stale = re.findall(r"`(\w+)`", row_of("## Findings as JSON", "stale"))
    assert stale == ["stale", *document["stale"][0], FIXED, GONE, EXPIRED]


def test_history__keys():
    section = section_of(DOCS / "file-formats.md", "## The history of checks")
    rows = re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)
    named = re.findall(r"`(\w+)`", " ".join(rows))
    assert named == [one.name for one in fields(PastCheck)]


def test_baseline__keys(tmp_path):
    entry = Entry(
        rule="wrong-label",
        content="00",
        label="cat",
        image="a.png",
        reason="a reason",
        expires=date(2030, 1, 31),
    )
    write_baseline(tmp_path / "baseline.json", Baseline((entry,)))
    written = json.loads(read(tmp_path / "baseline.json"))
    assert list(documented("## The baseline")) == list(written["findings"][0])
    (example,) = (
        json.loads(content)
        for language, content in fenced_blocks(
            section_of(DOCS / "file-formats.md", "## The baseline")
        )
        if language == "json"
    )
    assert list(example) == list(written)
    assert list(example["findings"][0]) == list(written["findings"][0])
    (tmp_path / "baseline.json").write_text(json.dumps(example), encoding="utf-8")
    assert len(read_baseline(tmp_path / "baseline.json")) == 1


def test_rules__are_all_told_with_their_levels():
    table, _thresholds = tables_under(DOCS / "how-it-works.md", "### The rules")
    assert list(table.items()) == [(rule.name, rule.level) for rule in RULES.values()]


def test_output_formats__are_all_told():
    assert list(tables_under(DOCS / "ci.md", "## Output formats")[0]) == [*FORMATS, *FILE_FORMATS]


def test_embeddings__columns_and_types(tmp_path):
    path = embeddings.part_path(tmp_path, 0)
    vectors = np.eye(2, 3, dtype=np.float32)
    embeddings.write_part(path, ["a", "b"], ["0", "1"], vectors, key="k", quarantined=[])
    columns, record = tables_under(DOCS / "file-formats.md", "## embeddings/part-*.parquet")
    assert list(columns.items()) == list(as_documented(pq.read_schema(path)).items())
    written = json.loads(embeddings.part_record_path(path).read_text(encoding="utf-8"))
    assert f"`{embeddings.part_record_path(path).name}`" in read(DOCS / "file-formats.md")
    assert list(record) == list(written)


def test_neighbours__columns_and_types(tmp_path):
    found = Neighbours(np.array([[1], [0]]), np.ones((2, 1), dtype=np.float32))
    neighbours.save_neighbours(tmp_path / "neighbours.parquet", found)
    schema = as_documented(pq.read_schema(tmp_path / "neighbours.parquet"))
    assert list(documented("## neighbours.parquet").items()) == list(schema.items())


def test_questions__columns_and_types():
    schema = as_documented(questions_file.questions_table([]).schema)
    assert list(documented("## Questions and audited files").items()) == list(schema.items())


def test_audits__columns_and_types(tmp_path):
    save_audits(tmp_path / "audits.parquet", Audits({"a": "cat"}))
    schema = as_documented(pq.read_schema(tmp_path / "audits.parquet"))
    assert list(documented("## audits.parquet").items()) == list(schema.items())


@pytest.mark.parametrize("page", ["file-formats.md", "audits.md"])
def test_audits__special_answers(page):
    for answer in (NO_CLASS, CANNOT_TELL):
        assert f"`{answer}`" in read(DOCS / page)


def test_records__fields():
    assert list(documented("## Records")) == [field.name for field in fields(Record)]
    told = re.findall(r"`(\w+)`", row_of("## Records", "rows"))
    assert told[: len(fields(RowCounts)) + 1] == [
        "rows",
        *[field.name for field in fields(RowCounts)],
    ]


def test_manifest_metadata__fields(tmp_path):
    opened = manifest.manifest_from_names(["a.png"], ["cat"], tmp_path)
    manifest.save_manifest(tmp_path / "manifest.parquet", opened)
    about = json.loads(pq.read_schema(tmp_path / "manifest.parquet").metadata[b"labelfix"])
    assert list(documented("## manifest.parquet")) == list(about)


PAPER_FIELDS = {"network"}
NOISE_AWARE_FIELDS = {"folds", "ddim_steps", "effective_views"}


def test_denoiser__fields(tmp_path):
    shape = NetworkShape(classes=2, dimension=3, width=4, timesteps=10)
    denoiser = Denoiser(build_network(shape, 0), shape, ["cat", "dog"])
    save_denoiser(tmp_path / "denoiser.safetensors", tmp_path / "denoiser.json", denoiser)
    about = json.loads((tmp_path / "denoiser.json").read_text(encoding="utf-8"))
    table = documented("## denoiser.json")
    assert [name for name in table if name not in NOISE_AWARE_FIELDS] == list(about)
    for name in about["network"]:
        assert f"`{name}`" in row_of("## denoiser.json", "network")
    layers = section_of(DOCS / "file-formats.md", "## denoiser.safetensors")
    for name in load_file(tmp_path / "denoiser.safetensors"):
        top, *rest = name.split(".")
        assert f"`{top}" in layers
        assert top != "layers" or f"`{rest[1]}`" in layers


def test_cross_fit__fields_and_tensors(tmp_path):
    networks = [build_label_denoiser(3, 4, 2, seed=0)]
    fit = CrossFit(networks, np.zeros(5, dtype=np.int64), np.eye(2))
    weights, config = tmp_path / "denoiser.safetensors", tmp_path / "denoiser.json"
    save_cross_fit(weights, config, CrossFitDenoiser(fit, ["cat", "dog"]))
    about = json.loads(config.read_text(encoding="utf-8"))
    fields_of_json = documented("## denoiser.json")
    assert [name for name in fields_of_json if name not in PAPER_FIELDS] == list(about)
    sizes = {5: "N", 4: "W", 3: "D", 2: "C", 64: "64", 18: "C + 16"}
    stored = {
        name: f"{str(tensor.dtype).removeprefix('torch.')} "
        f"({', '.join(sizes[size] for size in tensor.shape)})"
        for name, tensor in load_file(weights).items()
    }
    assert documented("## denoiser.safetensors") == stored


def test_simclr_log__fields():
    assert list(documented("## simclr.jsonl")) == [field.name for field in fields(EpochReport)]


def test_encoder__fields():
    assert list(documented("## encoder.safetensors")) == [
        field.name for field in fields(TrainedEncoder)
    ]
    assert f"`{METADATA}`" in section_of(DOCS / "file-formats.md", "## encoder.safetensors")


def test_training_log__fields():
    table = documented("## training.jsonl")
    assert list(table) == [field.name for field in fields(TrainingReport)]


def number(value: float, unit: str = "") -> str:
    """A value as the documents write it: `1,024`, `0.99`, `5 %`."""
    text = f"{value:,.0f}" if float(value).is_integer() else f"{value:g}"
    return f"{text} {unit}".strip()


def percent(share: float) -> str:
    return number(round(share * 100, 6), "%")


@pytest.mark.parametrize(
    ("page", "heading", "numbers"),
    [
        ("README.md", "## The loop with a person", [number(LEAST_AUDITS)]),
        ("file-formats.md", "## Images", [number(MAX_PIXELS)]),
        ("file-formats.md", "## embeddings/part-*.parquet", [number(EmbedOptions.part_rows)]),
        ("file-formats.md", "## training.jsonl", [number(REPORT_STEPS)]),
        ("audits.md", "## What to do", [number(LEAST_AUDITS), number(AuditOptions.budget)]),
        ("audits.md", "## What the answers prove", [number(DISCREPANCY_SPREAD)]),
        (
            "how-it-works.md",
            "### Folds",
            [number(CrossFitOptions.folds), number(NEAR_DUPLICATE)],
        ),
        ("how-it-works.md", "### The denoiser", [percent(CrossFitOptions.warmup_share)]),
        (
            "how-it-works.md",
            "### Two rounds",
            [
                number(CrossFitOptions.early_epochs),
                number(CrossFitOptions.early_rows),
                number(ROWS_A_CLASS),
                percent(ANCHOR_SHARE),
                number(FIRST_SHARPNESS_SPREAD),
                number(SHARPNESS_SPREAD),
            ],
        ),
        ("how-it-works.md", "### Retrieval", [number(USUAL_ROWS)]),
        (
            "how-it-works.md",
            "### The noise that labels are decided by",
            [
                *[number(slope) for slope in SLOPES],
                f"N({number(USUAL_SLOPE)}, {number(SLOPE_SPREAD)}²)",
                f"{SHARPNESSES[0]:.1f}",
                number(SHARPNESSES[-1]),
                f"N(0, {number(SHARPNESS_SPREAD)}²)",
                f"{number(EVIDENCE_ROWS)} / ({number(EVIDENCE_ROWS)} + N)",
                number(FITTED_ROWS),
                number(ROWS_OF_A_CLASS),
                number(CLASS_ROWS),
                f"{IN_WORDS[SOURCES].title()} sources",
            ],
        ),
        ("how-it-works.md", "### The share of wrong labels", [number(DISCREPANCY_SPREAD)]),
        (
            "how-it-works.md",
            "### Rows that a person has verified",
            [number(LEAST_AUDITS), number(LEAST_CHANCE), number(DISCREPANCY_SPREAD)],
        ),
        (
            "how-it-works.md",
            "### Several annotators",
            [number(MOST_HYPOTHESES), number(CLASS_ROWS)],
        ),
        (
            "how-it-works.md",
            "### `--fast`",
            [number(FAST.folds), number(CrossFitOptions.folds), number(FAST.width)],
        ),
        (
            "how-it-works.md",
            "## The method of the paper",
            [
                f"T = {number(DiffusionOptions.timesteps)}",
                number(DiffusionOptions.width),
                number(DiffusionOptions.batch_size),
                number(DiffusionOptions.learning_rate),
                number(DiffusionOptions.epochs),
                number(DiffusionOptions.least_steps),
                number(PAPER_DDIM_STEPS),
            ],
        ),
        ("how-it-works.md", "## The decision", [IN_WORDS[FAR_OUT]]),
        ("how-it-works.md", "## Images that were not trained on", [number(NEAR_DUPLICATE)]),
        (
            "how-it-works.md",
            "## A batch of labels",
            [number(EXPECTED_WRONG_RATE), number(TRUST), number(PRIOR_WRONG), IN_WORDS[SOURCES]],
        ),
        ("how-it-works.md", "## Where it falls short", [number(NEAR_DUPLICATE)]),
        (
            "how-it-works.md",
            "## The workspace",
            [number(EmbedOptions.part_rows), number(DiffusionOptions.checkpoint_steps)],
        ),
        (
            "tutorial.md",
            "## Look at the report",
            [number(ReportOptions.most_bytes / 1e6, "MB")],
        ),
    ],
)
def test_numbers__are_those_of_the_code(page, heading, numbers):
    folder = ROOT if page == "README.md" else DOCS
    prose = re.sub(r"<!-- table.*?<!-- end -->", "", section_of(folder / page, heading), flags=re.S)
    section = " ".join(prose.split())
    missing = [text for text in numbers if not stands_in(section, text)]
    assert missing == []


def stands_in(section: str, text: str) -> bool:
    """Whether a number is in a text by itself, and not as a part of another one."""
    return re.search(rf"(?<![\w.,]){re.escape(text)}(?![\w]|[.,]\d)", section) is not None


@pytest.mark.parametrize(
    ("section", "text", "found"),
    [
        ("dealt into 10 folds", "10", True),
        ("at most 10,000 images", "10", False),
        ("with 0.99 or more", "99", False),
        ("in 1,024.", "1,024", True),
        ("of 2 %, or more", "2 %", True),
    ],
)
def test_stands_in__finds_whole_numbers(section, text, found):
    assert stands_in(section, text) is found


@pytest.mark.parametrize(
    ("heading", "names"),
    [
        ("## The manifest", columns.IMAGE_COLUMNS),
        ("## The manifest", columns.LABEL_COLUMNS),
        ("## The manifest", columns.ANNOTATOR_COLUMNS),
        ("## The manifest", (columns.VERIFIED_COLUMNS[0],)),
        ("## Questions and audited files", ANSWER_COLUMNS[:-1]),
    ],
)
def test_columns__stand_in_the_order_in_which_they_are_looked_for(heading, names):
    told = re.findall(r"`(\w+)`", section_of(DOCS / "file-formats.md", heading))
    assert any(
        tuple(told[start : start + len(names)]) == tuple(names) for start in range(len(told))
    )


def test_method__defaults_and_choices():
    assert f"`--method {TrainOptions.method}`" in section_of(
        DOCS / "how-it-works.md", "## The method"
    )
    told = set(re.findall(r"`(?:--method )?([\w-]+)`", row_of("## denoiser.json", "method")))
    assert told == {"method", *METHODS}
    assert RelabelOptions.min_precision is None
    assert RelabelOptions.min_confidence == 0


def test_actions__are_all_told():
    told = row_of("## fixed.csv", "action")
    assert set(re.findall(r"`(\w+)`", told)) == {"action", *corrections.ACTIONS}


def test_class_folders__endings():
    section = section_of(DOCS / "file-formats.md", "## Class folders")
    assert set(re.findall(r"`(\.\w+)`", section)) == IMAGE_SUFFIXES


# Links


@pytest.mark.parametrize("page", LINKING_PAGES, ids=name_of)
def test_links__lead_somewhere(page):
    text = re.sub(r"^```.*?^```", "", read(page), flags=re.MULTILINE | re.DOTALL)
    dead = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue  # another site's
        path, _, anchor = target.partition("#")
        linked = (page.parent / path) if path else page
        if not linked.exists() or (anchor and anchor not in anchors(read(linked))):
            dead.append(target)
    assert dead == []


# Pictures


def test_pictures__are_there_and_shown():
    shown = set()
    for page in PAGES:
        for target in re.findall(r"!\[[^\]]+\]\(([^)\s]+)\)|<img src=\"([^\"]+)\"", read(page)):
            path = (page.parent / "".join(target)).resolve()
            assert path.is_file(), f"{name_of(page)} shows {''.join(target)}"
            shown.add(path)
    assert shown == {path.resolve() for path in (DOCS / "pictures").iterdir()}


def test_pictures__are_made_by_the_script_and_small():
    script = read(DOCS / "make_pictures.py")
    pictures = sorted((DOCS / "pictures").iterdir())
    for path in pictures:
        assert f'"{path.name}"' in script, f"run: python docs/make_pictures.py for {path.name}"
    assert sum(path.stat().st_size for path in pictures) < 1_000_000
