"""The number of DDIM steps at inference: one, unless held-out labels favour more."""

import numpy as np
import numpy.typing as npt

from labelfix.methods.noise_aware.cross_fit import CrossFit
from labelfix.methods.noise_aware.label_denoiser import probabilities
from labelfix.noise.evidence import is_beyond_chance, rows_to_fit

STEPS = (1, 2, 4, 10)
"""The candidates; 10 is the paper's."""
STANDARD_ERRORS = 2.0
"""More than one step must raise the log-likelihood by this many standard errors: three candidates
compete, so one would be too few."""
LEAST_ROWS = 500
"""With fewer held-out labels, chance would choose."""
LEAST_LIKELIHOOD = 1e-6


def choose_steps(
    fit: CrossFit,
    vectors: npt.NDArray[np.float32],
    labels: npt.NDArray[np.int64],
    judged: npt.NDArray[np.int64],
    device: str,
) -> int:
    """Choose the steps by the likelihood of the first fold's labels, which are held out.

    One step from label_T = 0 gives the mean of label_0 given the image, which is p(label_0 |
    image) for one-hot labels; more steps move it towards one label. So 1 is chosen if the
    denoiser has learned well, and more only if sharper predictions are significantly likelier.

    Args:
        fit: the denoisers of N images.
        vectors: (N, D) float32 of length 1.
        labels: (N,) int64, the given classes.
        judged: the images of the first fold without an audited label.
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
