"""A fitted cleaner as a folder: safetensors, Parquet and JSON, or a workspace taken over."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from labelfix.correction.training_state import (
    check_denoiser,
    given_rows,
    kept_noise,
    labels_to_learn,
    load_judge,
    with_kept_audits,
)
from labelfix.data import corrections, embeddings, records
from labelfix.data.image_labels import LabelledImages
from labelfix.data.neighbours import Neighbours
from labelfix.data.workspace import MARKER, existing_workspace
from labelfix.embedding.several_encoders import dimensions_of
from labelfix.errors import InputError, MissingStageError, OutputError, WorkspaceError
from labelfix.library.array_fit import ArrayFit
from labelfix.library.correction_files import load_label_corrections, save_label_corrections
from labelfix.library.results import LabelCorrections
from labelfix.methods.method import Origin
from labelfix.methods.noise_aware.learned_noise import load_learned_noise, save_learned_noise
from labelfix.methods.registry import find_method
from labelfix.methods.rows import GivenRows
from labelfix.noise.audits import ImageAudits
from labelfix.options.index_options import IndexOptions
from labelfix.options.train_options import TrainOptions
from labelfix.runtime import atomic
from labelfix.runtime.progress import Silent

FORMAT = 1
"""Raised when the files change so that an older labelfix would misread them."""
ABOUT = "cleaner.json"


class _Cleaner(Protocol):
    """What of a `LabelCleaner` is written."""

    corrections_: LabelCorrections

    def get_params(self) -> dict[str, Any]: ...


@dataclass(frozen=True)
class LoadedCleaner:
    """What a folder holds: parameters, training, corrections and the columns' names."""

    parameters: dict[str, Any]
    fit: ArrayFit
    corrections: LabelCorrections
    feature_names: list[str] | None


def save_cleaner(folder: Path, cleaner: _Cleaner, fit: ArrayFit) -> None:
    """Write a fitted cleaner; the file that names the others comes last.

    Raises:
        OutputError: the folder holds something else, or cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        about = folder / ABOUT
        if not about.exists() and any(folder.iterdir()):
            raise OutputError(
                f"expected an empty folder or a saved LabelCleaner at {folder}, found other files",
                "Name a new folder.",
            )
        about.unlink(missing_ok=True)
        class_names = fit.rows.labelled.class_names
        fit.judge.save(
            folder / "denoiser.safetensors", folder / "denoiser.json", Origin(class_names)
        )
        (folder / "learned_noise.safetensors").unlink(missing_ok=True)
        if fit.learned is not None:
            save_learned_noise(folder / "learned_noise.safetensors", fit.learned)
        with atomic.replacing(folder / "rows.safetensors") as temporary:
            temporary.write_bytes(save(_arrays(fit, cleaner.corrections_)))
        save_label_corrections(folder / "corrections.parquet", cleaner.corrections_)
        atomic.write_json(about, _about(cleaner, fit))
    except OSError as error:
        raise OutputError(
            f"{folder} cannot be written: {error.strerror or error}", "Name another folder."
        ) from error


def load_cleaner(folder: Path) -> LoadedCleaner:
    """Read a fitted cleaner, or take over a trained workspace.

    Raises:
        MissingStageError: there is neither, or the workspace is not trained.
        WorkspaceError: a file is damaged or of another version.
    """
    if (folder / MARKER).is_file():
        return _of_workspace(folder)
    if not (folder / ABOUT).is_file():
        raise MissingStageError(
            f"expected a saved LabelCleaner or a workspace at {folder}, found neither",
            "LabelCleaner(...).fit(X, y).save(folder) makes one.",
        )
    try:
        about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
        if about["format"] != FORMAT:
            raise WorkspaceError(
                f"{folder / ABOUT} is of format {about['format']}; this labelfix reads {FORMAT}",
                "Fit and save the cleaner again.",
            )
        with safe_open(folder / "rows.safetensors", "numpy") as file:
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        return _read(folder, about, arrays)
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise WorkspaceError(
            f"expected a saved LabelCleaner in {folder}, found damaged files "
            f"({type(error).__name__}: {error})",
            "Fit and save the cleaner again.",
        ) from error


def _about(cleaner: _Cleaner, fit: ArrayFit) -> dict[str, Any]:
    """All that is no array, as JSON values; who listens to the work is not kept."""
    parameters = cleaner.get_params()
    train = parameters["train"]
    parameters |= {"train": None if train is None else asdict(train), "progress": None}
    names = getattr(cleaner, "feature_names_in_", None)
    return {
        "format": FORMAT,
        "parameters": parameters,
        "class_values": list(fit.rows.class_values),
        "index": asdict(fit.index),
        "dimensions": list(fit.dimensions),
        "reasons": list(fit.rows.reasons),
        "feature_names": None if names is None else names.tolist(),
    }


def _arrays(fit: ArrayFit, corrected: LabelCorrections) -> dict[str, npt.NDArray[Any]]:
    rows = fit.rows
    arrays: dict[str, npt.NDArray[Any]] = {
        "vectors": rows.vectors,
        "neighbours": rows.neighbours.indices,
        "similarities": rows.neighbours.similarities,
        "labels": rows.labelled.labels,
        "row_images": rows.labelled.row_images,
        "row_labels": rows.labelled.row_labels,
    }
    if rows.audits is not None:
        arrays |= {"audited": rows.audits.classes, "audit_chances": rows.audits.chances}
    if corrected.noise_matrix is not None:
        arrays["noise_matrix"] = corrected.noise_matrix.transition
    return {name: np.ascontiguousarray(array) for name, array in arrays.items()}


def _read(
    folder: Path, about: dict[str, Any], arrays: dict[str, npt.NDArray[Any]]
) -> LoadedCleaner:
    parameters = about["parameters"]
    if parameters["train"] is not None:
        parameters["train"] = TrainOptions(**parameters["train"])
    class_values = about["class_values"]
    corrected = load_label_corrections(folder / "corrections.parquet")
    judge = find_method(parameters["method"]).load(
        folder / "denoiser.safetensors", folder / "denoiser.json"
    )
    audits = None
    if "audited" in arrays:
        audits = ImageAudits(arrays["audited"], arrays["audit_chances"])
    names = [str(value) for value in class_values]
    labelled = LabelledImages(
        class_names=names,
        labels=arrays["labels"],
        row_images=arrays["row_images"],
        row_labels=arrays["row_labels"],
    )
    rows = GivenRows(
        vectors=arrays["vectors"],
        neighbours=Neighbours(arrays["neighbours"], arrays["similarities"]),
        labelled=labelled,
        labels=corrected.given_label,
        class_values=class_values,
        reasons=about["reasons"],
        audits=audits,
    )
    learned = load_learned_noise(folder / "learned_noise.safetensors")
    if judge.learns_noise and learned is None:
        raise ValueError("learned_noise.safetensors is missing or of another version")
    fit = ArrayFit(
        rows=rows,
        judge=judge,
        learned=learned,
        index=IndexOptions(**about["index"]),
        dimensions=tuple(about["dimensions"]),
    )
    corrected = LabelCorrections.of(corrected, class_values, arrays.get("noise_matrix"))
    return LoadedCleaner(parameters, fit, corrected, about["feature_names"])


def _of_workspace(folder: Path) -> LoadedCleaner:
    """What `labelfix run` has learned of embedded images.

    Raises:
        InputError: its denoiser sees images, which arrays of embeddings do not hold.
        MissingStageError: a stage was not run.
    """
    workspace = existing_workspace(folder)
    learned = with_kept_audits(workspace, labels_to_learn(workspace))
    check_denoiser(workspace, learned)
    judge = load_judge(workspace)
    if judge.image_size is not None:
        raise InputError(
            f"{folder}: expected a denoiser of embeddings alone, found one with an image branch",
            "labelfix relabel --images judges new images by it.",
        )
    rows = given_rows(workspace, learned)
    noise = kept_noise(workspace, judge, Silent())
    if records.read_record(workspace.corrections) is None or (judge.learns_noise and not noise):
        raise MissingStageError(
            f"no corrections in {folder} that fit its denoiser", "Run labelfix relabel first."
        )
    index = records.read_record(workspace.neighbours)
    assert index is not None  # noqa: S101 - labels_to_learn has read it
    embedded = embeddings.finished_record(workspace.embeddings)
    trained = records.read_record(workspace.denoiser)
    method = trained.options["method"] if trained else TrainOptions.method
    fit = ArrayFit(
        rows=rows,
        judge=judge,
        learned=noise,
        index=IndexOptions(engine=index.details["engine"], neighbours=index.options["neighbours"]),
        dimensions=tuple(dimensions_of(embedded)),
    )
    written = corrections.load_noise(workspace.corrections)
    corrected = LabelCorrections.of(
        corrections.load_corrections(workspace.corrections),
        [] if written is None else written["class_names"],
        None if written is None else np.array(written["noise_transition"]),
    )
    return LoadedCleaner({"method": method}, fit, corrected, None)
