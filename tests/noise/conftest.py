"""Made images: overlapping Gaussian classes, of which p(true | image) is known exactly."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from labelfix.noise.candidates import Candidates, DoubtScale


@dataclass(frozen=True)
class Made:
    """N images with labels, and what only their maker knows."""

    true: np.ndarray  # (N,) int64
    posterior: np.ndarray  # (N, C), exact
    given: np.ndarray  # (N,) int64
    scale: DoubtScale
    images: Candidates


def make(count: int, matrix, *, distance: float = 2.0, seed: int = 0) -> Made:
    """Draw images and labels.

    Args:
        count: N.
        matrix: (C, C) P(given | true); or a function of posteriors and true classes that gives
            (N, C) P(given | true, image).
        distance: of each class's mean from the origin, at a standard deviation of 1 and with
            right angles between the classes.
        seed: of all that is drawn.
    """
    random = np.random.default_rng(seed)
    classes = 3 if callable(matrix) else len(matrix)
    true = random.integers(0, classes, count)
    logits = distance * (distance * np.eye(classes)[true] + random.normal(size=(count, classes)))
    posterior = np.exp(logits - logits.max(axis=1, keepdims=True))
    posterior /= posterior.sum(axis=1, keepdims=True)
    chances = matrix(posterior, true) if callable(matrix) else np.asarray(matrix)[true]
    given = (random.random(count)[:, None] > chances.cumsum(axis=1)).sum(axis=1)
    scale = DoubtScale.of(np.log(posterior))
    return Made(true, posterior, given, scale, scale.candidates(np.log(posterior), given))


def look_alikes(posterior: np.ndarray, true: np.ndarray) -> np.ndarray:
    """A label falls on the likeliest other class, the more often the more the image is like it."""
    others = posterior.copy()
    others[np.arange(len(true)), true] = 0
    wrong = 0.75 * others.max(axis=1) ** 0.3
    chances = np.eye(posterior.shape[1])[others.argmax(axis=1)] * wrong[:, None]
    chances[np.arange(len(true)), true] += 1 - wrong
    return chances


@pytest.fixture(scope="session", name="make")
def give_make() -> Callable[..., Made]:
    return make


@pytest.fixture(scope="session")
def look_alike_noise() -> Callable[..., np.ndarray]:
    return look_alikes


EVEN = 0.6 * np.eye(4) + 0.1
PAIR = 0.7 * np.eye(4) + 0.3 * np.roll(np.eye(4), 1, axis=1)
BAD_CLASS = np.array([[0.4, 0.4, 0.1, 0.1], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])


@pytest.fixture(params=[EVEN, PAIR, BAD_CLASS], ids=["even", "pair", "bad class"], scope="session")
def matrix(request: pytest.FixtureRequest) -> np.ndarray:
    """(4, 4) P(given | true) of a kind of noise."""
    return request.param
