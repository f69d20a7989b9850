"""Evidence from posteriors: the noise model weights the given label against the image."""

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from labelfix.data.audited_labels import is_settled
from labelfix.methods.noise_aware.cross_fit import CrossFit
from labelfix.methods.noise_aware.true_labels import ROWS_AT_ONCE, TrueLabels, true_labels
from labelfix.methods.row_evidence import JudgedRows, RowEvidence, read_text
from labelfix.methods.rows import GivenRows
from labelfix.noise.annotators import Annotators, fit_annotators
from labelfix.noise.audits import (
    AuditedRows,
    Discrepancy,
    fit_discrepancy,
    said_of,
    settle,
)
from labelfix.noise.belief import Belief, transition_of
from labelfix.noise.candidates import DoubtScale
from labelfix.noise.encoder_error import audited_encoder_error, encoder_error, wrong_about
from labelfix.noise.encoder_strength import recognition
from labelfix.noise.estimate import LearnedNoise, NoiseEstimate
from labelfix.noise.hypotheses import NoiseModel, fit_hypotheses, fitted_rows
from labelfix.noise.nearness import least_nearness
from labelfix.noise.outlook import OutlookSums
from labelfix.noise.wrong_shares import WrongShares
from labelfix.runtime.progress import Progress


def weigh_posteriors(
    rows: GivenRows, fit: CrossFit, device: str, progress: Progress
) -> tuple[RowEvidence, NoiseEstimate]:
    """p(true | image, given) of every used row, and the noise estimate.

    Args:
        rows: to be corrected.
        fit: trained on these images.
        device: `cpu` or `cuda`.
        progress: reports progress.
    """
    believed = true_labels(rows, fit, device, progress)
    noise = learn_noise(rows, believed)
    given, images = rows.used_labels, rows.used_images
    judged = JudgedRows(given, rows.support)
    shares = WrongShares(len(rows.support), noise.model.weights, noise.discrepancy)
    outlook = OutlookSums(noise.model.weights, noise.discrepancy)
    gain = 0.0
    progress.begin("weighing labels", len(given), "rows")
    for start in range(0, len(given), ROWS_AT_ONCE):
        batch = slice(start, min(start + ROWS_AT_ONCE, len(given)))
        log_true = believed.log_probabilities[images[batch]]
        belief = noise.believe(log_true, images[batch], given[batch])
        said = said_of(rows.audits, images[batch])
        unsettled = ~is_settled(said)
        if believed.text is not None and believed.text.counts:
            by_labels = believed.without_text(rows.vectors, images[batch])
            before = noise.believe(by_labels, images[batch], given[batch])
            gain += float(belief.gain_over(before)[unsettled].sum())
        shares.add_judged(given[batch], belief.right, said)
        outlook.add(belief.right[:, unsettled], belief.variance[unsettled])
        judged.add(batch, belief.answered(given[batch], said))
        progress.advance(batch.stop - start)
    nearness = rows.neighbours.similarities.mean(axis=1)
    least = least_nearness(nearness, rows.labelled.labels, len(rows.class_values))
    evidence = judged.evidence(
        known_elsewhere(rows.labelled.labels, fit.folds, images, given),
        typical=least.typical(nearness[images], judged.suggested),
        off_topic=least.off_topic(nearness[images], judged.suggested),
    )
    wrong = shares.finish()
    learned = LearnedNoise(
        noise.model,
        believed.mixing,
        believed.voters,
        least,
        wrong[-1],
        believed.text,
        fit.steps,
    )
    if believed.text is not None:
        evidence = replace(evidence, text=read_text(believed.text, rows.vectors, images))
    return evidence, NoiseEstimate(
        learned,
        transition=transition_of(judged.counts),
        wrong=wrong,
        annotators=noise.annotators.qualities if noise.annotators else (),
        audited=0 if rows.audits is None else int(rows.audits.settled.sum()),
        outlook=outlook.finish(),
        more_right=None if believed.text is None else gain,
        recognition=recognition(believed.log_probabilities),
    )


@dataclass(frozen=True)
class TrainedNoise:
    """The noise learned from the training labels.

    Attributes:
        model: the hypotheses with their posterior weights.
        discrepancy: the error that all of them share.
        annotators: the noise of each, if annotators are named.
    """

    model: NoiseModel
    discrepancy: Discrepancy
    annotators: Annotators | None = field(default=None, repr=False)

    def believe(
        self,
        log_true: npt.NDArray[np.floating],
        images: npt.NDArray[np.int64],
        given: npt.NDArray[np.int64],
    ) -> Belief:
        """p(true | image, given) of n rows.

        Args:
            log_true: (n, C) log p(true | image) of the image of each row.
            images: (n,) int64, the image of each row.
            given: (n,) int64, its label; if annotators are named, all labels of the image count.
        """
        candidates = self.model.scale.candidates(log_true, given)
        if self.annotators is None:
            return self.model.believe(candidates)
        return self.model.believe(candidates, self.annotators.likelihood(candidates, images))


def learn_noise(rows: GivenRows, believed: TrueLabels) -> TrainedNoise:
    """Fit the noise hypotheses to the given labels, and update them with audited ones.

    P(labels) of all images, times P(answers | labels): were the labels of audited images left out
    of the first, those of a review, which are mostly wrong, would make all others look right.
    """
    labels, classes = rows.labelled.labels, len(rows.class_values)
    scale = DoubtScale.of(believed.log_probabilities)
    said = said_of(rows.audits, np.arange(len(labels)))
    settled = is_settled(said)
    some = fitted_rows(len(labels), classes)
    fitted = scale.candidates(believed.log_probabilities[some], labels[some])
    hypotheses = fit_hypotheses(fitted, scale, classes)
    audited = None
    if rows.audits is not None and settled.any():
        asked = np.flatnonzero(settled)
        audited = AuditedRows(
            scale.candidates(believed.log_probabilities[asked], labels[asked]),
            said[asked],
            rows.audits.chances[asked],
        )
    model = settle(hypotheses, audited)
    error = encoder_error(len(labels), classes, wrong_about(fitted, model.believe(fitted)))
    said_before = None if audited is None else model.believe(audited.images)
    model = replace(model, encoder_error=audited_encoder_error(error, audited, said_before))
    discrepancy = Discrepancy()
    if audited is not None:
        discrepancy = fit_discrepancy(audited, model.believe(audited.images))
    if rows.annotations is None:
        return TrainedNoise(model, discrepancy)
    everyone = scale.candidates(believed.log_probabilities, labels)
    annotators, model = fit_annotators(rows.annotations, everyone, model)
    return TrainedNoise(model, discrepancy, annotators)


def known_elsewhere(
    labels: npt.NDArray[np.int64],
    folds: npt.NDArray[np.int64],
    images: npt.NDArray[np.int64],
    given: npt.NDArray[np.int64],
) -> npt.NDArray[np.bool_]:
    """(R,) whether the denoiser that judges a row has seen another image of its given class."""
    classes = max(int(labels.max()), int(given.max(initial=0))) + 1
    of_class = np.bincount(labels, minlength=classes)
    in_fold = np.bincount(folds * classes + labels, minlength=(int(folds.max()) + 1) * classes)
    known: npt.NDArray[np.bool_] = of_class[given] > in_fold[folds[images] * classes + given]
    return known
