"""The relabel stage: corrections for every row, and the user's output file."""

from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from labelfix.correction.noise_files import noise_as_json, write_annotators, write_noise_transition
from labelfix.correction.review_decisions import say_decisions
from labelfix.correction.row_corrections import correct_rows
from labelfix.correction.training_state import (
    LabelsToLearn,
    check_denoiser,
    given_rows,
    labels_to_learn,
    load_judge,
    say_unknown_answers,
    with_kept_audits,
)
from labelfix.data import corrections, embeddings, records, tables
from labelfix.data.class_vectors import fingerprint_of
from labelfix.data.corrections import NO_LABEL, QUARANTINED, Corrections
from labelfix.data.label_classes import as_written, labels_to_write, written_labels
from labelfix.data.manifest import Manifest
from labelfix.data.records import Rerun, RowCounts, StagePlan, StageResult
from labelfix.data.workspace import Workspace
from labelfix.embedding.embedded_images import EmbeddedImages, find_embedded_images
from labelfix.errors import InputError
from labelfix.methods.noise_aware.learned_noise import save_learned_noise
from labelfix.noise.estimate import NoiseEstimate
from labelfix.options.relabel_options import RelabelOptions
from labelfix.runtime import atomic
from labelfix.runtime.device import resolve_device
from labelfix.runtime.progress import Progress


def run_relabel(
    workspace: Workspace,
    out: Path | None,
    options: RelabelOptions,
    progress: Progress,
    rerun: Rerun,
    audited: Sequence[Path] = (),
    *,
    merge_spellings: bool = False,
    with_decisions: bool = True,
) -> tuple[StageResult, Corrections]:
    """Decide on every row, save the corrections in the workspace and write the corrected table.

    Args:
        workspace: open and locked.
        out: path of the table; its suffix sets the format. None writes no table.
        options: of the decision.
        progress: reports progress, per batch.
        rerun: what to do with existing corrections.
        audited: files of labels audited since training; earlier audits still count.
        merge_spellings: whether the table has one spelling of each class.
        with_decisions: whether the decisions of the workspace are audited labels, too.

    Raises:
        MissingStageError: there is no denoiser, or it belongs to other embeddings or labels.
        InputError: the manifest has changed since it was embedded.
        OutputError: `out` cannot be written, or is the manifest itself.
    """
    learned = labels_to_learn(workspace, audited, with_decisions=with_decisions)
    learned = with_kept_audits(workspace, learned, with_decisions=False)
    say_unknown_answers(learned, progress)
    say_decisions(learned.decisions, progress)
    source = None if learned.manifest.source.is_folder else Path(learned.manifest.source.path)
    if out is not None:
        atomic.check_output(out, source)
    _check_unchanged(learned.manifest, source)
    device = resolve_device(options.device)
    files = _images_seen(workspace, learned)
    plan = StagePlan(
        stage="relabel",
        artefact=workspace.corrections,
        options={
            **asdict(options),
            "device": device,
            "annotator_column": learned.manifest.annotator_column,
        },
        inputs={
            "denoiser": check_denoiser(workspace, learned, files),
            "manifest": learned.manifest.source.sha256,
            **learned.audit_inputs,
            **fingerprint_of(workspace.class_vectors),
        },
    )
    result = plan.up_to_date(rerun, progress)
    if result is None:
        corrected, estimate = _correct(workspace, learned, files, options, device, progress)
        files_made, details = _save(workspace, learned, corrected, estimate)
        counts = _count_rows(corrected)
        result = plan.finish(files_made, counts, device=device, details=details)
    else:
        corrected = corrections.load_corrections(workspace.corrections)
    if out is not None:
        tables.write_table(
            out,
            corrections.corrected_table(
                learned.manifest,
                corrected,
                labels_to_write(corrected, learned.classes, merge_spellings=merge_spellings),
            ),
            image_column=learned.manifest.image_column,
            delimiter=learned.manifest.source.delimiter,
        )
    return result, corrected


def _check_unchanged(manifest: Manifest, source: Path | None) -> None:
    """Check that the user's manifest is still the one that was embedded."""
    if source is None or not source.exists():
        return
    if records.fingerprint_file(source) != manifest.source.sha256:
        raise InputError(
            f"{source} has changed since it was embedded",
            "Run labelfix embed, index and train again, or labelfix run; what is still right "
            "is kept.",
        )


def _images_seen(workspace: Workspace, learned: LabelsToLearn) -> EmbeddedImages | None:
    """The image files, if the denoiser has an image branch."""
    record = records.read_record(workspace.denoiser)
    if record is None or "images" not in record.inputs:
        return None
    return find_embedded_images(workspace, learned.manifest)


def _correct(
    workspace: Workspace,
    learned: LabelsToLearn,
    files: EmbeddedImages | None,
    options: RelabelOptions,
    device: str,
    progress: Progress,
) -> tuple[Corrections, NoiseEstimate | None]:
    judge = load_judge(workspace)
    pixels = None
    if files is not None and judge.image_size is not None:
        pixels = partial(files.pixels, judge.image_size)
    rows = given_rows(workspace, learned, pixels)
    found, estimate = correct_rows(rows, judge, options, device, progress)
    return as_written(found, learned.classes, written_labels(learned.manifest)), estimate


def _save(
    workspace: Workspace,
    learned: LabelsToLearn,
    corrected: Corrections,
    estimate: NoiseEstimate | None,
) -> tuple[list[Path], dict[str, Any]]:
    """Write the corrections and the noise estimate; returns the files and record details."""
    class_names = learned.labelled.class_names
    encoder = str(embeddings.finished_record(workspace.embeddings).details["encoder"])
    noise = noise_as_json(estimate, class_names, encoder) if estimate else None
    corrections.save_corrections(workspace.corrections, corrected, learned.manifest.images, noise)
    files_made = [workspace.corrections]
    details: dict[str, Any] = {}
    workspace.noise_transition.unlink(missing_ok=True)
    workspace.learned_noise.unlink(missing_ok=True)
    workspace.annotators.unlink(missing_ok=True)
    if estimate and noise:
        write_noise_transition(workspace.noise_transition, estimate, class_names)
        save_learned_noise(workspace.learned_noise, estimate.learned)
        files_made += [workspace.noise_transition, workspace.learned_noise]
        told = ("wrong_share", "all_right", "outlook", "audited_rows", "text", "encoder")
        details |= {name: noise[name] for name in told if name in noise}
        if estimate.annotators:
            write_annotators(workspace.annotators, estimate)
            files_made.append(workspace.annotators)
            details["annotators"] = len(estimate.annotators)
    return files_made, details


def _count_rows(corrected: Corrections) -> RowCounts:
    rejected = int(np.sum(corrected.reason == NO_LABEL))
    quarantined = corrected.count(QUARANTINED) - rejected
    used = len(corrected) - rejected - quarantined
    return RowCounts(rows_in=len(corrected), used=used, quarantined=quarantined, rejected=rejected)
