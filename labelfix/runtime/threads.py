"""Threads that stay calm on a busy machine, whoever calls labelfix.

OpenMP threads wait for each other by spinning unless OMP_WAIT_POLICY=PASSIVE was set when their
library was loaded. On a machine with other busy processes, spinning threads take many times
longer. The command line sets the variable when it starts; a library may not count on that.
"""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

POLICY = "OMP_WAIT_POLICY"
PASSIVE = "PASSIVE"
SAMPLE_S = 0.1
"""How long the processors are watched: ten ticks of the kernel's usual clock."""
PROCESSOR_TIMES = Path("/proc/stat")
_LOADED_CALM: set[str] = set()
"""`torch`, once labelfix has loaded it under the passive policy."""


def keep_waiting_threads_passive() -> None:
    """Let all threads of this process wait passively, unless the user has set otherwise.

    It is for the command line, whose process is its own, and is called before torch is loaded.
    """
    os.environ.setdefault(POLICY, PASSIVE)


@contextmanager
def calm_threads() -> Iterator[None]:
    """Keep torch's threads from spinning while labelfix computes.

    Where labelfix is the first to load torch, it loads it under the passive policy: the number
    of threads, and so every bit of a result, stays as it is. Where torch is there already, it
    gets as many threads as cores are free, and its old number afterwards; another number of
    threads may change the last bits of a result.
    """
    if os.environ.get(POLICY, "").upper() == PASSIVE:
        yield
        return
    with _passive_policy():
        if "torch" not in sys.modules:
            import torch  # noqa: F401 - loaded here, so that its threads wait passively

            _LOADED_CALM.add("torch")
        if "torch" in _LOADED_CALM:
            yield
        else:
            with _fewer_threads():
                yield


@contextmanager
def _passive_policy() -> Iterator[None]:
    """Set the variable for libraries that are loaded meanwhile; afterwards it is as before."""
    before = os.environ.get(POLICY)
    os.environ[POLICY] = PASSIVE
    try:
        yield
    finally:
        if before is None:
            del os.environ[POLICY]
        else:
            os.environ[POLICY] = before


@contextmanager
def _fewer_threads() -> Iterator[None]:
    """Let torch have no more threads than there are free cores, for a while."""
    import torch

    before = torch.get_num_threads()
    if before == 1:
        yield
        return
    torch.set_num_threads(min(before, max(1, free_cores())))
    try:
        yield
    finally:
        torch.set_num_threads(before)


def free_cores() -> int:
    """How many cores nobody uses now; by the load of the last minute where that is not known."""
    cores = os.cpu_count() or 1
    before = _processor_times()
    if before is not None:
        time.sleep(SAMPLE_S)
        after = _processor_times()
        if after is not None and after[1] > before[1]:
            return round(cores * (after[0] - before[0]) / (after[1] - before[1]))
    if hasattr(os, "getloadavg"):
        return round(cores - os.getloadavg()[0])
    return cores


def _processor_times() -> tuple[int, int] | None:
    """Ticks in which processors were idle, and all ticks; None where the system does not say."""
    try:
        first, *_ = PROCESSOR_TIMES.read_text(encoding="ascii").splitlines()
        ticks = [int(count) for count in first.split()[1:9]]
    except (OSError, ValueError):
        return None
    return sum(ticks[3:5]), sum(ticks)  # idle, and waiting for a disk
