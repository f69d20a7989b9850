"""The grid's figures, the seeds of each setting averaged."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from noise_settings import Setting


@dataclass(frozen=True)
class Run:
    """One setting with one seed: the peers' figures, and those of labelfix by audits."""

    setting: Setting
    seed: int
    peers: dict[str, Any]
    labelfix: dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Cell:
    """One setting with one number of audits, a mean over the seeds.

    Attributes:
        name, kind: of the setting.
        rows, classes: of it.
        audits: rows whose truth was told.
        seeds: how many there are.
        given, bound, cleanlab, logistic_regression, right_after: right labels in percent.
        changed_right: of the right labels, those that were changed, in percent.
        wrong: wrong labels in percent.
        estimate, low, high: of them.
        off: by how many points the estimate is, a mean of absolute differences.
        covered: the share of the seeds whose interval holds the truth.
        calibration_error, auroc, average_precision: in [0, 1].
        seconds: of one run.
    """

    name: str
    kind: str
    rows: int
    classes: int
    audits: int
    seeds: int
    given: float
    bound: float | None
    cleanlab: float
    logistic_regression: float
    right_after: float
    changed_right: float | None
    wrong: float
    estimate: float | None
    low: float | None
    high: float | None
    off: float | None
    covered: float | None
    calibration_error: float | None
    auroc: float | None
    average_precision: float | None
    seconds: float

    @property
    def best_peer(self) -> float:
        """Right labels in percent by the better of the peers."""
        return max(self.cleanlab, self.logistic_regression)


def cells_of(runs: Iterable[Run]) -> list[Cell]:
    """A cell for each setting and number of audits, in the runs' order."""
    groups: dict[tuple[str, int], list[Run]] = {}
    for run in runs:
        for audits in run.labelfix:
            groups.setdefault((run.setting.name, int(audits)), []).append(run)
    return [_cell(audits, group) for (_, audits), group in groups.items()]


def _cell(audits: int, runs: list[Run]) -> Cell:
    ours = [run.labelfix[str(audits)] for run in runs]
    shares = [one["share"] for one in ours if one["share"] is not None]
    truths = [
        100 * (1 - run.peers["given"])
        for run, one in zip(runs, ours, strict=True)
        if one["share"] is not None
    ]
    ends = [[100 * end for end in share] for share in shares]
    return Cell(
        name=runs[0].setting.name,
        kind=runs[0].setting.kind,
        rows=runs[0].peers["rows"],
        classes=runs[0].peers["classes"],
        audits=audits,
        seeds=len(runs),
        **{
            name: _mean([run.peers[name] for run in runs], 100)
            for name in ("given", "bound", "cleanlab", "logistic_regression")
        },
        right_after=_mean([one["right_after"] for one in ours], 100),
        changed_right=_mean([one["harmed"] for one in ours], 100),
        wrong=_mean([1 - run.peers["given"] for run in runs], 100),
        low=_mean([low for low, _, _ in ends]),
        estimate=_mean([middle for _, middle, _ in ends]),
        high=_mean([high for _, _, high in ends]),
        off=_mean([abs(end[1] - truth) for end, truth in zip(ends, truths, strict=True)]),
        covered=_mean([end[0] <= truth <= end[2] for end, truth in zip(ends, truths, strict=True)]),
        **{
            name: _mean([one[name] for one in ours])
            for name in ("calibration_error", "auroc", "average_precision", "seconds")
        },
    )


def _mean(values: list[Any], factor: float = 1.0) -> Any:
    """Of those that are there; None of none."""
    there = [value for value in values if value is not None]
    return factor * float(np.mean(there)) if there else None
