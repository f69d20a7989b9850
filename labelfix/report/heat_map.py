"""The noise transition matrix as a heat map, ordered so that confused classes stand together."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

STEPS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4)
"""Shares at which the colour gets one step stronger; fixed, so that pages can be compared."""

MOST_CLASSES = 300
"""Classes of a map; its cells are elements of the page, and browsers are slow with over 100,000."""
MOST_WITH_NUMBERS = 14
"""Classes up to which a cell has room for its number."""

SHORT_NAME = 4
"""Characters up to which a name fits above its column."""

TOP_PAIRS = 20


@dataclass(frozen=True, kw_only=True)
class Confusion:
    """A true class, another given label, and how often that is given."""

    true: str
    given: str
    share: float


@dataclass(frozen=True, kw_only=True)
class HeatMap:
    """The matrix of the S classes that are shown.

    Attributes:
        class_names: S labels.
        shares: (S, S) float64, P(given j | true i).
        steps: (S, S) int64, from 0 for no colour to `len(STEPS)`; the diagonal has none.
        left_out: how many classes are not shown.
        elsewhere: (S,) float64, the share of each class whose given label is not shown.
        top_pairs: the strongest confusions of all classes, the strongest first.
    """

    class_names: Sequence[str]
    shares: npt.NDArray[np.float64] = field(repr=False)
    steps: npt.NDArray[np.int64] = field(repr=False)
    left_out: int
    elsewhere: npt.NDArray[np.float64] = field(repr=False)
    top_pairs: Sequence[Confusion] = ()

    @property
    def has_numbers(self) -> bool:
        """Whether cells have room for their numbers."""
        return len(self.class_names) <= MOST_WITH_NUMBERS

    @property
    def has_short_names(self) -> bool:
        """Whether the names fit above their columns."""
        return self.has_numbers and max(map(len, self.class_names)) <= SHORT_NAME

    @property
    def rows(self) -> list[tuple[str, list[tuple[float, int]], float]]:
        """For each class: its name, the share and step of every cell, and the share elsewhere."""
        return [
            (
                name,
                list(zip(shares.tolist(), steps.tolist(), strict=True)),
                float(elsewhere),
            )
            for name, shares, steps, elsewhere in zip(
                self.class_names, self.shares, self.steps, self.elsewhere, strict=True
            )
        ]

    @property
    def places_by_name(self) -> list[int]:
        """(S,) the place of each class in alphabetical order."""
        return _places(sorted(range(len(self.class_names)), key=lambda one: self.class_names[one]))

    @property
    def places_by_noise(self) -> list[int]:
        """(S,) the place of each class if the one with the largest share of other labels is first.

        The shares are of the true class, whatever its images were labelled.
        """
        right = np.diagonal(self.shares)
        return _places(np.argsort(right, kind="stable").tolist())


def make_heat_map(
    class_names: Sequence[str], transition: npt.NDArray[np.float64], most: int = MOST_CLASSES
) -> HeatMap:
    """The heat map of all classes, or of the most confused ones if there are too many.

    As many classes as have numbers in their cells keep their order; more are ordered so that those
    which are confused with each other stand together.

    Args:
        class_names: C labels.
        transition: (C, C), P(given j | true i); rows sum to 1.
        most: how many classes are shown.
    """
    shown = most_confused(transition, most)
    if len(shown) > MOST_WITH_NUMBERS:
        shown = [shown[place] for place in confused_together(transition[np.ix_(shown, shown)])]
    shares = transition[np.ix_(shown, shown)]
    steps = np.searchsorted(STEPS, shares, side="right")
    np.fill_diagonal(steps, 0)
    return HeatMap(
        class_names=[class_names[index] for index in shown],
        shares=shares,
        steps=steps,
        left_out=len(class_names) - len(shown),
        elsewhere=np.clip(1 - shares.sum(axis=1), 0, 1),
        top_pairs=top_pairs(class_names, transition),
    )


def most_confused(transition: npt.NDArray[np.float64], most: int) -> list[int]:
    """The classes with the most noise from and to others, in their original order.

    Args:
        transition: (C, C), rows sum to 1.
        most: how many; ties go to the first.
    """
    noise = _without_diagonal(transition)
    involved = noise.sum(axis=0) + noise.sum(axis=1)
    strongest = np.argsort(-involved, kind="stable")[:most]
    return sorted(strongest.tolist())


def confused_together(transition: npt.NDArray[np.float64]) -> list[int]:
    """An order in which each class stands beside one that it is confused with.

    Chains of classes are joined at their ends, the strongest confusion first; what is confused with
    nothing comes last, in its original order.

    Args:
        transition: (C, C), rows sum to 1.

    Returns:
        C positions.
    """
    noise = _without_diagonal(transition)
    both = noise + noise.T
    rows, columns = np.nonzero(np.triu(both >= STEPS[0]))
    chain_of = {index: [index] for index in range(len(both))}
    for place in np.argsort(-both[rows, columns], kind="stable").tolist():
        one, other = chain_of[int(rows[place])], chain_of[int(columns[place])]
        first, second = int(rows[place]), int(columns[place])
        if one is other or first not in (one[0], one[-1]) or second not in (other[0], other[-1]):
            continue
        if one[-1] != first:
            one.reverse()
        if other[0] != second:
            other.reverse()
        one.extend(other)
        for index in other:
            chain_of[index] = one
    chains = {id(chain): chain for chain in chain_of.values()}
    joined = sorted(chains.values(), key=lambda chain: len(chain) == 1)
    return [index for chain in joined for index in chain]


def top_pairs(
    class_names: Sequence[str], transition: npt.NDArray[np.float64], most: int = TOP_PAIRS
) -> list[Confusion]:
    """The largest shares off the diagonal that have a colour, the largest first.

    Args:
        class_names: C labels.
        transition: (C, C), P(given j | true i).
        most: how many at most.
    """
    noise = _without_diagonal(transition)
    strongest = np.argsort(-noise, axis=None, kind="stable")[:most].tolist()
    places = [divmod(place, len(noise)) for place in strongest]
    return [
        Confusion(true=class_names[true], given=class_names[given], share=float(noise[true, given]))
        for true, given in places
        if noise[true, given] >= STEPS[0]
    ]


def _without_diagonal(transition: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    noise = transition.copy()
    np.fill_diagonal(noise, 0)
    return noise


def _places(order: Sequence[int]) -> list[int]:
    """The place of each position in an order."""
    places = [0] * len(order)
    for place, position in enumerate(order):
        places[position] = place
    return places
