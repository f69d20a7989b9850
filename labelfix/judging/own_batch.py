"""A batch that is judged alone, from the artefacts that the stages left in its workspace."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from labelfix.correction.noise_files import read_annotators
from labelfix.data import corrections, embeddings, manifest, neighbours, records
from labelfix.data.image_labels import join, one_row_per_image
from labelfix.data.label_classes import load_label_classes, written_labels
from labelfix.data.manifest import Manifest
from labelfix.data.manifest_inputs import EmbedInputs
from labelfix.data.records import Rerun, StageResult
from labelfix.data.shares import share_from_json
from labelfix.data.workspace import Workspace
from labelfix.embedding.embedded_images import kept_folder
from labelfix.embedding.image_hashes import has_file_hashes
from labelfix.errors import InputError, MissingStageError
from labelfix.judging.batch import Batch, BatchInputs, BatchNoise, KnownImages
from labelfix.judging.splits import splits_of_rows
from labelfix.noise.encoder_strength import strength_from_json
from labelfix.noise.outlook import outlook_from_json
from labelfix.pipeline import PipelineOptions, run_pipeline
from labelfix.runtime.progress import Progress


def judge_alone(
    workspace: Workspace,
    inputs: BatchInputs,
    options: PipelineOptions,
    progress: Progress,
    rerun: Rerun,
    done: Callable[[StageResult], None],
) -> Batch:
    """Run all stages on a batch, except those that are up to date.

    Args:
        workspace: open and locked.
        inputs: images and manifest.
        options: of the stages.
        progress: shows the progress.
        rerun: what to do with existing artefacts.
        done: called with the result of each stage.

    Raises:
        InputError: the images or the manifest are not usable.
    """
    given = EmbedInputs(images=inputs.images, manifest=inputs.manifest, options=inputs.options)
    opened = given.read(needs_label=True)
    if opened is not None:
        splits_of_rows(opened, inputs.split_column)  # refuses a wrong name before hours of work
        given = replace(given, opened=opened)
    options = replace(options, audited=inputs.audited, with_decisions=inputs.with_decisions)
    run_pipeline(workspace, given, None, options, progress, rerun, done)
    return own_batch(workspace, inputs.split_column, opened)


def own_batch(
    workspace: Workspace,
    split_column: str | None = None,
    opened: Manifest | None = None,
    moved_to: Path | None = None,
) -> Batch:
    """The rows of a workspace's manifest as relabel judged them.

    Args:
        workspace: in which all stages ran.
        split_column: as in `RuleOptions`.
        opened: the manifest as just read, for its lines; the rows are those of the workspace.
        moved_to: where the image folder is now; None takes the one that the workspace recorded.

    Raises:
        InputError: the folder does not exist.
        MissingStageError: the labels were not judged, or have changed since.
    """
    if moved_to is not None and not moved_to.is_dir():
        raise InputError(
            f"--images: expected the image folder at {moved_to}, found none",
            "Name the folder that the manifest's image paths are relative to.",
        )
    rows = manifest.load_manifest(workspace.manifest)
    if opened is not None:
        rows = replace(rows, lines=opened.lines, source=opened.source)
    _check_corrections(workspace, rows)
    classes = load_label_classes(workspace.label_classes)
    rows = one_row_per_image(classes.read(rows))
    names = embeddings.load_image_names(workspace.embeddings)
    joined = join(rows, names)
    images = KnownImages(
        names=names,
        labels=[joined.class_names[label] for label in joined.labels],
        content_hashes=embeddings.load_content_hashes(workspace.embeddings),
        folder=moved_to or kept_folder(workspace),
        are_file_hashes=has_file_hashes(workspace),
    )
    counts = np.bincount(joined.labels, minlength=len(joined.class_names)).tolist()
    return Batch(
        manifest=replace(rows, given_labels=written_labels(rows)),
        corrections=corrections.load_corrections(workspace.corrections),
        row_images=joined.row_images,
        images=images,
        within=neighbours.load_neighbours(workspace.neighbours),
        support=dict(zip(joined.class_names, counts, strict=True)),
        noise=_noise(workspace.corrections, workspace.annotators),
        splits=splits_of_rows(rows, split_column),
        classes=classes,
    )


def _check_corrections(workspace: Workspace, rows: Manifest) -> None:
    """Refuse corrections that are missing, incomplete or of another manifest."""
    record = records.read_record(workspace.corrections)
    if record is None or not records.is_whole(workspace.corrections, record):
        raise MissingStageError(
            f"no corrections in {workspace.root}", "Run labelfix run or labelfix relabel first."
        )
    if record.inputs["manifest"] != rows.source.sha256:
        raise MissingStageError(
            f"{workspace.corrections} belongs to another manifest than {workspace.manifest}",
            "Run labelfix relabel again.",
        )


def _noise(judged: Path, annotators: Path) -> BatchNoise:
    written = corrections.load_noise(judged)
    if written is None:  # the paper's method does not estimate it
        return BatchNoise(overall=None)
    class_names: Sequence[str] = written["class_names"]
    shares = map(share_from_json, written["wrong_share_of_class"])
    return BatchNoise(
        overall=share_from_json(written["wrong_share"]),
        of_class={
            name: share for name, share in zip(class_names, shares, strict=True) if share.rows
        },
        annotators=read_annotators(annotators),
        class_names=class_names,
        transition=np.array(written["noise_transition"]),
        all_right=written["all_right"],
        outlook=outlook_from_json(written["outlook"]),
        audited=written["audited_rows"],
        encoder=strength_from_json(written.get("encoder")),
    )
