"""The train stage: trains the judge of the data set's labels."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from labelfix.correction.spelling_classes import decide_label_classes
from labelfix.correction.training_state import labels_to_learn, say_unknown_answers
from labelfix.data import embeddings, neighbours, records
from labelfix.data.audited_labels import save_audits
from labelfix.data.label_classes import LabelClasses
from labelfix.data.records import Rerun, RowCounts, StagePlan, StageResult
from labelfix.data.workspace import Workspace
from labelfix.embedding.embedded_images import find_embedded_images
from labelfix.embedding.several_encoders import dimensions_of
from labelfix.embedding.workspace_encoder import encode_again, is_embedded_again
from labelfix.errors import InputError, MissingStageError
from labelfix.methods.method import GivenLabels, Origin
from labelfix.methods.registry import find_method
from labelfix.methods.training_course import TrainingLog
from labelfix.options.diffusion_options import (
    FROM_NOTHING,
    LEAST_DIFFUSION_STEPS,
    PRETRAINED,
    DiffusionOptions,
)
from labelfix.options.train_options import PAPER, TrainOptions
from labelfix.runtime.checkpoint import Checkpoints
from labelfix.runtime.device import resolve_device
from labelfix.runtime.progress import Progress
from labelfix.version import __version__


def run_train(
    workspace: Workspace,
    options: TrainOptions,
    progress: Progress,
    rerun: Rerun,
    images: Path | None = None,
    audited: Sequence[Path] = (),
    *,
    with_decisions: bool = True,
) -> StageResult:
    """Train the denoisers of this data set; resumes an interrupted run.

    Args:
        workspace: open and locked.
        options: of the training.
        progress: reports progress.
        rerun: what to do with existing denoisers.
        images: the folder of the images for the image branch, if it has moved.
        audited: files of audited labels, beside the manifest's own column; copied to the
            workspace.
        with_decisions: whether the decisions of the workspace are audited labels, too.

    Raises:
        MissingStageError: the neighbours are missing, belong to other embeddings, or are not as
            many as the preset needs.
        InputError: a file of audited labels is not usable, all readable images are of one class,
            timm has no such backbone for the image branch, or the embedded images are not
            available to the branch.
        WorkspaceError: frozen, and the denoiser belongs to other inputs or options.
    """
    decide_label_classes(workspace, progress)
    learned = labels_to_learn(workspace, audited, with_decisions=with_decisions)
    say_unknown_answers(learned, progress)
    device = resolve_device(options.device)
    inputs = {**learned.inputs, **learned.audit_inputs}
    _check_neighbour_count(workspace, options)
    again = False
    files = None
    if options.method == PAPER:
        again, seen = _seen_by(workspace, options)
        inputs = {**inputs, **seen}
    if again or options.branch is not None:
        files = find_embedded_images(workspace, learned.manifest, images)
        inputs = {**inputs, "images": files.fingerprint}
    plan = StagePlan(
        stage="train",
        artefact=workspace.denoiser,
        options=_recorded(options, device),
        inputs=inputs,
        seed=options.seed,
    )
    result = plan.up_to_date(rerun, progress)
    if result is not None:
        return result
    if len(set(learned.labelled.labels.tolist())) < 2:
        raise InputError(
            "expected images of at least 2 classes, but all readable images are of one",
            "Look at the quarantined images: labelfix embed lists them.",
        )
    _say_if_short(options, len(learned.labelled.labels), progress)
    checkpoints = Checkpoints(
        workspace.checkpoint,
        records.fingerprint([dict(plan.options), dict(plan.inputs), plan.seed, __version__]),
    )
    if rerun.force:
        checkpoints.remove()
    embedded = embeddings.load_embeddings(workspace.embeddings)
    data = GivenLabels(
        vectors=embedded.vectors,
        labels=learned.labelled.labels,
        neighbours=neighbours.load_neighbours(workspace.neighbours),
        classes=len(learned.labelled.class_names),
        images=files,
        audits=learned.image_audits,
        encode=encode_again(workspace, device) if again else None,
        dimensions=dimensions_of(embeddings.finished_record(workspace.embeddings)),
    )
    judge, details = find_method(options.method).fit(
        data,
        options.of_method(),
        device,
        progress,
        checkpoints=checkpoints,
        report=TrainingLog(workspace.training_log).add,
    )
    origin = Origin(learned.labelled.class_names, embedded.fingerprint, embedded.encoder)
    judge.save(workspace.denoiser, workspace.denoiser_config, origin)
    save_audits(workspace.audits, learned.audits, learned.decided)
    count = len(learned.labelled.labels)
    result = plan.finish(
        [workspace.denoiser, workspace.denoiser_config, workspace.audits],
        RowCounts(rows_in=count, used=count),
        device=device,
        details={
            **details,
            **_decided(learned.classes),
            **({"decisions": len(learned.decided)} if len(learned.decided) else {}),
        },
    )
    checkpoints.remove()
    return result


def _decided(classes: LabelClasses) -> dict[str, Any]:
    """What was decided about spellings, for the record; empty where nothing was."""
    return {} if classes.is_plain else {"label_classes": asdict(classes)}


def _check_neighbour_count(workspace: Workspace, options: TrainOptions) -> None:
    """Check that the index stage found as many neighbours as the training needs.

    Raises:
        MissingStageError: it found another number.
    """
    wanted = options.wanted_neighbours
    record = records.read_record(workspace.neighbours)
    found = None if record is None else record.options["neighbours"]
    if wanted is None or found == wanted:
        return
    by = "--neighbours" if options.neighbours is not None else f"--preset {options.preset}"
    raise MissingStageError(
        f"{by}: expected {wanted} neighbours of each image, found {found} in "
        f"{workspace.neighbours}",
        f"Run labelfix index --neighbours {wanted} first, or keep these with "
        f"labelfix train --neighbours {found}.",
    )


def _seen_by(workspace: Workspace, options: TrainOptions) -> tuple[bool, dict[str, str]]:
    """Inputs of a training that sees pixels: augmentation, and the branch's initial weights."""
    training = options.of_method()
    if not isinstance(training, DiffusionOptions):
        return False, {}
    from labelfix.encoders.network import check_backbone
    from labelfix.methods.paper.branch_weights import branch_fingerprint

    if training.image_branch is not None:
        check_backbone(training.image_branch)
    begins_with = branch_fingerprint(training)
    inputs = {} if begins_with is None else {"branch_weights": begins_with}
    return is_embedded_again(workspace, training.embed_again), inputs


def _say_if_short(options: TrainOptions, images: int, progress: Progress) -> None:
    """Warn if the requested epochs are too few steps for the paper's denoiser."""
    training = options.of_method()
    if options.epochs is None or not isinstance(training, DiffusionOptions):
        return
    steps = training.steps_for(round(images * (1 - training.validation_share)))
    if steps < LEAST_DIFFUSION_STEPS:
        draws = steps * training.batch_size / training.timesteps
        progress.say(
            f"--denoiser-epochs {options.epochs} is {steps:,} step{'s' * (steps != 1)}: each of "
            f"the {training.timesteps:,} timesteps is learned from about {draws:,.1f} labels, too "
            f"few to learn much; the default is at least {LEAST_DIFFUSION_STEPS:,} steps"
        )


def _recorded(options: TrainOptions, device: str) -> dict[str, Any]:
    """The options that the weights depend on; unused ones, such as no image branch, are omitted."""
    of_method = asdict(options.of_method())
    chosen = {name: value for name, value in of_method.items() if value is not None}
    del chosen["seed"]
    chosen.pop("checkpoint_steps", None)
    if chosen.get("branch_weights", FROM_NOTHING) not in (FROM_NOTHING, PRETRAINED):
        chosen["branch_weights"] = "file"  # its content is fingerprinted among the inputs
    return {"method": options.method, **chosen, "device": device}
