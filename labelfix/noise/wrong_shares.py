"""How many given labels are wrong, overall and of each class, and how sure that is."""

import numpy as np
import numpy.typing as npt

from labelfix.data.audited_labels import is_settled
from labelfix.data.shares import WrongShare
from labelfix.noise.audits import Discrepancy

NORMAL_95 = 1.959964
"""Standard deviations on either side that hold 95 % of a normal distribution."""
LEAST_SPREAD = 0.003
"""The standard deviation that a share has at the least: that of what no prior holds."""


class WrongShares:
    """Sums up what is believed of given labels, batch by batch, for each class.

    The interval has what the hypotheses disagree on, the discrepancy that they may share, and
    the sampling error of rows of which it is only known how likely they are wrong.

    Args:
        classes: C.
        weights: (H,) how much each hypothesis is believed.
        discrepancy: of all of them.
    """

    def __init__(
        self, classes: int, weights: npt.NDArray[np.float64], discrepancy: Discrepancy
    ) -> None:
        self._weights, self._discrepancy = weights, discrepancy
        self._rows = np.zeros(classes)
        self._wrong = np.zeros(classes)
        self._variance = np.zeros(classes)  # also what a logit's small shift changes
        self._by_hypothesis = np.zeros((len(weights), classes))

    def add_judged(
        self,
        given: npt.NDArray[np.int64],
        right: npt.NDArray[np.float64],
        said: npt.NDArray[np.int64],
    ) -> None:
        """Add n rows, some of which a person may have settled.

        Args:
            given: (n,) int64, their given classes.
            right: (H, n) as `add` has it.
            said: (n,) int64, as `ImageAudits.classes` has it.
        """
        settled = is_settled(said)
        self.add(given[~settled], right[:, ~settled])
        self.add_known(given[settled], (said != given)[settled])

    def add(self, given: npt.NDArray[np.int64], right: npt.NDArray[np.float64]) -> None:
        """Add n rows.

        Args:
            given: (n,) int64, their given classes.
            right: (H, n) the probability under each hypothesis that these are right.
        """
        classes = len(self._rows)
        wrong = self._discrepancy.wrong(self._weights @ right)
        self._rows += np.bincount(given, minlength=classes)
        self._wrong += np.bincount(given, wrong, minlength=classes)
        self._variance += np.bincount(given, wrong * (1 - wrong), minlength=classes)
        for number, each in enumerate(right):
            self._by_hypothesis[number] += np.bincount(given, 1 - each, minlength=classes)

    def add_known(self, given: npt.NDArray[np.int64], is_wrong: npt.NDArray[np.bool_]) -> None:
        """Add n rows of which a person said whether their label is wrong."""
        classes = len(self._rows)
        counts = np.bincount(given, is_wrong, minlength=classes)
        self._rows += np.bincount(given, minlength=classes)
        self._wrong += counts
        self._by_hypothesis += counts

    def finish(self) -> tuple[WrongShare, ...]:
        """One for each class, and last that of all rows."""
        shares = [
            self._share(self._rows[one], self._wrong[one], self._variance[one],
                        self._by_hypothesis[:, one])
            for one in range(len(self._rows))
        ]  # fmt: skip
        every = self._share(
            self._rows.sum(),
            self._wrong.sum(),
            self._variance.sum(),
            self._by_hypothesis.sum(axis=1),
        )
        return (*shares, every)

    def _share(
        self, rows: float, wrong: float, variance: float, by_hypothesis: npt.NDArray[np.float64]
    ) -> WrongShare:
        number = max(rows, 1.0)
        share = wrong / number
        apart = by_hypothesis / number - self._weights @ by_hypothesis / number
        spread = (
            float(self._weights @ apart**2)
            + (self._discrepancy.spread * variance / number) ** 2
            + variance / number**2
            + LEAST_SPREAD**2
        )
        off = NORMAL_95 * float(np.sqrt(spread))
        return WrongShare(
            rows=int(rows),
            share=float(share),
            low=float(max(0, share - off)),
            high=float(min(1, share + off)),
        )
