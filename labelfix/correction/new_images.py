"""Relabelling images that a workspace was not trained on, by what it has learned."""

from collections.abc import Callable
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from labelfix.config import RelabelOptions
from labelfix.correction.row_corrections import UnseenCorrections, correct_unseen
from labelfix.correction.training_state import (
    LabelsToLearn,
    audits_of,
    check_denoiser,
    given_rows,
    kept_noise,
    labels_to_learn,
    load_judge,
    with_kept_audits,
)
from labelfix.data import atomic, corrections, embeddings, manifest, names, records, tables
from labelfix.data.audited_labels import Audits, read_audits
from labelfix.data.class_vectors import fingerprint_of
from labelfix.data.corrections import QUARANTINED, Corrections
from labelfix.data.manifest import Manifest
from labelfix.data.manifest_inputs import EmbedInputs
from labelfix.data.records import Rerun, RowCounts, StagePlan, StageResult
from labelfix.data.shares import share_as_json
from labelfix.data.workspace import Workspace
from labelfix.device import resolve_device
from labelfix.embedding.embedded_images import find_embedded_images
from labelfix.embedding.workspace_encoder import EmbeddedUnseen, embed_unseen
from labelfix.methods.rows import GivenRows, SeenRows, UnseenRows
from labelfix.progress import Progress
from labelfix.retrieval.stage import find_in_index


def run_relabel_new(
    workspace: Workspace,
    inputs: EmbedInputs,
    out: Path,
    options: RelabelOptions,
    progress: Progress,
    rerun: Rerun,
    done: Callable[[StageResult], None] = lambda _: None,
) -> Corrections:
    """Judge the labels of images that were not trained on, and predict those that are missing.

    What is kept of it lies in a workspace of its own within the workspace, of which nothing else
    is touched.

    Args:
        workspace: open and locked, trained.
        inputs: images and, where there is one, their manifest.
        out: where the table goes; its ending says in which form.
        options: of the decision.
        progress: is told of the work.
        rerun: what to do with what is there of such images already.
        done: is given the result of each stage.

    Raises:
        MissingStageError: there is no denoiser, or it is of other embeddings or labels.
        InputError: the images or the manifest are not usable, or the encoder has changed.
        OutputError: `out` cannot be written, or is the manifest itself.
    """
    atomic.check_output(out, inputs.manifest)
    learned = with_kept_audits(workspace, labels_to_learn(workspace))
    denoiser = check_denoiser(workspace, learned)
    device = resolve_device(options.device)
    unseen = embed_unseen(workspace, inputs, workspace.new, device, progress, rerun)
    done(unseen.result)
    opened = unseen.manifest
    audits = read_audits(opened, inputs.audited)
    plan = StagePlan(
        stage="relabel",
        artefact=unseen.workspace.corrections,
        options={**asdict(options), "device": device},
        inputs={
            **learned.inputs,
            "denoiser": denoiser,
            "images": unseen.result.record.details["fingerprint"],
            "manifest": records.fingerprint([opened.images, opened.given_labels]),
            **({"audits": audits.fingerprint} if len(audits) else {}),
            **_learned_inputs(workspace, learned),
        },
    )
    result = plan.up_to_date(rerun, progress)
    if result is None:
        rows = given_rows(workspace, learned)
        to_judge = rows_to_judge(workspace, rows, unseen, audits, device, progress)
        found = _correct(workspace, rows, to_judge, unseen, options, device, progress)
        corrected = found.corrections
        corrections.save_corrections(plan.artefact, corrected, opened.images)
        details = {"wrong_share": share_as_json(found.wrong)} if found.wrong else {}
        counts = _count_rows(corrected)
        result = plan.finish([plan.artefact], counts, device=device, details=details)
    else:
        corrected = corrections.load_corrections(plan.artefact)
    tables.write_table(
        out,
        corrections.corrected_table(opened, corrected),
        image_column=opened.image_column,
        delimiter=opened.source.delimiter,
    )
    done(result)
    return corrected


def _learned_inputs(workspace: Workspace, learned: LabelsToLearn) -> dict[str, str]:
    """Fingerprints of what else was learned: of the noise, and what persons have said."""
    inputs = fingerprint_of(workspace.class_vectors)
    if workspace.learned_noise.is_file():
        inputs["noise"] = records.fingerprint_file(workspace.learned_noise)
    if len(learned.audits):
        inputs["audits of the workspace"] = learned.audits.fingerprint
    return inputs


def _correct(
    workspace: Workspace,
    rows: GivenRows,
    to_judge: UnseenRows,
    unseen: EmbeddedUnseen,
    options: RelabelOptions,
    device: str,
    progress: Progress,
) -> UnseenCorrections:
    judge = load_judge(workspace)
    _say_unknown(unseen.manifest, to_judge.row_labels, progress)
    if judge.image_size is not None:
        files = find_embedded_images(unseen.workspace, unseen.manifest)
        to_judge = replace(to_judge, pixels=partial(files.pixels, judge.image_size))
    seen = SeenRows(rows, kept_noise(workspace, judge, progress))
    return correct_unseen(to_judge, seen, judge, options, device, progress)


def rows_to_judge(
    workspace: Workspace,
    rows: GivenRows,
    unseen: EmbeddedUnseen,
    audits: Audits,
    device: str,
    progress: Progress,
) -> UnseenRows:
    """The rows of images that training has not seen, with the nearest of those that it has.

    Args:
        workspace: trained.
        rows: those that training has seen.
        unseen: the new images.
        audits: what persons have said of them.
        device: `cpu` or `cuda`.
        progress: is told of the work.
    """
    opened = unseen.manifest
    embedded = embeddings.load_embeddings(unseen.workspace.embeddings)
    quarantined = embeddings.load_quarantined(unseen.workspace.embeddings)
    position = {name: index for index, name in enumerate(embedded.images)}
    class_names = rows.labelled.class_names
    return UnseenRows(
        embedded.vectors,
        find_in_index(workspace, rows.vectors, embedded.vectors, device, progress),
        np.array([position.get(name, -1) for name in opened.images], dtype=np.int64),
        manifest.label_indices(opened.given_labels, class_names),
        np.array(opened.given_labels, dtype=object),
        rows.class_values,
        rows.support,
        [quarantined.get(image, "") for image in opened.images],
        audits=audits_of(audits, embedded.images, class_names),
        answers=audits.of_rows(opened.images, class_names),
    )


def _say_unknown(opened: Manifest, row_labels: npt.NDArray[np.int64], progress: Progress) -> None:
    """Tell of labels that no class of the workspace has."""
    labels = [opened.given_labels[row] for row in np.flatnonzero(row_labels < 0).tolist()]
    labels = [label for label in labels if label.strip()]
    if labels:
        progress.say(
            f"{len(labels)} row{'s have' if len(labels) > 1 else ' has'} a label that the "
            f"workspace does not know: {names.listed(sorted(set(labels)))}"
        )


def _count_rows(corrected: Corrections) -> RowCounts:
    quarantined = corrected.count(QUARANTINED)
    return RowCounts(
        rows_in=len(corrected), used=len(corrected) - quarantined, quarantined=quarantined
    )
