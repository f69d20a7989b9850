"""What a CUDA device finds is what a CPU finds."""

import numpy as np
import pytest
from small_training import SmallTraining

from labelfix import correct_labels

TRAIN = SmallTraining(fast=True, width=64, learning_rate=0.02)


@pytest.mark.gpu
def test_correct_labels__on_cuda_as_on_the_cpu(clusters):
    """No bits are compared: kernels differ in the order in which they sum up."""
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("there is no CUDA device")
    points = clusters(60, 3, wrong_share=0.2)
    on_cpu, on_cuda = (
        correct_labels(points.vectors, points.given, device=device, train=TRAIN)
        for device in ("cpu", "cuda")
    )
    assert (on_cuda.label == points.truth).mean() >= 0.95
    assert (on_cuda.label == on_cpu.label).mean() >= 0.95
    assert np.abs(on_cuda.confidence - on_cpu.confidence).mean() < 0.1
