"""What every stage does around its work: skip what is up to date, say why not, leave a record."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labelfix.data import records
from labelfix.data.records import Record, RowCounts
from labelfix.errors import WorkspaceError
from labelfix.runtime.progress import Progress
from labelfix.version import __version__


@dataclass(frozen=True)
class StageResult:
    """One stage's artefact and how it came to be.

    Attributes:
        artefact: the file or folder that the next stage reads.
        record: what made it.
        skipped: whether it was up to date, so that nothing was done.
    """

    artefact: Path
    record: Record
    skipped: bool = False


@dataclass(frozen=True)
class Rerun:
    """What to do with an artefact that is there already.

    Attributes:
        force: make it again even where it is up to date.
        frozen: raise instead of replacing it by one of other inputs or options.
    """

    force: bool = False
    frozen: bool = False


def frozen_error(artefact: Path, difference: str) -> WorkspaceError:
    """What is told where an artefact must stay, and would have to be made again."""
    return WorkspaceError(
        f"--frozen: {artefact} would have to be made again: {difference}",
        "Run it without --frozen, or with the options it was made with.",
    )


@dataclass(frozen=True)
class StagePlan:
    """A stage that is about to run.

    `options` and `inputs` (name to fingerprint) are all that its artefact depends on.
    """

    stage: str
    artefact: Path
    options: Mapping[str, Any]
    inputs: Mapping[str, str]
    seed: int | None = None
    started: float = field(default_factory=time.monotonic)

    def up_to_date(self, rerun: Rerun, progress: Progress) -> StageResult | None:
        """The result that is there already, or None where the stage has to run.

        Raises:
            WorkspaceError: an artefact of other inputs or options is there, and it is frozen.
        """
        record = records.read_record(self.artefact)
        if record is None:
            return None
        difference = self._difference(record)
        if difference and rerun.frozen:
            raise frozen_error(self.artefact, difference)
        if not difference and not records.is_whole(self.artefact, record):
            difference = "a file of it is missing or damaged"
        if difference:
            progress.say(f"making {self.artefact.name} again: {difference}")
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
        """Write the record, which makes the artefact count as made."""
        record = Record(
            stage=self.stage,
            options=self.options,
            inputs=self.inputs,
            outputs={
                str(path.relative_to(self.artefact.parent)): records.fingerprint_file(path)
                for path in outputs
            },
            rows=rows,
            device=device,
            seconds=round(time.monotonic() - self.started, 3),
            seed=self.seed,
            details=details or {},
        )
        records.write_record(self.artefact, record)
        return StageResult(self.artefact, record)

    def _difference(self, record: Record) -> str:
        """What was another when the record was written; empty where nothing was."""
        if record.version != __version__:
            return f"it was made by labelfix {record.version}, this is {__version__}"
        for name in dict.fromkeys([*self.options, *record.options]):
            old, new = record.options.get(name), self.options.get(name)
            if old != new:
                return f"{name} was {old}, is {new}"
        if record.seed != self.seed:
            return f"seed was {record.seed}, is {self.seed}"
        for name in sorted({*self.inputs, *record.inputs}):
            if record.inputs.get(name) != self.inputs.get(name):
                return f"another {name}"
        return ""
