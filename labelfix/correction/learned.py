"""What a workspace has learned, as files, and the rows that it learned from."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from labelfix.config import PAPER
from labelfix.correction.given_rows import GivenRows
from labelfix.data import embeddings, neighbours, records
from labelfix.data.corrections import NO_LABEL
from labelfix.data.workspace import Workspace
from labelfix.diffusion.cross_fit import CrossFit, load_cross_fit
from labelfix.diffusion.denoiser import Denoiser, load_denoiser
from labelfix.diffusion.stage import LabelsToLearn
from labelfix.embedding.embedded_images import EmbeddedImages
from labelfix.errors import MissingStageError


def check_denoiser(
    workspace: Workspace, learned: LabelsToLearn, files: EmbeddedImages | None = None
) -> str:
    """The fingerprint of the denoiser, which must be of these labels, embeddings and images.

    Args:
        workspace: with a training.
        learned: the labels that are there now.
        files: the images that are there now; None where they are not to be looked at.

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
                f"{workspace.denoiser} was trained on other {name} than are there now",
                "Run labelfix train again.",
            )
    if not records.is_whole(workspace.denoiser, record):
        raise MissingStageError(
            f"{workspace.denoiser} is missing or damaged", "Run labelfix train again."
        )
    return record.outputs[workspace.denoiser.name]


def load_trained(workspace: Workspace) -> CrossFit | Denoiser:
    """What `train` has written, whatever the method; its record was checked before."""
    record = records.read_record(workspace.denoiser)
    if record is not None and record.options.get("method") == PAPER:
        return load_denoiser(workspace.denoiser, workspace.denoiser_config)
    return load_cross_fit(workspace.denoiser, workspace.denoiser_config).fit


def given_rows(
    workspace: Workspace,
    learned: LabelsToLearn,
    pixels: Callable[[npt.NDArray[np.int64]], npt.NDArray[np.uint8]] | None = None,
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
    )
