"""NT-Xent: a value by hand, a loop that is slow and plain, and what it must not depend on."""

import math

import pytest
import torch

from labelfix.simclr.contrastive_network import nt_xent


def in_a_loop(projections, temperature):
    """Chen et al., ICML 2020, eq. 1, for each view, as it is written there."""
    views = len(projections)
    half = views // 2

    def similarity(i, j):
        one, other = projections[i], projections[j]
        return float(one @ other / (one.norm() * other.norm()))

    losses = []
    for i in range(views):
        j = (i + half) % views
        others = [math.exp(similarity(i, k) / temperature) for k in range(views) if k != i]
        losses.append(-math.log(math.exp(similarity(i, j) / temperature) / sum(others)))
    return sum(losses) / views


def test_nt_xent__by_hand():
    """Two images, whose views are alike and at right angles to the other image's.

    Each view has a similarity of 1 to its partner and of 0 to the two others.
    """
    projections = torch.tensor([[1.0, 0.0], [0.0, 1.0], [2.0, 0.0], [0.0, 3.0]])
    expected = -math.log(math.exp(2) / (math.exp(2) + 2))
    assert float(nt_xent(projections, 0.5)) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("temperature", [0.1, 0.5, 2.0])
@pytest.mark.parametrize("images", [2, 3, 8])
def test_nt_xent__as_in_a_loop(images, temperature):
    projections = torch.randn(2 * images, 5, generator=torch.Generator().manual_seed(images))
    expected = in_a_loop(projections.double(), temperature)
    assert float(nt_xent(projections, temperature)) == pytest.approx(expected, rel=1e-5)


def test_nt_xent__nothing_learnt():
    """Where all views are alike, a partner is found by chance: log(2B - 1)."""
    assert float(nt_xent(torch.ones(10, 3), 0.2)) == pytest.approx(math.log(9), rel=1e-6)


def test_nt_xent__length_of_the_projections_is_nothing():
    projections = torch.randn(6, 4, generator=torch.Generator().manual_seed(0))
    longer = projections * torch.tensor([1.0, 2.0, 0.5, 9.0, 3.0, 0.1])[:, None]
    assert float(nt_xent(longer, 0.2)) == pytest.approx(float(nt_xent(projections, 0.2)), rel=1e-5)


def test_nt_xent__gradient_brings_partners_together():
    projections = torch.randn(4, 3, generator=torch.Generator().manual_seed(1)).requires_grad_()
    first = nt_xent(projections, 0.5)
    first.backward()
    assert projections.grad.isfinite().all()
    moved = projections.detach() - 0.1 * projections.grad
    assert float(nt_xent(moved, 0.5)) < float(first.detach())
