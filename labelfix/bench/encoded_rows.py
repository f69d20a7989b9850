"""The chosen rows as an encoder sees them: vectors, and neighbours among themselves."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from labelfix.bench.clean_rows import NoisyRows
from labelfix.bench.simple_methods import out_of_fold
from labelfix.data.embeddings import Embeddings
from labelfix.data.joined import LabelledImages
from labelfix.data.neighbours import Neighbours
from labelfix.errors import InputError
from labelfix.methods.rows import GivenRows
from labelfix.retrieval.available import make_engine
from labelfix.retrieval.search import find_neighbours
from labelfix.runtime.progress import Silent


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
    """

    encoder: str
    rows: NoisyRows
    vectors: npt.NDArray[np.float32] = field(repr=False)
    neighbours: Neighbours
    embeddings_fingerprint: str
    seed: int

    @property
    def classes(self) -> int:
        """C."""
        return len(self.rows.class_names)

    def nearest(self, k: int) -> Neighbours:
        """The first k neighbours of each."""
        return Neighbours(self.neighbours.indices[:, :k], self.neighbours.similarities[:, :k])

    def given_rows(self, k: int) -> GivenRows:
        """The rows as methods take them, with k neighbours."""
        count = len(self.rows)
        names = np.array(self.rows.class_names, dtype=object)
        labelled = LabelledImages(
            self.rows.class_names, self.rows.given, np.arange(count), self.rows.given
        )
        return GivenRows(
            self.vectors,
            self.nearest(k),
            labelled,
            names[self.rows.given],
            self.rows.class_names,
            [""] * count,
        )

    @cached_property
    def regression(self) -> npt.NDArray[np.float64]:
        """(n, C) probabilities of logistic regressions out of fold."""
        return out_of_fold(self.vectors, self.rows.given, self.nearest(10), self.classes, self.seed)


def encode(
    rows: NoisyRows, embedded: Embeddings, encoder: str, *, most: int, device: str, seed: int
) -> EncodedRows:
    """Find the vectors and the neighbours of the chosen rows.

    Args:
        rows: the chosen ones, all of which must be embedded.
        embedded: by the encoder.
        encoder: as the user named it.
        most: neighbours that any method asks for.
        device: `cpu` or `cuda`.
        seed: of the folds.
    """
    vectors = embedded.vectors[positions(rows.images, embedded, encoder)]
    engine = make_engine("exact", device)
    engine.add(vectors)
    found = find_neighbours(engine, vectors, most, Silent())
    return EncodedRows(encoder, rows, vectors, found, embedded.fingerprint, seed)


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
