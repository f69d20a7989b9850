"""What label_0 is drawn from: own and retrieved labels, none of them of the fold to be judged."""

import numpy as np
import pytest
import torch

from labelfix.data.neighbours import Neighbours
from labelfix.methods.noise_aware.label_draws import LabelDraws


@pytest.fixture
def neighbours():
    """Four images in a ring; images 0 and 1 are copies of one another."""
    indices = np.array([[1, 3], [0, 2], [1, 3], [2, 0]])
    similarities = np.array([[0.995, 0.5], [0.995, 0.5], [0.6, 0.5], [0.6, 0.5]], dtype=np.float32)
    return Neighbours(indices, similarities)


def sources_of(neighbours, taught, image):
    draws = LabelDraws(
        neighbours, torch.tensor([0, 1, 2, 0]), taught, 3, torch.Generator().manual_seed(0)
    )
    return draws.draw(torch.full((400,), image)).sources


def test_draw__half_are_retrieved(neighbours):
    sources = sources_of(neighbours, np.ones(4, dtype=bool), 2)
    assert set(sources.tolist()) == {1, 2, 3}
    assert float((sources == 2).float().mean()) == pytest.approx(0.5, abs=0.1)


def test_draw__neither_copies_nor_images_that_do_not_teach(neighbours):
    assert set(sources_of(neighbours, np.ones(4, dtype=bool), 0).tolist()) == {0, 3}
    assert set(sources_of(neighbours, np.array([1, 1, 1, 0], dtype=bool), 0).tolist()) == {0}


def test_draw__label_t_fades_with_the_timestep(neighbours):
    draws = LabelDraws(
        neighbours,
        torch.tensor([0, 1, 2, 0]),
        np.zeros(4, dtype=bool),
        3,
        torch.Generator().manual_seed(0),
    )
    found = draws.draw(torch.full((2000,), 2))
    own = found.label_t[:, 2]
    early, late = found.timesteps < 100, found.timesteps >= 900
    assert float(own[early].mean()) == pytest.approx(1, abs=0.1)
    assert float(own[late].mean()) == pytest.approx(0, abs=0.2)
    assert float(found.label_t[early][:, :2].mean()) == pytest.approx(0, abs=0.1)
