"""Noise matrices as they are estimated: from labels of overlapping classes, not made by hand."""

import numpy as np

from labelfix.noise.class_noise import class_noise

IMAGES = 600


def estimated_transition(classes: int, confused: tuple[int, int], seed: int = 0) -> np.ndarray:
    """(C, C) P(given | true), estimated from labels of which some are wrong.

    Args:
        classes: C.
        confused: a class, and another one whose label a third of its images was given; of all
            images, 4 % more are labelled at random.
        seed: of the images and their labels.
    """
    random = np.random.default_rng(seed)
    chances = 0.96 * np.eye(classes) + 0.04 / classes
    first, second = confused
    chances[first, first] -= 0.33
    chances[first, second] += 0.33
    true = random.integers(0, classes, IMAGES)
    logits = 3 * (3 * np.eye(classes)[true] + random.normal(size=(IMAGES, classes)))
    posterior = np.exp(logits - logits.max(axis=1, keepdims=True))
    posterior /= posterior.sum(axis=1, keepdims=True)
    given = (random.random(IMAGES)[:, None] > chances[true].cumsum(axis=1)).sum(axis=1)
    return class_noise((posterior @ chances).astype(np.float32), given)
