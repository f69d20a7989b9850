"""A trained denoiser and its two files; never a pickle."""

import json
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save

from labelfix.config import PAPER
from labelfix.data import atomic
from labelfix.errors import InputError, WorkspaceError
from labelfix.methods.noise_schedule import check_steps, cosine_schedule
from labelfix.methods.paper.denoiser_network import (
    DenoiserNetwork,
    NetworkShape,
    PredictNoise,
    denoise,
)
from labelfix.methods.paper.image_branch import ImageBranchShape


@dataclass(frozen=True)
class Denoiser:
    """A network with the shape that built it and what it was trained on.

    Attributes:
        network: in evaluation mode.
        shape: what built it.
        class_names: C labels, in the order of the network's outputs.
        embeddings_fingerprint: of the embeddings that it was trained on.
        encoder: the encoder that made them.
    """

    network: DenoiserNetwork = field(repr=False)
    shape: NetworkShape
    class_names: list[str]
    embeddings_fingerprint: str = ""
    encoder: str = ""

    def label_0(
        self,
        vectors: npt.NDArray[np.float32],
        pixels: npt.NDArray[np.uint8] | None = None,
        *,
        steps: int,
        batch_size: int,
        device: str,
    ) -> npt.NDArray[np.float32]:
        """Denoise the labels of at most `batch_size` images.

        Fewer are filled up with zeros: a matrix product's last bits depend on its shape.

        Args:
            vectors: (n, D) float32 of length 1.
            pixels: (n, 3, S, S) uint8 of the same images; None without an image branch.
            steps: of DDIM.
            batch_size: B, the shape that the network sees.
            device: `cpu` or `cuda`.

        Returns:
            (n, C) float32.

        Raises:
            InputError: pixels are missing, or not wanted, or of another number or size, or there
                are more steps than timesteps.
        """
        check_steps(steps, self.shape.timesteps)
        self._check_pixels(pixels, len(vectors))
        network: PredictNoise = self.network.to(device)
        if pixels is not None and (branch := self.network.image_branch) is not None:
            seen = torch.zeros(batch_size, branch.features, device=device)
            seen[: len(pixels)] = branch.features_of(pixels, device)
            network = partial(self.network, seen=seen)
        filled = torch.zeros(batch_size, self.shape.dimension)
        filled[: len(vectors)] = torch.from_numpy(vectors)
        label_0 = denoise(
            network,
            cosine_schedule(self.shape.timesteps).to(device),
            filled.to(device),
            self.shape.classes,
            steps,
        )
        array: npt.NDArray[np.float32] = label_0[: len(vectors)].cpu().numpy()
        return array

    def _check_pixels(self, pixels: npt.NDArray[np.uint8] | None, count: int) -> None:
        branch = self.shape.image_branch
        wanted = (count, 3, branch.image_size, branch.image_size) if branch else None
        found = None if pixels is None else pixels.shape
        if found != wanted:
            raise InputError(f"expected pixels of shape {wanted} for the denoiser, found {found}")


def save_denoiser(weights: Path, config: Path, denoiser: Denoiser) -> None:
    """Write the weights as safetensors, the rest as JSON."""
    with atomic.replacing(weights) as temporary:
        temporary.write_bytes(save(denoiser.network.cpu().state_dict()))
    atomic.write_json(
        config,
        {
            "method": PAPER,
            "network": _shape_as_json(denoiser.shape),
            "class_names": denoiser.class_names,
            "embeddings_fingerprint": denoiser.embeddings_fingerprint,
            "encoder": denoiser.encoder,
        },
    )


def load_denoiser(weights: Path, config: Path) -> Denoiser:
    """Read a denoiser back.

    Raises:
        WorkspaceError: the files are damaged, of each other's versions, or no safetensors.
    """
    try:
        about = json.loads(config.read_text(encoding="utf-8"))
        shape = _shape_from_json(about["network"])
        network = DenoiserNetwork(shape)
        network.load_state_dict(load_file(weights))
        return Denoiser(
            network.eval(),
            shape,
            about["class_names"],
            about["embeddings_fingerprint"],
            about["encoder"],
        )
    # An InputError is of a backbone that cannot be built.
    except (
        OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError, InputError
    ) as error:  # fmt: skip
        raise WorkspaceError(
            f"expected a denoiser in {weights} and {config}, found something else "
            f"({type(error).__name__})",
            "Run labelfix train --force to make it again.",
        ) from error


def _shape_as_json(shape: NetworkShape) -> dict[str, Any]:
    """The shape as an object; what the network does not have is left out."""
    about = {name: value for name, value in asdict(shape).items() if value is not None}
    if "image_branch" in about:
        branch = about["image_branch"].items()
        about["image_branch"] = {name: value for name, value in branch if value is not None}
    return about


def _shape_from_json(about: dict[str, Any]) -> NetworkShape:
    parts = {**about}
    if "image_branch" in parts:
        branch: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in dict(parts["image_branch"]).items()
        }
        parts["image_branch"] = ImageBranchShape(**branch)
    return NetworkShape(**parts)
