"""The train stage: the denoiser of this data set."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

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
from labelfix.diffusion.cross_fit import CrossFitDenoiser, save_cross_fit
from labelfix.diffusion.cross_fitting import GivenLabels, cross_fit
from labelfix.diffusion.denoiser import Denoiser, save_denoiser
from labelfix.diffusion.training import TrainingData, train_network
from labelfix.diffusion.training_log import TrainingLog
from labelfix.embedding.embedded_images import EmbeddedImages, find_embedded_images
from labelfix.encoders.backbone import check_backbone
from labelfix.errors import InputError, MissingStageError
from labelfix.noise.transition import noise_share
from labelfix.progress import Progress
from labelfix.retrieval.labels import retrieve_labels
from labelfix.training.checkpoint import Checkpoints
from labelfix.version import __version__


def run_train(
    workspace: Workspace,
    options: TrainOptions,
    progress: Progress,
    rerun: Rerun,
    images: Path | None = None,
) -> StageResult:
    """Train the denoisers of this data set; go on where a killed run was.

    Args:
        workspace: open and locked.
        options: of the training.
        progress: is told of the work.
        rerun: what to do with denoisers that are there already.
        images: where the images for the image branch are now, if their folder has moved.

    Raises:
        MissingStageError: the neighbours are missing, or of other embeddings.
        InputError: the images that could be read are all of one class, timm has no backbone of
            the image branch's name, or the branch cannot have the images that were embedded.
        WorkspaceError: frozen, and the denoiser there is of other inputs or options.
    """
    learned = labels_to_learn(workspace)
    device = resolve_device(options.device)
    of_method = options.of_method()
    inputs = learned.inputs
    files = None
    if options.image_branch is not None:
        check_backbone(options.image_branch)
        files = find_embedded_images(workspace, learned.manifest, images)
        inputs = {**inputs, "images": files.fingerprint}
    plan = StagePlan(
        "train",
        workspace.denoiser,
        options=_recorded(options.method, of_method, device),
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
    training = _Training(workspace, learned, device, progress, checkpoints, files)
    if isinstance(of_method, DiffusionOptions):
        details = training.as_in_the_paper(of_method)
    else:
        details = training.noise_aware(of_method)
    count = len(learned.labelled.labels)
    result = plan.finish(
        [workspace.denoiser, workspace.denoiser_config],
        RowCounts(count, count),
        device=device,
        details=details,
    )
    checkpoints.remove()
    return result


def _recorded(
    method: str, options: CrossFitOptions | DiffusionOptions, device: str
) -> dict[str, Any]:
    """What the weights depend on; what is left out, such as the image branch, leaves no trace."""
    chosen = {name: value for name, value in asdict(options).items() if value is not None}
    del chosen["seed"]
    chosen.pop("checkpoint_steps", None)
    return {"method": method, **chosen, "device": device}


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
    """One training, whatever the method; with the image files where there is an image branch."""

    workspace: Workspace
    learned: LabelsToLearn
    device: str
    progress: Progress
    checkpoints: Checkpoints
    files: EmbeddedImages | None = None

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
            embedded.vectors,
            retrieve_labels(labelled.labels, found),
            len(labelled.class_names),
            self._pixels(options),
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
        details: dict[str, Any] = {
            "steps": options.steps_for(len(embedded)),
            "loss": log.last_loss,
        }
        if shape.image_branch is not None:
            details["image_size"] = shape.image_branch.image_size
        return details

    def _pixels(self, options: DiffusionOptions) -> npt.NDArray[np.uint8] | None:
        """(N, 3, S, S) the embedded images, if the image branch wants them."""
        if self.files is None:
            return None
        size = options.image_size or self.files.side()
        self.progress.begin(f"reading images at {size} px", len(self.files.names), "images")
        return self.files.pixels(size, advance=self.progress.advance)

    def _read(self) -> tuple[Embeddings, Neighbours]:
        embedded = embeddings.load_embeddings(self.workspace.embeddings)
        return embedded, neighbours.load_neighbours(self.workspace.neighbours)
