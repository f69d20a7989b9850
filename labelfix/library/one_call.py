"""`correct_labels`: the labels of embedded images corrected in one call."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy.typing as npt

from labelfix.library.cleaner import LabelCleaner
from labelfix.options.train_options import NOISE_AWARE, TrainOptions
from labelfix.runtime.progress import Progress

if TYPE_CHECKING:
    from labelfix.library.results import LabelCorrections


def correct_labels(
    embeddings: npt.ArrayLike | Sequence[npt.ArrayLike],
    given_labels: npt.ArrayLike,
    *,
    seed: int = 0,
    neighbours: int | None = None,
    engine: str = "exact",
    device: str = "auto",
    method: str = NOISE_AWARE,
    fast: bool = False,
    min_precision: float | None = None,
    min_confidence: float = 0.0,
    annotators: npt.ArrayLike | None = None,
    audited: npt.ArrayLike | None = None,
    audit_chances: npt.ArrayLike | None = None,
    train: TrainOptions | None = None,
    class_vectors: npt.ArrayLike | None = None,
    progress: Progress | bool | None = None,
) -> "LabelCorrections":
    """Correct the labels of embedded images; what `labelfix run` does after it has embedded them.

    It is `LabelCleaner(...).fit(embeddings, given_labels, ...).corrections_`.

    Args:
        embeddings: (N, D) numbers, any length; a row that is not finite or all zeros is
            quarantined. By several encoders: a list or tuple of such arrays, each with its own D.
        given_labels: (N,) text or integers; the corrections hold the same.
        seed: the same seed gives the same corrections on the same machine.
        neighbours: K, the most similar images that count; None takes 10, or the preset's.
        engine: how neighbours are searched: `exact`, `ivf`, `hnsw` or `torch`.
        device: `auto`, `cpu` or `cuda`.
        method: `noise-aware`, or `paper` (LRA-diffusion, Chen et al., NeurIPS 2023).
        fast: smaller denoisers and fewer folds.
        min_precision: changed labels are expected right with at least this probability; None
            makes the expected number of right labels largest.
        min_confidence: a label is changed only to one of at least this probability.
        annotators: (N,) text, who gave each label; each then has a noise matrix of its own.
        audited: (N,) true labels that a person has verified, `NO_CLASS` or `CANNOT_TELL`; None
            where nobody was asked.
        audit_chances: (N,) how likely each row was drawn to be asked.
        train: more options of the training.
        class_vectors: (C, D) a vector for each class, in the order of `np.unique(given_labels)`.
        progress: None shows a bar where a person watches and the work takes over 3 s.

    Returns:
        A correction for each of the N rows, in order.

    Raises:
        ArrayError: as `LabelCleaner.fit`.
    """
    cleaner = LabelCleaner(
        seed=seed,
        neighbours=neighbours,
        engine=engine,
        device=device,
        method=method,
        fast=fast,
        min_precision=min_precision,
        min_confidence=min_confidence,
        train=train,
        progress=progress,
    )
    cleaner.fit(
        embeddings,
        given_labels,
        annotators=annotators,
        audited=audited,
        audit_chances=audit_chances,
        class_vectors=class_vectors,
    )
    return cleaner.corrections_
