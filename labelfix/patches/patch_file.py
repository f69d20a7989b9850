"""A patch as a file: JSON lines, of which the first says what it was made from.

Every line stands for itself: it can be looked at, searched and taken out with any tool.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from labelfix.data import names
from labelfix.errors import InputError
from labelfix.patches.change import FORMAT, Change, Origin, Patch, RowKey
from labelfix.runtime import atomic

MARK = "labelfix_patch"
"""The key of the first line that holds the format's version."""
ENDING = ".patch.jsonl"

_TEXTS = ("image", "content_hash", "from", "to", "who", "when", "why", "split", "annotator")
_COUNTS = ("row", "copy", "copies")
_KEYS = frozenset({*_TEXTS, *_COUNTS, "confidence", "from_cell"})
_NEEDED = ("image", "from", "to", "row")


def write_patch(target: Path, patch: Patch) -> None:
    """Write a patch, whole or not at all."""
    encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode
    with (
        atomic.replacing(target) as temporary,
        temporary.open("w", encoding="utf-8", newline="\n") as file,
    ):
        file.write(encode(_header(patch)) + "\n")
        for change in patch:
            file.write(encode(_line(change)) + "\n")


def read_patch(path: Path) -> Patch:
    """Read a patch and check all of it.

    Raises:
        InputError: it is no patch, of a later format, damaged, or changes a row twice; the
            message names the line.
    """
    try:
        first, *lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise InputError(
            f"{path} could not be read: {error.strerror or error}",
            "Name a patch that labelfix patch make has written.",
        ) from error
    origin, count = _origin(path, first)
    changes = list(_changes(path, lines))
    if len(changes) != count:
        raise InputError(
            f"{path}: expected {count:,} changes as line 1 says, found {len(changes):,}",
            "The file was cut, or lines were taken out: make the patch again, or correct the "
            "number in line 1 if you meant to.",
        )
    _check_once(path, changes)
    return Patch(origin, changes)


def is_patch(path: Path) -> bool:
    """Whether a file begins as a patch does."""
    try:
        with path.open("rb") as file:
            return file.read(len(MARK) + 3).replace(b" ", b"").startswith(f'{{"{MARK}"'.encode())
    except OSError:
        return False


def _header(patch: Patch) -> dict[str, Any]:
    origin = asdict(patch.origin) | {"splits": list(patch.origin.splits)}
    return {MARK: FORMAT, **origin, "changes": len(patch)}


def _line(change: Change) -> dict[str, Any]:
    """A change as JSON values; what is empty everywhere is left out."""
    key = change.key
    line: dict[str, Any] = {"image": names.to_text(key.image), "content_hash": change.content_hash}
    line["row"] = change.row
    if key.annotator:
        line["annotator"] = key.annotator
    if change.copies > 1:
        line |= {"copy": key.copy, "copies": change.copies}
    if change.split:
        line["split"] = change.split
    line |= {"from": change.before, "to": change.after, "confidence": change.confidence}
    line |= {"who": change.who, "when": change.when, "why": change.why}
    if change.cell is not None:
        line["from_cell"] = change.cell
    return line


def _origin(path: Path, first: bytes) -> tuple[Origin, int]:
    """What a patch was made from, and how many changes it has."""
    try:
        header = json.loads(first)
        version = header[MARK]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{path}, line 1: expected a patch, whose first line has {MARK!r}, found another file",
            "Make a patch with labelfix patch make --out fixes.patch.jsonl.",
        ) from error
    if version != FORMAT:
        raise InputError(
            f"{path}: expected a patch of format {FORMAT}, found format {version!r}",
            "Update labelfix, or make the patch with this version.",
        )
    try:
        texts = ("manifest", "sha256", "label_column", "image_column", "made_at", "made_by")
        values: dict[str, Any] = {name: _text(header[name]) for name in texts}
        splits = tuple(_text(split) for split in header["splits"])
        count = header["changes"]
        if type(count) is not int or type(header["all_splits"]) is not bool:
            raise TypeError
        return Origin(**values, splits=splits, all_splits=header["all_splits"]), count
    except (KeyError, TypeError) as error:
        raise InputError(
            f"{path}, line 1: expected what the patch was made from, found it damaged",
            "Make the patch again with labelfix patch make.",
        ) from error


def _changes(path: Path, lines: list[bytes]) -> Iterator[Change]:
    decode = json.JSONDecoder().decode
    for number, line in enumerate(lines, 2):
        if not line.strip():
            continue
        try:
            yield _change(decode(line.decode("utf-8")))
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise InputError(
                f"{path}, line {number}: expected a change with {', '.join(_NEEDED)}, "
                f"found {_why(error)}",
                "Make the patch again with labelfix patch make, or take the line out.",
            ) from error


def _change(line: Any) -> Change:
    if type(line) is not dict:
        raise TypeError("no object")
    if not _KEYS.issuperset(line):
        raise TypeError(f"the unknown key {min(line.keys() - _KEYS)!r}")
    get = line.get
    confidence, cell = get("confidence"), get("from_cell")
    if confidence is not None:
        confidence = float(confidence)
        if not 0 <= confidence <= 1:
            raise TypeError(f"the confidence {confidence}")
    row, copy, copies = line["row"], get("copy", 1), get("copies", 1)
    if not (type(row) is type(copy) is type(copies) is int and row > 0 and 0 < copy <= copies):
        raise TypeError("a row or copy that is no number from 1")
    return Change(
        key=RowKey(names.from_text(_text(line["image"])), _text(get("annotator", "")), copy),
        copies=copies,
        content_hash=_text(get("content_hash", "")),
        row=row,
        before=_text(line["from"]),
        after=_text(line["to"]),
        who=_text(get("who", "")),
        when=_text(get("when", "")),
        why=_text(get("why", "")),
        confidence=confidence,
        split=_text(get("split", "")),
        cell=None if cell is None else _text(cell),
    )


def _text(value: Any) -> str:
    if type(value) is not str:
        raise TypeError(f"{value!r} where a text is expected")
    if not names.is_valid(value):
        raise TypeError("half a character")
    return value


def _check_once(path: Path, changes: list[Change]) -> None:
    """Check that no row is changed twice."""
    keys = {change.key for change in changes}
    rows = {change.row for change in changes}
    if len(keys) == len(rows) == len(changes):
        return
    seen: set[object] = set()
    for number, change in enumerate(changes, 2):
        if change.key in seen or change.row in seen:
            raise InputError(
                f"{path}, line {number}: expected every row once, found "
                f"{names.to_text(change.image)!r} (row {change.row:,}) again",
                "Take one of the lines out and correct the number of changes in line 1.",
            )
        seen |= {change.key, change.row}


def _why(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"none called {error.args[0]!r}"
    if isinstance(error, TypeError):
        return str(error)
    return "no JSON"
