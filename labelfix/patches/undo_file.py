"""What takes a written manifest back exactly: the cells that were replaced, and both sha256.

An undo file lies beside the manifest that `labelfix patch apply` has written, and carries the
beginning of that manifest's sha256 in its name: it belongs to these bytes and no others.
"""

import hashlib
import json
from dataclasses import dataclass, field
from json.encoder import encode_basestring_ascii as quoted
from pathlib import Path
from typing import Any

from labelfix.errors import InputError
from labelfix.patches.label_cells import LabelCells
from labelfix.runtime import atomic

MARK = "labelfix_undo"
FORMAT = 1
_SHOWN = 8


@dataclass(frozen=True, kw_only=True)
class Undo:
    """How to make the manifest before out of the manifest after.

    Attributes:
        before, after: sha256 of the manifests' bytes.
        patch: sha256 of the patch's file; empty where there was none.
        cells: (row from 0, cell before, cell after), increasing.
    """

    before: str
    after: str
    patch: str
    cells: list[tuple[int, str, str]] = field(repr=False)


def undo_path(manifest: Path, sha256: str) -> Path:
    """Where the undo file of a manifest with these bytes is."""
    return manifest.with_name(f"{manifest.name}.undo-{sha256[:_SHOWN]}.jsonl")


def write_undo(target: Path, undo: Undo) -> None:
    """Write an undo file, whole or not at all."""
    header = {MARK: FORMAT, "before": undo.before, "after": undo.after, "patch": undo.patch}
    with (
        atomic.replacing(target) as temporary,
        temporary.open("w", encoding="ascii", newline="\n") as file,
    ):
        file.write(json.dumps(header | {"cells": len(undo.cells)}) + "\n")
        for row, before, after in undo.cells:
            file.write(f"[{row}, {quoted(before)}, {quoted(after)}]\n")


def read_undo(path: Path) -> Undo:
    """Read an undo file.

    Raises:
        InputError: it is none, or damaged.
    """
    try:
        first, *lines = path.read_bytes().split(b"\n")
        header = json.loads(first)
        cells = [_cell(json.loads(line)) for line in lines if line]
        if header[MARK] != FORMAT or header["cells"] != len(cells):
            raise ValueError
        return Undo(
            before=str(header["before"]),
            after=str(header["after"]),
            patch=str(header["patch"]),
            cells=cells,
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{path}: expected an undo file as labelfix patch apply writes it, found it damaged "
            "or another file",
            "Take the manifest back by the patch itself: labelfix patch revert MANIFEST PATCH.",
        ) from error


def is_undo(path: Path) -> bool:
    """Whether a file begins as an undo file does."""
    try:
        with path.open("rb") as file:
            return file.read(len(MARK) + 2) == f'{{"{MARK}'.encode()
    except OSError:
        return False


def taken_back(cells: LabelCells, undo: Undo) -> bytes:
    """The bytes of the manifest before.

    Args:
        cells: of the manifest after.
        undo: of it.

    Raises:
        InputError: the manifest is another one, or the undo file was changed.
    """
    if cells.sha256 != undo.after:
        raise InputError(
            f"{cells.path}: expected the bytes that labelfix patch apply wrote (sha256 "
            f"{undo.after[:_SHOWN]}...), found others ({cells.sha256[:_SHOWN]}...)",
            "It was changed since. Take it back by the patch itself, row by row: labelfix patch "
            "revert MANIFEST PATCH.",
        )
    rows = len(cells.spans)
    fits = all(row < rows and cells.cell(row) == after for row, _, after in undo.cells)
    data = cells.with_cells({row: before for row, before, _ in undo.cells}) if fits else b""
    if not fits or hashlib.sha256(data).hexdigest() != undo.before:
        raise InputError(
            f"{cells.path}: the undo file does not give the manifest before it",
            "Take it back by the patch itself: labelfix patch revert MANIFEST PATCH.",
        )
    return data


def _cell(value: Any) -> tuple[int, str, str]:
    row, before, after = value
    if not (type(row) is int and row >= 0 and type(before) is type(after) is str):
        raise TypeError
    return row, before, after
