"""How well neighbours agree with the given labels: a sign of progress, and of nothing else."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from labelfix.data.embeddings import unit_length

NEIGHBOURS = 10

Agreement = Callable[[Sequence[str], npt.NDArray[np.float32]], float]
"""The names of n images and their (n, D) features to a share from 0 to 1."""


def agreement_with(given_labels: Mapping[str, str]) -> Agreement:
    """A look at some images' features beside their given labels, by image name."""

    def agreement(images: Sequence[str], features: npt.NDArray[np.float32]) -> float:
        return neighbour_agreement(features, [given_labels[image] for image in images])

    return agreement


def neighbour_agreement(
    features: npt.NDArray[np.float32], labels: Sequence[str], neighbours: int = NEIGHBOURS
) -> float:
    """The share of images whose label is the commonest one among their neighbours.

    Args:
        features: (n, D) of any length; compared by cosine. An image is never its own neighbour.
        labels: of the n images.
        neighbours: K, or all others where there are fewer.

    Returns:
        0 to 1. Among equally common labels the one of the nearer neighbours counts.
    """
    units, _ = unit_length(features)
    _, numbers = np.unique(np.asarray(labels, dtype=object).astype(str), return_inverse=True)
    similarities = units @ units.T  # (n, n)
    np.fill_diagonal(similarities, -np.inf)
    nearest = np.argsort(-similarities, axis=1, kind="stable")[:, : min(neighbours, len(units) - 1)]
    votes = np.zeros((len(units), numbers.max() + 1))
    for place in range(nearest.shape[1]):
        # So little more for a nearer neighbour that all of them together outweigh no vote.
        weight = 1 + (neighbours - place) / (neighbours + 1) ** 2
        votes[np.arange(len(units)), numbers[nearest[:, place]]] += weight
    return float(np.mean(votes.argmax(axis=1) == numbers))
