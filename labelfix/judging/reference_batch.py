"""A batch that is judged against a reference: what that has learned is applied, nothing trained."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from labelfix.config import IndexOptions, RelabelOptions
from labelfix.correction.new_images import rows_to_judge
from labelfix.correction.row_corrections import UnseenCorrections, correct_unseen
from labelfix.correction.training_state import (
    LabelsToLearn,
    check_denoiser,
    given_rows,
    kept_noise,
    labels_to_learn,
    load_judge,
    with_kept_audits,
)
from labelfix.data import embeddings
from labelfix.data.audited_labels import read_audits
from labelfix.data.image_labels import join
from labelfix.data.manifest import Manifest
from labelfix.data.manifest_inputs import EmbedInputs, read_with
from labelfix.data.records import Rerun
from labelfix.data.shares import AnnotatorQuality
from labelfix.data.workspace import Workspace
from labelfix.device import resolve_device
from labelfix.embedding.embedded_images import kept_folder
from labelfix.embedding.workspace_encoder import embed_unseen
from labelfix.errors import InputError
from labelfix.judging.batch import Batch, BatchNoise, KnownImages
from labelfix.judging.inputs import BatchInputs
from labelfix.judging.splits import of_images, of_rows
from labelfix.methods.rows import GivenRows, SeenRows
from labelfix.noise.batch_rate import share_of
from labelfix.progress import Progress
from labelfix.retrieval.registry import make_engine
from labelfix.retrieval.search import find_neighbours


@dataclass(frozen=True)
class Against:
    """What a batch is judged against, and how.

    Attributes:
        reference: trained; it is only read.
        into: the folder of the batch's own workspace.
        expected_wrong_rate: the share of wrong labels that a row is judged with; where more of
            the reference's are wrong, as many.
        device: `auto`, `cpu` or `cuda`.
    """

    reference: Workspace
    into: Path
    expected_wrong_rate: float
    device: str


def reference_batch(
    against: Against,
    inputs: BatchInputs,
    progress: Progress,
    rerun: Rerun,
) -> Batch:
    """Embed a batch as a reference was embedded, and judge it by what that has learned.

    Args:
        against: the reference.
        inputs: images and manifest of the batch.
        progress: is told of the work.
        rerun: what to do with embeddings that are there already.

    Raises:
        MissingStageError: the reference is not trained, or has changed since.
        InputError: the images or the manifest are not usable, or the reference is trained by the
            method of the paper, which does not tell how sure it is.
    """
    reference = against.reference
    learned = with_kept_audits(reference, labels_to_learn(reference))
    check_denoiser(reference, learned)
    judge = load_judge(reference)
    if not judge.learns_noise:
        raise InputError(
            f"--reference: expected a workspace trained with --method noise-aware, found "
            f"{reference.root} trained with --method paper, which does not tell how sure it is",
            "Train the reference again: labelfix train, then labelfix relabel --out FILE.",
        )
    if inputs.manifest is not None:  # a wrong name is told of before any work
        of_rows(read_with(inputs.manifest, inputs.options), inputs.split_column)
    device = resolve_device(against.device)
    given = EmbedInputs(
        images=inputs.images,
        manifest=inputs.manifest,
        embeddings=inputs.embeddings,
        options=inputs.options,
        labelled=True,
    )
    unseen = embed_unseen(reference, given, against.into, device, progress, rerun)
    rows = given_rows(reference, learned)
    audits = read_audits(unseen.manifest, inputs.audited)
    to_judge = rows_to_judge(reference, rows, unseen, audits, device, progress)
    judged = correct_unseen(
        replace(to_judge, expected_wrong_rate=against.expected_wrong_rate),
        SeenRows(rows, kept_noise(reference, judge, progress)),
        judge,
        RelabelOptions(device),
        device,
        progress,
    )
    opened = unseen.manifest
    splits = of_rows(opened, inputs.split_column)
    names = embeddings.load_image_names(unseen.workspace.embeddings)
    engine = make_engine("exact", device)
    engine.add(to_judge.vectors)
    return Batch(
        opened,
        judged.corrections,
        to_judge.row_images,
        KnownImages(
            names,
            _labels_of_images(opened, names),
            embeddings.load_content_hashes(unseen.workspace.embeddings),
            folder=inputs.images,
        ),
        find_neighbours(engine, to_judge.vectors, IndexOptions.neighbours, progress),
        dict(zip(learned.labelled.class_names, rows.support.tolist(), strict=True)),
        _noise(opened, judged, learned.labelled.class_names),
        splits,
        _reference_images(reference, learned, rows, inputs.split_column),
        to_judge.nearest,
    )


def _labels_of_images(opened: Manifest, names: list[str]) -> list[str]:
    """The commonest label of each image of the batch, known or not; empty where it has none."""
    joined = join(opened, names)
    return [joined.class_names[label] if label >= 0 else "" for label in joined.labels]


def _reference_images(
    reference: Workspace, learned: LabelsToLearn, rows: GivenRows, split_column: str | None
) -> KnownImages:
    names = embeddings.load_image_names(reference.embeddings)
    has_column = split_column is None or split_column in learned.manifest.table.column_names
    splits = of_rows(learned.manifest, split_column) if has_column else None
    return KnownImages(
        names,
        [learned.labelled.class_names[label] for label in rows.labelled.labels],
        embeddings.load_content_hashes(reference.embeddings),
        of_images(splits, learned.labelled.row_images, len(names)),
        kept_folder(reference),
    )


def _noise(opened: Manifest, judged: UnseenCorrections, class_names: list[str]) -> BatchNoise:
    """How many labels of the batch are wrong, also by given label and by annotator, and which."""
    if judged.rate is None:
        return BatchNoise(None, class_names=class_names, transition=judged.transition)
    right = judged.rate.self_confidence
    labels = np.array([opened.given_labels[row] for row in judged.rows], dtype=object)
    of_class = {name: share_of(right[labels == name]) for name in sorted(set(labels))}
    annotators = []
    if opened.annotators is not None:
        who = np.array([opened.annotators[row].strip() for row in judged.rows], dtype=object)
        for name in sorted(set(who)):
            wrong = share_of(right[who == name])
            annotators.append(AnnotatorQuality.from_wrong(name, wrong))
    return BatchNoise(judged.rate.overall, of_class, annotators, class_names, judged.transition)
