"""Where a patch's labels come from: a corrected table, persons' answers, a workspace."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from labelfix.data import answers as answer_files
from labelfix.data.answers import ANSWER_COLUMNS
from labelfix.data.corrections import PREDICT, RELABEL, VERIFIED, Corrections
from labelfix.data.manifest import Manifest
from labelfix.data.manifest_inputs import read_with
from labelfix.data.manifest_tables import TAB_SUFFIXES
from labelfix.data.tables import CsvFormat
from labelfix.errors import InputError
from labelfix.options.manifest_options import ManifestOptions
from labelfix.patches.evidence import evidence_in
from labelfix.patches.label_cells import is_text
from labelfix.patches.proposals import (
    Answer,
    Author,
    Proposal,
    Proposed,
    edited_since,
    name_of_source,
    proposals_of_answers,
    proposals_of_table,
)

_ANSWER = ANSWER_COLUMNS[0]
_CHANGED = (RELABEL, VERIFIED, PREDICT)
_LONGEST_HEADER = 65536
"""Characters; answers have few columns."""
UTF_8 = "utf-8"


def read_other(path: Path, like: Manifest, options: ManifestOptions) -> Manifest:
    """A second table of a manifest's rows: in UTF-8 as labelfix writes it, or as the manifest is.

    Args:
        path: CSV, Parquet, Excel or JSON.
        like: the manifest, whose columns are looked for first.
        options: by which it was read.

    Raises:
        InputError: it can be read in no way.
    """
    ours = replace(options, encoding=UTF_8, has_header=True, columns=None)
    named = replace(ours, image_column=like.image_column, label_column=like.label_column)
    problem: InputError | None = None
    for attempt in (named, ours, options):
        try:
            return read_with(path, attempt)
        except InputError as error:
            problem = error
    raise problem or AssertionError


def proposals_in(
    path: Path,
    opened: Manifest,
    options: ManifestOptions,
    author: Author,
    written_as: Mapping[str, str],
) -> Proposed:
    """What a file proposes, whichever of the known ones it is.

    Args:
        path: a corrected table, an edited manifest, or a table of answers such as the
            decisions.csv that a report exports.
        opened: the manifest to be patched.
        options: by which it was read.
        author: of what the file names no author of.
        written_as: how the manifest writes images that answers may name by their files.

    Raises:
        InputError: it is not usable, or about other images.
    """
    if _holds_answers(path, opened, options):
        return _of_answers(path, opened, options, author, written_as)
    other = read_other(path, opened, options)
    found = proposals_of_table(opened, other, author)
    if found.unmatched == len(other):
        raise InputError(
            f"{path}: expected rows of {opened.source.path}, found none of its images",
            "Name the manifest that this table was made from.",
        )
    return found


def proposals_of_corrections(
    opened: Manifest, corrected: Manifest, corrections: Corrections, author: Author
) -> Proposed:
    """What a workspace's last relabel has changed.

    Args:
        opened: the manifest to be patched.
        corrected: the workspace's manifest.
        corrections: of its rows.
        author: None takes labelfix, or a person where one has verified the label.

    Raises:
        InputError: the workspace has other rows.
    """
    if corrected.written_images() != opened.written_images():
        raise InputError(
            f"{opened.source.path}: expected the images of the workspace in their order, "
            "found others",
            "Name what the workspace has written instead: labelfix patch make "
            f"{opened.source.path} --from fixed.csv.",
        )
    known = evidence_in(
        corrections.confidence.tolist(),
        corrections.self_confidence.tolist(),
        corrections.neighbour_agreement.tolist(),
        corrections.action.tolist(),
    )
    is_same = corrected.source.sha256 == opened.source.sha256
    seen = opened.given_labels if is_same else corrected.given_labels
    proposals = []
    open_rows = {}
    labels, actions = corrections.label.tolist(), corrections.action.tolist()
    for row, before in enumerate(opened.given_labels):
        if actions[row] not in _CHANGED or labels[row] == before:
            continue
        if seen[row] != before:
            open_rows[row] = edited_since(seen[row])
            continue
        who, why, confidence = known(row)
        proposals.append(
            Proposal(
                row=row,
                seen=before,
                label=labels[row],
                who=author.name(who),
                when=author.when,
                why=author.reason(why),
                confidence=confidence,
            )
        )
    return Proposed(proposals=proposals, open_rows=open_rows)


def _header_of(path: Path, options: ManifestOptions) -> list[str]:
    """The columns of a table; empty where it has none that could be read."""
    if is_text(path):
        delimiter = CsvFormat(delimiter=options.delimiter).delimiter
        delimiter = "\t" if path.suffix.lower() in TAB_SUFFIXES else delimiter
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            return next(csv.reader([file.readline(_LONGEST_HEADER)], delimiter=delimiter), [])
    try:
        table = answer_files.open_answers(path, CsvFormat(), None).table
    except InputError:
        return []
    names: list[str] = table.column_names
    return names


def _holds_answers(path: Path, opened: Manifest, options: ManifestOptions) -> bool:
    """Whether a table holds answers and no labels of its own."""
    if opened.source.sha256 == "" or not path.is_file():
        return False
    header = _header_of(path, options)
    own = opened.label_column if opened.label_column != "given_label" else "label"
    return _ANSWER in header and (own not in header or "decision" in header)


def _of_answers(
    path: Path,
    opened: Manifest,
    options: ManifestOptions,
    author: Author,
    written_as: Mapping[str, str],
) -> Proposed:
    form = CsvFormat(delimiter=options.delimiter)
    table = answer_files.open_answers(path, form, opened)
    column = answer_files.answer_column(path, table, opened)
    said = table.column_as_text(column)
    known = set(opened.written_images())
    images = [image if image in known else written_as.get(image, image) for image in table.images]
    rows = answer_files.answered_rows(images, said, f"{path}, column {column!r}", table.row_number)
    return proposals_of_answers(opened, _answers(path, table, said, rows, author), str(path))


def _answers(
    path: Path, table: Manifest, said: list[str], rows: dict[str, int], author: Author
) -> Iterator[Answer]:
    header = table.table.column_names
    given = table.column_as_text("given_label") if "given_label" in header else None
    numbers = table.column_as_text("row") if "row" in header else None
    decided = table.column_as_text("decision") if "decision" in header else None
    why = f"decided in {name_of_source(path)}"
    for image, row in rows.items():
        number = "" if numbers is None else numbers[row].strip()
        yield Answer(
            image=image,
            label=said[row],
            seen=None if given is None else given[row],
            row=int(number) if number.isdecimal() else None,
            who=author.name(""),
            when=author.when,
            why=author.reason(why if decided is None else f"{why}: {decided[row]}"),
        )
