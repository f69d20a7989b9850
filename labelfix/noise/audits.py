"""What persons have said of some images: how far it moves the hypotheses and the wrong share."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from labelfix.data.audited_labels import NOT_AUDITED, OTHER, is_settled
from labelfix.noise.belief import Belief
from labelfix.noise.candidates import Candidates
from labelfix.noise.hypotheses import Hypotheses, NoiseModel, as_weights

LEAST_AUDITS = 10
"""Audited rows from which on what labels cannot tell is taken from them."""
LEAST_CHANCE = 0.01
"""No answer counts for less: a person errs, too."""
DISCREPANCY_SPREAD = 0.6
"""How far the logit of P(label is wrong) may be off under every hypothesis, as the standard
deviation of a normal prior."""
LARGEST_LOGIT = 9.0
NEWTON_ROUNDS = 20


@dataclass(frozen=True)
class ImageAudits:
    """What persons have said of N images.

    Attributes:
        classes: (N,) int64, the true class, `NOT_AUDITED`, `OTHER` or `UNTOLD`.
        chances: (N,) float64, how likely each image was drawn to be asked; NaN where nobody knows.
    """

    classes: npt.NDArray[np.int64] = field(repr=False)
    chances: npt.NDArray[np.float64] = field(repr=False)

    @property
    def settled(self) -> npt.NDArray[np.bool_]:
        """(N,) of which images it is known whether their given label is right."""
        return is_settled(self.classes)


def said_of(audits: ImageAudits | None, images: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """(n,) what persons have said of n images, as `ImageAudits.classes` has it.

    Args:
        audits: None where nobody has said anything of any image.
        images: (n,) int64, which of the audited images they are.
    """
    return np.full(len(images), NOT_AUDITED) if audits is None else audits.classes[images]


@dataclass(frozen=True)
class AuditedRows:
    """n images with what a person said.

    Attributes:
        images: with their given labels; none of what is known of them comes from the answers.
        answers: (n,) int64, the true class, or `OTHER` for none of the classes.
        chances: (n,) float64, how likely each was drawn to be asked; NaN where nobody knows.
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
    """How far the logit of P(label is wrong) is off, whatever the hypothesis.

    Attributes:
        shift: added to the logit.
        spread: the standard deviation of what remains unknown of it.
    """

    shift: float = 0.0
    spread: float = DISCREPANCY_SPREAD

    def wrong(self, right: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """(n,) the probability that a label is wrong, from what hypotheses say of its being right.

        It serves shares; single rows are judged by the hypotheses.
        """
        shifted: npt.NDArray[np.float64] = 1 / (1 + np.exp(-_logit(1 - right) - self.shift))
        return shifted


def settle(hypotheses: Hypotheses, audited: AuditedRows | None) -> NoiseModel:
    """How much each hypothesis is believed, by the labels and by what persons have said.

    Fewer than `LEAST_AUDITS` answers settle nothing.
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
    """How far the believed share of wrong labels is off, by audited rows.

    A logistic regression of the answers on an intercept alone, with what is believed as offset
    and each row weighed by the inverse of the chance with which it was drawn: the mean of what it
    predicts is a generalised regression estimator (Lehtonen and Veijanen, Survey Methodology
    1998; Särndal et al., 1992), which the draw makes unbiased as answers grow, whatever the
    hypotheses are worth. A normal prior on the intercept holds where there are few answers; the
    variance is that of the draw (Horvitz and Thompson, 1952), and never less than the model's.

    Args:
        audited: fewer than `LEAST_AUDITS` rows tell nothing.
        belief: of these rows, by their images and given labels.
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
    """(n,) the inverse of each chance, 1 on average; 1 where it is not known."""
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
