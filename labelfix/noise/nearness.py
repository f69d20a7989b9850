"""Fences of nearness: how near to others an image must be to be typical of its class."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

FAR_OUT = 3.0
"""An image is far out if it is this many interquartile ranges below the lower quartile."""


@dataclass(frozen=True)
class LeastNearness:
    """Outer fences (Tukey, 1977) of the mean cosine similarity of images to their neighbours.

    Attributes:
        of_class: (C,) float64, over the images given each class; -inf for a class without images.
        of_all: over all images.
    """

    of_class: npt.NDArray[np.float64] = field(repr=False)
    of_all: float

    def typical(
        self, nearness: npt.NDArray[np.floating], classes: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.bool_]:
        """(n,) whether images are as near to others as images of their class usually are.

        Args:
            nearness: (n,) the mean similarity of each image to its neighbours.
            classes: (n,) int64.
        """
        near: npt.NDArray[np.bool_] = nearness >= self.of_class[classes]
        return near

    def off_topic(
        self, nearness: npt.NDArray[np.floating], classes: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.bool_]:
        """(n,) whether images are far out both of their class and of all images.

        In a class of very similar images, one that is far out may still be as near to others as
        most images are.
        """
        off: npt.NDArray[np.bool_] = ~self.typical(nearness, classes) & (nearness < self.of_all)
        return off


def least_nearness(
    nearness: npt.NDArray[np.floating], labels: npt.NDArray[np.int64], classes: int
) -> LeastNearness:
    """The fences of N images.

    Args:
        nearness: (N,) the mean similarity of each image to its neighbours.
        labels: (N,) int64, the given class of each image.
        classes: C.
    """
    of_class = np.full(classes, -np.inf)
    order = np.argsort(labels, kind="stable")
    present, first = np.unique(labels[order], return_index=True)
    for label, images in zip(present, np.split(nearness[order], first[1:]), strict=True):
        of_class[label] = _fence(images)
    return LeastNearness(of_class, _fence(nearness))


def _fence(nearness: npt.NDArray[np.floating]) -> float:
    lower, upper = np.quantile(nearness, (0.25, 0.75))
    return float(lower - FAR_OUT * (upper - lower))
