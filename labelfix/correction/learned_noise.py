"""What relabel has learned of the noise, kept for the judging of other images."""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from labelfix.correction.given_rows import GivenRows
from labelfix.correction.noise_aware import weigh_posteriors
from labelfix.data import atomic, records
from labelfix.data.workspace import Workspace
from labelfix.diffusion.cross_fit import CrossFit
from labelfix.noise.estimate import LearnedNoise, WrongShare
from labelfix.noise.evidence import Mixing
from labelfix.noise.model import NoiseModel, NoiseModels
from labelfix.noise.nearness import LeastNearness
from labelfix.progress import Progress

ABOUT = "labelfix"
"""The key of the file's metadata under which all that is no array stands, as JSON."""


def learned_noise(
    workspace: Workspace, rows: GivenRows, fit: CrossFit, device: str, progress: Progress
) -> LearnedNoise:
    """What relabel has learned of a workspace's noise; learned now where it was not yet.

    The workspace is only read.

    Args:
        workspace: trained.
        rows: those that training has seen.
        fit: trained on these.
        device: `cpu` or `cuda`.
        progress: is told of the work.
    """
    record = records.read_record(workspace.corrections)
    trained = records.read_record(workspace.denoiser)
    if record is not None and trained is not None:
        is_of_training = record.inputs["denoiser"] == trained.outputs[workspace.denoiser.name]
        if is_of_training and records.is_whole(workspace.corrections, record):
            kept = load_learned_noise(workspace.learned_noise)
            if kept is not None:
                return kept
    progress.say(
        f"learning the noise of {workspace.root} now; labelfix relabel in it would have kept it"
    )
    return weigh_posteriors(rows, fit, device, progress)[1].learned


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
