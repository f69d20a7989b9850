"""What relabel has learned of the noise, kept for the judging of other images."""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from labelfix.data import atomic
from labelfix.noise.estimate import LearnedNoise, WrongShare
from labelfix.noise.evidence import Mixing
from labelfix.noise.model import NoiseModel, NoiseModels
from labelfix.noise.nearness import LeastNearness

ABOUT = "labelfix"
"""The key of the file's metadata under which all that is no array stands, as JSON."""


def save_learned_noise(target: Path, learned: LearnedNoise) -> None:
    """Write it as safetensors; numbers that are no arrays are JSON in the file's metadata."""
    models = learned.models._asdict()
    arrays = {name: np.ascontiguousarray(model.transition) for name, model in models.items()}
    about = {
        "models": {name: _numbers(model) for name, model in models.items()},
        "mixing": asdict(learned.mixing),
        "voters": learned.voters,
        "least_nearness_of_all": learned.least_nearness.of_all,
        "wrong": asdict(learned.wrong),
    }
    arrays["least_nearness"] = learned.least_nearness.of_class
    with atomic.replacing(target) as temporary:
        temporary.write_bytes(save(arrays, metadata={ABOUT: json.dumps(about)}))


def load_learned_noise(path: Path) -> LearnedNoise | None:
    """Read it back; None where there is none, or none that this version can read."""
    try:
        with safe_open(path, "numpy") as file:
            about = json.loads(file.metadata()[ABOUT])
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        models = (NoiseModel(arrays[name], **about["models"][name]) for name in NoiseModels._fields)
        return LearnedNoise(
            NoiseModels(*models),
            Mixing(**about["mixing"]),
            about["voters"],
            LeastNearness(arrays["least_nearness"], about["least_nearness_of_all"]),
            WrongShare(**about["wrong"]),
        )
    except (OSError, ValueError, KeyError, TypeError, SafetensorError):
        return None


def _numbers(model: NoiseModel) -> dict[str, float]:
    return {"exponent": model.exponent, "offset": model.offset, "weight": model.weight}
