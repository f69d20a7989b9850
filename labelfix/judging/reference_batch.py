"""A batch that is judged against a trained reference; nothing is trained."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from labelfix.correction.new_images import classes_of_new, read_new_audits, rows_to_judge
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
from labelfix.data.corrections import load_noise
from labelfix.data.image_labels import join
from labelfix.data.label_classes import as_written
from labelfix.data.manifest import Manifest
from labelfix.data.manifest_inputs import EmbedInputs
from labelfix.data.records import Rerun
from labelfix.data.shares import AnnotatorQuality
from labelfix.data.workspace import Workspace
from labelfix.embedding.embedded_images import kept_folder
from labelfix.embedding.workspace_encoder import EmbeddedUnseen, embed_unseen
from labelfix.errors import InputError
from labelfix.judging.batch import Batch, BatchInputs, BatchNoise, KnownImages
from labelfix.judging.splits import splits_of_images, splits_of_rows
from labelfix.methods.method import Judge
from labelfix.methods.rows import GivenRows, SeenRows
from labelfix.noise.batch_rate import share_of
from labelfix.noise.encoder_strength import EncoderStrength, strength_from_json
from labelfix.options.index_options import IndexOptions
from labelfix.options.relabel_options import RelabelOptions
from labelfix.retrieval.registry import make_engine
from labelfix.retrieval.search import find_neighbours
from labelfix.runtime.device import resolve_device
from labelfix.runtime.progress import Progress


@dataclass(frozen=True, kw_only=True)
class ReferenceUse:
    """The reference that a batch is judged against, and how.

    Attributes:
        reference: a trained workspace, which is only read.
        into: the folder of the batch's own workspace.
        expected_wrong_rate: the share of wrong labels that is expected before looking; the
            reference's share where that is larger.
        device: `auto`, `cpu` or `cuda`.
    """

    reference: Workspace
    into: Path
    expected_wrong_rate: float
    device: str


def reference_batch(
    options: ReferenceUse,
    inputs: BatchInputs,
    progress: Progress,
    rerun: Rerun,
) -> Batch:
    """Embed a batch as its reference was embedded, and judge it by the trained reference.

    Args:
        options: the reference, and how it is used.
        inputs: images and manifest of the batch.
        progress: shows the progress.
        rerun: what to do with existing embeddings.

    Raises:
        MissingStageError: the reference is not trained, or has changed since.
        InputError: the images or the manifest are not usable, or the reference was trained by the
            paper's method, which gives no confidence.
    """
    reference = options.reference
    learned = with_kept_audits(reference, labels_to_learn(reference))
    check_denoiser(reference, learned)
    judge = _confident_judge(reference)
    device = resolve_device(options.device)
    given = EmbedInputs(
        images=inputs.images,
        manifest=inputs.manifest,
        embeddings=inputs.embeddings,
        options=inputs.options,
        labelled=True,
    )
    read = given.read(needs_label=True)
    if read is not None:
        splits_of_rows(read, inputs.split_column)  # refuses a wrong name before any work
        given = replace(given, opened=read)
    unseen = embed_unseen(reference, given, options.into, device, progress, rerun)
    rows = given_rows(reference, learned)
    opened = unseen.manifest
    classes = classes_of_new(learned, opened, inputs.options)
    unseen = replace(unseen, manifest=classes.read(opened))
    audits = read_new_audits(learned, classes, opened, inputs.audited)
    to_judge = rows_to_judge(reference, rows, unseen, audits, device, progress)
    judged = correct_unseen(
        replace(to_judge, expected_wrong_rate=options.expected_wrong_rate),
        SeenRows(rows, kept_noise(reference, judge, progress)),
        judge,
        RelabelOptions(device=device),
        device,
        progress,
    )
    engine = make_engine("exact", device)
    engine.add(to_judge.vectors)
    return Batch(
        manifest=opened,
        corrections=as_written(judged.corrections, classes, opened.given_labels),
        row_images=to_judge.row_images,
        images=_own_images(unseen, inputs.images),
        within=find_neighbours(engine, to_judge.vectors, IndexOptions.neighbours, progress),
        support=dict(zip(learned.labelled.class_names, rows.support.tolist(), strict=True)),
        noise=replace(
            _noise(unseen.manifest, judged, learned.labelled.class_names),
            encoder=_encoder_of(reference, judged),
        ),
        splits=splits_of_rows(opened, inputs.split_column),
        reference=_reference_images(reference, learned, rows, inputs.split_column),
        nearest=to_judge.nearest,
        classes=classes,
    )


def _confident_judge(reference: Workspace) -> Judge:
    """The judge of a reference, if it gives confidences."""
    judge = load_judge(reference)
    if not judge.learns_noise:
        raise InputError(
            f"--reference: expected a workspace trained with --method noise-aware, found "
            f"{reference.root} trained with --method paper, which gives no confidence",
            "Train the reference again: labelfix train, then labelfix relabel --out FILE.",
        )
    return judge


def _own_images(unseen: EmbeddedUnseen, folder: Path) -> KnownImages:
    """The images of the batch, each with its commonest label, known or unknown."""
    names = embeddings.load_image_names(unseen.workspace.embeddings)
    joined = join(unseen.manifest, names)
    return KnownImages(
        names=names,
        labels=[joined.class_names[label] if label >= 0 else "" for label in joined.labels],
        content_hashes=embeddings.load_content_hashes(unseen.workspace.embeddings),
        folder=folder,
    )


def _reference_images(
    reference: Workspace, learned: LabelsToLearn, rows: GivenRows, split_column: str | None
) -> KnownImages:
    names = embeddings.load_image_names(reference.embeddings)
    has_column = split_column is None or split_column in learned.manifest.table.column_names
    splits = splits_of_rows(learned.manifest, split_column) if has_column else None
    return KnownImages(
        names=names,
        labels=[learned.labelled.class_names[label] for label in rows.labelled.labels],
        content_hashes=embeddings.load_content_hashes(reference.embeddings),
        splits=splits_of_images(splits, learned.labelled.row_images, len(names)),
        folder=kept_folder(reference),
    )


def _noise(opened: Manifest, judged: UnseenCorrections, class_names: list[str]) -> BatchNoise:
    """How many labels of the batch are wrong: overall, by given label and by annotator."""
    if judged.rate is None:
        return BatchNoise(overall=None, class_names=class_names, transition=judged.transition)
    right = judged.rate.self_confidence
    labels = np.array([opened.given_labels[row] for row in judged.rows], dtype=object)
    of_class = {name: share_of(right[labels == name]) for name in sorted(set(labels))}
    annotators = []
    if opened.annotators is not None:
        who = np.array([opened.annotators[row].strip() for row in judged.rows], dtype=object)
        for name in sorted(set(who)):
            wrong = share_of(right[who == name])
            annotators.append(AnnotatorQuality.from_wrong(name, wrong))
    return BatchNoise(
        overall=judged.rate.overall,
        of_class=of_class,
        annotators=annotators,
        class_names=class_names,
        transition=judged.transition,
    )


def _encoder_of(reference: Workspace, judged: UnseenCorrections) -> EncoderStrength | None:
    """How far the reference's encoder can be trusted with the labels of the batch."""
    written = load_noise(reference.corrections) if reference.corrections.is_file() else None
    strength = strength_from_json((written or {}).get("encoder"))
    if strength is None or judged.rate is None:
        return None
    return strength.judging(judged.rate.overall)
