"""The train stage: the denoiser of this data set."""

from dataclasses import asdict, dataclass
from typing import Any

from labelfix.config import CrossFitOptions, DiffusionOptions, TrainOptions
from labelfix.data import embeddings, joined, manifest, neighbours, records
from labelfix.data.annotations import Annotations, annotations_of, one_row_per_image
from labelfix.data.embeddings import Embeddings
from labelfix.data.joined import LabelledImages
from labelfix.data.manifest import Manifest
from labelfix.data.neighbours import Neighbours
from labelfix.data.records import RowCounts
from labelfix.data.stage import Rerun, StagePlan, StageResult
from labelfix.data.workspace import Workspace
from labelfix.device import resolve_device
from labelfix.diffusion.checkpoint import Checkpoints
from labelfix.diffusion.cross_fit import CrossFitDenoiser, save_cross_fit
from labelfix.diffusion.cross_fitting import GivenLabels, cross_fit
from labelfix.diffusion.denoiser import Denoiser, save_denoiser
from labelfix.diffusion.training import TrainingData, train_network
from labelfix.diffusion.training_log import TrainingLog
from labelfix.errors import InputError, MissingStageError
from labelfix.noise.transition import noise_share
from labelfix.progress import Progress
from labelfix.retrieval.labels import retrieve_labels
from labelfix.version import __version__


def run_train(
    workspace: Workspace, options: TrainOptions, progress: Progress, rerun: Rerun
) -> StageResult:
    """Train the denoisers of this data set; go on where a killed run was.

    Raises:
        MissingStageError: the neighbours are missing, or of other embeddings.
        InputError: the images that could be read are all of one class.
        WorkspaceError: frozen, and the denoiser there is of other inputs or options.
    """
    learned = labels_to_learn(workspace)
    device = resolve_device(options.device)
    of_method = options.of_method()
    resolved = {"method": options.method, **asdict(of_method), "device": device}
    del resolved["seed"]
    resolved.pop("checkpoint_steps", None)
    plan = StagePlan(
        "train", workspace.denoiser, options=resolved, inputs=learned.inputs, seed=options.seed
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
    training = _Training(workspace, learned, device, progress, checkpoints)
    if isinstance(of_method, DiffusionOptions):
        details = training.as_in_the_paper(of_method)
    else:
        details = training.noise_aware(of_method)
    images = len(learned.labelled.labels)
    result = plan.finish(
        [workspace.denoiser, workspace.denoiser_config],
        RowCounts(images, images),
        device=device,
        details=details,
    )
    checkpoints.remove()
    return result


@dataclass(frozen=True)
class LabelsToLearn:
    """The labels of the embedded images, and the fingerprints of all that training reads.

    Attributes:
        manifest: with one row for each image where annotators are named.
        labelled: its labels.
        annotations: every annotator's labels, where annotators are named.
        inputs: name to fingerprint.
    """

    manifest: Manifest
    labelled: LabelledImages
    annotations: Annotations | None
    inputs: dict[str, str]


def labels_to_learn(workspace: Workspace) -> LabelsToLearn:
    """Join the manifest's labels to the embeddings and see that the neighbours are of them.

    Raises:
        MissingStageError: embeddings or neighbours are missing, or not of each other.
    """
    embeddings_fingerprint = embeddings.finished_record(workspace.embeddings).details["fingerprint"]
    neighbours_fingerprint = _check_neighbours(workspace, embeddings_fingerprint)
    opened = manifest.load_manifest(workspace.manifest)
    images = embeddings.load_image_names(workspace.embeddings)
    class_names = manifest.class_names_of(opened.given_labels)
    annotations = annotations_of(opened, images, class_names)
    opened = one_row_per_image(opened)
    labelled = joined.join(opened, images, class_names)
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
    return LabelsToLearn(opened, labelled, annotations, inputs)


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


@dataclass(frozen=True)
class _Training:
    """One training, whatever the method."""

    workspace: Workspace
    learned: LabelsToLearn
    device: str
    progress: Progress
    checkpoints: Checkpoints

    def noise_aware(self, options: CrossFitOptions) -> dict[str, Any]:
        """Train the denoisers of all folds; gives back what the record tells of them."""
        embedded, found = self._read()
        labelled = self.learned.labelled
        log = TrainingLog(self.workspace.training_log)
        fit = cross_fit(
            GivenLabels(embedded.vectors, labelled.labels, found, len(labelled.class_names)),
            options,
            self.device,
            self.progress,
            checkpoints=self.checkpoints,
            report=log.add,
        )
        denoiser = CrossFitDenoiser(
            fit, labelled.class_names, embedded.fingerprint, embedded.encoder
        )
        save_cross_fit(self.workspace.denoiser, self.workspace.denoiser_config, denoiser)
        return {
            "folds": len(fit.networks),
            "confident_joint_noise": round(noise_share(fit.confident_joint), 6),
            "believed_noise": round(noise_share(fit.transition), 6),
        }

    def as_in_the_paper(self, options: DiffusionOptions) -> dict[str, Any]:
        """Train one denoiser on retrieved labels; gives back what the record tells of it."""
        embedded, found = self._read()
        labelled = self.learned.labelled
        data = TrainingData(
            embedded.vectors, retrieve_labels(labelled.labels, found), len(labelled.class_names)
        )
        log = TrainingLog(self.workspace.training_log)
        network, shape = train_network(
            data,
            options,
            self.device,
            self.progress,
            checkpoints=self.checkpoints,
            report=log.add,
        )
        denoiser = Denoiser(
            network, shape, labelled.class_names, embedded.fingerprint, embedded.encoder
        )
        save_denoiser(self.workspace.denoiser, self.workspace.denoiser_config, denoiser)
        return {"steps": options.steps_for(len(embedded)), "loss": log.last_loss}

    def _read(self) -> tuple[Embeddings, Neighbours]:
        embedded = embeddings.load_embeddings(self.workspace.embeddings)
        return embedded, neighbours.load_neighbours(self.workspace.neighbours)
