"""The record beside every artefact: what made it, whether it is up to date, whether it is whole.

A stage skips what is up to date, says why anything else is made again, and writes the record last.
"""

import dataclasses
import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labelfix.errors import WorkspaceError
from labelfix.runtime import atomic
from labelfix.runtime.progress import Progress
from labelfix.version import __version__


@dataclass(frozen=True, kw_only=True)
class RowCounts:
    """Where the input rows of a stage went: each is counted exactly once."""

    rows_in: int
    used: int
    quarantined: int = 0
    rejected: int = 0

    def __post_init__(self) -> None:
        if self.rows_in != self.used + self.quarantined + self.rejected:
            raise ValueError(f"rows do not add up: {self}")


@dataclass(frozen=True, kw_only=True)
class Record:
    """What made an artefact.

    `options` and `inputs` (name to sha256) decide whether it is up to date; `outputs` (file name
    relative to the record's folder, to sha256) whether it is whole.
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
    """The path of an artefact's record: `<artefact>.record.json`."""
    return artefact.with_name(artefact.name + ".record.json")


def write_record(artefact: Path, record: Record) -> None:
    """Write the record of an artefact, always after the artefact itself."""
    atomic.write_json(record_path(artefact), dataclasses.asdict(record))


def read_record(artefact: Path) -> Record | None:
    """The record of an artefact, or None if it is missing or unreadable."""
    try:
        fields = json.loads(record_path(artefact).read_text(encoding="utf-8"))
        return Record(**{**fields, "rows": RowCounts(**fields["rows"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None  # missing, torn or foreign: the artefact counts as not made


def is_whole(artefact: Path, record: Record) -> bool:
    """Whether every file of an artefact exists with the bytes that were written."""
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


AGAIN = {"embed": "embedding", "index": "indexing", "train": "training", "relabel": "relabelling"}
"""What a stage that runs again says of itself."""


@dataclass(frozen=True)
class StageResult:
    """One stage's artefact and how it was made.

    Attributes:
        artefact: the file or folder that the next stage reads.
        record: what made it.
        skipped: whether it was up to date and the stage did nothing.
    """

    artefact: Path
    record: Record
    skipped: bool = False


@dataclass(frozen=True)
class Rerun:
    """What to do with an existing artefact.

    Attributes:
        force: make it again even if it is up to date.
        frozen: raise instead of making it again from other inputs or options.
    """

    force: bool = False
    frozen: bool = False


def frozen_error(artefact: Path, difference: str) -> WorkspaceError:
    """The error for a frozen artefact that would have to be made again."""
    return WorkspaceError(
        f"--frozen: {artefact} is out of date: {difference}",
        "Run it without --frozen, or with the options it was made with.",
    )


@dataclass(frozen=True, kw_only=True)
class StagePlan:
    """A stage that is about to run.

    Its artefact depends on `options` and `inputs` (name to fingerprint) alone.
    """

    stage: str
    artefact: Path
    options: Mapping[str, Any]
    inputs: Mapping[str, str]
    seed: int | None = None
    started: float = field(default_factory=time.monotonic)

    def up_to_date(self, rerun: Rerun, progress: Progress) -> StageResult | None:
        """The existing result, or None if the stage has to run.

        Raises:
            WorkspaceError: frozen, and the artefact was made from other inputs or options.
        """
        record = read_record(self.artefact)
        if record is None:
            return None
        difference = self._difference(record)
        if difference and rerun.frozen:
            raise frozen_error(self.artefact, difference)
        if not difference and not is_whole(self.artefact, record):
            difference = "a file is missing or damaged"
        if difference:
            what = AGAIN.get(self.stage, f"making {self.artefact.name}")
            progress.say(f"{difference[:1].upper()}{difference[1:]}; {what} again")
        elif not rerun.force:
            return StageResult(self.artefact, record, skipped=True)
        return None

    def finish(
        self,
        outputs: Sequence[Path],
        rows: RowCounts,
        *,
        device: str,
        details: Mapping[str, Any] | None = None,
    ) -> StageResult:
        """Write the record, which marks the artefact as made."""
        record = Record(
            stage=self.stage,
            options=self.options,
            inputs=self.inputs,
            outputs={
                str(path.relative_to(self.artefact.parent)): fingerprint_file(path)
                for path in outputs
            },
            rows=rows,
            device=device,
            seconds=round(time.monotonic() - self.started, 3),
            seed=self.seed,
            details=details or {},
        )
        write_record(self.artefact, record)
        return StageResult(self.artefact, record)

    def _difference(self, record: Record) -> str:
        """What has changed since the record was written; empty if nothing has."""
        if record.version != __version__:
            return f"made by labelfix {record.version}, this is {__version__}"
        for name in dict.fromkeys([*self.options, *record.options]):
            old, new = record.options.get(name), self.options.get(name)
            if old != new:
                return f"{name.replace('_', ' ')} was {_shown(old)}, is {_shown(new)}"
        if record.seed != self.seed:
            return f"seed was {record.seed}, is {self.seed}"
        for name in sorted({*self.inputs, *record.inputs}):
            if record.inputs.get(name) != self.inputs.get(name):
                return f"{name} changed"
        return ""


def _shown(value: Any) -> Any:
    """An option's value as a person says it."""
    return "not set" if value is None else value
