"""The draw of labels and the loss, by hand and by frequency."""

import pytest
import torch

from labelfix.methods.paper.denoiser_batches import draw_labels, noise_loss


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_draw_labels__weights_by_hand():
    """Each draw of a row of four that is 0 three times weighs 3, or 1 where it drew the other."""
    retrieved = torch.tensor([[0, 0, 4, 0], [2, 2, 2, 2], [5, 6, 7, 8]])
    seen = set()
    for seed in range(40):
        drawn = draw_labels(retrieved, generator(seed))
        first = int(drawn.labels[0])
        occurrences = torch.tensor([{0: 3.0, 4: 1.0}[first], 4.0, 1.0])
        assert drawn.labels[1] == 2
        assert drawn.labels[2] in (5, 6, 7, 8)
        assert torch.allclose(drawn.weights, occurrences / occurrences.sum())
        seen.add(first)
    assert seen == {0, 4}


def test_draw_labels__as_often_as_retrieved():
    retrieved = torch.tensor([[3, 1, 1, 7]]).repeat(20_000, 1)
    drawn = draw_labels(retrieved, generator())
    shares = torch.bincount(drawn.labels, minlength=8) / 20_000
    assert shares[[1, 3, 7]].tolist() == pytest.approx([0.5, 0.25, 0.25], abs=0.015)
    assert drawn.weights.sum() == pytest.approx(1, abs=1e-4)
    assert drawn.weights.dtype == torch.float32
    heavy = drawn.weights[drawn.labels == 1]
    light = drawn.weights[drawn.labels != 1]
    assert torch.allclose(heavy, 2 * light[0])


def test_draw_labels__the_generator_decides():
    retrieved = torch.arange(11).repeat(100, 1)
    first, again, other = (draw_labels(retrieved, generator(seed)).labels for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_noise_loss__by_hand():
    predicted = torch.tensor([[1.0, 2.0], [0.0, 0.0]])
    noise = torch.tensor([[0.0, 0.0], [1.0, 3.0]])
    weights = torch.tensor([0.75, 0.25])
    # squares [1, 4] and [1, 9]; over B: 0.75 + 0.25 and 3 + 2.25; their mean over C
    assert noise_loss(predicted, noise, weights) == pytest.approx((1.0 + 5.25) / 2)


def test_noise_loss__equal_weights_are_the_mean_squared_error():
    predicted, noise = torch.randn(2, 8, 5, generator=generator())
    loss = noise_loss(predicted, noise, torch.full((8,), 1 / 8))
    assert loss == pytest.approx(float((predicted - noise).square().mean()))
    assert noise_loss(noise, noise, torch.full((8,), 1 / 8)) == 0


def test_draw_labels__uniform_weights():
    """The same labels are drawn; each weighs the same, however often it was retrieved."""
    retrieved = torch.tensor([[0, 0, 1], [2, 2, 2], [1, 0, 2], [0, 1, 1]])
    by_count = draw_labels(retrieved, torch.Generator().manual_seed(0))
    uniform = draw_labels(retrieved, torch.Generator().manual_seed(0), "uniform")
    assert torch.equal(uniform.labels, by_count.labels)
    assert uniform.weights.tolist() == [0.25] * 4
    assert by_count.weights.tolist() != uniform.weights.tolist()
