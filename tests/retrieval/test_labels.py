"""Retrieved labels and neighbour agreement, by hand."""

import numpy as np

from labelfix.data.neighbours import Neighbours
from labelfix.retrieval.search import neighbour_agreement, retrieve_labels

LABELS = np.array([7, 8, 9, 7])
NEIGHBOURS = Neighbours(
    np.array([[3, 1], [2, 0], [1, 3], [0, 2]]), np.zeros((4, 2), dtype=np.float32)
)


def test_retrieve_labels__own_label_comes_last():
    retrieved = retrieve_labels(LABELS, NEIGHBOURS)
    assert retrieved.tolist() == [[7, 8, 7], [9, 7, 8], [8, 7, 9], [7, 9, 7]]
    assert retrieved.dtype == np.int64


def test_neighbour_agreement__of_images():
    agreement = neighbour_agreement(LABELS, NEIGHBOURS, np.arange(4), LABELS)
    assert agreement.tolist() == [0.5, 0.0, 0.0, 0.5]


def test_neighbour_agreement__of_rows():
    """Image 2 stands in two rows with different labels, image 1 in one row out of order."""
    agreement = neighbour_agreement(LABELS, NEIGHBOURS, np.array([2, 2, 1]), np.array([9, 7, 9]))
    assert agreement.tolist() == [0.0, 0.5, 0.5]
