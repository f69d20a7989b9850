"""Relabelling of images outside the training set of a workspace."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

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
from labelfix.data import corrections, embeddings, manifest, names, records, tables
from labelfix.data.audited_labels import Audits, read_audits
from labelfix.data.class_vectors import fingerprint_of
from labelfix.data.corrections import QUARANTINED, Corrections
from labelfix.data.label_classes import (
    LabelClasses,
    as_written,
    labels_to_write,
    read_label_map,
)
from labelfix.data.manifest import Manifest
from labelfix.data.manifest_inputs import EmbedInputs
from labelfix.data.records import Rerun, RowCounts, StagePlan, StageResult
from labelfix.data.shares import share_as_json
from labelfix.data.workspace import Workspace
from labelfix.embedding.embedded_images import find_embedded_images
from labelfix.embedding.workspace_encoder import EmbeddedUnseen, embed_unseen
from labelfix.methods.rows import GivenRows, SeenRows, UnseenRows
from labelfix.options.manifest_options import ManifestOptions
from labelfix.options.relabel_options import RelabelOptions
from labelfix.retrieval.stage import find_in_index
from labelfix.runtime import atomic
from labelfix.runtime.device import resolve_device
from labelfix.runtime.progress import Progress


def run_relabel_new(
    workspace: Workspace,
    inputs: EmbedInputs,
    out: Path,
    options: RelabelOptions,
    progress: Progress,
    rerun: Rerun,
    done: Callable[[StageResult], None] = lambda _: None,
) -> Corrections:
    """Judge the labels of images outside the training set, and predict missing ones.

    Results are kept in a workspace inside the workspace; nothing else in it changes.

    Args:
        workspace: open, locked and trained.
        inputs: images and, if there is one, their manifest.
        out: path of the table; its suffix sets the format.
        options: of the decision.
        progress: reports progress.
        rerun: what to do with existing results for such images.
        done: receives the result of each stage.

    Raises:
        MissingStageError: there is no denoiser, or it belongs to other embeddings or labels.
        InputError: the images or the manifest are not usable, or the encoder has changed.
        OutputError: `out` cannot be written, or is the manifest itself.
    """
    atomic.check_output(out, inputs.manifest)
    learned = with_kept_audits(workspace, labels_to_learn(workspace))
    denoiser = check_denoiser(workspace, learned)
    device = resolve_device(options.device)
    unseen = embed_unseen(workspace, inputs, workspace.new, device, progress, rerun)
    done(unseen.result)
    classes = classes_of_new(learned, unseen.manifest, inputs.options)
    opened = unseen.manifest
    unseen = replace(unseen, manifest=classes.read(opened))
    audits = read_new_audits(learned, classes, opened, inputs.audited)
    plan = StagePlan(
        stage="relabel",
        artefact=unseen.workspace.corrections,
        options={**asdict(options), "device": device},
        inputs={
            **learned.inputs,
            "denoiser": denoiser,
            "images": unseen.result.record.details["fingerprint"],
            "manifest": records.fingerprint(
                [opened.images, opened.given_labels, *_read_otherwise(classes, opened)]
            ),
            **({"audits": audits.fingerprint} if len(audits) else {}),
            **_learned_inputs(workspace, learned),
        },
    )
    result = plan.up_to_date(rerun, progress)
    if result is None:
        rows = given_rows(workspace, learned)
        to_judge = rows_to_judge(workspace, rows, unseen, audits, device, progress)
        found = _correct(workspace, rows, to_judge, unseen, options, device, progress)
        corrected = as_written(found.corrections, classes, opened.given_labels)
        corrections.save_corrections(plan.artefact, corrected, opened.images)
        details = {"wrong_share": share_as_json(found.wrong)} if found.wrong else {}
        counts = _count_rows(corrected)
        result = plan.finish([plan.artefact], counts, device=device, details=details)
    else:
        corrected = corrections.load_corrections(plan.artefact)
    tables.write_table(
        out,
        corrections.corrected_table(
            opened,
            corrected,
            labels_to_write(corrected, classes, merge_spellings=inputs.options.merge_spellings),
        ),
        image_column=opened.image_column,
        delimiter=opened.source.delimiter,
    )
    done(result)
    return corrected


def classes_of_new(
    learned: LabelsToLearn, opened: Manifest, options: ManifestOptions
) -> LabelClasses:
    """The classes of labels of images outside the training set, as the workspace decided.

    Args:
        learned: of the workspace.
        opened: the new images; a new spelling of one class is read as that class.
        options: hold a label map of their own.

    Raises:
        InputError: the label map is unusable.
    """
    classes = learned.classes
    if options.label_map is not None:
        classes = replace(classes, by_hand={**classes.by_hand, **read_label_map(options.label_map)})
    mapped = [classes.of(label) for label in opened.given_labels]
    return classes.knowing(mapped, learned.labelled.class_names)


def read_new_audits(
    learned: LabelsToLearn, classes: LabelClasses, opened: Manifest, files: Sequence[Path]
) -> Audits:
    """Audits of images outside the training set, their answers read as classes.

    Raises:
        InputError: a file of audited labels is not usable.
    """
    audits = read_audits(opened, files)
    class_names = learned.labelled.class_names
    return classes.knowing(audits.unknown_classes(class_names), class_names).read_audits(audits)


def _read_otherwise(classes: LabelClasses, opened: Manifest) -> list[list[str]]:
    """The classes of the rows where they are not the labels themselves; empty if all are."""
    given = [classes.of(label) for label in opened.given_labels]
    return [] if given == opened.given_labels else [given]


def _learned_inputs(workspace: Workspace, learned: LabelsToLearn) -> dict[str, str]:
    """Fingerprints of the learned noise and of the audited labels."""
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
    """The rows of images outside the training set, with their nearest training images.

    Args:
        workspace: trained.
        rows: the training rows.
        unseen: the new images.
        audits: their audited labels.
        device: `cpu` or `cuda`.
        progress: reports progress.
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
    """Report labels that are no class of the workspace."""
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
