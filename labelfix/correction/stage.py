"""The relabel stage: corrections for every row, and the file that the user asked for."""

from pathlib import Path

import numpy as np

from labelfix.config import RelabelOptions
from labelfix.correction.relabelling import GivenRows, correct_rows
from labelfix.data import corrections, embeddings, neighbours, records, tables
from labelfix.data.corrections import QUARANTINED, Corrections
from labelfix.data.manifest import Manifest
from labelfix.data.records import RowCounts
from labelfix.data.stage import Rerun, StagePlan, StageResult
from labelfix.data.workspace import Workspace
from labelfix.device import resolve_device
from labelfix.diffusion.denoiser import load_denoiser
from labelfix.diffusion.stage import LabelsToLearn, labels_to_learn
from labelfix.errors import InputError, MissingStageError
from labelfix.progress import Progress

NO_LABEL = "no label"


def run_relabel(
    workspace: Workspace, out: Path, options: RelabelOptions, progress: Progress, rerun: Rerun
) -> tuple[StageResult, Corrections]:
    """Decide on every row, keep the corrections in the workspace and write the corrected table.

    Args:
        workspace: open and locked.
        out: where the table goes; its ending says in which form.
        options: of the decision.
        progress: is told of every batch.
        rerun: what to do with corrections that are there already.

    Raises:
        MissingStageError: there is no denoiser, or it is of other embeddings or labels.
        InputError: the manifest has changed since it was embedded.
        OutputError: `out` cannot be written, or is the manifest itself.
    """
    learned = labels_to_learn(workspace)
    source = None if learned.manifest.source.is_folder else Path(learned.manifest.source.path)
    tables.check_output(out, source)
    _check_unchanged(learned.manifest, source)
    device = resolve_device(options.device)
    plan = StagePlan(
        "relabel",
        workspace.corrections,
        options={
            "device": device,
            "min_confidence": options.min_confidence,
            "max_self_confidence": options.max_self_confidence,
            "ddim_steps": options.ddim_steps,
            "batch_size": options.batch_size,
        },
        inputs={
            "denoiser": _check_denoiser(workspace, learned),
            "manifest": learned.manifest.source.sha256,
        },
    )
    result = plan.up_to_date(rerun, progress)
    if result is None:
        corrected = _correct(workspace, learned, options, device, progress)
        corrections.save_corrections(workspace.corrections, corrected, learned.manifest.images)
        counts = _count_rows(corrected)
        result = plan.finish([workspace.corrections], counts, device=device)
    else:
        corrected = corrections.load_corrections(workspace.corrections)
    tables.write_table(
        out,
        corrections.corrected_table(learned.manifest, corrected),
        image_column=learned.manifest.image_column,
        delimiter=learned.manifest.source.delimiter,
    )
    return result, corrected


def _check_unchanged(manifest: Manifest, source: Path | None) -> None:
    """See that the user's manifest is still the one that was embedded."""
    if source is None or not source.exists():
        return
    if records.fingerprint_file(source) != manifest.source.sha256:
        raise InputError(
            f"{source} has changed since it was embedded",
            "Run labelfix embed, index and train again, or labelfix run; what is still right "
            "is kept.",
        )


def _check_denoiser(workspace: Workspace, learned: LabelsToLearn) -> str:
    """The fingerprint of the denoiser, which must be of these labels and embeddings."""
    record = records.read_record(workspace.denoiser)
    if record is None:
        raise MissingStageError(
            f"no trained denoiser at {workspace.denoiser}", "Run labelfix train first."
        )
    for name, value in learned.inputs.items():
        if record.inputs.get(name) != value:
            raise MissingStageError(
                f"{workspace.denoiser} was trained on other {name} than are there now",
                "Run labelfix train again.",
            )
    if not records.is_whole(workspace.denoiser, record):
        raise MissingStageError(
            f"{workspace.denoiser} is missing or damaged", "Run labelfix train again."
        )
    return record.outputs[workspace.denoiser.name]


def _correct(
    workspace: Workspace,
    learned: LabelsToLearn,
    options: RelabelOptions,
    device: str,
    progress: Progress,
) -> Corrections:
    denoiser = load_denoiser(workspace.denoiser, workspace.denoiser_config)
    embedded = embeddings.load_embeddings(workspace.embeddings)
    quarantined = embeddings.load_quarantined(workspace.embeddings)
    reasons = [
        quarantined.get(image, "") if label.strip() else NO_LABEL
        for image, label in zip(learned.manifest.images, learned.manifest.given_labels, strict=True)
    ]
    rows = GivenRows(
        embedded.vectors,
        neighbours.load_neighbours(workspace.neighbours),
        learned.labelled,
        np.array(learned.manifest.given_labels, dtype=object),
        learned.labelled.class_names,
        reasons,
    )
    return correct_rows(rows, denoiser, options, device, progress)


def _count_rows(corrected: Corrections) -> RowCounts:
    rejected = int(np.sum(corrected.reason == NO_LABEL))
    quarantined = corrected.count(QUARANTINED) - rejected
    used = len(corrected) - rejected - quarantined
    return RowCounts(len(corrected), used, quarantined, rejected)
