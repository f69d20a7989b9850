"""Rows with the labels and names that break tools, and their images."""

import hashlib
from pathlib import Path

import pytest
from PIL import Image

from labelfix.exchange.rows import Candidate, ExportedRow, ExportedRows, row_ids

LABELS = (
    "cat",
    'a "quoted" one',
    "two\nlines",
    "bell\x07",
    "emoji \N{GRINNING FACE}",
    "../up",
    "=1+1",
    "a/b & <c>",
    " edge ",
    "con",
    "CAT",
    "label:x%41",
)
NAMES = (
    "plain.png",
    "with space.png",
    "new\nline.png",
    'quo"te.png',
    "emoji\N{GRINNING FACE}.png",
    "sub/folder/deep.png",
    "=name.png",
    "bell\x07.png",
    "raw\udcff.png",
    "a&b<c>.png",
    "no_ending",
    "plain.jpeg",
)


@pytest.fixture
def rows(tmp_path) -> ExportedRows:
    """A row for each label: every second one has another corrected label than the given."""
    folder = tmp_path / "images"
    hashes = []
    for number, name in enumerate(NAMES):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (6, 4), (20 * number, 90, 10)).save(path, "PNG")
        hashes.append(hashlib.sha256(path.read_bytes()).hexdigest())
    listed = []
    for number, (name, row_id) in enumerate(zip(NAMES, row_ids(NAMES), strict=True)):
        label, other = LABELS[number], LABELS[(number + 1) % len(LABELS)]
        is_changed = number % 2 == 1
        listed.append(
            ExportedRow(
                row_id=row_id,
                image=name,
                content_hash=hashes[number],
                given_label=label,
                label=other if is_changed else label,
                confidence=0.9,
                self_confidence=0.1 if is_changed else 0.9,
                suggested_label=other if is_changed else label,
                action="relabel" if is_changed else "keep",
                reason="because | of\nit",
                candidates=(
                    Candidate(label=other, probability=0.9),
                    Candidate(label=label, probability=None),
                ),
                split=("train", "te st", "")[number % 3],
            )
        )
    return ExportedRows(
        rows=listed, class_names=sorted(LABELS), folder=Path(folder), has_splits=True, noise="20 %."
    )
