"""The table of formats: a new one is a module beside this one and a line here.

A module has `write(target, rows, options)`, which returns why images were left out by image, and
`read(source)`, which returns the rows that came back. A format of a folder gets one that is empty
and takes its place when all is written.
"""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from labelfix.errors import InputError, OutputError
from labelfix.exchange.batch_rows import needs_work
from labelfix.exchange.export_place import MARKER, check_folder_place, replacing_folder
from labelfix.exchange.rows import ExportedRows, ReturnedRow
from labelfix.options.exchange_options import ALL, AUTO, WORK, ExportOptions
from labelfix.runtime import atomic
from labelfix.version import __version__


@dataclass(frozen=True, kw_only=True)
class ExchangeFormat:
    """A format, and what is particular to it.

    Attributes:
        module: where it is written and read.
        summary: what it is, in a few words.
        endings: of its file; empty where it is a folder.
        rows: which rows go out where the user does not say.
        has_corrected: whether its label is the corrected one; else it is the given one.
        comes_back: whether it can be read.
    """

    module: str
    summary: str
    endings: tuple[str, ...] = ()
    rows: str = ALL
    has_corrected: bool = False
    comes_back: bool = True

    @property
    def loaded(self) -> Any:
        """The module."""
        return importlib.import_module(f"labelfix.exchange.{self.module}")


FORMATS: dict[str, ExchangeFormat] = {
    "label-studio": ExchangeFormat(module="label_studio", summary="tasks of Label Studio"),
    "cvat": ExchangeFormat(module="cvat", summary="CVAT for images, XML"),
    "fiftyone": ExchangeFormat(
        module="fiftyone", summary="FiftyOne's image classification folder", has_corrected=True
    ),
    "huggingface": ExchangeFormat(
        module="huggingface", summary="Parquet with images and a card", has_corrected=True
    ),
    "folders": ExchangeFormat(module="folders", summary="split/class/image", has_corrected=True),
    "csv": ExchangeFormat(
        module="csv_table", summary="a table", endings=(".csv", ".tsv"), rows=WORK
    ),
    "croissant": ExchangeFormat(
        module="croissant",
        summary="a table and JSON-LD about it",
        has_corrected=True,
        comes_back=False,
    ),
}


@dataclass(frozen=True, kw_only=True)
class Exported:
    """What was written.

    Attributes:
        rows: how many rows.
        left_out: why images were left out, by image.
    """

    rows: int
    left_out: Mapping[str, str]


def check_target(target: Path, options: ExportOptions, *, replace_old: bool) -> None:
    """Check that an export can be written, before any work.

    Raises:
        OutputError: the place is taken, or of another kind.
    """
    wanted = FORMATS[options.format]
    if not wanted.endings:
        check_folder_place(target, replace=replace_old)
        return
    if target.suffix.lower() not in wanted.endings:
        raise OutputError(
            f"OUT {target}: expected a name that ends in {' or '.join(wanted.endings)}",
            f"For example labelfix export --to {options.format} work{wanted.endings[0]}.",
        )
    atomic.check_place("OUT", target)


def export(target: Path, rows: ExportedRows, options: ExportOptions) -> Exported:
    """Write rows in a format, whole or not at all.

    Args:
        target: a file or a folder, as the format is.
        rows: all rows of the workspace.
        options: the format, and which rows.

    Raises:
        OutputError: the target cannot be written.
    """
    wanted = FORMATS[options.format]
    which = wanted.rows if options.rows == AUTO else options.rows
    if which == WORK:
        rows = replace(rows, rows=[row for row in rows.rows if needs_work(row)])
    if wanted.endings:
        left_out = wanted.loaded.write(target, rows, options)
    else:
        with replacing_folder(target) as folder:
            left_out = wanted.loaded.write(folder, rows, options)
            about = {"labelfix": __version__, "format": options.format, "rows": len(rows)}
            atomic.write_json(folder / MARKER, {**about, "left_out": dict(left_out)})
    return Exported(rows=len(rows) - len(left_out), left_out=left_out)


def read_returned(source: Path, name: str) -> list[ReturnedRow]:
    """Read what came back from a tool.

    Args:
        source: a file, or a folder of an export.
        name: of the format.

    Raises:
        InputError: there is nothing, or it is of another form.
    """
    if not source.exists():
        raise InputError(
            f"expected what came back from {name} at {source}, found nothing",
            "Name the file or the folder that the tool has exported.",
        )
    returned: list[ReturnedRow] = FORMATS[name].loaded.read(source)
    if not returned:
        raise InputError(f"{source}: expected rows, found none", "Export at least one row.")
    return returned
