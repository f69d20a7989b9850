"""Seconds and memory of a piece of work in this process."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

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
