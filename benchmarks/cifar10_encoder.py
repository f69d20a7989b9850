"""SimCLR on the training images without their labels, and the embeddings of all images."""

import json
import statistics
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from cifar10_data import load_pixels, pixel_files, true_labels
from cifar10_neighbours import NEIGHBOURS, majority, nearest_to
from embedding_parts import join, split
from resumable import MadeFrom, TimedCheckpoints, Workplace

from labelfix.data import records
from labelfix.data.embeddings import unit_length
from labelfix.encoders import simclr
from labelfix.encoders.network import NetworkEncoder
from labelfix.encoders.registry import EncoderName, EncoderSettings
from labelfix.images.pixels import Pixels
from labelfix.options.simclr_options import SimclrOptions
from labelfix.runtime.device import resolve_precision
from labelfix.simclr.epoch_reports import SimclrLog, agreement_with
from labelfix.simclr.stage import NOT_OF_THE_RESULT
from labelfix.simclr.training import train_encoder

IMAGES_AT_ONCE = 1000
CODE = ("runtime", "images", "encoders", "simclr", "options")

Vectors = npt.NDArray[np.float32]


def run_simclr(place: Workplace, data: Path, images: int | None, options: SimclrOptions) -> None:
    """The stage that trains the encoder; true labels are shown beside it and decide nothing."""
    precision = resolve_precision(options.precision, place.device)
    options = replace(options, device=place.device, precision=precision)
    source, _ = pixel_files(place.out)
    pixels = load_pixels(source)
    weights = place.out / "encoder.safetensors"

    def make(checkpoints: TimedCheckpoints) -> tuple[dict[str, Any], list[Path]]:
        names = [str(number) for number in range(len(pixels))]
        truth, _ = true_labels(data, images)
        log = SimclrLog(place.results / "simclr.jsonl")
        place.results.mkdir(exist_ok=True)
        backbone, about = train_encoder(
            Pixels(images=names, values=pixels),
            options,
            place.progress,
            checkpoints=checkpoints,
            agreement=agreement_with(dict(zip(names, map(str, truth), strict=True))),
            report=log.add,
        )
        simclr.save_encoder(weights, backbone, about)
        return {**about.training, **rates(log.path)}, [weights]

    chosen = {
        name: value for name, value in asdict(options).items() if name not in NOT_OF_THE_RESULT
    }
    inputs = {"pixels": records.fingerprint_file(source)}
    place.run("simclr", MadeFrom(chosen, inputs, CODE, len(pixels)), make)


def rates(log: Path) -> dict[str, Any]:
    """Of a log of epochs: image views a second, the first epoch as a warm-up, and the last loss."""
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    after_warm_up = lines[1:] or lines
    return {
        "epochs": lines[-1]["epoch"],
        "loss": lines[-1]["loss"],
        "views_per_s": round(
            2 * statistics.median(line["images_per_s"] for line in after_warm_up), 1
        ),
        "epochs_of_warm_up": len(lines) - len(after_warm_up),
        "true_label_agreement_in_training": [
            [line["epoch"], line["agreement"]] for line in lines if line["agreement"] is not None
        ],
    }


def run_embeddings(place: Workplace, data: Path, images: int | None, width: int) -> None:
    """The stage that embeds all images, and holds them against the truth."""
    weights = place.out / "encoder.safetensors"
    files = pixel_files(place.out)
    place.figures("simclr")

    def make(_: TimedCheckpoints) -> tuple[dict[str, Any], list[Path]]:
        settings = EncoderSettings(place.device, "float32")  # exact, and quick enough
        encoder = simclr.make(EncoderName("simclr", "", str(weights)), settings)
        train, test = (_features(encoder, load_pixels(file)) for file in files)
        projection = fit_projection(train, width)
        parts, projected = {}, {}
        place.results.mkdir(exist_ok=True)
        for name, features in (("train", train), ("test", test)):
            projected[name] = projection.apply(features).astype(np.float16)
            parts[name] = split(projected[name], place.results, name)
        truth = true_labels(data, images)
        saved = tuple(unit_length(vectors)[0] for vectors in projected.values())
        figures = {
            "neighbours": NEIGHBOURS,
            "test_accuracy_by_neighbours": _accuracy((train, test), truth, place.device),
            "test_accuracy_by_neighbours_as_saved": _accuracy(saved, truth, place.device),
            "features": train.shape[1],
            "width": projected["train"].shape[1],
            "parts": {name: [part.name for part in paths] for name, paths in parts.items()},
        }
        return figures, [*parts["train"], *parts["test"]]

    inputs = {
        "encoder": records.fingerprint_file(weights),
        "train": records.fingerprint_file(files[0]),
        "test": records.fingerprint_file(files[1]),
    }
    place.run("embeddings", MadeFrom({"width": width}, inputs, CODE), make)


def load_embeddings(place: Workplace) -> tuple[Vectors, Vectors]:
    """Those of the training and of the test images as they were saved, of length 1."""
    parts = place.figures("embeddings")["parts"]
    train, test = (
        join([place.results / part for part in parts[name]]) for name in ("train", "test")
    )
    return unit_length(train)[0], unit_length(test)[0]


class Projection:
    """Principal components; what is projected has length 1 before and after.

    Args:
        mean: (D,).
        components: (D, P), orthonormal columns.
    """

    def __init__(self, mean: npt.NDArray[np.float64], components: npt.NDArray[np.float64]) -> None:
        self.mean, self.components = mean, components

    def apply(self, features: Vectors) -> Vectors:
        """(N, D) of length 1 to (N, P) of length 1."""
        return unit_length((features - self.mean) @ self.components)[0]


def fit_projection(features: Vectors, width: int) -> Projection:
    """The directions in which (N, D) features vary most, at most D of them."""
    mean = features.mean(axis=0, dtype=np.float64)
    centred = features - mean
    _, directions = np.linalg.eigh(centred.T @ centred)  # the least variance first
    components = directions[:, ::-1][:, :width]
    # A direction and its opposite are as good: the largest entry decides.
    largest = np.abs(components).argmax(axis=0)
    return Projection(mean, components * np.sign(components[largest, range(components.shape[1])]))


def _features(encoder: NetworkEncoder, pixels: npt.NDArray[np.uint8]) -> Vectors:
    """(N, 3, S, S) uint8 to (N, D) of length 1."""
    found = [
        encoder.encode(
            np.ascontiguousarray(pixels[start : start + IMAGES_AT_ONCE].transpose(0, 2, 3, 1))
        )
        for start in range(0, len(pixels), IMAGES_AT_ONCE)
    ]
    return unit_length(np.concatenate(found))[0]


def _accuracy(
    vectors: tuple[Vectors, ...], truth: tuple[npt.NDArray[np.int64], ...], device: str
) -> float:
    """The share of test images whose neighbours in training mostly have their true label."""
    (train, test), (train_true, test_true) = vectors, truth
    labels = train_true[nearest_to(test, train, device).indices]
    return round(float(np.mean(majority(labels, int(train_true.max()) + 1) == test_true)), 4)
