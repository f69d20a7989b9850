"""Class folders, `split/class/image`, with two tables beside them that say what is what."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa

from labelfix.data import names, tables
from labelfix.data.image_endings import IMAGE_SUFFIXES, is_ignored
from labelfix.data.tables import CsvFormat
from labelfix.errors import InputError
from labelfix.exchange.export_place import place_image
from labelfix.exchange.rows import EXPORTED_LABEL, ID, ExportedRow, ExportedRows, ReturnedRow
from labelfix.exchange.safe_names import folder_names, from_plain, id_in, to_plain
from labelfix.images.decode import UnreadableImageError, read_image_file
from labelfix.options.exchange_options import ExportOptions

FOLDERS = "folders.csv"
FILES = "files.csv"
"""The tables: which folder is which split and label; which file is which image."""


def write(target: Path, rows: ExportedRows, options: ExportOptions) -> dict[str, str]:
    """Write the images into folders of their corrected labels.

    Args:
        target: the folder.
        rows: an image each.
        options: how images get into folders.

    Returns:
        Why images were left out, by image; those without a label are left out.
    """
    class_folders = folder_names(rows.label_names())
    split_folders = folder_names(sorted({rows.split_of(row) for row in rows.rows}))
    left_out: dict[str, str] = {}
    files: list[tuple[ExportedRow, str]] = []
    for row in rows.rows:
        if not row.label.strip():
            left_out[row.image] = "it has no label"
            continue
        folder = f"{split_folders[rows.split_of(row)]}/{class_folders[row.label]}"
        name, reason = place_image(rows.folder, row, target / folder, options.link)
        if reason:
            left_out[row.image] = reason
        else:
            files.append((row, f"{folder}/{name}"))
    _write_tables(target, files, class_folders)
    return left_out


def _write_tables(
    target: Path, files: list[tuple[ExportedRow, str]], class_folders: Mapping[str, str]
) -> None:
    columns = {
        "file": [name for _, name in files],
        ID: [row.row_id for row, _ in files],
        "image": [names.to_text(row.image) for row, _ in files],
        EXPORTED_LABEL: [to_plain(row.label) for row, _ in files],
        "given_label": [to_plain(row.given_label) for row, _ in files],
        "split": [to_plain(row.split) for row, _ in files],
    }
    _write(target / FILES, columns)
    folders = sorted(class_folders.items())
    _write(
        target / FOLDERS,
        {"folder": [one for _, one in folders], "label": [to_plain(label) for label, _ in folders]},
    )


def _write(target: Path, columns: Mapping[str, list[str]]) -> None:
    arrays = {name: pa.array(values, pa.string()) for name, values in columns.items()}
    tables.write_table(target, pa.table(arrays), image_column="")


def read(source: Path) -> list[ReturnedRow]:
    """Read class folders: each image's label is its folder's.

    A file is known by our id in its name, else by its bytes.

    Raises:
        InputError: it is no folder, or an image lies outside of class folders.
    """
    if not source.is_dir():
        raise InputError(
            f"expected a folder of class folders at {source}, found a file",
            "Name the folder of the export.",
        )
    labels = _column_by(source / FOLDERS, "folder", "label")
    exported = _column_by(source / FILES, ID, EXPORTED_LABEL)
    rows = []
    for path in sorted(source.rglob("*")):
        inside = path.relative_to(source)
        if path.suffix.lower() not in IMAGE_SUFFIXES or any(map(is_ignored, inside.parts)):
            continue
        where = names.to_text(inside.as_posix())
        if len(inside.parts) < 2:
            raise InputError(
                f"{source}: expected images in class folders, found {where}",
                "Move it into the folder of its class.",
            )
        row_id = id_in(path.name)
        folder = inside.parts[-2]
        rows.append(
            ReturnedRow(
                where=where,
                label=from_plain(labels.get(folder, to_plain(folder))),
                row_id=row_id,
                content_hash="" if row_id in exported else _content_hash(path),
                exported_label=from_plain(exported[row_id]) if row_id in exported else None,
            )
        )
    return rows


def _column_by(path: Path, key: str, column: str) -> dict[str, str]:
    """One column of a table by another; nothing where there is no table."""
    if not path.is_file():
        return {}
    text = tables.read_csv(path, CsvFormat())
    if not {key, column}.issubset(text.header):
        raise InputError(
            f"{path}: expected the columns {key} and {column}, found {names.listed(text.header)}",
            "Leave the table as it was exported, or remove it.",
        )
    columns = dict(zip(text.header, text.columns, strict=True))
    return dict(zip(columns[key], columns[column], strict=True))


def _content_hash(path: Path) -> str:
    try:
        return hashlib.sha256(read_image_file(path)).hexdigest()
    except UnreadableImageError:
        return ""
