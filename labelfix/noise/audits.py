"""Audited labels: how they update the hypotheses and the estimated share of wrong labels."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from labelfix.data.audited_labels import NOT_AUDITED, OTHER, is_settled
from labelfix.noise.belief import Belief
from labelfix.noise.candidates import Candidates
from labelfix.noise.hypotheses import Hypotheses, NoiseModel, as_weights

LEAST_AUDITS = 10
"""With fewer audited rows, hypotheses and wrong share come from the labels alone."""
LEAST_CHANCE = 0.01
"""The lowest probability of an answer: auditors make mistakes too."""
DISCREPANCY_SPREAD = 0.6
"""Prior standard deviation of the error, shared by all hypotheses, in the logit of P(label is
wrong)."""
LARGEST_LOGIT = 9.0
NEWTON_ROUNDS = 20


@dataclass(frozen=True)
class ImageAudits:
    """Audited labels of N images.

    Attributes:
        classes: (N,) int64, the true class, `NOT_AUDITED`, `OTHER` or `UNTOLD`.
        chances: (N,) float64, the probability that each image was sampled for the audit; NaN if
            unknown.
    """

    classes: npt.NDArray[np.int64] = field(repr=False)
    chances: npt.NDArray[np.float64] = field(repr=False)

    @property
    def settled(self) -> npt.NDArray[np.bool_]:
        """(N,) whether the audit says if the given label is right."""
        return is_settled(self.classes)


def said_of(audits: ImageAudits | None, images: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """(n,) the audited labels of n images, coded as in `ImageAudits.classes`.

    Args:
        audits: None if no image was audited.
        images: (n,) int64, positions in `audits`.
    """
    return np.full(len(images), NOT_AUDITED) if audits is None else audits.classes[images]


@dataclass(frozen=True)
class AuditedRows:
    """n audited images.

    Attributes:
        images: with their given labels; their probabilities are independent of the answers.
        answers: (n,) int64, the true class, or `OTHER` for none of the classes.
        chances: (n,) float64, the probability that each was sampled for the audit; NaN if unknown.
    """

    images: Candidates
    answers: npt.NDArray[np.int64] = field(repr=False)
    chances: npt.NDArray[np.float64] = field(repr=False)

    def __len__(self) -> int:
        return len(self.answers)

    @property
    def is_wrong(self) -> npt.NDArray[np.bool_]:
        """(n,) whether the given label is wrong."""
        return np.asarray(self.answers != self.images.given)


@dataclass(frozen=True)
class Discrepancy:
    """The error in the logit of P(label is wrong) that all hypotheses share.

    Attributes:
        shift: added to the logit.
        spread: the standard deviation of the shift.
    """

    shift: float = 0.0
    spread: float = DISCREPANCY_SPREAD

    def wrong(self, right: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """(n,) corrected P(label is wrong), from the hypotheses' P(label is right).

        Used for shares only; single rows keep the probabilities of the hypotheses.
        """
        shifted: npt.NDArray[np.float64] = 1 / (1 + np.exp(-_logit(1 - right) - self.shift))
        return shifted


def settle(hypotheses: Hypotheses, audited: AuditedRows | None) -> NoiseModel:
    """The posterior weights of the hypotheses, given the labels and the audited rows.

    Fewer than `LEAST_AUDITS` audited rows are ignored.
    """
    model, log_evidence = hypotheses.model, hypotheses.log_evidence
    if audited is None or len(audited) < LEAST_AUDITS:
        return model.believed(as_weights(log_evidence))
    found = np.empty((len(model.weights), len(audited)))
    is_true = audited.images.classes == audited.answers[:, None]
    for number, mixture in enumerate(model.mixtures):
        true = mixture.posterior(audited.images)
        of_given = np.where(audited.images.is_given, true, 0).sum(axis=1)
        of_answer = np.where(is_true, true, 0).sum(axis=1)
        found[number] = np.where(audited.answers == OTHER, 1 - of_given, of_answer)
    found[-1] = ~audited.is_wrong
    said = np.log(np.maximum(found, LEAST_CHANCE)).sum(axis=1)
    return model.believed(as_weights(log_evidence + said))


def fit_discrepancy(audited: AuditedRows, belief: Belief) -> Discrepancy:
    """Estimate the error in the share of wrong labels from audited rows.

    Logistic regression of the answers on an intercept, with the predicted logits as offset and
    each row weighted by its inverse sampling probability. The mean prediction is a generalised
    regression estimator (Lehtonen and Veijanen, Survey Methodology 1998; Särndal et al., 1992):
    asymptotically unbiased under the sampling design, even if every hypothesis is wrong. A normal
    prior on the intercept regularises small audits; the variance is the design variance (Horvitz
    and Thompson, 1952), but at least the model variance.

    Args:
        audited: fewer than `LEAST_AUDITS` rows give the default `Discrepancy()`.
        belief: about these rows, from their images and given labels.
    """
    if len(audited) < LEAST_AUDITS:
        return Discrepancy()
    weights = _draw_weights(audited.chances)
    offset, wrong = _logit(1 - belief.mean_right), audited.is_wrong.astype(np.float64)
    precision = DISCREPANCY_SPREAD**-2
    shift = 0.0
    for _ in range(NEWTON_ROUNDS):
        expected = 1 / (1 + np.exp(-offset - shift))
        slope = float((weights * (wrong - expected)).sum()) - precision * shift
        curve = float((weights * expected * (1 - expected)).sum()) + precision
        shift += float(np.clip(slope / curve, -0.5, 0.5))
    residual = np.maximum((wrong - expected) ** 2, expected * (1 - expected))
    variance = (float((weights**2 * residual).sum()) + precision) / curve**2
    return Discrepancy(shift, min(DISCREPANCY_SPREAD, float(np.sqrt(variance))))


def _draw_weights(chances: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """(n,) inverse sampling probabilities, scaled to mean 1; 1 where unknown."""
    weights = np.ones(len(chances))
    known = ~np.isnan(chances)
    if known.any():
        inverse = 1 / chances[known]
        weights[known] = inverse / inverse.mean()
    return weights


def _logit(probabilities: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    bounded = np.clip(probabilities, 1e-12, 1 - 1e-12)
    logits: npt.NDArray[np.float64] = np.log(bounded) - np.log1p(-bounded)
    return np.clip(logits, -LARGEST_LOGIT, LARGEST_LOGIT)
