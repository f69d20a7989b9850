"""From a denoised label vector to a probability for each class."""

import numpy as np
import numpy.typing as npt


def class_probabilities(label_0: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """How near each entry of a denoised label vector is to 1, as shares of 1.

    The label is the entry nearest 1 (Chen et al., NeurIPS 2023). Nearness falls from 1 to 0
    over a distance of 1, so that an entry of 0 has no share, and a vector that is half of one
    class and half of another gives each of them half.

    Args:
        label_0: (n, C) float32.

    Returns:
        (n, C) float64, rows sum to 1.
    """
    nearness = np.clip(1 - np.abs(label_0.astype(np.float64) - 1), 0, 1)
    total = nearness.sum(axis=1, keepdims=True)
    uniform = np.full_like(nearness, 1 / nearness.shape[1])
    shares: npt.NDArray[np.float64] = np.divide(nearness, total, out=uniform, where=total > 0)
    return shares
