"""Rows and images brought together by name, never by position."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from labelfix.data.manifest import Manifest, class_names_of, label_indices


@dataclass(frozen=True)
class LabelledImages:
    """N embedded images with one given label each, and the R rows they stand for.

    Attributes:
        class_names: C labels, sorted.
        labels: (N,) int64, the class of each image; where its rows disagree, the commonest,
            and of equally common ones that of the first row.
        row_images: (R,) int64, the image of each manifest row, -1 for a row that is not used.
        row_labels: (R,) int64, the class of each row's own label, -1 for a row without one.
    """

    class_names: list[str]
    labels: npt.NDArray[np.int64] = field(repr=False)
    row_images: npt.NDArray[np.int64] = field(repr=False)
    row_labels: npt.NDArray[np.int64] = field(repr=False)


def join(
    manifest: Manifest, images: Sequence[str], class_names: list[str] | None = None
) -> LabelledImages:
    """Join a manifest's rows to the embedded images.

    Args:
        manifest: the rows.
        images: the names of the embedded images.
        class_names: the classes, sorted; None takes those of the manifest's labels.
    """
    position = {name: index for index, name in enumerate(images)}
    row_images = np.array([position.get(name, -1) for name in manifest.images], dtype=np.int64)
    if class_names is None:
        class_names = class_names_of(manifest.given_labels)
    row_labels = label_indices(manifest.given_labels, class_names)
    row_images[row_labels < 0] = -1
    used = np.flatnonzero(row_images >= 0)
    labels = _commonest(row_images[used], row_labels[used], len(images))
    return LabelledImages(class_names, labels, row_images, row_labels)


def _commonest(
    row_images: npt.NDArray[np.int64], row_labels: npt.NDArray[np.int64], images: int
) -> npt.NDArray[np.int64]:
    """(N,) the commonest label among the rows of each image, the first row's among equals."""
    classes = row_labels.max(initial=0) + 1
    pairs, first_rows, votes = np.unique(
        row_images * classes + row_labels, return_index=True, return_counts=True
    )
    best_last = np.lexsort((-first_rows, votes))
    labels = np.full(images, -1, dtype=np.int64)
    labels[pairs[best_last] // classes] = pairs[best_last] % classes  # the last one stays
    return labels
