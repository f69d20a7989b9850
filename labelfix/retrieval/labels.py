"""The labels that an image retrieves: its neighbours' and its own."""

import numpy as np
import numpy.typing as npt

from labelfix.data.neighbours import NearestImages, Neighbours


def retrieve_labels(labels: npt.NDArray[np.int64], neighbours: Neighbours) -> npt.NDArray[np.int64]:
    """The labels of the K neighbours and, last, the image's own.

    Args:
        labels: (N,) the given class of each image.
        neighbours: of the same N images.

    Returns:
        (N, K + 1) int64.
    """
    return np.concatenate([labels[neighbours.indices], labels[:, None]], axis=1)


def neighbour_agreement(
    labels: npt.NDArray[np.int64],
    neighbours: Neighbours | NearestImages,
    images: npt.NDArray[np.int64],
    row_labels: npt.NDArray[np.int64],
) -> npt.NDArray[np.float64]:
    """(R,) the share of the neighbours of each row's image whose given label equals the row's.

    Args:
        labels: (N,) the given class of each image.
        neighbours: of the images, these among the N.
        images: (R,) the image of each row.
        row_labels: (R,) the given class of each row.
    """
    agrees = labels[neighbours.indices[images]] == row_labels[:, None]  # (R, K)
    share: npt.NDArray[np.float64] = agrees.mean(axis=1)
    return share
