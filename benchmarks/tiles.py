"""Tiles cut from the pictures that scikit-image and scikit-learn carry: a small data set of
photographs with a known truth and a known share of wrong labels, made without a download.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import skimage
import sklearn.datasets
from PIL import Image

# Each class is one picture; the textures at the end are the ones that people mix up.
PICTURES = {
    "brick": "brick.png",
    "grass": "grass.png",
    "gravel": "gravel.png",
    "cat": "chelsea.png",
    "coffee": "coffee.png",
    "coin": "coins.png",
    "stars": "hubble_deep_field.jpg",
    "tissue": "ihc.png",
    "retina": "retina.jpg",
    "motorcycle": "motorcycle_left.png",
    "temple": "china.jpg",
    "flower": "flower.jpg",
}
TILE = 40
WRONG_SHARE = 0.096
"""97 of 1,015 in the first trial of a new user; half of them between neighbours of the list."""


@dataclass(frozen=True, kw_only=True)
class Tiles:
    """N tiles with the class that each was cut from and the label that it was given.

    Attributes:
        pixels: (N, TILE, TILE, 3) uint8.
        true: the N classes.
        given: the N labels.
    """

    pixels: npt.NDArray[np.uint8]
    true: Sequence[str]
    given: Sequence[str]

    def __len__(self) -> int:
        return len(self.true)


def cut_tiles(per_class: int, seed: int = 0, tile: int = TILE) -> Tiles:
    """At most `per_class` tiles of each picture, in random order, with wrong labels among them."""
    random = np.random.default_rng(seed)
    pixels, true = [], []
    for name, file in PICTURES.items():
        picture = read_picture(file)
        corners = [
            (top, left)
            for top in range(0, picture.shape[0] - tile + 1, tile)
            for left in range(0, picture.shape[1] - tile + 1, tile)
        ]
        for place in random.permutation(len(corners))[:per_class]:
            top, left = corners[place]
            pixels.append(picture[top : top + tile, left : left + tile])
            true.append(name)
    order = random.permutation(len(true))
    true = [true[row] for row in order]
    return Tiles(
        pixels=np.stack([pixels[row] for row in order]),
        true=true,
        given=with_wrong_labels(true, random),
    )


def with_wrong_labels(true: Sequence[str], random: np.random.Generator) -> list[str]:
    names = list(PICTURES)
    given = list(true)
    for place, row in enumerate(random.permutation(len(true))[: round(WRONG_SHARE * len(true))]):
        right = names.index(true[row])
        step = 1 if place % 2 else int(random.integers(1, len(names)))
        given[row] = names[(right + step) % len(names)]
    return given


def read_picture(file: str) -> npt.NDArray[np.uint8]:
    """(height, width, 3) uint8; grey pictures get three equal channels."""
    folders = (
        Path(skimage.__file__).parent / "data",
        Path(sklearn.datasets.__file__).parent / "images",
    )
    path = next(folder / file for folder in folders if (folder / file).is_file())
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))
