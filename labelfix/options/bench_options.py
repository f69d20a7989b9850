"""The options of `bench`: which methods are compared, on how many rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from labelfix.options.option import at_least, check_options, device_option, option, seed_option

FULL: Mapping[str, Any] = MappingProxyType(
    {
        "rows": 10_000,
        "draws": 3,
        "vote_neighbours": (1, 2, 3, 5, 10, 20, 30, 50, 100),
        "paper_neighbours": (10, 1, 3, 5, 20, 50, 100),
        "ddim_steps": (10, 1, 2, 5, 20, 50, 100),
    }
)
"""More of everything, for about an hour instead of minutes."""


@dataclass(frozen=True, kw_only=True)
class BenchOptions:
    """What is compared.

    Attributes:
        rows: the most rows that the methods are compared on; some thousands tell methods apart
            that differ by half a point.
        seed: of the rows that are chosen, of the noise that is put in, and of every training.
        device: `auto`, `cpu` or `cuda`.
        draws: how often noise is drawn; each method corrects each draw.
        vote_neighbours: K of the neighbours' vote.
        paper_neighbours: K of the method `paper`.
        ddim_steps: denoising steps of the method `paper`, with the first `paper_neighbours`.
    """

    rows: int = option(
        3000,
        f"Rows to compare on, at most; default: {{default:,}}, with --full {FULL['rows']:,}.",
        range=at_least(20),
    )
    seed: int = seed_option()
    device: str = device_option()
    draws: int = 1
    vote_neighbours: tuple[int, ...] = (1, 3, 10, 30, 100)
    paper_neighbours: tuple[int, ...] = (10, 1, 100)
    ddim_steps: tuple[int, ...] = (10, 1, 50)

    def __post_init__(self) -> None:
        check_options(self)
