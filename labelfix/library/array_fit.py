"""Denoisers trained on arrays, and all that later calls read of them."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from labelfix.correction.row_corrections import correct_rows
from labelfix.data.arrays import (
    checked_annotations,
    checked_audits,
    checked_chances,
    checked_labels,
    checked_views,
)
from labelfix.data.class_vectors import placed_class_vectors
from labelfix.data.image_labels import LabelledImages
from labelfix.embedding.parts import NOT_FINITE
from labelfix.errors import InputError
from labelfix.library.results import LabelCorrections
from labelfix.methods.method import GivenLabels, Judge
from labelfix.methods.registry import find_method
from labelfix.methods.rows import GivenRows
from labelfix.noise.audits import ImageAudits
from labelfix.noise.estimate import LearnedNoise
from labelfix.options.diffusion_options import ALWAYS, NEVER
from labelfix.options.index_options import IndexOptions
from labelfix.options.relabel_options import RelabelOptions
from labelfix.options.train_options import TrainOptions
from labelfix.pipeline import check_reads_text
from labelfix.retrieval.registry import make_engine
from labelfix.retrieval.search import find_neighbours
from labelfix.runtime.device import resolve_device
from labelfix.runtime.progress import Progress


@dataclass(frozen=True, kw_only=True)
class GivenArrays:
    """What a caller gives of N rows, not checked yet.

    Attributes:
        embeddings: (N, D) numbers, or a list of such arrays by several encoders.
        labels: (N,) text or integers.
        annotators: (N,) who gave each label; None where nobody says.
        audited: (N,) what a person has said of each row; None where nobody was asked.
        audit_chances: (N,) how likely each row was drawn to be asked.
        class_vectors: (C, D) a vector for each class.
    """

    embeddings: Any = field(repr=False)
    labels: Any = field(repr=False)
    annotators: npt.ArrayLike | None = field(default=None, repr=False)
    audited: npt.ArrayLike | None = field(default=None, repr=False)
    audit_chances: npt.ArrayLike | None = field(default=None, repr=False)
    class_vectors: npt.ArrayLike | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True)
class FitOptions:
    """The stages that a fit goes through."""

    index: IndexOptions
    train: TrainOptions
    relabel: RelabelOptions


@dataclass(frozen=True, kw_only=True)
class ArrayFit:
    """A training on arrays.

    Attributes:
        rows: that were learned from.
        judge: that was trained on them.
        learned: of their noise; None where the method does not learn it.
        index: how neighbours are searched.
        dimensions: D of each array of embeddings.
    """

    rows: GivenRows = field(repr=False)
    judge: Judge = field(repr=False)
    learned: LearnedNoise | None = field(repr=False)
    index: IndexOptions
    dimensions: tuple[int, ...]


def fit_arrays(
    given: GivenArrays, options: FitOptions, progress: Progress
) -> tuple[ArrayFit, LabelCorrections]:
    """Train on the usable rows and correct every row.

    Raises:
        InputError: other shapes or types, missing labels, fewer than 2 classes, or class vectors
            beside the method of the paper.
    """
    check_dense(given.embeddings)
    if given.labels is None:
        raise InputError("a LabelCleaner requires y to be passed, but the target y is None")
    device = resolve_device(options.train.device)
    rows, dimensions = _given_rows(given, options, device, progress)
    train = replace(options.train, device=device)
    data = GivenLabels(
        vectors=rows.vectors,
        labels=rows.labelled.labels,
        neighbours=rows.neighbours,
        classes=len(rows.class_values),
        audits=rows.audits,
        dimensions=list(dimensions),
    )
    judge, _ = find_method(train.method).fit(data, train.of_method(), device, progress)
    relabel = replace(options.relabel, device=device)
    corrected, estimate = correct_rows(rows, judge, relabel, device, progress)
    fit = ArrayFit(
        rows=rows,
        judge=judge,
        learned=estimate.learned if estimate else None,
        index=options.index,
        dimensions=dimensions,
    )
    transition = estimate.transition if estimate else None
    return fit, LabelCorrections.of(corrected, rows.class_values, transition)


def _given_rows(
    given: GivenArrays, options: FitOptions, device: str, progress: Progress
) -> tuple[GivenRows, tuple[int, ...]]:
    """The rows of checked arrays with their neighbours, and D of each array of embeddings."""
    labels, class_values, classes = checked_labels(_plain_integers(given.labels))
    vectors, usable, dimensions = checked_views(given.embeddings, len(labels))
    of_classes = None
    if given.class_vectors is not None:
        check_reads_text(options.train.method, "class_vectors")
        of_classes = placed_class_vectors(
            "class_vectors", given.class_vectors, class_values, dimensions
        )
    answers, audits = None, None
    if given.audited is not None:
        answers, said = checked_audits(given.audited, labels, class_values)
        chances = checked_chances(given.audit_chances, said)
        audits = ImageAudits(said[usable], chances[usable])
    used = np.flatnonzero(usable)
    labelled = _labelled_images(class_values, classes, used)
    vectors = vectors[used]
    search = make_engine(options.index.engine, device)
    search.add(vectors)
    rows = GivenRows(
        vectors=vectors,
        neighbours=find_neighbours(search, vectors, options.index.neighbours, progress),
        labelled=labelled,
        labels=labels,
        class_values=class_values,
        reasons=["" if row else NOT_FINITE for row in usable],
        annotations=checked_annotations(given.annotators, labelled, used),
        audits=audits,
        answers=answers,
        class_vectors=of_classes,
    )
    return rows, tuple(dimensions)


def _labelled_images(
    class_values: list[Any], classes: npt.NDArray[np.int64], used: npt.NDArray[np.int64]
) -> LabelledImages:
    """The rows that are used, each an image of its own.

    Raises:
        InputError: they are of fewer than 2 classes.
    """
    if len(np.unique(classes[used])) < 2:
        raise InputError(
            f"expected at least 2 classes among the usable rows, "
            f"found {len(np.unique(classes[used]))}"
        )
    return LabelledImages(
        class_names=[str(value) for value in class_values],
        labels=classes[used],
        row_images=images_of_rows(len(classes), used),
        row_labels=classes,
    )


def images_of_rows(rows: int, used: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """(rows,) int64: the rows that are used are images 0, 1, ... in turn; -1 for the others."""
    row_images = np.full(rows, -1, dtype=np.int64)
    row_images[used] = np.arange(len(used))
    return row_images


def check_needs_no_images(train: TrainOptions) -> None:
    """See that a training would read no images, which arrays of embeddings do not hold.

    Raises:
        InputError: it has an image branch, or embeds varied images again.
    """
    hint = "labelfix run --method paper --image-branch reads them from the image folder."
    if train.branch is not None:
        raise InputError(
            f"expected no image_branch, found {train.branch!r}: "
            "arrays hold embeddings and no images",
            hint if train.preset is None else f'TrainOptions(image_branch="none") or: {hint}',
        )
    embed_again = getattr(train.of_method(), "embed_again", NEVER)  # of the paper's method alone
    if embed_again == ALWAYS:
        raise InputError(
            f"expected embed_again 'never', found {embed_again!r}: "
            "arrays hold embeddings and no images",
            f'TrainOptions(embed_again="never") or: {hint}',
        )


def check_dense(embeddings: Any) -> None:
    """See that embeddings are no sparse matrix.

    Raises:
        InputError: they are.
    """
    if hasattr(embeddings, "toarray"):
        raise InputError(
            f"expected a dense array of embeddings, found {type(embeddings).__name__}: "
            "sparse input is not supported",
            "Call its toarray() first.",
        )


def _plain_integers(labels: Any) -> Any:
    """Labels of a pandas type of integers as numpy has them; all others as they are."""
    kind = getattr(getattr(labels, "dtype", None), "kind", "")
    if kind in ("i", "u") and not isinstance(labels, np.ndarray):
        try:
            return np.asarray(labels, dtype=np.int64 if kind == "i" else np.uint64)
        except (TypeError, ValueError):
            return labels  # with a missing one, which the check names
    return labels
