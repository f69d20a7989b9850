"""One part: batches of one shape, and rows that stay with their images."""

import hashlib

import numpy as np
import pytest

from labelfix.embedding.parts import NOT_FINITE, PartRows, encode_images, take_vectors
from labelfix.images.pixels import DecodedImage


class FirstPixel:
    """The first pixel is the vector; remembers the batches."""

    dimension = 3
    precision = "float32"

    def __init__(self):
        self.batches = []

    def prepare(self, image):
        raise NotImplementedError

    def encode(self, batch):
        self.batches.append(batch.copy())
        return batch[:, 0, 0].astype(np.float32)


class Given:
    """Vectors by name."""

    def __init__(self, **vectors):
        self.known = vectors
        self.dimension = len(next(iter(vectors.values())))

    def vectors(self, images):
        return np.array([self.known[image] for image in images])


def picture(name, *colour):
    return DecodedImage(
        name=name, content_hash=f"hash of {name}", pixels=np.full((2, 4, 3), colour, np.uint8)
    )


def lost(name, reason):
    return DecodedImage(name=name, reason=reason)


def test_encode_images__every_batch_of_one_shape():
    encoder, advanced = FirstPixel(), []
    images = [picture(f"{number}", number, 1, 1) for number in range(1, 8)]
    rows = encode_images(iter(images), encoder, 3, advanced.append)
    assert [batch.shape for batch in encoder.batches] == [(3, 2, 4, 3)] * 3
    assert [batch.dtype for batch in encoder.batches] == [np.uint8] * 3
    assert encoder.batches[2][0].tolist() == images[6].pixels.tolist()
    assert not encoder.batches[2][1:].any()  # filled up with black
    assert rows.images == [f"{number}" for number in range(1, 8)]
    assert rows.stacked(3).shape == (7, 3)
    assert sum(advanced) == 7


def test_encode_images__unreadable_ones_leave_no_gap():
    encoder, advanced = FirstPixel(), []
    images = [
        lost("a", "damaged"),
        picture("b", 0, 0, 9),
        lost("c", "empty file (0 bytes)"),
        picture("d", 0, 7, 0),
        picture("e", 5, 0, 0),
    ]
    rows = encode_images(images, encoder, 2, advanced.append)
    assert rows.images == ["b", "d", "e"]
    assert rows.content_hashes == ["hash of b", "hash of d", "hash of e"]
    assert rows.stacked(3).tolist() == [[0, 0, 1], [0, 1, 0], [1, 0, 0]]
    assert rows.quarantined == [("a", "damaged"), ("c", "empty file (0 bytes)")]
    assert len(encoder.batches) == 2
    assert sum(advanced) == 5


def test_encode_images__vector_without_a_direction():
    rows = encode_images(
        [picture("a", 3, 4, 0), picture("black", 0, 0, 0), picture("c", 0, 0, 1)],
        FirstPixel(),
        4,
        lambda _: None,
    )
    assert rows.images == ["a", "c"]
    assert rows.content_hashes == ["hash of a", "hash of c"]
    np.testing.assert_allclose(rows.stacked(3), [[0.6, 0.8, 0], [0, 0, 1]], rtol=1e-6)
    assert rows.quarantined == [("black", NOT_FINITE)]


def test_encode_images__none_readable():
    encoder = FirstPixel()
    rows = encode_images([lost("a", "damaged")], encoder, 4, lambda _: None)
    assert encoder.batches == []
    assert rows.stacked(3).shape == (0, 3)
    assert rows.stacked(3).dtype == np.float32


def test_encode_images__images_of_two_shapes():
    odd = DecodedImage(name="b", content_hash="", pixels=np.zeros((3, 3, 3), np.uint8))
    with pytest.raises(ValueError, match="same shape"):
        encode_images([picture("a", 1, 1, 1), odd], FirstPixel(), 2, lambda _: None)


@pytest.mark.parametrize("bad", [[np.nan, 1], [np.inf, 1], [0, 0]])
def test_take_vectors__vector_without_a_direction(bad):
    rows = take_vectors(["c", "b", "a"], Given(a=[3, 4], b=bad, c=[0, 2]))
    assert rows.images == ["c", "a"]
    np.testing.assert_allclose(rows.stacked(2), [[0, 1], [0.6, 0.8]], rtol=1e-6)
    assert rows.quarantined == [("b", NOT_FINITE)]
    assert len(rows.content_hashes) == 2


@pytest.mark.parametrize("dtype", [np.float16, np.float64, np.int64])
def test_take_vectors__hash_is_the_vectors_own(dtype):
    rows = take_vectors(["a", "b"], Given(a=dtype([3, 4]), b=dtype([6, 8])))
    expected = [
        hashlib.sha256(np.array(vector, dtype).tobytes()).hexdigest() for vector in ([3, 4], [6, 8])
    ]
    assert rows.content_hashes == expected
    assert rows.vectors[0][0].tolist() == rows.vectors[0][1].tolist()


def test_take_vectors__too_large_for_float32():
    rows = take_vectors(["a", "b"], Given(a=[3e300, 4e300], b=[5e300, 0.0]))
    np.testing.assert_allclose(rows.stacked(2), [[0.6, 0.8], [1, 0]], rtol=1e-6)
    assert len(set(rows.content_hashes)) == 2


def test_add__hashes_of_other_rows():
    with pytest.raises(ValueError, match="shorter"):
        PartRows().add(["a", "b"], ["hash of a"], np.ones((2, 3)))
