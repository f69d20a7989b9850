"""The best pass by held-out given labels: who is held out, what is left, and what is kept."""

import numpy as np
import pytest
import torch

from labelfix.data.neighbours import Neighbours
from labelfix.methods.paper import validation
from labelfix.methods.paper.validation import BestPass, hold_out, retrieve_without

NEIGHBOURS = Neighbours(
    np.array([[1, 2, 3], [0, 2, 4], [4, 3, 1], [4, 2, 0], [3, 2, 1]]),
    np.tile(np.float32([0.9, 0.8, 0.7]), (5, 1)),
)
LABELS = np.array([10, 11, 12, 13, 14])


@pytest.mark.parametrize(
    ("count", "share", "held_out"),
    [(100, 0.0, 0), (100, 0.1, 10), (20, 0.01, 1), (3, 0.5, 1), (2, 0.5, 0)],
)
def test_hold_out__how_many(count, share, held_out):
    chosen = hold_out(count, share, 0)
    assert len(set(chosen.tolist())) == held_out
    assert set(chosen.tolist()) <= set(range(count))


def test_hold_out__at_most_a_fixed_number(monkeypatch):
    monkeypatch.setattr(validation, "LARGEST_HELD_OUT", 7)
    assert len(hold_out(1000, 0.5, 0)) == 7


def test_hold_out__the_seed_decides():
    first, again, other = (hold_out(100, 0.1, seed).tolist() for seed in (3, 3, 4))
    assert first == again != other


def test_retrieve_without__nobody_held_out():
    retrieved = retrieve_without(LABELS, NEIGHBOURS, np.array([], dtype=np.int64))
    np.testing.assert_array_equal(retrieved[:, :3], LABELS[NEIGHBOURS.indices])
    np.testing.assert_array_equal(retrieved[:, 3], LABELS)


def test_retrieve_without__by_hand():
    """A held-out neighbour's place j has the label of the j-th left, counted round."""
    retrieved = retrieve_without(LABELS, NEIGHBOURS, np.array([2, 4]))
    assert retrieved.tolist() == [
        [11, 13, 13, 10],
        [10, 11, 10, 11],
        [14, 13, 11, 12],  # held out itself: whole
        [10, 13, 10, 13],
        [13, 12, 11, 14],
    ]


def looking(readings, every=1):
    """A look at each of some readings (2 images, 2 classes); both were given class 0."""
    reads = iter(readings)
    network = torch.nn.Linear(1, 1)
    best = BestPass(lambda: np.float32(next(reads)), np.array([0, 0]), every)
    return best, network


NONE, HALF, BOTH = ([[0, 1], [0, 1]], [[1, 0], [0, 1]], [[1, 0], [1, 0]])


def test_look__keeps_the_best_and_the_first_of_equals():
    best, network = looking([NONE, BOTH, HALF, BOTH])
    for step in range(1, 5):
        with torch.no_grad():
            network.weight.fill_(step)
        best.look(network, step, 4)
        assert network.training
    assert (best.step, best.agreement) == (2, 1.0)
    assert best.weights["weight"].item() == 2


def test_look__now_and_then_and_at_the_end():
    best, network = looking([HALF, NONE, BOTH], every=3)
    for step in range(1, 8):
        best.look(network, step, 7)
    assert best.step == 7  # looked after 3, 6 and 7


def test_restore__what_a_checkpoint_kept():
    best, network = looking([HALF])
    assert best.tensors() == {}
    best.look(network, 1, 1)
    other, _ = looking([])
    other.restore(best.tensors())
    assert (other.step, other.agreement) == (1, 0.5)
    assert torch.equal(other.weights["weight"], network.weight)
    empty, _ = looking([])
    empty.restore({})
    assert empty.step == 0
