"""The chosen rows as an encoder sees them: vectors, and neighbours among themselves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from labelfix.bench.clean_rows import NoisyRows
from labelfix.bench.simple_methods import out_of_fold
from labelfix.data.embeddings import Embeddings
from labelfix.data.image_labels import LabelledImages
from labelfix.data.neighbours import Neighbours
from labelfix.errors import InputError
from labelfix.methods.rows import GivenRows
from labelfix.progress import Silent
from labelfix.retrieval.registry import make_engine
from labelfix.retrieval.search import find_neighbours


@dataclass(frozen=True)
class EncodedRows:
    """n rows with noise, and what one encoder makes of their images.

    Attributes:
        encoder: as the user named it.
        rows: images and labels.
        vectors: (n, D) float32 of length 1.
        neighbours: of the n images among themselves, as many as any method asks for.
        embeddings_fingerprint: of all that the encoder has embedded.
        seed: of the folds.
        class_vectors: (C, D) float32 of length 1, what the classes' names say; None for none.
    """

    encoder: str
    rows: NoisyRows
    vectors: npt.NDArray[np.float32] = field(repr=False)
    neighbours: Neighbours
    embeddings_fingerprint: str
    seed: int
    class_vectors: npt.NDArray[np.float32] | None = field(default=None, repr=False)

    @property
    def classes(self) -> int:
        """C."""
        return len(self.rows.class_names)

    def nearest(self, k: int) -> Neighbours:
        """The first k neighbours of each."""
        return Neighbours(self.neighbours.indices[:, :k], self.neighbours.similarities[:, :k])

    def given_rows(self, k: int, *, reads_names: bool = False) -> GivenRows:
        """The rows as methods take them, with k neighbours, and class vectors if these are read."""
        count = len(self.rows)
        names = np.array(self.rows.class_names, dtype=object)
        labelled = LabelledImages(
            class_names=self.rows.class_names,
            labels=self.rows.given,
            row_images=np.arange(count),
            row_labels=self.rows.given,
        )
        return GivenRows(
            self.vectors,
            self.nearest(k),
            labelled,
            names[self.rows.given],
            self.rows.class_names,
            [""] * count,
            class_vectors=self.class_vectors if reads_names else None,
        )

    @cached_property
    def regression(self) -> npt.NDArray[np.float64]:
        """(n, C) probabilities of logistic regressions out of fold."""
        return out_of_fold(self.vectors, self.rows.given, self.nearest(10), self.classes, self.seed)


@dataclass(frozen=True)
class EncodedImages:
    """All images of a data set as one encoder has them.

    Attributes:
        encoder: as the user named it.
        embedded: their embeddings.
        of_names: label to the class vector (D,) of its name; empty where there are none.
    """

    encoder: str
    embedded: Embeddings = field(repr=False)
    of_names: Mapping[str, npt.NDArray[np.float32]] = field(default_factory=dict, repr=False)


def encode(
    rows: NoisyRows, images: EncodedImages, *, most: int, device: str, seed: int
) -> EncodedRows:
    """Find the vectors and the neighbours of the chosen rows.

    Args:
        rows: the chosen ones, all of which must be embedded.
        images: of an encoder.
        most: neighbours that any method asks for.
        device: `cpu` or `cuda`.
        seed: of the folds.
    """
    vectors = images.embedded.vectors[positions(rows.images, images.embedded, images.encoder)]
    engine = make_engine("exact", device)
    engine.add(vectors)
    found = find_neighbours(engine, vectors, most, Silent())
    of_classes = None
    if images.of_names:
        of_classes = np.stack([images.of_names[name] for name in rows.class_names])
    fingerprint = images.embedded.fingerprint
    return EncodedRows(images.encoder, rows, vectors, found, fingerprint, seed, of_classes)


def positions(images: Sequence[str], embedded: Embeddings, encoder: str) -> npt.NDArray[np.int64]:
    """(n,) where each image stands among those that are embedded.

    Raises:
        InputError: one of them is not.
    """
    position = {name: index for index, name in enumerate(embedded.images)}
    missing = [name for name in images if name not in position]
    if missing:
        raise InputError(
            f"--encoder {encoder}: expected a vector of every image, found none of "
            f"{len(missing)} that the first encoder has",
            "Compare encoders that read the same images.",
        )
    return np.array([position[name] for name in images], dtype=np.int64)
