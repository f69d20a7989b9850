"""Beside every artefact lies a record of what made it; it decides what is up to date."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labelfix.runtime import atomic
from labelfix.version import __version__


@dataclass(frozen=True)
class RowCounts:
    """Where the rows of a stage's input went: each ends in exactly one place."""

    rows_in: int
    used: int
    quarantined: int = 0
    rejected: int = 0

    def __post_init__(self) -> None:
        if self.rows_in != self.used + self.quarantined + self.rejected:
            raise ValueError(f"rows do not add up: {self}")


@dataclass(frozen=True)
class Record:
    """What made an artefact.

    `options` and `inputs` (name to sha256) say whether it is still up to date; `outputs`
    (file name relative to the record's folder, to sha256) whether it is still whole.
    """

    stage: str
    options: Mapping[str, Any]
    inputs: Mapping[str, str]
    outputs: Mapping[str, str]
    rows: RowCounts
    device: str = "cpu"
    seconds: float = 0.0
    seed: int | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    version: str = __version__


def record_path(artefact: Path) -> Path:
    """Where the record of an artefact lies: `<artefact>.record.json`."""
    return artefact.with_name(artefact.name + ".record.json")


def write_record(artefact: Path, record: Record) -> None:
    """Write the record of an artefact; always after the artefact itself."""
    atomic.write_json(record_path(artefact), dataclasses.asdict(record))


def read_record(artefact: Path) -> Record | None:
    """The record of an artefact, or None where there is none that can be understood."""
    try:
        fields = json.loads(record_path(artefact).read_text(encoding="utf-8"))
        return Record(**{**fields, "rows": RowCounts(**fields["rows"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None  # missing, torn or foreign: the artefact counts as not made


def is_whole(artefact: Path, record: Record) -> bool:
    """Whether every file of an artefact is there with the bytes that were written."""
    try:
        return all(
            fingerprint_file(artefact.parent / name) == sha256
            for name, sha256 in record.outputs.items()
        )
    except OSError:
        return False


def fingerprint_file(path: Path) -> str:
    """The sha256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fingerprint(value: Any) -> str:
    """The sha256 of a JSON value, the same for equal values."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()
