"""What a method says of rows, what it costs, and the figures that follow from the truth."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from labelfix.bench.clean_rows import NoisyRows
from labelfix.scoring.score import Score, ScoredRows, score_rows


@dataclass(frozen=True)
class Outcome:
    """What a method says of n rows.

    Attributes:
        labels: (n,) int64, the class of each row after correction.
        self_confidence: (n,) float64, how far the given label is believed; NaN: not told.
        confidence: (n,) float64 in [0, 1], the claimed probability that `labels` is right; NaN:
            not claimed.
    """

    labels: npt.NDArray[np.int64] = field(repr=False)
    self_confidence: npt.NDArray[np.float64] = field(repr=False)
    confidence: npt.NDArray[np.float64] = field(repr=False)

    @classmethod
    def likeliest(
        cls, probabilities: npt.NDArray[np.float64], given: npt.NDArray[np.int64]
    ) -> "Outcome":
        """The class of the largest of (n, C) probabilities, whatever was given."""
        each, labels = np.arange(len(given)), probabilities.argmax(axis=1)
        return cls(labels, probabilities[each, given], probabilities[each, labels])

    def is_right(self, rows: NoisyRows) -> npt.NDArray[np.bool_]:
        """(n,) which labels are right now."""
        return np.asarray(self.labels == rows.true)

    def score(self, rows: NoisyRows) -> Score:
        """The figures, as `labelfix score` has them."""
        names = np.array(rows.class_names, dtype=object)
        found = score_rows(
            ScoredRows(
                label=names[self.labels],
                given_label=names[rows.given],
                true_label=names[rows.true],
                confidence=self.confidence,
                self_confidence=self.self_confidence,
                review_rank=np.zeros(len(rows), dtype=np.int64),
            )
        )
        if found is None:
            raise ValueError("expected rows with labels, found none")
        return found


Made = TypeVar("Made")

STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
RESET_PEAK = "5"
"""What Linux forgets the highest memory so far by (proc(5), clear_refs)."""


@dataclass(frozen=True)
class Cost:
    """What a piece of work cost.

    Attributes:
        seconds: by the clock.
        mib: main memory at its highest, above what was there before; None where the system does
            not tell.
    """

    seconds: float
    mib: float | None

    def __add__(self, other: "Cost") -> "Cost":
        """One after the other."""
        told = self.mib is not None and other.mib is not None
        mib = max(self.mib or 0.0, other.mib or 0.0) if told else None
        return Cost(self.seconds + other.seconds, mib)


def measured(work: Callable[[], Made]) -> tuple[Made, Cost]:
    """Do some work and tell what it cost."""
    before = _memory("VmRSS") if _forget_peak() else None
    started = time.perf_counter()
    made = work()
    seconds = time.perf_counter() - started
    peak = _memory("VmHWM")
    return made, Cost(seconds, None if before is None or peak is None else max(0.0, peak - before))


def _forget_peak() -> bool:
    try:
        CLEAR.write_text(RESET_PEAK, encoding="ascii")
    except OSError:
        return False
    return True


def _memory(name: str) -> float | None:
    """MiB."""
    try:
        found = re.search(rf"{name}:\s+(\d+) kB", STATUS.read_text(encoding="ascii"))
    except OSError:
        return None
    return int(found[1]) / 1024 if found else None
