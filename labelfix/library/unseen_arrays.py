"""Rows of arrays that training has not seen, judged by what it has learned."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from labelfix.correction.row_corrections import correct_unseen
from labelfix.data.arrays import checked_views
from labelfix.embedding.parts import NOT_FINITE
from labelfix.errors import InputError
from labelfix.library.array_fit import ArrayFit, check_dense, images_of_rows
from labelfix.library.results import LabelCorrections
from labelfix.methods.noise_aware.noise_aware_method import CrossFitJudge
from labelfix.methods.noise_aware.unseen_images import Reading, weigh_unseen
from labelfix.methods.paper.label_reading import class_probabilities
from labelfix.methods.paper.paper_method import DenoiserJudge
from labelfix.methods.rows import SeenRows, UnseenRows
from labelfix.noise.candidates import Candidates
from labelfix.options.diffusion_options import PAPER_DDIM_STEPS
from labelfix.options.relabel_options import RelabelOptions
from labelfix.retrieval.registry import make_engine
from labelfix.retrieval.search import find_nearest
from labelfix.runtime.progress import Progress


def unseen_rows(
    fit: ArrayFit, embeddings: Any, labels: Any, device: str, progress: Progress
) -> UnseenRows:
    """Check new arrays and find the nearest rows of the training.

    Args:
        fit: what was learned.
        embeddings: (M, D) numbers, or a list of such arrays as the training had.
        labels: (M,) as the training's, None or blank for none; None as a whole for no labels.
        device: `cpu` or `cuda`.
        progress: shows the search.

    Raises:
        InputError: other shapes or types than the training had.
    """
    check_dense(embeddings)
    count = _row_count(embeddings, len(fit.dimensions))
    vectors, usable, dimensions = checked_views(embeddings, count)
    if tuple(dimensions) != fit.dimensions:
        raise InputError(
            f"X has {sum(dimensions)} features, but LabelCleaner is expecting "
            f"{sum(fit.dimensions)} features as input"
        )
    class_values = fit.rows.class_values
    texts, classes = new_labels(labels, count, class_values)
    used = np.flatnonzero(usable)
    engine = make_engine(fit.index.engine, device)
    engine.add(fit.rows.vectors)
    neighbours = fit.rows.neighbours.indices.shape[1]
    return UnseenRows(
        vectors=vectors[used],
        nearest=find_nearest(engine, fit.rows.vectors, vectors[used], neighbours, progress),
        row_images=images_of_rows(count, used),
        row_labels=classes,
        labels=texts,
        class_values=class_values,
        support=fit.rows.support,
        reasons=["" if row else NOT_FINITE for row in usable],
    )


def judge_rows(
    fit: ArrayFit, unseen: UnseenRows, options: RelabelOptions, progress: Progress
) -> LabelCorrections:
    """Judge the labels of new rows, and predict those that are missing."""
    seen = SeenRows(fit.rows, fit.learned)
    found = correct_unseen(unseen, seen, fit.judge, options, options.device, progress)
    return LabelCorrections.of(found.corrections, fit.rows.class_values, found.transition)


def true_class_probabilities(
    fit: ArrayFit, unseen: UnseenRows, device: str, progress: Progress
) -> npt.NDArray[np.float64]:
    """(M, C) p(true class | image) of new rows without labels.

    Nothing is known of an unusable row but how common each class is among the given labels.
    """
    shares = fit.rows.support / fit.rows.support.sum()
    probabilities = np.tile(shares, (len(unseen.labels), 1))
    probabilities[unseen.used] = _of_usable_rows(fit, unseen, device, progress)
    return probabilities


def _of_usable_rows(
    fit: ArrayFit, unseen: UnseenRows, device: str, progress: Progress
) -> npt.NDArray[np.float64]:
    """(U, C) p(true class | image) of the rows that are usable."""
    if isinstance(fit.judge, DenoiserJudge):
        label_0 = fit.judge.denoiser.label_0(
            unseen.vectors,
            None,
            steps=PAPER_DDIM_STEPS,
            batch_size=RelabelOptions.batch_size,
            device=device,
        )
        return class_probabilities(label_0)
    if not isinstance(fit.judge, CrossFitJudge) or fit.learned is None:
        raise TypeError(f"expected a judge of a known method, found {type(fit.judge).__name__}")
    learned = fit.learned
    probabilities = np.zeros((len(unseen.used), len(unseen.class_values)))
    row = 0

    def keep(candidates: Candidates) -> None:
        nonlocal row
        belief = learned.model.believe(candidates)
        block = probabilities[row : row + len(belief.classes)]
        np.put_along_axis(block, belief.classes, belief.probabilities, axis=1)
        row += len(belief.classes)

    cross_fit = replace(fit.judge.fit, steps=learned.ddim_steps)
    reading = Reading(unseen, fit.rows, cross_fit, learned, device)
    weigh_unseen(unseen, reading, learned.model, progress, keep)
    return probabilities


def new_labels(
    labels: Any, count: int, class_values: Sequence[Any]
) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64]]:
    """(M,) labels, blank for none, and (M,) their classes: -1 for none and for an unknown one.

    Raises:
        InputError: another shape, or labels of another kind than the training's.
    """
    if labels is None:
        return np.full(count, "", dtype=object), np.full(count, -1, dtype=np.int64)
    given = np.asarray(labels, dtype=object)
    if given.shape != (count,):
        raise InputError(
            f"expected y of shape ({count},), a label or None for each row, "
            f"found shape {given.shape}"
        )
    wants_integers = isinstance(class_values[0], int)
    position = {value: place for place, value in enumerate(class_values)}
    texts = np.empty(count, dtype=object)
    for row, label in enumerate(given.tolist()):
        texts[row] = _new_label(row, label, wants_integers=wants_integers)
    classes = [position.get(label, -1) for label in texts]
    return texts, np.array(classes, dtype=np.int64)


def _new_label(row: int, label: Any, *, wants_integers: bool) -> Any:
    """A label as the training's are; empty text for None, NaN and blank text."""
    if label is None or label is getattr(label, "NA", None) or str(label).strip() in ("", "<NA>"):
        return ""
    if isinstance(label, float):
        if label != label:  # NaN
            return ""
        if wants_integers and label.is_integer():
            return int(label)  # NaN beside integers makes floats of them
    is_integer = isinstance(label, (int, np.integer)) and not isinstance(label, bool)
    if wants_integers != is_integer or not (is_integer or isinstance(label, str)):
        kind = "an integer" if wants_integers else "text"
        raise InputError(
            f"y[{row}]: expected {kind} as the labels of the training are, or None, found {label!r}"
        )
    return int(label) if is_integer else label


def _row_count(embeddings: Any, views: int) -> int:
    """M of new embeddings, by one encoder or by several; 0 where that cannot be told."""
    first = embeddings[0] if views > 1 and isinstance(embeddings, (list, tuple)) else embeddings
    try:
        return int(np.asarray(first).shape[0])
    except (ValueError, IndexError):
        return 0  # the check of the shape says what was found
