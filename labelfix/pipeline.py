"""All four stages in order: on a workspace, or on arrays in memory."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from labelfix.correction.relabel_stage import run_relabel
from labelfix.correction.row_corrections import correct_rows
from labelfix.correction.train_stage import run_train
from labelfix.data.arrays import (
    checked_annotations,
    checked_audits,
    checked_chances,
    checked_labels,
    checked_views,
)
from labelfix.data.class_vectors import placed_class_vectors
from labelfix.data.corrections import Corrections
from labelfix.data.image_labels import LabelledImages
from labelfix.data.manifest_inputs import EmbedInputs
from labelfix.data.records import Rerun, StageResult
from labelfix.data.workspace import Workspace
from labelfix.embedding.parts import NOT_FINITE
from labelfix.embedding.stage import run_embed
from labelfix.encoders.prompts import AUTO, NONE
from labelfix.errors import InputError
from labelfix.methods.method import GivenLabels
from labelfix.methods.paper.branch_weights import check_branch
from labelfix.methods.registry import find_method
from labelfix.methods.rows import GivenRows
from labelfix.noise.audits import ImageAudits
from labelfix.options.diffusion_options import ALWAYS, DiffusionOptions
from labelfix.options.embed_options import EmbedOptions
from labelfix.options.index_options import IndexOptions
from labelfix.options.option import refused
from labelfix.options.relabel_options import RelabelOptions
from labelfix.options.train_options import NOISE_AWARE, TrainOptions
from labelfix.retrieval.registry import make_engine
from labelfix.retrieval.search import find_neighbours
from labelfix.retrieval.stage import run_index
from labelfix.runtime import atomic
from labelfix.runtime.device import resolve_device
from labelfix.runtime.progress import Progress, Silent


@dataclass(frozen=True, kw_only=True)
class PipelineOptions:
    """The options of all four stages, and files of labels that people have verified."""

    embed: EmbedOptions = field(default_factory=EmbedOptions)
    index: IndexOptions = field(default_factory=IndexOptions)
    train: TrainOptions = field(default_factory=TrainOptions)
    relabel: RelabelOptions = field(default_factory=RelabelOptions)
    audited: tuple[Path, ...] = ()


def run_pipeline(
    workspace: Workspace,
    inputs: EmbedInputs,
    out: Path | None,
    options: PipelineOptions,
    progress: Progress,
    rerun: Rerun,
    done: Callable[[StageResult], None],
) -> Corrections:
    """Embed, index, train and relabel; what is up to date is skipped.

    Args:
        workspace: open and locked.
        inputs: the images and the manifest.
        out: where the corrected table goes; None writes none.
        options: of the stages.
        progress: reports progress.
        rerun: what to do with artefacts that are there already.
        done: called with the result of each stage.
    """
    if out is not None:
        atomic.check_output(out, inputs.manifest)
    of_method = options.train.of_method()
    if isinstance(of_method, DiffusionOptions):
        check_branch(of_method)  # before hours of embedding
    embed = options.embed
    if options.train.method != NOISE_AWARE:
        if embed.class_vectors is not None:
            check_reads_text(options.train.method, "class_vectors")
        if embed.prompts not in (AUTO, NONE):
            check_reads_text(options.train.method, "prompts")
        embed = replace(embed, prompts=NONE)
    done(run_embed(workspace, inputs, embed, progress, rerun))
    done(run_index(workspace, options.index, progress, rerun))
    done(run_train(workspace, options.train, progress, rerun, audited=options.audited))
    result, corrections = run_relabel(
        workspace, out, options.relabel, progress, rerun, options.audited
    )
    done(result)
    return corrections


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
) -> Corrections:
    """Correct the labels of images that are embedded already; what `labelfix run` does.

    Args:
        embeddings: (N, D) numbers, any length; a row that is not finite or all zeros is
            quarantined. By several encoders: a list or tuple of such arrays, each with its own D;
            their vectors of length 1 stand side by side.
        given_labels: (N,) text or integers; the corrections hold the same.
        seed: the same seed gives the same corrections on the same machine.
        neighbours: K; None takes 10, or the preset's.
        engine: how neighbours are searched: `exact`, `ivf`, `hnsw` or `torch`.
        device: `auto`, `cpu` or `cuda`.
        method: `noise-aware`, or `paper` (LRA-diffusion, Chen et al., NeurIPS 2023).
        fast: smaller denoisers and fewer folds.
        min_precision: the labels that are changed are expected right with at least this
            probability; None makes the expected number of right labels largest.
        min_confidence: a label is changed only to one of at least this probability.
        annotators: (N,) text, who gave each label; each then has a noise matrix of its own.
        audited: (N,) the true labels that a person has verified, of the same kind as the given
            ones, `NO_CLASS` or `CANNOT_TELL`; None for a row without an answer. Answers are
            final and teach the denoisers; from 10 on they also say how much noise there is.
        audit_chances: (N,) how likely each row was drawn to be asked, from
            `Corrections.question_chances`; only those of audited rows count. None takes all
            to have been as likely.
        train: the training's other options; `seed`, `device`, `method` and `fast` here win.
        class_vectors: (C, D) numbers, for each class, in the order of `np.unique(given_labels)`,
            a vector beside the embeddings, as the text tower of their encoder makes it of the
            class's name. It counts as far as given labels bear it out, so that it may know
            nothing. Where there are several arrays of embeddings: for one of them, told by its
            length, or for all side by side.

    Returns:
        A correction for each of the N rows, in order.

    Raises:
        InputError: other shapes or types, missing labels, fewer than 2 classes, class vectors
            beside the method of the paper, or an image branch, which would need images.
    """
    if neighbours is None:
        neighbours = (train and train.wanted_neighbours) or IndexOptions.neighbours
    index = IndexOptions(engine=engine, neighbours=neighbours, device=device)
    _check_needs_no_images(train)
    labels, class_values, classes = checked_labels(given_labels)
    vectors, usable, dimensions = checked_views(embeddings, len(labels))
    of_classes = None
    if class_vectors is not None:
        check_reads_text(method, "class_vectors")
        of_classes = placed_class_vectors("class_vectors", class_vectors, class_values, dimensions)
    answers, audits = None, None
    if audited is not None:
        answers, said = checked_audits(audited, labels, class_values)
        chances = checked_chances(audit_chances, said)
        audits = ImageAudits(said[usable], chances[usable])
    progress = Silent()
    used = np.flatnonzero(usable)
    if len(np.unique(classes[used])) < 2:
        raise InputError(
            f"expected at least 2 classes among the usable rows, "
            f"found {len(np.unique(classes[used]))}"
        )
    row_images = np.full(len(labels), -1, dtype=np.int64)
    row_images[used] = np.arange(len(used))
    labelled = LabelledImages(
        class_names=[str(value) for value in class_values],
        labels=classes[used],
        row_images=row_images,
        row_labels=classes,
    )
    vectors = vectors[used]
    device = resolve_device(device)
    search = make_engine(index.engine, device)
    search.add(vectors)
    found = find_neighbours(search, vectors, index.neighbours, progress)
    options = replace(train or TrainOptions(), seed=seed, device=device, method=method, fast=fast)
    data = GivenLabels(
        vectors,
        labelled.labels,
        found,
        len(class_values),
        audits=audits,
        dimensions=dimensions,
    )
    judge, _ = find_method(method).fit(data, options.of_method(), device, Silent())
    reasons = ["" if row else NOT_FINITE for row in usable]
    rows = GivenRows(
        vectors,
        neighbours=found,
        labelled=labelled,
        labels=labels,
        class_values=class_values,
        reasons=reasons,
        annotations=checked_annotations(annotators, labelled, used),
        audits=audits,
        answers=answers,
        class_vectors=of_classes,
    )
    relabel = RelabelOptions(
        device=device, min_precision=min_precision, min_confidence=min_confidence
    )
    return correct_rows(rows, judge, relabel, device, progress)[0]


def check_reads_text(method: str, name: str) -> None:
    """Check that class names are not given to a method that does not read them."""
    if method != NOISE_AWARE:
        raise refused(
            name,
            f"the method {NOISE_AWARE}",
            f"{method}, which reads no class names",
            "Leave one of them out.",
        )


def _check_needs_no_images(train: TrainOptions | None) -> None:
    if train is None:
        return
    hint = "labelfix run --method paper --image-branch reads them from the image folder."
    if train.branch is not None:
        raise InputError(
            f"expected no image_branch, found {train.branch!r}: "
            "correct_labels has embeddings and no images",
            hint if train.preset is None else f'TrainOptions(image_branch="none") or: {hint}',
        )
    of_method = train.of_method()
    if isinstance(of_method, DiffusionOptions) and of_method.embed_again == ALWAYS:
        raise InputError(
            f"expected embed_again 'never', found {of_method.embed_again!r}: "
            "correct_labels has embeddings and no images",
            f'TrainOptions(embed_again="never") or: {hint}',
        )
