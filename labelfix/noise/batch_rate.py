"""The share of wrong labels in a batch, and its interval, by EM over the sources of its labels."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from labelfix.data.audited_labels import is_settled
from labelfix.data.shares import WrongShare
from labelfix.noise.candidates import Candidates
from labelfix.noise.mixture import SOURCES, Mixture
from labelfix.noise.wrong_shares import NORMAL_95

HALF_CHI_SQUARE_95 = 1.920729
"""Half the 95 % quantile of the chi-square distribution with one degree of freedom."""
PRIOR_ROWS = 1.0
"""Pseudo-counts of the prior on the sources' weights."""
PRIOR_WRONG = 0.1
RIGHT_AND_ALIKE = (0, 3)
"""The sources of a mixture in which every mistake is a look-alike."""
TRUST = 0.65
"""The power of p(true | image) of new images: denoisers are overconfident on images that differ
from the reference, and new ones always do a little (coarsened posteriors, Miller and Dunson, JASA
2019)."""
ROUNDS = 60
HALVINGS = 14


@dataclass(frozen=True)
class BatchRate:
    """The share of wrong labels in a batch.

    Attributes:
        overall: over all its rows.
        self_confidence: (n,) float64, P(given label is right) at this rate. It depends on the
            whole batch, so use it for shares only.
    """

    overall: WrongShare
    self_confidence: npt.NDArray[np.float64] = field(repr=False)


def batch_mixture(reference: Mixture, wrong_rate: float) -> Mixture:
    """The mixture for a batch whose annotators are unknown: only a wrong rate is assumed.

    The accuracy of the reference's annotators says nothing about the batch's. So all kinds of
    mistake are equally likely, and only the class confusions come from the reference.

    Args:
        reference: the most probable mixture of the reference's labels.
        wrong_rate: the assumed share of wrong labels, in (0, 1).
    """
    each = wrong_rate / (SOURCES - 1)
    weights = np.tile((1 - wrong_rate, each, each, each), (len(reference.weights), 1))
    return Mixture(0.0, TRUST, weights, reference.confusions)


def source_chances(images: Candidates, mixture: Mixture) -> npt.NDArray[np.float64]:
    """(n, 4) P(given | image) if every label came from this source."""
    true = np.exp(images.log_true)
    return np.column_stack([(true * chance).sum(axis=1) for chance in mixture.chances(images)])


def batch_rate(
    chances: npt.NDArray[np.float64],
    reference: WrongShare,
    given: npt.NDArray[np.int64] | None = None,
    said: npt.NDArray[np.int64] | None = None,
) -> BatchRate:
    """Estimate the rate of wrong labels in the population that a batch is sampled from.

    EM (Dempster et al., 1977) fits the weights of the sources; the interval is by profile
    likelihood (Venzon and Moolgavkar, 1988). Its upper end is at least that of a batch whose
    mistakes are all look-alikes, since these are hard to tell from the denoisers' own errors.
    Both sides are widened by the reference's own interval: if more of the reference's labels are
    wrong than estimated, its denoisers are better than assumed.

    Args:
        chances: (n, 4), see `source_chances`; n at least 1.
        reference: the share of wrong labels in the reference.
        given: (n,) int64, the given classes; needed only with `said`.
        said: (n,) int64, audited labels, coded as in `ImageAudits.classes`; for audited rows it
            is certain whether the given label is right. None if no row was audited.
    """
    if given is not None and said is not None:
        chances = chances.copy()
        is_known = is_settled(said)
        chances[is_known & (said != given), 0] = 0
        chances[is_known & (said == given), 1:] = 0
    weights, low, high = _profile(chances)
    _, _, highest = _profile(chances[:, RIGHT_AND_ALIKE])
    share = float(1 - weights[0])
    right = weights[0] * chances[:, 0] / (chances @ weights)
    below, above = reference.share - reference.low, reference.high - reference.share
    overall = WrongShare(
        rows=len(chances),
        share=share,
        low=max(0.0, low - below),
        high=min(1.0, max(high, highest) + above),
    )
    return BatchRate(overall, right)


def share_of(right: npt.NDArray[np.float64]) -> WrongShare:
    """The share of wrong labels among n rows of a batch, for instance those of a class.

    The interval of Agresti and Coull (1998) for the expected number of wrong labels, widened by
    the uncertainty about which labels are wrong.

    Args:
        right: (n,) P(given label is right), see `BatchRate.self_confidence`.
    """
    count, wrong = len(right), float((1 - right).sum())
    rows = count + NORMAL_95**2
    centre = (wrong + NORMAL_95**2 / 2) / rows
    variance = centre * (1 - centre) / rows + float((right * (1 - right)).sum()) / rows**2
    reach = NORMAL_95 * float(np.sqrt(variance))
    share = wrong / max(count, 1)
    low, high = max(0.0, centre - reach), min(1.0, centre + reach)
    return WrongShare(rows=count, share=share, low=min(low, share), high=max(high, share))


def _profile(chances: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], float, float]:
    """Maximum a posteriori weights of the sources, and the interval of the wrong share."""
    prior = np.full(chances.shape[1], PRIOR_ROWS * PRIOR_WRONG / (chances.shape[1] - 1))
    prior[0] = PRIOR_ROWS * (1 - PRIOR_WRONG)
    best = _likeliest(chances, prior)
    highest = _log_likelihood(chances, best)

    def is_unlikely(wrong: float) -> bool:
        weights = _likeliest(chances, prior, wrong, best)
        return highest - _log_likelihood(chances, weights) > HALF_CHI_SQUARE_95

    def edge(inside: float, outside: float) -> float:
        if not is_unlikely(outside):
            return outside
        for _ in range(HALVINGS):
            middle = (inside + outside) / 2
            inside, outside = (inside, middle) if is_unlikely(middle) else (middle, outside)
        return inside

    share = float(1 - best[0])
    return best, edge(share, 0.0), edge(share, 1.0)


def _likeliest(
    chances: npt.NDArray[np.float64],
    prior: npt.NDArray[np.float64],
    wrong: float | None = None,
    start: npt.NDArray[np.float64] | None = None,
) -> npt.NDArray[np.float64]:
    """(S,) weights of the sources by EM, with the share of wrong labels fixed if given."""
    weights = prior / prior.sum() if start is None else start
    for _ in range(ROUNDS):
        if wrong is not None:
            weights = _with_wrong(weights, wrong)
        expected = weights * chances
        expected /= np.maximum(expected.sum(axis=1, keepdims=True), 1e-300)
        counts = expected.sum(axis=0) + prior
        weights = counts / counts.sum()
    return weights if wrong is None else _with_wrong(weights, wrong)


def _with_wrong(weights: npt.NDArray[np.float64], wrong: float) -> npt.NDArray[np.float64]:
    """The weights, with the sources of mistakes scaled to a total of `wrong`."""
    scaled = weights * wrong / max(1e-12, float(weights[1:].sum()))
    scaled[0] = 1 - wrong
    return scaled


def _log_likelihood(chances: npt.NDArray[np.float64], weights: npt.NDArray[np.float64]) -> float:
    return float(np.log(np.maximum(chances @ weights, 1e-300)).sum())
