"""Stages that are skipped where their result is there, and that go on where they were stopped.

A stage is a JSON file of figures, perhaps with other files, and beside it the record of what
made it. Its seconds are those of all the runs that it took.
"""

import json
import math
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch
from measuring import commit, machine

import labelfix
from labelfix.data import atomic, records
from labelfix.data.records import Rerun, RowCounts, StagePlan
from labelfix.progress import Progress
from labelfix.training.checkpoint import Checkpoints

SECONDS = "seconds"
PACKAGE = Path(labelfix.__file__).parent
LIBRARIES = ("torch", "numpy")


class OutOfTimeError(Exception):
    """The time limit is reached; a later call goes on."""


class Clock:
    """The seconds of a stage over all its runs.

    Args:
        deadline: of `time.monotonic`, after which nothing goes on.
    """

    def __init__(self, deadline: float = math.inf) -> None:
        self.deadline = deadline
        self.before = 0.0
        self._started = self._last = time.monotonic()

    @property
    def seconds(self) -> float:
        """So far, with those of earlier runs."""
        return self.before + time.monotonic() - self._started

    def check(self, done: str) -> None:
        """See that there is time for a stretch as long as the last one.

        Raises:
            OutOfTimeError: there is not.
        """
        now = time.monotonic()
        stretch, self._last = now - self._last, now
        if now + stretch > self.deadline:
            raise OutOfTimeError(f"stopped {done}; the same command goes on from there")


@dataclass(frozen=True)
class TimedCheckpoints(Checkpoints):
    """Checkpoints that know the seconds spent, and after which a training may be stopped."""

    clock: Clock = field(default_factory=Clock)

    def write(self, step: int, tensors: dict[str, torch.Tensor]) -> None:
        """Keep tensors, how far the training had come, and in how many seconds."""
        seconds = torch.tensor(self.clock.seconds, dtype=torch.float64)
        super().write(step, {**tensors, SECONDS: seconds})
        self.clock.check(f"after {step} steps")

    def read(self) -> tuple[int, dict[str, torch.Tensor]]:
        """What was kept; the clock goes on from its seconds."""
        step, tensors = super().read()
        if SECONDS in tensors:
            self.clock.before = float(tensors.pop(SECONDS))
        return step, tensors


@dataclass(frozen=True)
class MadeFrom:
    """All that a stage's figures depend on.

    Attributes:
        options: of the stage, JSON values.
        inputs: name to fingerprint.
        code: modules and packages of labelfix whose files count, as paths.
        rows: of its input.
        libraries: whose versions count beside torch's and numpy's.
    """

    options: Mapping[str, Any]
    inputs: Mapping[str, str]
    code: Sequence[str] = ()
    rows: int = 0
    libraries: Sequence[str] = ()


@dataclass(frozen=True)
class Workplace:
    """Where stages write, on which device they compute, who is told, and until when."""

    out: Path
    device: str
    progress: Progress
    deadline: float = math.inf

    @property
    def results(self) -> Path:
        """The folder of what is to be kept: few and small files."""
        return self.out / "results"

    def artefact(self, stage: str) -> Path:
        """The file of a stage's figures."""
        return self.out / f"{stage}.json"

    def run(
        self,
        stage: str,
        made_from: MadeFrom,
        make: Callable[[TimedCheckpoints], tuple[dict[str, Any], Sequence[Path]]],
    ) -> None:
        """Make a stage's figures and files, unless they are there and made from the same.

        Args:
            stage: its name.
            made_from: all that they depend on.
            make: gives figures, and files below `out`; it may keep checkpoints.

        Raises:
            OutOfTimeError: there was not enough time.
        """
        plan = StagePlan(
            stage=stage,
            artefact=self.artefact(stage),
            options={
                **made_from.options,
                "device": self.device,
                "versions": versions([*LIBRARIES, *made_from.libraries]),
            },
            inputs={**made_from.inputs, "code": code_fingerprint(made_from.code)},
        )
        if plan.up_to_date(Rerun(), self.progress):
            self.progress.say(f"{stage}: is there already")
            return
        clock = Clock(self.deadline)
        if time.monotonic() >= self.deadline:
            raise OutOfTimeError(f"stopped before {stage}; the same command goes on from there")
        self.progress.say(f"{stage}: begins")
        key = records.fingerprint([dict(plan.options), dict(plan.inputs)])
        path = self.out / "checkpoints" / f"{stage}.safetensors"
        checkpoints = TimedCheckpoints(path, key, clock)
        figures, files = make(checkpoints)
        atomic.write_json(plan.artefact, {**figures, SECONDS: round(clock.seconds, 1)})
        plan.finish(
            [plan.artefact, *files],
            RowCounts(rows_in=made_from.rows, used=made_from.rows),
            device=self.device,
            details={"commit": commit(), "machine": this_machine()},
        )
        checkpoints.remove()

    def figures(self, stage: str) -> dict[str, Any]:
        """What a stage has found.

        Raises:
            SystemExit: it has not run yet, or its files are damaged.
        """
        record = records.read_record(self.artefact(stage))
        if record is None or not records.is_whole(self.artefact(stage), record):
            raise SystemExit(f"expected what {stage} makes in {self.out}: run --stage {stage}")
        found: dict[str, Any] = json.loads(self.artefact(stage).read_text(encoding="utf-8"))
        return found


def versions(libraries: Sequence[str]) -> dict[str, str | None]:
    """Library to version; None where it is not installed."""
    return {library: _version(library) for library in libraries}


def _version(library: str) -> str | None:
    try:
        return version(library)
    except PackageNotFoundError:
        return None


def code_fingerprint(parts: Sequence[str]) -> str:
    """The sha256 of some packages of labelfix: other code makes other figures."""
    absent = [part for part in parts if not (PACKAGE / part).is_dir()]
    if absent:
        raise ValueError(f"expected packages of labelfix, found no {' and no '.join(absent)}")
    files = [file for part in parts for file in (PACKAGE / part).rglob("*.py")]
    return records.fingerprint(
        [[str(file.relative_to(PACKAGE)), records.fingerprint_file(file)] for file in sorted(files)]
    )


def this_machine() -> dict[str, Any]:
    """The machine, with its GPU where torch sees one."""
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else None
    return {**machine(), "gpu": gpu, "threads": torch.get_num_threads(), "system": sys.platform}
