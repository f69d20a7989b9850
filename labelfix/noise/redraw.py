"""Labels sampled from a noise model for known true classes."""

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from labelfix.noise.hypotheses import NoiseModel
from labelfix.noise.mixture import LEAST_OTHERS, Mixture

ROWS_AT_ONCE = 1024


def draw_given(
    model: NoiseModel,
    log_true: npt.NDArray[np.floating],
    true: npt.NDArray[np.int64],
    random: np.random.Generator,
) -> npt.NDArray[np.int64]:
    """(n,) int64, a sampled given label for each of n images whose true class is known.

    The hypothesis that all labels are right is excluded. The doubt of an image is its rank among
    these n, because the rates of the model are those of a whole data set.

    Args:
        model: of the noise.
        log_true: (n, C) log p(true | image).
        true: (n,) int64, the true classes; classes not among them are never drawn.
        random: the generator.
    """
    ranks = (rankdata(-log_true.max(axis=1)) - 0.5) / len(true)
    absent = np.bincount(true, minlength=log_true.shape[1]) == 0
    drawn = np.empty(len(true), dtype=np.int64)
    for start in range(0, len(true), ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        chances = given_chances(model, np.exp(log_true[rows]), true[rows], ranks[rows])
        chances[:, absent] = 0
        limits = np.cumsum(chances, axis=1)
        level = random.random(len(limits))[:, None] * limits[:, -1:]
        drawn[rows] = (level >= limits).sum(axis=1)
    return drawn


def given_chances(
    model: NoiseModel,
    like: npt.NDArray[np.floating],
    true: npt.NDArray[np.int64],
    doubt: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    """(n, C) P(given | true, image), averaged over the mixtures; rows sum to 1.

    Args:
        model: of the noise.
        like: (n, C) p(true | image).
        true: (n,) int64, the true classes.
        doubt: (n,) float64 in [0, 1].
    """
    believed = model.weights[:-1] / model.weights[:-1].sum()
    total = np.zeros(like.shape)
    for weight, mixture in zip(believed, model.mixtures, strict=True):
        total += weight * _of_mixture(mixture, like, true, doubt)
    return total


def _of_mixture(
    mixture: Mixture,
    like: npt.NDArray[np.floating],
    true: npt.NDArray[np.int64],
    doubt: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    """The equation of `Mixture` for all C given classes, with one true class per row."""
    each, classes = np.arange(len(true)), like.shape[1]
    shares = mixture.weights[true].copy()  # (n, 4)
    shares[:, 2:] *= np.exp(mixture.slope * (doubt - 0.5))[:, None]
    shares /= shares.sum(axis=1, keepdims=True)
    looks = like.astype(np.float64)
    looks[each, true] = 0
    looks /= np.maximum(looks.sum(axis=1, keepdims=True), LEAST_OTHERS)
    chances: npt.NDArray[np.float64] = shares[:, 2:3] * mixture.confusions[true]  # (n, C)
    chances += shares[:, 1:2] / (classes - 1)
    chances += shares[:, 3:4] * looks
    chances[each, true] = 0
    # If the image looks like no other class, the rest of the look-alike mass stays on the true one.
    chances[each, true] = 1 - chances.sum(axis=1)
    return chances
