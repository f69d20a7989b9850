"""How many steps denoisers are read in: what held-out labels choose."""

import numpy as np
import pytest
import torch

from labelfix.methods.noise_aware.cross_fit import CrossFit
from labelfix.methods.noise_aware.ddim_steps import choose_steps
from labelfix.methods.noise_aware.label_denoiser import LabelDenoiser

COUNT = 600


def fit_with(strength):
    """A trunk that tells the class of image i, i mod 3, and is hardly sure; a branch that trusts
    label_t with some strength."""
    network = LabelDenoiser(3, 3, 3)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.zero_()
        network.hidden.weight.copy_(torch.eye(3))
        network.output.weight.copy_(torch.eye(3) / 2)
        network.of_label.weight[:3, :3] = torch.eye(3)
        network.refinement.weight[:, :3] = strength * torch.eye(3)
    transition = np.full((3, 3), 0.01) + 0.97 * np.eye(3)
    return CrossFit([network], np.zeros(COUNT, dtype=np.int64), transition)


def chosen(strength, labels):
    vectors = np.eye(3, dtype=np.float32)[np.arange(COUNT) % 3]
    return choose_steps(fit_with(strength), vectors, labels, np.arange(COUNT), "cpu")


def test_choose_steps__more_where_a_sharper_answer_is_likelier():
    assert chosen(12.0, np.arange(COUNT) % 3) > 1


@pytest.mark.parametrize("strength", [0.0, 12.0])
def test_choose_steps__one_where_labels_do_not_want_more(strength):
    labels = np.random.default_rng(0).integers(0, 3, COUNT)
    assert chosen(strength, labels) == 1


@pytest.mark.parametrize("count", [0, 24, 499])
def test_choose_steps__one_where_few_labels_are_held_out(count):
    vectors = np.eye(3, dtype=np.float32)[np.arange(COUNT) % 3]
    few = np.arange(count)
    assert choose_steps(fit_with(12.0), vectors, np.arange(COUNT) % 3, few, "cpu") == 1
