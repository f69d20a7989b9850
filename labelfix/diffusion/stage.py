"""The train stage: the denoiser of this data set."""

from dataclasses import asdict, dataclass

from labelfix.config import TrainOptions
from labelfix.data import embeddings, joined, manifest, neighbours, records
from labelfix.data.joined import LabelledImages
from labelfix.data.manifest import Manifest
from labelfix.data.records import RowCounts
from labelfix.data.stage import Rerun, StagePlan, StageResult
from labelfix.data.workspace import Workspace
from labelfix.device import resolve_device
from labelfix.diffusion.checkpoint import Checkpoints
from labelfix.diffusion.denoiser import Denoiser, save_denoiser
from labelfix.diffusion.training import TrainingData, train_network
from labelfix.diffusion.training_log import TrainingLog
from labelfix.errors import InputError, MissingStageError
from labelfix.progress import Progress
from labelfix.retrieval.labels import retrieve_labels
from labelfix.version import __version__


def run_train(
    workspace: Workspace, options: TrainOptions, progress: Progress, rerun: Rerun
) -> StageResult:
    """Train the denoiser on the labels that each image retrieves; go on where a killed run was.

    Raises:
        MissingStageError: the neighbours are missing, or of other embeddings.
        InputError: the images that could be read are all of one class.
        WorkspaceError: frozen, and the denoiser there is of other inputs or options.
    """
    learned = labels_to_learn(workspace)
    device = resolve_device(options.device)
    resolved = {**asdict(options), "device": device}
    del resolved["checkpoint_steps"], resolved["seed"]
    plan = StagePlan(
        "train", workspace.denoiser, options=resolved, inputs=learned.inputs, seed=options.seed
    )
    result = plan.up_to_date(rerun, progress)
    if result is not None:
        return result
    labelled = learned.labelled
    if len(set(labelled.labels.tolist())) < 2:
        raise InputError(
            "expected images of at least 2 classes, found that all that could be read are of one",
            "Look at the quarantined images: labelfix embed lists them.",
        )
    embedded = embeddings.load_embeddings(workspace.embeddings)
    found = neighbours.load_neighbours(workspace.neighbours)
    data = TrainingData(
        embedded.vectors, retrieve_labels(labelled.labels, found), len(labelled.class_names)
    )
    checkpoints = Checkpoints(
        workspace.checkpoint,
        records.fingerprint([dict(plan.options), dict(plan.inputs), plan.seed, __version__]),
    )
    if rerun.force:
        checkpoints.remove()
    log = TrainingLog(workspace.training_log)
    network, shape = train_network(
        data, options, device, progress, checkpoints=checkpoints, report=log.add
    )
    denoiser = Denoiser(
        network, shape, labelled.class_names, embedded.fingerprint, embedded.encoder
    )
    save_denoiser(workspace.denoiser, workspace.denoiser_config, denoiser)
    result = plan.finish(
        [workspace.denoiser, workspace.denoiser_config],
        RowCounts(len(embedded), len(embedded)),
        device=device,
        details={"steps": options.steps_for(len(embedded)), "loss": log.last_loss},
    )
    checkpoints.remove()
    return result


@dataclass(frozen=True)
class LabelsToLearn:
    """The labels of the embedded images, and the fingerprints of all that training reads."""

    manifest: Manifest
    labelled: LabelledImages
    inputs: dict[str, str]


def labels_to_learn(workspace: Workspace) -> LabelsToLearn:
    """Join the manifest's labels to the embeddings and see that the neighbours are of them.

    Raises:
        MissingStageError: embeddings or neighbours are missing, or not of each other.
    """
    embeddings_fingerprint = embeddings.finished_record(workspace.embeddings).details["fingerprint"]
    neighbours_fingerprint = _check_neighbours(workspace, embeddings_fingerprint)
    opened = manifest.load_manifest(workspace.manifest)
    labelled = joined.join(opened, embeddings.load_image_names(workspace.embeddings))
    if (labelled.labels < 0).any():
        raise MissingStageError(
            f"the embeddings in {workspace.embeddings} are of another manifest",
            "Run labelfix embed again.",
        )
    labels = records.fingerprint([labelled.class_names, labelled.labels.tolist()])
    inputs = {
        "embeddings": embeddings_fingerprint,
        "neighbours": neighbours_fingerprint,
        "labels": labels,
    }
    return LabelsToLearn(opened, labelled, inputs)


def _check_neighbours(workspace: Workspace, embeddings_fingerprint: str) -> str:
    """The fingerprint of the neighbours, which must be of these embeddings.

    Raises:
        MissingStageError: they are missing, damaged or of other embeddings.
    """
    record = records.read_record(workspace.neighbours)
    path = workspace.neighbours
    if record is None:
        raise MissingStageError(f"no neighbours at {path}", "Run labelfix index first.")
    if record.inputs.get("embeddings") != embeddings_fingerprint:
        raise MissingStageError(
            f"{path} was made from other embeddings than are there now", "Run labelfix index again."
        )
    fingerprint = record.outputs.get(path.name, "")
    if not path.is_file() or records.fingerprint_file(path) != fingerprint:
        raise MissingStageError(f"{path} is missing or damaged", "Run labelfix index again.")
    return fingerprint
