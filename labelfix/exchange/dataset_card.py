"""The card of a data set: what noise was found, what was changed, what was left out."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from labelfix.data.names import plain
from labelfix.exchange.rows import ExportedRow, ExportedRows
from labelfix.runtime import atomic
from labelfix.version import __version__

PAIRS_SHOWN = 20
CLASSES_SHOWN = 1000

COLUMNS = {
    "image": "the image's bytes",
    "label": "the corrected label, a number with a name",
    "labelfix_label": "the same as text, by which a later edit is known as one",
    "given_label": "the label before",
    "suggested_label": "what labelfix takes for right",
    "action": "keep, relabel, review, predict, verified or quarantined",
    "reason": "why, where that is not plain",
    "image_name": "where the image came from",
    "split": "the split as it was named before",
    "labelfix_id": "our own id, by which labelfix import knows the row",
    "confidence": "the probability that label is right",
    "self_confidence": "the probability that given_label is right",
}


def write_card(
    target: Path,
    rows: ExportedRows,
    written: Sequence[ExportedRow],
    splits: Mapping[str, str],
    left_out: Mapping[str, str],
) -> None:
    """Write `README.md`, with the front matter by which datasets finds the files.

    Args:
        target: the file.
        rows: all rows of the export.
        written: those whose image could be written.
        splits: the name in the data set of each split.
        left_out: why images were left out, by image.
    """
    changed = [row for row in written if row.is_changed]
    lines = [
        *_front_matter([*splits.values()]),
        "# Labels corrected with labelfix",
        "",
        f"{len(written):,} images of {len(rows.label_names()):,} classes. labelfix {__version__} "
        "has looked for wrong labels and changed some of them.",
        "",
        "## Noise found",
        "",
        rows.noise or "The share of wrong labels was not estimated.",
        "",
        "## What was changed",
        "",
        f"{len(changed):,} of {len(written):,} labels were changed"
        f"{'; the label before is in `given_label`.' if changed else '.'}",
        "",
        *_actions(written),
        *_pairs(replace(rows, rows=written)),
        "## What was left out",
        "",
        *_left_out(left_out),
        "## Columns",
        "",
        "| column | what it is |",
        "|---|---|",
        *(
            f"| `{name}` | {text} |"
            for name, text in COLUMNS.items()
            if name != "split" or rows.has_splits
        ),
        "",
        *_splits(splits),
        "## Classes",
        "",
        *_classes(rows, written),
    ]
    atomic.write_text(target, "\n".join(lines) + "\n")


def _front_matter(splits: Sequence[str]) -> list[str]:
    files = (
        line
        for name in splits
        for line in (f"  - split: {name}", f"    path: data/{name}-*.parquet")
    )
    return [
        "---",
        "task_categories:",
        "- image-classification",
        "tags:",
        "- labelfix",
        "configs:",
        "- config_name: default",
        "  data_files:",
        *files,
        "---",
        "",
    ]


def _actions(written: Sequence[ExportedRow]) -> list[str]:
    counts = Counter(row.action for row in written)
    return [
        "| action | rows |",
        "|---|---|",
        *(f"| {_cell(action)} | {count:,} |" for action, count in counts.most_common()),
        "",
    ]


def _pairs(rows: ExportedRows) -> list[str]:
    ranked = rows.changes()
    if not ranked:
        return []
    more = len(ranked) - PAIRS_SHOWN
    return [
        "| given label | corrected label | rows |",
        "|---|---|---|",
        *(
            f"| {_cell(given)} | {_cell(label)} | {count:,} |"
            for (given, label), count in ranked[:PAIRS_SHOWN]
        ),
        *([f"\nand {more:,} more pairs."] if more > 0 else []),
        "",
    ]


def _left_out(left_out: Mapping[str, str]) -> list[str]:
    if not left_out:
        return ["Nothing.", ""]
    counts = Counter(left_out.values())
    return [
        f"{len(left_out):,} images:",
        "",
        "| reason | images |",
        "|---|---|",
        *(f"| {_cell(reason)} | {count:,} |" for reason, count in counts.most_common()),
        "",
    ]


def _splits(splits: Mapping[str, str]) -> list[str]:
    renamed = {split: name for split, name in splits.items() if split != name}
    if not renamed:
        return []
    return [
        "| split before | here |",
        "|---|---|",
        *(f"| {_cell(split)} | {name} |" for split, name in renamed.items()),
        "",
    ]


def _classes(rows: ExportedRows, written: Sequence[ExportedRow]) -> list[str]:
    before, after = (
        Counter(row.given_label for row in written),
        Counter(row.label for row in written),
    )
    names = rows.label_names()
    more = len(names) - CLASSES_SHOWN
    return [
        "| class | images before | images now |",
        "|---|---|---|",
        *(
            f"| {_cell(name)} | {before[name]:,} | {after[name]:,} |"
            for name in names[:CLASSES_SHOWN]
        ),
        *([f"\nand {more:,} more classes."] if more > 0 else []),
    ]


def _cell(text: str) -> str:
    """A user's text in a table of Markdown: no line breaks, and nothing that is markup."""
    shown = plain(text).replace("\N{REPLACEMENT CHARACTER}", " ")
    return "".join(f"\\{character}" if character in _MARKUP else character for character in shown)


_MARKUP = frozenset("\\`*_{}[]()<>#+-.!|~&")
