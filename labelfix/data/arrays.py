"""Arrays that a Python caller passes in, checked once."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from labelfix.data.audited_labels import (
    CANNOT_TELL,
    NO_CLASS,
    NOT_AUDITED,
    OTHER,
    UNTOLD,
    is_settled,
)
from labelfix.data.embeddings import unit_length
from labelfix.data.encoder_views import side_by_side
from labelfix.data.image_labels import Annotations, LabelledImages
from labelfix.errors import InputError


def checked_annotations(
    annotators: npt.ArrayLike | None,
    labelled: LabelledImages,
    used: npt.NDArray[np.int64],
) -> Annotations | None:
    """Who labelled each used image; None without annotators."""
    if annotators is None:
        return None
    who = _as_array("annotators", annotators)
    if who.shape != labelled.row_labels.shape:
        raise InputError(
            f"expected annotators of shape {labelled.row_labels.shape}, one for each label, "
            f"found shape {who.shape}"
        )
    named = ["" if name is None else str(name).strip() for name in who[used].tolist()]
    names, numbers = np.unique(named, return_inverse=True)
    images = np.arange(len(used))
    return Annotations(
        images=images,
        labels=labelled.labels,
        annotators=numbers.astype(np.int64),
        names=names.tolist(),
    )


def checked_labels(
    given: npt.ArrayLike,
) -> tuple[npt.NDArray[Any], list[Any], npt.NDArray[np.int64]]:
    """The labels as text or integers, the sorted classes, and (N,) the class of each label."""
    labels = _as_array("given_labels", given)
    if labels.ndim != 1 or labels.dtype.kind not in "iuUOT":
        raise InputError(
            "expected given_labels of shape (N,), text or integers, "
            f"found shape {labels.shape} of type {labels.dtype}"
        )
    if labels.dtype.kind not in "iu":
        labels = np.asarray(given, dtype=object)  # np.asarray makes the text 'nan' of a NaN
        bad = next((row for row, label in enumerate(labels) if not _is_label(label)), None)
        if bad is not None:
            raise InputError(
                f"given_labels[{bad}]: expected text that is not empty, or only integers, "
                f"found {labels[bad]!r}"
            )
    values, classes = np.unique(labels, return_inverse=True)
    return labels, values.tolist(), classes.astype(np.int64)


def _is_label(label: object) -> bool:
    return isinstance(label, str) and bool(label.strip())


def _as_array(name: str, values: npt.ArrayLike) -> npt.NDArray[Any]:
    try:
        return np.asarray(values)
    except ValueError as error:
        raise InputError(f"expected {name} as an array, found rows of different lengths") from error


def checked_vectors(
    embeddings: npt.ArrayLike, rows: int, name: str = "embeddings"
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """(N, D) vectors of length 1, and (N,) which are usable."""
    array = _as_array(name, embeddings)
    if array.ndim != 2 or array.dtype.kind not in "fiu" or len(array) != rows or not array.size:
        raise InputError(
            f"expected {name} of shape ({rows}, D), one row of numbers for each label, "
            f"found shape {array.shape} of type {array.dtype}"
        )
    return unit_length(array)


def checked_views(
    embeddings: npt.ArrayLike | Sequence[npt.ArrayLike], rows: int
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_], list[int]]:
    """Vectors from one encoder, or from several side by side.

    Args:
        embeddings: (N, D) numbers, or a list or tuple of V such arrays, each with its own D_v.
        rows: N.

    Returns:
        (N, D) float32 of length 1, (N,) which are usable in every array, and each D_v.

    Raises:
        InputError: wrong shape or type.
    """
    arrays: list[Any] = [embeddings]
    if isinstance(embeddings, (list, tuple)) and _is_matrix(next(iter(embeddings), None)):
        arrays = list(embeddings)
    checked = []
    for position, array in enumerate(arrays):
        name = f"embeddings[{position}]" if len(arrays) > 1 else "embeddings"
        checked.append(checked_vectors(array, rows, name))
    dimensions = [vectors.shape[1] for vectors, _ in checked]
    if len(checked) == 1:
        return *checked[0], dimensions
    usable = np.logical_and.reduce([good for _, good in checked])
    vectors = side_by_side([of_view for of_view, _ in checked], rows)
    return vectors, usable, dimensions


def _is_matrix(values: Any) -> bool:
    try:
        return np.ndim(values) == 2
    except ValueError:  # rows of different lengths
        return True


def checked_audits(
    audited: npt.ArrayLike, labels: npt.NDArray[Any], class_values: list[Any]
) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64]]:
    """The audited label of each row: (N,) answers, None without one, and (N,) their classes.

    Args:
        audited: (N,) labels of the given labels' type, `NO_CLASS` or `CANNOT_TELL`; None or NaN
            for rows that were not audited.
        labels: (N,) the given labels.
        class_values: the label of each class.

    Raises:
        InputError: wrong shape, or an answer that is not a label.
    """
    said = np.empty(len(labels), dtype=object)
    given = np.asarray(audited, dtype=object)
    if given.shape != said.shape:
        raise InputError(
            f"expected audited of shape {said.shape}, a label or None for each row, "
            f"found shape {given.shape}"
        )
    classes = np.full(len(labels), NOT_AUDITED, dtype=np.int64)
    position = {value: index for index, value in enumerate(class_values)}
    are_numbers = labels.dtype.kind in "iu"
    for row, answer in enumerate(given.tolist()):
        if _is_missing(answer):
            continue
        if are_numbers and isinstance(answer, float) and answer.is_integer():
            answer = int(answer)  # noqa: PLW2901 - NaN beside integers makes floats of them
        if answer not in position and answer in (NO_CLASS, CANNOT_TELL):
            classes[row] = OTHER if answer == NO_CLASS else UNTOLD
        else:
            is_label = _fits(answer, labels.dtype) if are_numbers else _is_label(answer)
            if not is_label or isinstance(answer, bool):
                kind = "an integer" if are_numbers else "text that is not empty"
                raise InputError(
                    f"audited[{row}]: expected {kind} as the given labels are, {NO_CLASS!r}, "
                    f"{CANNOT_TELL!r} or None, found {answer!r}"
                )
            classes[row] = position.get(answer, OTHER)
        said[row] = answer
    return said, classes


def _is_missing(answer: object) -> bool:
    """Whether a row was not audited: None, NaN or pandas.NA."""
    try:
        return answer is None or bool(answer != answer)
    except TypeError:  # of pandas.NA
        return True


def _fits(answer: object, dtype: np.dtype[Any]) -> bool:
    """Whether an answer is an integer in the range of the labels' type."""
    if not isinstance(answer, (int, np.integer)):
        return False
    return bool(np.iinfo(dtype).min <= answer <= np.iinfo(dtype).max)


def checked_chances(
    chances: npt.ArrayLike | None, said: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """(N,) the probability with which each row was drawn; NaN where it is unknown.

    Args:
        chances: (N,) numbers; None if all are unknown.
        said: (N,) int64 from `checked_audits`; only audited rows' chances are checked.

    Raises:
        InputError: wrong shape, or a chance outside (0, 1].
    """
    rows = len(said)
    if chances is None:
        return np.full(rows, np.nan)
    array = _as_array("audit_chances", chances)
    if array.shape != (rows,) or array.dtype.kind not in "fiu":
        raise InputError(
            f"expected audit_chances of shape ({rows},), numbers, "
            f"found shape {array.shape} of type {array.dtype}"
        )
    found: npt.NDArray[np.float64] = array.astype(np.float64)
    settled = is_settled(said)
    impossible = np.flatnonzero(settled & ((found <= 0) | (found > 1)))
    if len(impossible):
        row = int(impossible[0])
        raise InputError(
            f"audit_chances[{row}]: expected a number above 0 and at most 1 for an audited row, "
            f"or NaN where it is unknown, found {found[row]}"
        )
    return found
