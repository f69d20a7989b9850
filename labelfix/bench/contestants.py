"""What is compared: a method with its settings, each a line of the table."""

import importlib.util
from dataclasses import dataclass

from labelfix.bench_config import BenchOptions
from labelfix.config import NOISE_AWARE, PAPER, IndexOptions

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
        method: `given` (nothing is done), `neighbours` (their vote), `regression` (logistic, out
            of fold), `cleanlab` (on the same probabilities), or one of `--method`.
        neighbours: K; None where the method has none.
        ddim_steps: None where the method has none.
        reads_names: whether it also reads what the classes' names say.
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
    """All that are compared, the fastest first.

    Those with one training stand together, so that it is done once.

    Args:
        options: of the comparison.
        rows: how many they are compared on.
        has_names: whether there are class vectors for an encoder.
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
    """Each number, but the most at the most, once."""
    return list(dict.fromkeys(min(number, most) for number in numbers))
