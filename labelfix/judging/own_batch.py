"""A batch that is judged alone: what the stages have left in its workspace."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from labelfix.correction.noise_files import read_annotators
from labelfix.data import corrections, embeddings, manifest, neighbours, records
from labelfix.data.image_labels import join, one_row_per_image
from labelfix.data.manifest import Manifest
from labelfix.data.manifest_inputs import EmbedInputs, read_with
from labelfix.data.records import Rerun, StageResult
from labelfix.data.shares import share_from_json
from labelfix.data.workspace import Workspace
from labelfix.embedding.embedded_images import kept_folder
from labelfix.errors import InputError, MissingStageError
from labelfix.judging.batch import Batch, BatchNoise, KnownImages
from labelfix.judging.inputs import BatchInputs
from labelfix.judging.splits import of_rows
from labelfix.noise.outlook import outlook_from_json
from labelfix.pipeline import PipelineOptions, run_pipeline
from labelfix.progress import Progress


def judge_alone(
    workspace: Workspace,
    inputs: BatchInputs,
    options: PipelineOptions,
    progress: Progress,
    rerun: Rerun,
    done: Callable[[StageResult], None],
) -> Batch:
    """Run all stages on a batch; what is up to date is skipped.

    Args:
        workspace: open and locked.
        inputs: images and manifest.
        options: of the stages.
        progress: is told of the work.
        rerun: what to do with artefacts that are there already.
        done: is given the result of each stage.

    Raises:
        InputError: the images or the manifest are not usable.
    """
    opened = None
    if inputs.manifest is not None:
        opened = read_with(inputs.manifest, inputs.options)
        of_rows(opened, inputs.split_column)  # a wrong name is told of before hours of work
    given = EmbedInputs(images=inputs.images, manifest=inputs.manifest, options=inputs.options)
    options = replace(options, audited=inputs.audited)
    run_pipeline(workspace, given, None, options, progress, rerun, done)
    return own_batch(workspace, inputs.split_column, opened)


def own_batch(
    workspace: Workspace,
    split_column: str | None = None,
    opened: Manifest | None = None,
    moved_to: Path | None = None,
) -> Batch:
    """The rows of a workspace's manifest as relabel has judged them.

    Args:
        workspace: in which all stages were run.
        split_column: as `RuleOptions` has it.
        opened: the manifest as it was just read, which knows its lines; None takes the one that
            the workspace keeps.
        moved_to: where the image folder is now; None takes the one that the workspace knows.

    Raises:
        InputError: there is no such folder.
        MissingStageError: the labels were not judged, or are others now.
    """
    if moved_to is not None and not moved_to.is_dir():
        raise InputError(
            f"--images: expected the image folder at {moved_to}, found none",
            "Name the folder that the manifest's image paths are relative to.",
        )
    rows = opened or manifest.load_manifest(workspace.manifest)
    record = records.read_record(workspace.corrections)
    if record is None or not records.is_whole(workspace.corrections, record):
        raise MissingStageError(
            f"no corrections in {workspace.root}", "Run labelfix run or labelfix relabel first."
        )
    if record.inputs["manifest"] != rows.source.sha256:
        raise MissingStageError(
            f"{workspace.corrections} is of another manifest than {workspace.manifest}",
            "Run labelfix relabel again.",
        )
    rows = one_row_per_image(rows)
    names = embeddings.load_image_names(workspace.embeddings)
    joined = join(rows, names)
    images = KnownImages(
        names,
        [joined.class_names[label] for label in joined.labels],
        embeddings.load_content_hashes(workspace.embeddings),
        folder=moved_to or kept_folder(workspace),
    )
    counts = np.bincount(joined.labels, minlength=len(joined.class_names)).tolist()
    return Batch(
        rows,
        corrections.load_corrections(workspace.corrections),
        joined.row_images,
        images,
        neighbours.load_neighbours(workspace.neighbours),
        dict(zip(joined.class_names, counts, strict=True)),
        _noise(workspace.corrections, workspace.annotators),
        of_rows(rows, split_column),
    )


def _noise(judged: Path, annotators: Path) -> BatchNoise:
    written = corrections.load_noise(judged)
    if written is None:  # the method of the paper tells nothing of it
        return BatchNoise(None)
    class_names: Sequence[str] = written["class_names"]
    shares = map(share_from_json, written["wrong_share_of_class"])
    return BatchNoise(
        share_from_json(written["wrong_share"]),
        {name: share for name, share in zip(class_names, shares, strict=True) if share.rows},
        read_annotators(annotators),
        class_names,
        np.array(written["noise_transition"]),
        all_right=written["all_right"],
        outlook=outlook_from_json(written["outlook"]),
        audited=written["audited_rows"],
    )
