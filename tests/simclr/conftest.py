"""What the tests of SimCLR share: images with something to learn, and the smallest of networks."""

import numpy as np
import pytest

from labelfix.config import SimclrOptions
from labelfix.images.pixels import Pixels
from labelfix.progress import Silent

TINY = "test_resnet"  # timm's own for tests


class Killed(Exception):
    """What stands for SIGKILL."""


class Killer(Silent):
    """A progress that ends the run after a number of images of the training."""

    def __init__(self, images):
        self.left = images
        self.is_training = False

    def begin(self, doing, total, unit, done=0):
        self.is_training = doing == "SimCLR"

    def advance(self, count, note=""):
        self.left -= count * self.is_training
        if self.left <= 0:
            raise Killed


def striped(count, size=16, seed=0):
    """Stripes of four widths in random colours and places, with some noise: (N, 3, S, S)."""
    random = np.random.default_rng(seed)
    across = np.arange(size)
    values = np.empty((count, 3, size, size), np.uint8)
    for row in range(count):
        width = 2 + 2 * (row % 4)
        stripes = (across + random.integers(width)) % width < width / 2
        colours = random.integers(0, 256, (2, 3, 1))
        line = np.where(stripes, colours[0], colours[1])[:, None, :].repeat(size, axis=1)
        values[row] = (line + random.integers(-10, 11, line.shape)).clip(0, 255)
    return values


@pytest.fixture
def make_pixels():
    """`Pixels` of striped images."""

    def make(count, size=16, seed=0):
        return Pixels(
            images=[f"{row}.png" for row in range(count)], values=striped(count, size, seed)
        )

    return make


@pytest.fixture
def tiny_options():
    """Options of a training of a second or two; some by name."""

    def options(**changed):
        given = {
            "backbone": TINY, "device": "cpu", "precision": "float32", "epochs": 3,
            "batch_size": 8, "projection_width": 8, "checkpoint_s": 0.0, **changed,
        }  # fmt: skip
        return SimclrOptions(**given)

    return options
