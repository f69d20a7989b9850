"""Histograms of gradients and of colour."""

import numpy as np
import pytest
from PIL import Image

from labelfix.encoders.hog import COLOUR_SHARE, HogEncoder, make
from labelfix.encoders.registry import EncoderName, EncoderSettings
from labelfix.errors import InputError

GRADIENTS = 900
"""Values in front of those of the colours."""


def vector_of(image):
    encoder = HogEncoder()
    return encoder.encode(encoder.prepare(image)[None])[0]


@pytest.mark.parametrize(
    ("colour", "bin_"),
    [
        ((0, 0, 0), 0),
        ((63, 63, 63), 0),
        ((64, 0, 0), 16),
        ((0, 64, 0), 4),
        ((0, 0, 64), 1),
        ((255, 128, 0), 3 * 16 + 2 * 4),
        ((255, 255, 255), 63),
    ],
)
def test_encode__image_of_one_colour(colour, bin_):
    """No gradient, and all pixels in one of the 4 x 4 x 4 bins of red, green and blue."""
    expected = np.zeros(964, np.float32)
    expected[GRADIENTS + bin_] = np.sqrt(COLOUR_SHARE)
    np.testing.assert_allclose(vector_of(Image.new("RGB", (50, 20), colour)), expected, atol=1e-7)


def test_encode__half_and_half():
    image = Image.new("RGB", (96, 96))
    image.paste((255, 0, 0), (0, 0, 48, 96))
    colours = vector_of(image)[GRADIENTS:]
    # The edge is sharp: the image has the encoder's own size, so that nothing is resampled.
    np.testing.assert_allclose(colours[[0, 48]], np.sqrt(COLOUR_SHARE / 2), rtol=1e-6)
    assert np.count_nonzero(colours) == 2


def test_encode__length_one_where_there_are_gradients(pictures):
    for image in [pictures[0], pictures[1], pictures[4]]:
        vector = vector_of(image)
        assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-6)
        gradients = vector[:GRADIENTS]
        assert np.linalg.norm(gradients) ** 2 == pytest.approx(1 - COLOUR_SHARE, abs=1e-6)


def test_encode__edges_across_and_down_are_told_apart():
    upright = Image.new("RGB", (96, 96))
    for left in range(0, 96, 12):
        upright.paste((255, 255, 255), (left, 0, left + 6, 96))
    lying = upright.transpose(Image.Transpose.ROTATE_90)
    one, other = vector_of(upright)[:GRADIENTS], vector_of(lying)[:GRADIENTS]
    assert one @ other == pytest.approx(0, abs=1e-6)
    per_orientation = one.reshape(-1, 9).sum(axis=0)  # from 0 to 180 degrees
    assert np.flatnonzero(per_orientation > 1e-6).tolist() == [0]


def test_encode__brightness_of_the_edges_does_not_matter():
    dark, light = Image.new("RGB", (96, 96)), Image.new("RGB", (96, 96))
    dark.paste((30, 30, 30), (0, 20, 60, 96))
    light.paste((60, 60, 60), (0, 20, 60, 96))
    np.testing.assert_allclose(vector_of(dark), vector_of(light), atol=1e-3)


@pytest.mark.parametrize(
    "name", [EncoderName("hog", "large"), EncoderName("hog", weights="w.safetensors")]
)
def test_make__hog_has_no_models(name):
    with pytest.raises(InputError) as caught:
        make(name, EncoderSettings())
    assert caught.value.message == f"--encoder: expected hog alone, found {str(name)!r}"
