"""The file of the learned noise, which relabel writes for judging other images."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from labelfix.data.shares import WrongShare
from labelfix.noise.candidates import DoubtScale
from labelfix.noise.estimate import LearnedNoise
from labelfix.noise.evidence import Mixing
from labelfix.noise.hypotheses import NoiseModel
from labelfix.noise.mixture import Mixture
from labelfix.noise.nearness import LeastNearness
from labelfix.noise.text_view import TextView
from labelfix.runtime import atomic

ABOUT = "labelfix"
"""Metadata key of the file; holds all values that are not arrays, as JSON."""


def save_learned_noise(target: Path, learned: LearnedNoise) -> None:
    """Write it as safetensors; values that are not arrays go into the metadata as JSON."""
    model = learned.model
    arrays: dict[str, npt.NDArray[Any]] = {
        "belief": model.weights,
        "doubt_quantiles": model.scale.quantiles,
        "least_nearness": learned.least_nearness.of_class,
    }
    for number, mixture in enumerate(model.mixtures):
        arrays[f"source_weights.{number}"] = mixture.weights
        arrays[f"confusions.{number}"] = mixture.confusions
    about: dict[str, Any] = {
        "hypotheses": [
            {"slope": mixture.slope, "sharpness": mixture.sharpness} for mixture in model.mixtures
        ],
        "sharpness_if_right": model.sharpness_if_right,
        "encoder_error": model.encoder_error,
        "mixing": asdict(learned.mixing),
        "voters": learned.voters,
        "least_nearness_of_all": learned.least_nearness.of_all,
        "wrong": asdict(learned.wrong),
        "ddim_steps": learned.ddim_steps,
    }
    if learned.text is not None:
        arrays |= {
            "text.class_vectors": learned.text.vectors,
            "text.offsets": learned.text.offsets,
            "text.weights": learned.text.weights,
        }
        about["text"] = {
            "temperature": learned.text.temperature,
            "exponent": learned.text.exponent,
        }
    whole = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    with atomic.replacing(target) as temporary:
        temporary.write_bytes(save(whole, metadata={ABOUT: json.dumps(about)}))


def load_learned_noise(path: Path) -> LearnedNoise | None:
    """Read it back; None if it is missing or this version cannot read it."""
    try:
        with safe_open(path, "numpy") as file:
            about = json.loads(file.metadata()[ABOUT])
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        mixtures = [
            Mixture(
                each["slope"],
                each["sharpness"],
                arrays[f"source_weights.{number}"],
                arrays[f"confusions.{number}"],
            )
            for number, each in enumerate(about["hypotheses"])
        ]
        text = None
        if "text" in about:
            text = TextView(
                vectors=arrays["text.class_vectors"],
                offsets=arrays["text.offsets"],
                weights=arrays["text.weights"],
                **about["text"],
            )
        scale = DoubtScale(arrays["doubt_quantiles"])
        return LearnedNoise(
            NoiseModel(
                mixtures,
                arrays["belief"],
                about["sharpness_if_right"],
                scale,
                about["encoder_error"],
            ),
            Mixing(**about["mixing"]),
            about["voters"],
            LeastNearness(arrays["least_nearness"], about["least_nearness_of_all"]),
            WrongShare(**about["wrong"]),
            text,
            about["ddim_steps"],
        )
    except (OSError, ValueError, KeyError, TypeError, SafetensorError):
        return None
