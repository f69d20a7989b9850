"""How many wrong labels are left, from the questions that were drawn at random.

The draw is stratified, without replacement (Cochran, *Sampling Techniques*, 1977, chapter 5). The
estimate is its weighted mean of the strata's shares, each shrunk a little to what the judge
expected. The interval is a confidence sequence for sampling without replacement (Waudby-Smith and
Ramdas, NeurIPS 2020): it holds at every moment at once, so that a person may look after each
answer and stop when the bound is low enough; an ordinary interval would be too narrow by then. It
holds with no error found, whatever the judge believes; a good judge makes it narrower.

For a stratum with R wrong labels left, every draw had a known probability to show what it showed:
it was one of the labels that were open then, of which the R and those found wrong since were
wrong. Against the true R no bet made before each draw can win more than 20 times its stake with a
probability above 5 % (Ville, 1939). So all R, in all strata together, against which the bets have
not won as much are the 95 % interval. Answers to chosen questions only take their labels out of
the stratum: it does not matter why they were chosen.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

CONFIDENCE = 0.95
PRIOR_DRAWS = 30.0
"""The bets, and the estimate, believe the judge as much as so many draws; this sets how narrow the
interval is, never whether it holds."""
LEAST_EXPECTED = 0.25
"""The bets never count on fewer wrong labels than this among `PRIOR_DRAWS`, so that one error does
not ruin them."""
ROUNDS = 40
"""Halvings of a bisection, at most: of a million labels, the end is found to `PRECISION`."""
PRECISION = 1e-6
"""Of a number of labels."""


@dataclass(frozen=True, kw_only=True)
class Draw:
    """A random question that was answered.

    Attributes:
        is_wrong: whether the label was wrong.
        open_labels: how many labels of the stratum were open, this one included.
        found_since: how many labels of the stratum were found wrong from this draw on, this one
            included.
        unknown_since: how many were taken out of it from then on without an answer.
    """

    is_wrong: bool
    open_labels: int
    found_since: int
    unknown_since: int = 0


@dataclass(frozen=True, kw_only=True)
class Stratum:
    """Labels that are drawn with the same probability.

    Attributes:
        left: how many are open now.
        expected: in [0, 1], the share of wrong ones that the judge expects.
        draws: the answered ones, in order.
    """

    left: int
    expected: float
    draws: Sequence[Draw] = field(default=(), repr=False)


@dataclass(frozen=True, kw_only=True)
class WrongLeft:
    """How many wrong labels are left.

    Attributes:
        labels: how many labels are open.
        draws: how many random questions this rests on.
        estimate: the likeliest number.
        low, high: the ends of its 95 % interval.
    """

    labels: int
    draws: int
    estimate: float
    low: float
    high: float


def wrong_left(strata: Sequence[Stratum], confidence: float = CONFIDENCE) -> WrongLeft:
    """Estimate the number of wrong labels that are left, with its interval.

    Args:
        strata: disjoint, of all labels that are open.
        confidence: of the interval, in (0, 1).
    """
    bets = [_Bet(one) for one in strata]
    most = float(np.log(1 / (1 - confidence)))
    low, high = _end(bets, most, -1), _end(bets, most, 1)
    estimate = sum(bet.left * bet.share for bet in bets)
    return WrongLeft(
        labels=sum(one.left for one in strata),
        draws=sum(len(one.draws) for one in strata),
        estimate=float(np.clip(estimate, low, high)),
        low=low,
        high=high,
    )


class _Bet:
    """What the bets on the draws of one stratum have won, as a function of R."""

    def __init__(self, stratum: Stratum) -> None:
        self.left = stratum.left
        self._last = stratum.left / 2  # where the search begins: near its last end
        draws = stratum.draws
        self._is_wrong = np.array([draw.is_wrong for draw in draws], dtype=bool)
        open_labels = np.array([draw.open_labels for draw in draws], dtype=np.float64)
        found = np.array([draw.found_since for draw in draws], dtype=np.float64)
        unknown = np.array([draw.unknown_since for draw in draws], dtype=np.float64)
        # A label without an answer may have been either: each draw gets the likelier case.
        self._others = np.where(self._is_wrong, found + unknown, open_labels - found)
        self._open = open_labels
        wrong = max(PRIOR_DRAWS * stratum.expected, LEAST_EXPECTED)
        right = max(PRIOR_DRAWS * (1 - stratum.expected), LEAST_EXPECTED)
        before = np.arange(len(draws))
        errors = np.cumsum(self._is_wrong) - self._is_wrong
        bet = np.where(self._is_wrong, wrong + errors, right + before - errors)
        self._staked = float(np.log(bet / (wrong + right + before)).sum())
        believed = PRIOR_DRAWS * stratum.expected + self._is_wrong.sum()
        self.share = float(believed) / (PRIOR_DRAWS + len(draws))

    def won(self, wrong: float) -> float:
        """The logarithm of what the bets have won if so many are wrong; convex."""
        chances = self._chances(wrong)
        with np.errstate(divide="ignore"):
            return self._staked - float(np.log(chances).sum())

    def slopes(self, wrong: float) -> tuple[float, float]:
        """Its first and second derivative."""
        numerator = np.where(self._is_wrong, wrong + self._others, self._others - wrong)
        capped = self._is_wrong & (numerator >= self._open)
        with np.errstate(divide="ignore"):
            inverse = np.where(capped, 0.0, 1.0 / numerator)
        first = float(np.where(self._is_wrong, -inverse, inverse).sum())
        return first, float((inverse**2).sum())

    def _chances(self, wrong: float) -> npt.NDArray[np.float64]:
        """(n,) the probability of what each draw has shown."""
        numerator = np.where(self._is_wrong, wrong + self._others, self._others - wrong)
        return np.asarray(np.minimum(numerator / self._open, 1.0))

    def where_slope(self, slope: float) -> float:
        """The number of wrong ones at which `won` has a slope, or the nearer end.

        By Newton's method, and by halving where that leaves the bracket.
        """
        low, high = 0.0, float(self.left)
        if self.slopes(high)[0] <= slope:
            return high
        place = min(self._last, high)
        for _ in range(ROUNDS):
            first, second = self.slopes(place)
            low, high = (place, high) if first < slope else (low, place)
            step = place - (first - slope) / second if second > 0 else low
            before, place = place, step if low < step < high else (low + high) / 2
            if abs(place - before) <= PRECISION:
                break
        self._last = place
        return place


def _end(bets: Sequence[_Bet], most: float, sign: int) -> float:
    """The largest (sign 1) or smallest (-1) sum of wrong labels against which little was won.

    At the end all bets have the same slope, the Lagrange multiplier; it is found by bisection.
    """
    at_ends = [float(bet.left) if sign > 0 else 0.0 for bet in bets]
    if sum(bet.won(at) for bet, at in zip(bets, at_ends, strict=True)) <= most:
        return sum(at_ends)
    low, high = -30.0, 30.0
    for _ in range(ROUNDS):
        middle = (low + high) / 2
        places = [bet.where_slope(sign * float(np.exp(middle))) for bet in bets]
        won = sum(bet.won(place) for bet, place in zip(bets, places, strict=True))
        low, high = (middle, high) if won <= most else (low, middle)
    return sum(bet.where_slope(sign * float(np.exp(low))) for bet in bets)
