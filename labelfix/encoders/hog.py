"""Histograms of oriented gradients and of colour: no weights, nothing to download.

Dalal and Triggs, Histograms of oriented gradients for human detection, CVPR 2005.
"""

from importlib.metadata import version

import numpy as np
import numpy.typing as npt
from PIL import Image

from labelfix.data import records
from labelfix.encoders.registry import EncoderName, EncoderSettings
from labelfix.errors import InputError

SIDE_PX = 96
CELL_PX = 16
CELLS_IN_BLOCK = 2
ORIENTATIONS = 9
COLOUR_LEVELS = 4
COLOUR_SHARE = 0.1
"""The colours' share of the squared length; the rest is gradients. Size and share were chosen by
how well neighbours agree on the given labels of `sample_data`."""


class HogEncoder:
    """964 values: 900 for gradients over 6 x 6 cells, 64 for colours."""

    precision = "float32"

    def __init__(self) -> None:
        blocks = SIDE_PX // CELL_PX - CELLS_IN_BLOCK + 1
        self.dimension = blocks**2 * CELLS_IN_BLOCK**2 * ORIENTATIONS + COLOUR_LEVELS**3

    def prepare(self, image: Image.Image) -> npt.NDArray[np.uint8]:
        """The whole image, resized to a square: (96, 96, 3) uint8."""
        return np.asarray(image.resize((SIDE_PX, SIDE_PX), Image.Resampling.BICUBIC))

    def encode(self, batch: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """(B, 96, 96, 3) uint8 to (B, 964) float32 of length 1."""
        return np.stack([self._encode_one(pixels) for pixels in batch])

    def _encode_one(self, pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        from skimage.feature import hog  # slow to load

        grey = np.asarray(Image.fromarray(pixels).convert("L"))
        gradients = hog(
            grey,
            orientations=ORIENTATIONS,
            pixels_per_cell=(CELL_PX, CELL_PX),
            cells_per_block=(CELLS_IN_BLOCK, CELLS_IN_BLOCK),
        )
        gradients /= np.linalg.norm(gradients) or 1.0  # an image of one colour has no gradients
        levels = pixels.astype(np.int64) * COLOUR_LEVELS // 256
        bins = (levels[..., 0] * COLOUR_LEVELS + levels[..., 1]) * COLOUR_LEVELS + levels[..., 2]
        counts = np.bincount(bins.reshape(-1), minlength=COLOUR_LEVELS**3)
        colours = np.sqrt(counts / bins.size)  # of length 1, as the gradients are
        parts = [np.sqrt(1 - COLOUR_SHARE) * gradients, np.sqrt(COLOUR_SHARE) * colours]
        return np.concatenate(parts).astype(np.float32)


def fingerprint(name: EncoderName, _settings: EncoderSettings) -> str:
    """The fingerprint of what the vectors depend on."""
    shape = [SIDE_PX, CELL_PX, CELLS_IN_BLOCK, ORIENTATIONS, COLOUR_LEVELS, COLOUR_SHARE]
    return records.fingerprint([str(name), shape, version("scikit-image"), version("pillow")])


def make(name: EncoderName, _settings: EncoderSettings) -> HogEncoder:
    """The encoder for `hog`."""
    if name.model or name.weights:
        raise InputError(f"--encoder: expected hog alone, found {str(name)!r}")
    return HogEncoder()
