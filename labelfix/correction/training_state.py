"""A workspace's inputs to training and its results: labels, rows, judge, noise."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from labelfix.correction.review_decisions import workspace_decisions
from labelfix.data import embeddings, image_labels, manifest, names, neighbours, records
from labelfix.data.audited_labels import Audits, load_audits, read_audits
from labelfix.data.class_vectors import load_class_vectors
from labelfix.data.corrections import NO_LABEL
from labelfix.data.decisions import UsedDecisions
from labelfix.data.image_labels import (
    Annotations,
    LabelledImages,
    annotations_of,
    one_row_per_image,
)
from labelfix.data.label_classes import LabelClasses, load_label_classes
from labelfix.data.manifest import Manifest
from labelfix.data.workspace import Workspace
from labelfix.embedding.embedded_images import EmbeddedImages
from labelfix.errors import MissingStageError
from labelfix.methods.method import Judge
from labelfix.methods.noise_aware.learned_noise import load_learned_noise
from labelfix.methods.registry import find_method
from labelfix.methods.rows import GivenRows, Pixels
from labelfix.noise.audits import ImageAudits
from labelfix.noise.estimate import LearnedNoise
from labelfix.options.train_options import NOISE_AWARE
from labelfix.runtime.progress import Progress


@dataclass(frozen=True)
class LabelsToLearn:
    """The labels of the embedded images, and the fingerprints of all training inputs.

    Attributes:
        manifest: with one row per image if annotators are named.
        labelled: its labels.
        annotations: every annotator's labels, if annotators are named.
        audits: audited labels of the images, decisions among them.
        images: the names of the N embedded images.
        inputs: name to fingerprint.
        classes: the class of each label, however it is written.
        given_audits: audited labels that are no decisions.
        decisions: what was decided in review; None if decisions are left out.
    """

    manifest: Manifest
    labelled: LabelledImages
    annotations: Annotations | None
    audits: Audits
    images: Sequence[str] = field(repr=False)
    inputs: dict[str, str]
    classes: LabelClasses = field(default_factory=LabelClasses)
    given_audits: Audits = field(default_factory=Audits)
    decisions: UsedDecisions | None = None

    @property
    def audit_inputs(self) -> dict[str, str]:
        """The fingerprints of audited labels and of decisions, where there are some."""
        found = {"audits": self.given_audits, "decisions": self.decided}
        return {name: audits.fingerprint for name, audits in found.items() if len(audits)}

    @property
    def decided(self) -> Audits:
        """The audits that come from decisions."""
        return Audits() if self.decisions is None else self.decisions.audits

    @property
    def image_audits(self) -> ImageAudits | None:
        """Audited labels of the embedded images; None if there are none."""
        return audits_of(self.audits, self.images, self.labelled.class_names)


def audits_of(
    audits: Audits, images: Sequence[str], class_names: Sequence[str]
) -> ImageAudits | None:
    """Audited labels of N images; None if there are none at all."""
    if not len(audits):
        return None
    return ImageAudits(audits.classes(images, class_names), audits.chances_of(images))


def labels_to_learn(
    workspace: Workspace, audited: Sequence[Path] = (), *, with_decisions: bool = False
) -> LabelsToLearn:
    """Join the manifest's labels to the embeddings, and check that the neighbours belong to them.

    Args:
        workspace: with embeddings and neighbours.
        audited: files of audited labels, beside the manifest's own column.
        with_decisions: whether the decisions of the workspace are audited labels, too. They win
            over the manifest's column, and the files over them.

    Raises:
        InputError: a file of audited labels is not usable.
        WorkspaceError: the file of decisions is not usable.
        MissingStageError: embeddings or neighbours are missing, or do not belong together.
    """
    embeddings_fingerprint = embeddings.finished_record(workspace.embeddings).details["fingerprint"]
    neighbours_fingerprint = _check_neighbours(workspace, embeddings_fingerprint)
    classes = load_label_classes(workspace.label_classes)
    opened = classes.read(manifest.load_manifest(workspace.manifest))
    images = embeddings.load_image_names(workspace.embeddings)
    class_names = manifest.class_names_of(opened.given_labels)
    annotations = annotations_of(opened, images, class_names)
    given = read_audits(opened, audited)
    decisions = workspace_decisions(workspace, images) if with_decisions else None
    audits = given
    if decisions is not None:
        of_files = read_audits(replace(opened, verified_column=None), audited)
        audits = given.updated(decisions.audits).updated(of_files)
    known = classes.knowing(audits.unknown_classes(class_names), class_names)
    opened = one_row_per_image(opened)
    labelled = image_labels.join(opened, images, class_names)
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
    return LabelsToLearn(
        opened,
        labelled,
        annotations,
        known.read_audits(audits),
        images,
        inputs,
        classes,
        known.read_audits(given),
        decisions and replace(decisions, audits=known.read_audits(decisions.audits)),
    )


def with_kept_audits(
    workspace: Workspace, learned: LabelsToLearn, *, with_decisions: bool = True
) -> LabelsToLearn:
    """The labels with all audits: those known at training, and later ones.

    Args:
        workspace: trained.
        learned: its labels.
        with_decisions: whether decisions known at training count; a stage that reads the current
            ones leaves them out, for some may have been taken back.
    """
    kept = load_audits(workspace.audits, with_decisions=with_decisions)
    return replace(
        learned,
        audits=kept.updated(learned.audits),
        given_audits=kept.updated(learned.given_audits),
    )


def say_unknown_answers(learned: LabelsToLearn, progress: Progress) -> None:
    """Report audited labels that are no class of the data set."""
    unknown = learned.audits.unknown_classes(learned.labelled.class_names)
    if unknown:
        progress.say(
            f"verified labels that no row has; their images count as showing none of the "
            f"{len(learned.labelled.class_names):,} classes: {names.listed(unknown)}"
        )


def _check_neighbours(workspace: Workspace, embeddings_fingerprint: str) -> str:
    """The fingerprint of the neighbours, which must belong to these embeddings.

    Raises:
        MissingStageError: they are missing, damaged or belong to other embeddings.
    """
    record = records.read_record(workspace.neighbours)
    path = workspace.neighbours
    if record is None:
        raise MissingStageError(f"no neighbours at {path}", "Run labelfix index first.")
    if record.inputs.get("embeddings") != embeddings_fingerprint:
        raise MissingStageError(
            f"{path} was made from other embeddings than the current ones",
            "Run labelfix index again.",
        )
    fingerprint = record.outputs.get(path.name, "")
    if not path.is_file() or records.fingerprint_file(path) != fingerprint:
        raise MissingStageError(f"{path} is missing or damaged", "Run labelfix index again.")
    return fingerprint


def check_denoiser(
    workspace: Workspace, learned: LabelsToLearn, files: EmbeddedImages | None = None
) -> str:
    """The fingerprint of the denoiser, which must belong to these labels, embeddings and images.

    Args:
        workspace: trained.
        learned: the current labels.
        files: the current images; None skips the check of images.

    Raises:
        MissingStageError: there is no such denoiser.
    """
    record = records.read_record(workspace.denoiser)
    if record is None:
        raise MissingStageError(
            f"no trained denoiser at {workspace.denoiser}", "Run labelfix train first."
        )
    images = {"images": files.fingerprint} if files else {}
    for name, value in {**learned.inputs, **images}.items():
        if record.inputs.get(name) != value:
            raise MissingStageError(
                f"{workspace.denoiser} was trained on other {name} than the current ones",
                "Run labelfix train again.",
            )
    if not records.is_whole(workspace.denoiser, record):
        raise MissingStageError(
            f"{workspace.denoiser} is missing or damaged", "Run labelfix train again."
        )
    return record.outputs[workspace.denoiser.name]


def load_judge(workspace: Workspace) -> Judge:
    """Load the judge that `train` wrote, whatever the method; its record must be checked before."""
    record = records.read_record(workspace.denoiser)
    method = record.options.get("method", NOISE_AWARE) if record else NOISE_AWARE
    return find_method(method).load(workspace.denoiser, workspace.denoiser_config)


def kept_noise(workspace: Workspace, judge: Judge, progress: Progress) -> LearnedNoise | None:
    """The noise that relabel learned and saved in the workspace, which is only read.

    None if relabel has not run yet, so the judge must learn it now, or if the method does not
    estimate noise.

    Args:
        workspace: trained.
        judge: of this workspace.
        progress: reports if the noise must be learned now.
    """
    if not judge.learns_noise:
        return None
    record = records.read_record(workspace.corrections)
    trained = records.read_record(workspace.denoiser)
    if record is not None and trained is not None:
        is_of_training = record.inputs["denoiser"] == trained.outputs[workspace.denoiser.name]
        if is_of_training and records.is_whole(workspace.corrections, record):
            kept = load_learned_noise(workspace.learned_noise)
            if kept is not None:
                return kept
    progress.say(
        f"estimating the noise of {workspace.root} for this run; labelfix relabel in it keeps it"
    )
    return None


def given_rows(
    workspace: Workspace,
    learned: LabelsToLearn,
    pixels: Pixels | None = None,
) -> GivenRows:
    """The rows of the manifest that was embedded, with their vectors and neighbours."""
    embedded = embeddings.load_embeddings(workspace.embeddings)
    quarantined = embeddings.load_quarantined(workspace.embeddings)
    reasons = [
        quarantined.get(image, "") if label.strip() else NO_LABEL
        for image, label in zip(learned.manifest.images, learned.manifest.given_labels, strict=True)
    ]
    return GivenRows(
        embedded.vectors,
        neighbours.load_neighbours(workspace.neighbours),
        learned.labelled,
        np.array(learned.manifest.given_labels, dtype=object),
        learned.labelled.class_names,
        reasons,
        learned.annotations,
        pixels,
        audits=learned.image_audits,
        answers=learned.audits.of_rows(learned.manifest.images, learned.labelled.class_names),
        class_vectors=load_class_vectors(workspace.class_vectors, learned.labelled.class_names),
    )
