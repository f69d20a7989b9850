"""The denoisers of all folds with what their training found out about the noise; their files."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save

from labelfix.config import NOISE_AWARE
from labelfix.data import atomic
from labelfix.errors import WorkspaceError
from labelfix.methods.noise_aware.label_denoiser import LabelDenoiser
from labelfix.training.checkpoint import below


@dataclass(frozen=True)
class CrossFit:
    """One denoiser for each of F folds of N images, trained on the images of the other folds.

    Attributes:
        networks: F denoisers, trained under `transition`.
        folds: (N,) int64, the fold of each image; network f judges the images of fold f.
        transition: (C, C) float64, [true, given], the noise that they were trained to allow for.
        steps: of DDIM in which they are read.
        effective_views: how many views like the best one the encoders' views are worth.
    """

    networks: Sequence[LabelDenoiser] = field(repr=False)
    folds: npt.NDArray[np.int64] = field(repr=False)
    transition: npt.NDArray[np.float64] = field(repr=False)
    steps: int = 1
    effective_views: float = 1.0


@dataclass(frozen=True)
class CrossFitDenoiser:
    """A cross-fit with its class names and the embeddings that it was trained on."""

    fit: CrossFit
    class_names: list[str]
    embeddings_fingerprint: str = ""
    encoder: str = ""


def save_cross_fit(weights: Path, config: Path, denoiser: CrossFitDenoiser) -> None:
    """Write weights, folds and matrices as safetensors, the rest as JSON."""
    fit = denoiser.fit
    tensors = {
        "folds": torch.from_numpy(fit.folds),
        "transition": torch.from_numpy(fit.transition),
    }
    for fold, network in enumerate(fit.networks):
        state = network.cpu().state_dict()
        tensors |= {f"fold{fold}.{name}": tensor for name, tensor in state.items()}
    with atomic.replacing(weights) as temporary:
        temporary.write_bytes(save({name: each.contiguous() for name, each in tensors.items()}))
    atomic.write_json(
        config,
        {
            "method": NOISE_AWARE,
            "folds": len(fit.networks),
            "ddim_steps": fit.steps,
            "effective_views": fit.effective_views,
            "class_names": denoiser.class_names,
            "embeddings_fingerprint": denoiser.embeddings_fingerprint,
            "encoder": denoiser.encoder,
        },
    )


def load_cross_fit(weights: Path, config: Path) -> CrossFitDenoiser:
    """Read a cross-fit back.

    Raises:
        WorkspaceError: the files are damaged, of another method, or no safetensors.
    """
    try:
        about = json.loads(config.read_text(encoding="utf-8"))
        tensors = load_file(weights)
        networks = []
        for fold in range(about["folds"]):
            state = below(f"fold{fold}", tensors)
            width, dimension = state["hidden.weight"].shape
            network = LabelDenoiser(dimension, width, len(about["class_names"]))
            network.load_state_dict(state)
            networks.append(network.eval())
        folds = tensors["folds"].numpy()
        if len(networks) <= folds.max(initial=0):
            raise ValueError("there are fewer denoisers than folds")
        fit = CrossFit(
            networks,
            folds,
            tensors["transition"].numpy(),
            about["ddim_steps"],
            about.get("effective_views", 1.0),
        )
        return CrossFitDenoiser(
            fit, about["class_names"], about["embeddings_fingerprint"], about["encoder"]
        )
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        raise WorkspaceError(
            f"expected the denoisers of a noise-aware training in {weights} and {config}, found "
            f"something else ({type(error).__name__})",
            "Run labelfix train --force to make them again.",
        ) from error
