"""The train stage: the judge of this data set's labels."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from labelfix.config import LEAST_DIFFUSION_STEPS, PAPER, DiffusionOptions, TrainOptions
from labelfix.correction.training_state import labels_to_learn, say_unknown_answers
from labelfix.data import embeddings, neighbours, records
from labelfix.data.audited_labels import save_audits
from labelfix.data.records import Rerun, RowCounts, StagePlan, StageResult
from labelfix.data.workspace import Workspace
from labelfix.device import resolve_device
from labelfix.embedding.embedded_images import find_embedded_images
from labelfix.embedding.several_encoders import dimensions_of
from labelfix.embedding.workspace_encoder import encode_again, is_embedded_again
from labelfix.encoders.network import check_backbone
from labelfix.errors import InputError, MissingStageError
from labelfix.methods.method import GivenLabels, Origin
from labelfix.methods.paper.branch_weights import branch_fingerprint
from labelfix.methods.registry import find_method
from labelfix.methods.training_course import TrainingLog
from labelfix.presets import FROM_NOTHING, PRETRAINED
from labelfix.progress import Progress
from labelfix.training.checkpoint import Checkpoints
from labelfix.version import __version__


def run_train(
    workspace: Workspace,
    options: TrainOptions,
    progress: Progress,
    rerun: Rerun,
    images: Path | None = None,
    audited: Sequence[Path] = (),
) -> StageResult:
    """Train the denoisers of this data set; go on where a killed run was.

    Args:
        workspace: open and locked.
        options: of the training.
        progress: is told of the work.
        rerun: what to do with denoisers that are there already.
        images: where the images for the image branch are now, if their folder has moved.
        audited: files of what persons have said, beside the manifest's own column; kept in the
            workspace.

    Raises:
        MissingStageError: the neighbours are missing, of other embeddings, or not as many as the
            preset wants.
        InputError: a file of answers is not usable, the images that could be read are all of one
            class, timm has no backbone of the image branch's name, or the branch cannot have the
            images that were embedded.
        WorkspaceError: frozen, and the denoiser there is of other inputs or options.
    """
    learned = labels_to_learn(workspace, audited)
    say_unknown_answers(learned, progress)
    device = resolve_device(options.device)
    inputs = learned.inputs
    if len(learned.audits):
        inputs = {**inputs, "audits": learned.audits.fingerprint}
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
            "expected images of at least 2 classes, found that all that could be read are of one",
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
    save_audits(workspace.audits, learned.audits)
    count = len(learned.labelled.labels)
    result = plan.finish(
        [workspace.denoiser, workspace.denoiser_config, workspace.audits],
        RowCounts(rows_in=count, used=count),
        device=device,
        details=details,
    )
    checkpoints.remove()
    return result


def _check_neighbour_count(workspace: Workspace, options: TrainOptions) -> None:
    """See that the index stage found as many neighbours as the training wants.

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
    """Whether varied images are embedded again, and what the image branch begins with."""
    training = options.of_method()
    if not isinstance(training, DiffusionOptions):
        return False, {}
    if training.image_branch is not None:
        check_backbone(training.image_branch)
    begins_with = branch_fingerprint(training)
    inputs = {} if begins_with is None else {"branch_weights": begins_with}
    return is_embedded_again(workspace, training.embed_again), inputs


def _say_if_short(options: TrainOptions, images: int, progress: Progress) -> None:
    """Tell where the passes that were asked for are too few steps for the denoiser of the paper."""
    training = options.of_method()
    if options.epochs is None or not isinstance(training, DiffusionOptions):
        return
    steps = training.steps_for(round(images * (1 - training.validation_share)))
    if steps < LEAST_DIFFUSION_STEPS:
        draws = steps * training.batch_size / training.timesteps
        progress.say(
            f"--epochs {options.epochs} is {steps:,} step{'s' * (steps != 1)}: each of the "
            f"{training.timesteps:,} timesteps is learned from about {draws:,.1f} labels, so the "
            f"denoiser will say little of the images; without --epochs it is "
            f"{LEAST_DIFFUSION_STEPS:,} steps at the least"
        )


def _recorded(options: TrainOptions, device: str) -> dict[str, Any]:
    """What the weights depend on; what is left out, such as the image branch, leaves no trace."""
    of_method = asdict(options.of_method())
    chosen = {name: value for name, value in of_method.items() if value is not None}
    del chosen["seed"]
    chosen.pop("checkpoint_steps", None)
    if chosen.get("branch_weights", FROM_NOTHING) not in (FROM_NOTHING, PRETRAINED):
        chosen["branch_weights"] = "file"  # its content is among the inputs, wherever it lies
    return {"method": options.method, **chosen, "device": device}
