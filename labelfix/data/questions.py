"""Which rows to ask a person about: the chance of each, and a draw by these chances."""

import numpy as np
import numpy.typing as npt

ROUNDS = 20


def question_chances(
    value: npt.NDArray[np.float64], open_rows: npt.NDArray[np.bool_], number: int
) -> npt.NDArray[np.float64]:
    """The inclusion probability of each row: half of the draw by its value, half evenly.

    Args:
        value: (N,) what an answer would tell, a variance of at least 0; NaN counts as 0.
        open_rows: (N,) bool, which rows may be asked.
        number: of the rows that are to be drawn.

    Returns:
        (N,) float64 in [0, 1]; they sum to the number, or to that of the open rows.
    """
    count = int(open_rows.sum())
    if number >= count:
        return open_rows.astype(np.float64)
    worth = np.where(open_rows, np.nan_to_num(value), 0.0)
    even = open_rows / count
    by_value = worth / worth.sum() if worth.sum() > 0 else even
    size = (even + by_value) / 2
    chances = number * size
    for _ in range(ROUNDS):  # no chance is above 1: the other rows share what is over
        full = chances >= 1
        rest = open_rows & ~full
        if not (chances > 1).any():
            break
        chances = np.where(full, 1.0, (number - full.sum()) * size / size[rest].sum() * rest)
    return np.minimum(chances, 1.0)


def draw(chances: npt.NDArray[np.float64], seed: int) -> npt.NDArray[np.int64]:
    """Draw rows by their inclusion probabilities (systematic sampling, Madow, 1949).

    Args:
        chances: (N,) in [0, 1].
        seed: of the order in which rows are gone through, and of the start.

    Returns:
        (n,) int64, rising, no row twice; n is the sum of the chances, rounded.
    """
    possible = np.flatnonzero(chances > 0)
    random = np.random.default_rng(seed)
    order = random.permutation(possible)
    reached = np.cumsum(chances[order])
    number = round(float(reached[-1])) if len(reached) else 0
    points = (np.arange(number) + random.random()) * (1 - 1e-12)
    places = np.searchsorted(reached, points, side="right")
    return np.sort(order[np.minimum(places, len(order) - 1)])
