"""The share of wrong labels in a batch, and its interval, from where its labels may come from."""

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
"""Labels that the sources start with."""
PRIOR_WRONG = 0.1
RIGHT_AND_ALIKE = (0, 3)
"""The sources of a mixture if all mistakes were among look-alikes."""
TRUST = 0.65
"""The power of p(true | image) of new images: they are never quite like those of the reference,
of which denoisers are surer than they should be (coarsened posteriors, Miller and Dunson, JASA
2019)."""
ROUNDS = 60
HALVINGS = 14


@dataclass(frozen=True)
class BatchRate:
    """How many labels of a batch are wrong.

    Attributes:
        overall: of all its rows.
        self_confidence: (n,) float64, how far each given label is right by this rate; it depends
            on the whole batch, so that it counts for shares alone.
    """

    overall: WrongShare
    self_confidence: npt.NDArray[np.float64] = field(repr=False)


def batch_mixture(reference: Mixture, wrong_rate: float) -> Mixture:
    """Where the labels of a batch may come from, of which nothing is known but what is expected.

    How good the annotators of the reference were says nothing of those of the batch: all kinds
    of mistake are alike, and only between which classes they fall is taken from the reference.

    Args:
        reference: the mixture that is believed most of the reference's labels.
        wrong_rate: the share of wrong labels that a row is judged with, in (0, 1).
    """
    each = wrong_rate / (SOURCES - 1)
    weights = np.tile((1 - wrong_rate, each, each, each), (len(reference.weights), 1))
    return Mixture(0.0, TRUST, weights, reference.confusions)


def source_chances(images: Candidates, mixture: Mixture) -> npt.NDArray[np.float64]:
    """(n, 4) P(given | image) were all labels from one of the sources."""
    true = np.exp(images.log_true)
    return np.column_stack([(true * chance).sum(axis=1) for chance in mixture.chances(images)])


def batch_rate(
    chances: npt.NDArray[np.float64],
    reference: WrongShare,
    given: npt.NDArray[np.int64] | None = None,
    said: npt.NDArray[np.int64] | None = None,
) -> BatchRate:
    """Estimate the rate at which labels are wrong, of which a batch is a sample.

    How much each source gives is found by expectation maximisation (Dempster et al., 1977), the
    interval by profile likelihood (Venzon and Moolgavkar, 1988). It reaches up to that of a batch
    all of whose mistakes are among look-alikes, for these are hard to tell from the denoisers'
    own; and on both sides as much farther as the reference's own interval does: where more of
    its labels are wrong than was believed, its denoisers were taken for worse than they are.

    Args:
        chances: (n, 4), as `source_chances` has it; n at least 1.
        reference: the share of wrong labels in the reference.
        given: (n,) int64, the given classes; only needed with what was said.
        said: (n,) int64, what a person said that the images are, as `ImageAudits.classes` has it;
            of these it is certain whether their label is right. None where nobody was asked.
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

    The interval is that of Agresti and Coull (1998), for n labels of which so many are wrong as
    is expected, widened by how uncertain it is which they are.

    Args:
        right: (n,) how far each given label is right, as `BatchRate.self_confidence` has it.
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
    """The likeliest weights of the sources, and the interval of the share of wrong labels."""
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
    """(S,) what each source gives, where the share of wrong labels is known or not."""
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
    """The weights with the mistakes scaled to a share."""
    scaled = weights * wrong / max(1e-12, float(weights[1:].sum()))
    scaled[0] = 1 - wrong
    return scaled


def _log_likelihood(chances: npt.NDArray[np.float64], weights: npt.NDArray[np.float64]) -> float:
    return float(np.log(np.maximum(chances @ weights, 1e-300)).sum())
