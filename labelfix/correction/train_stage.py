"""The train stage: the judge of this data set's labels."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from labelfix.config import TrainOptions
from labelfix.correction.training_state import labels_to_learn, say_unknown_answers
from labelfix.data import embeddings, neighbours, records
from labelfix.data.audits import save_audits
from labelfix.data.records import RowCounts
from labelfix.data.stage import Rerun, StagePlan, StageResult
from labelfix.data.workspace import Workspace
from labelfix.device import resolve_device
from labelfix.embedding.embedded_images import find_embedded_images
from labelfix.encoders.backbone import check_backbone
from labelfix.errors import InputError
from labelfix.methods.method import GivenLabels, Origin
from labelfix.methods.registry import find_method
from labelfix.methods.training_course import TrainingLog
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
        MissingStageError: the neighbours are missing, or of other embeddings.
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
    files = None
    if options.image_branch is not None:
        check_backbone(options.image_branch)
        files = find_embedded_images(workspace, learned.manifest, images)
        inputs = {**inputs, "images": files.fingerprint}
    plan = StagePlan(
        "train",
        workspace.denoiser,
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
        RowCounts(count, count),
        device=device,
        details=details,
    )
    checkpoints.remove()
    return result


def _recorded(options: TrainOptions, device: str) -> dict[str, Any]:
    """What the weights depend on; what is left out, such as the image branch, leaves no trace."""
    of_method = asdict(options.of_method())
    chosen = {name: value for name, value in of_method.items() if value is not None}
    del chosen["seed"]
    chosen.pop("checkpoint_steps", None)
    return {"method": options.method, **chosen, "device": device}
