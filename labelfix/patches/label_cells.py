"""The label cells of a text manifest: where each stands, and how a new label is written there.

A cell is what stands between two delimiters, with its quotation marks. The rules are those of
Python's strict `csv.reader`, by which manifests are read; every cell found here is compared with
the label that was read, so that a disagreement is an error and never a wrong byte.
"""

import csv
import hashlib
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from labelfix.data import text_files
from labelfix.data.manifest import Manifest
from labelfix.data.manifest_tables import TAB_SUFFIXES, TEXT_SUFFIXES
from labelfix.data.tables import CsvFormat
from labelfix.errors import InputError
from labelfix.options.manifest_options import ManifestOptions
from labelfix.patches.text_encoding import EncodedText, can_write, decode_exactly

_QUOTED = r'"[^"]*+(?:""[^"]*+)*+"'
_LINE_END = r"(?:\r\n|\r|\n|\Z)"


def is_text(path: Path) -> bool:
    """Whether a manifest is text, whose labels can be changed in place."""
    return path.suffix.lower() in TEXT_SUFFIXES


@dataclass(frozen=True, kw_only=True)
class LabelCells:
    """The label cells of R rows.

    Attributes:
        path: of the manifest.
        encoded: its whole text.
        options: by which it is read.
        delimiter: between its fields.
        has_header: whether its first row names the columns.
        is_padded: whether one or more spaces are one delimiter.
        spans: R pairs: where each cell begins and ends in the text.
        sha256: of the file's bytes.
    """

    path: Path
    encoded: EncodedText = field(repr=False)
    options: ManifestOptions
    delimiter: str
    has_header: bool
    is_padded: bool
    spans: Sequence[tuple[int, int]] = field(repr=False)
    sha256: str

    def cell(self, row: int) -> str:
        """A cell as the file has it."""
        start, end = self.spans[row]
        return self.encoded.text[start:end]

    def written(self, label: str, in_place_of: str) -> str:
        """A label as a cell: with quotation marks if the cell before had them or it needs them."""
        return _as_cell(label, self.delimiter, is_quoted=in_place_of.startswith('"'))

    def can_hold(self, label: str) -> bool:
        """Whether the file's encoding and form have this label."""
        return can_write(label, self.encoded.encoding) and not (self.is_padded and not label)

    def with_cells(self, cells: Mapping[int, str]) -> bytes:
        """The file's bytes with other cells; all other bytes are as they were.

        Args:
            cells: by row, as `written` gives them.

        Raises:
            InputError: a character cannot be written in the file's encoding, or the first line
                of a list without a header would be read otherwise.
        """
        text = self.encoded.text
        rows = sorted(cells)
        parts: list[str] = []
        place = 0
        for row in rows:
            start, end = self.spans[row]
            parts += (text[place:start], cells[row])
            place = end
        parts.append(text[place:])
        new = "".join(parts)
        if _form(self.path, new, self.options) != (self.delimiter, self.has_header):
            raise InputError(
                f"{self.path}: expected labels with which the file is read as it was, found that "
                "its first line would be taken for a header or for other columns",
                "Name the delimiter with --delimiter, or the columns with --columns; or give the "
                "file a header.",
            )
        return self.encoded.with_text(new, str(self.path))


def value_of(cell: str) -> str:
    """What a cell stands for."""
    return cell[1:-1].replace('""', '"') if cell.startswith('"') else cell


def is_cell_of(cell: str, label: str, delimiter: str) -> bool:
    """Whether a text could stand as a cell and be read as a label."""
    plain = rf'(?!")[^{re.escape(delimiter)}\r\n]*'
    return re.fullmatch(f"{_QUOTED}|{plain}", cell) is not None and value_of(cell) == label


def find_cells(opened: Manifest, options: ManifestOptions) -> LabelCells:
    """The label cells of a text manifest that was just read.

    Args:
        opened: as `read_with` gave it.
        options: by which it was read.

    Raises:
        InputError: it has changed since it was read, or its bytes have several spellings.
    """
    path = Path(opened.source.path)
    data = path.read_bytes()
    encoded = decode_exactly(data, options.encoding, str(path))
    delimiter, has_header = _form(path, encoded.text, options)
    is_padded = delimiter == " " and not has_header
    columns = opened.table.column_names
    place = columns.index(opened.label_column)
    spans = _spans(encoded.text, delimiter, place, len(columns), is_padded=is_padded)
    if has_header:
        spans = spans[1:]
    text = encoded.text
    labels = opened.given_labels
    if len(spans) != len(labels) or any(
        value_of(text[start:end]) != label
        for (start, end), label in zip(spans, labels, strict=True)
    ):
        raise InputError(
            f"{path}: expected the labels that were read a moment ago, found others",
            "Let nobody write to the manifest meanwhile; from a list with spaces, take out empty "
            "fields in quotation marks. Then run the command again.",
        )
    return LabelCells(
        path=path,
        encoded=encoded,
        options=options,
        delimiter=delimiter,
        has_header=has_header,
        is_padded=is_padded,
        spans=spans,
        sha256=hashlib.sha256(data).hexdigest(),
    )


def _form(path: Path, text: str, options: ManifestOptions) -> tuple[str, bool]:
    """The delimiter, and whether there is a header, as `read_manifest` found them."""
    form = CsvFormat(
        delimiter="\t" if path.suffix.lower() in TAB_SUFFIXES else options.delimiter,
        has_header=options.has_header,
        columns=options.columns,
    )
    columns = form.columns
    if form.has_header:
        if options.image_column is not None or options.label_column is not None:
            return form.delimiter, True
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=form.delimiter, strict=True)
        columns = text_files.columns_without_header(path, next(reader, []))
        if columns is None:
            return form.delimiter, True
    return text_files.delimiter_of(text, form.delimiter, columns), False


def _spans(
    text: str, delimiter: str, place: int, fields: int, *, is_padded: bool
) -> list[tuple[int, int]]:
    """Where one field begins and ends in each record; blank lines are no records."""
    outside = rf"[^{re.escape(delimiter)}\r\n]"
    plain = rf'(?!"){outside}{"++" if is_padded else "*+"}'
    one = rf"(?:{_QUOTED}|{plain})"
    between = " ++" if is_padded else re.escape(delimiter)
    around = " *+" if is_padded else ""
    record = (
        rf"{around}(?:{one}{between}){{{place}}}({one})"
        rf"(?:{between}{one}){{{fields - place - 1}}}{around}{_LINE_END}"
    )
    blank = rf"{around}(?:\r\n|\r|\n)|{around}\Z"
    found = []
    reached = 0
    for match in re.finditer(f"{record}|{blank}", text):
        if match.start() != reached:
            break  # something between two records that is none: the caller sees too few of them
        reached = match.end()
        if match[1] is not None:
            found.append(match.span(1))
    return found


@lru_cache(maxsize=65536)
def _as_cell(label: str, delimiter: str, *, is_quoted: bool) -> str:
    """A label as a cell, with quotation marks where it is to have them or needs them."""
    if not is_quoted and not any(one in label for one in (delimiter, '"', "\r", "\n")):
        return label
    doubled = label.replace('"', '""')
    return f'"{doubled}"'
