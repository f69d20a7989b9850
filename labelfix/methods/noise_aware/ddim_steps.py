"""In how many steps of DDIM denoisers are read: one, unless held-out labels want more."""

import numpy as np
import numpy.typing as npt

from labelfix.methods.noise_aware.cross_fit import CrossFit
from labelfix.methods.noise_aware.label_denoiser import probabilities
from labelfix.noise.evidence import is_beyond_chance, rows_to_fit

STEPS = (1, 2, 4, 10)
"""What is chosen from; 10 is the paper's."""
STANDARD_ERRORS = 2.0
"""By which labels have to be likelier for more than one step; three numbers of steps compete."""
LEAST_ROWS = 500
"""Held-out labels that choose; of fewer, a few lucky ones would."""
LEAST_LIKELIHOOD = 1e-6


def choose_steps(
    fit: CrossFit,
    vectors: npt.NDArray[np.float32],
    labels: npt.NDArray[np.int64],
    judged: npt.NDArray[np.int64],
    device: str,
) -> int:
    """The steps under which labels are likeliest that the denoiser of the first fold never saw.

    One step from label_T = 0 gives the mean of label_0 given the image, which is p(label_0 |
    image) for one-hot labels; more steps move it to a likely label. So 1 is the answer where the
    denoiser has learned well, and more where a sharper one is likelier by more than chance.

    Args:
        fit: the denoisers of N images.
        vectors: (N, D) float32 of length 1.
        labels: (N,) int64, the given classes.
        judged: the images of the first fold whose given label nobody has settled.
        device: `cpu` or `cuda`.
    """
    if len(judged) < LEAST_ROWS:
        return STEPS[0]
    rows = judged[rows_to_fit(len(judged), len(fit.transition))]
    chances = fit.transition[:, labels[rows]].T  # (n, C), P(given | true)

    def log_likelihood(steps: int) -> npt.NDArray[np.float64]:
        true = probabilities(fit.networks[0], vectors, device, rows, steps)
        found: npt.NDArray[np.float64] = np.log(
            np.maximum((true * chances).sum(axis=1), LEAST_LIKELIHOOD)
        )
        return found

    first = log_likelihood(STEPS[0])
    best, most = STEPS[0], 0.0
    for steps in STEPS[1:]:
        gain = log_likelihood(steps) - first
        mean = float(gain.mean())
        if mean > most and is_beyond_chance(gain, STANDARD_ERRORS):
            best, most = steps, mean
    return best
