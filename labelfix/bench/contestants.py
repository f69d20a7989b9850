"""The contestants: methods with their settings, each a line of the table."""

import importlib.util
from dataclasses import dataclass

from labelfix.options.bench_options import BenchOptions
from labelfix.options.index_options import IndexOptions
from labelfix.options.train_options import NOISE_AWARE, PAPER

GIVEN = "given"
VOTE = "neighbours"
REGRESSION = "regression"
CLEANLAB = "cleanlab"
DENOISERS = (PAPER, NOISE_AWARE)
"""The methods that train a denoiser; all others are simple."""


@dataclass(frozen=True)
class Contestant:
    """A method with its settings.

    Attributes:
        method: `given` (labels unchanged), `neighbours` (majority vote), `regression` (logistic,
            out-of-fold), `cleanlab` (on the same probabilities), or one of `--method`.
        neighbours: K; None if the method has none.
        ddim_steps: None if the method has none.
        reads_names: whether it also uses class names.
    """

    method: str
    neighbours: int | None = None
    ddim_steps: int | None = None
    reads_names: bool = False

    @property
    def is_denoiser(self) -> bool:
        """Whether it trains a denoiser."""
        return self.method in DENOISERS

    @property
    def name(self) -> str:
        """`paper, K 10, 50 steps`."""
        k = "" if self.neighbours is None else f", K {self.neighbours}"
        steps = "" if self.ddim_steps is None else f", {self.ddim_steps} step"
        plural = "s" if steps and self.ddim_steps != 1 else ""
        return self.method + k + steps + plural + (", class names" if self.reads_names else "")


def contestants(options: BenchOptions, rows: int, *, has_names: bool = False) -> list[Contestant]:
    """All contestants, the fastest first.

    Those that share a training are adjacent, so that it is done once.

    Args:
        options: of the comparison.
        rows: the number of rows.
        has_names: whether an encoder has class vectors.
    """
    most = rows - 1
    usual = IndexOptions.neighbours
    steps, k_first = options.ddim_steps, min(options.paper_neighbours[0], most)
    found = [
        Contestant(GIVEN),
        *(Contestant(VOTE, k) for k in _upto(options.vote_neighbours, most)),
    ]
    found.append(Contestant(REGRESSION))
    if has_cleanlab():
        found.append(Contestant(CLEANLAB))
    found += [Contestant(PAPER, k_first, one) for one in steps]
    others = _upto(options.paper_neighbours[1:], most)
    found += [Contestant(PAPER, k, steps[0]) for k in others if k != k_first]
    found.append(Contestant(NOISE_AWARE, min(usual, most)))
    if has_names:
        found.append(Contestant(NOISE_AWARE, min(usual, most), reads_names=True))
    return found


def has_cleanlab() -> bool:
    """Whether cleanlab is installed."""
    return importlib.util.find_spec("cleanlab") is not None


def _upto(numbers: tuple[int, ...], most: int) -> list[int]:
    """The numbers, capped at `most`, without duplicates."""
    return list(dict.fromkeys(min(number, most) for number in numbers))
