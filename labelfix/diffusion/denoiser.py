"""A trained denoiser and its two files; never a pickle."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save

from labelfix.config import PAPER
from labelfix.data import atomic
from labelfix.diffusion.network import DenoiserNetwork, NetworkShape
from labelfix.diffusion.noise_schedule import cosine_schedule
from labelfix.diffusion.sampler import denoise
from labelfix.errors import WorkspaceError


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
        self, vectors: npt.NDArray[np.float32], *, steps: int, batch_size: int, device: str
    ) -> npt.NDArray[np.float32]:
        """Denoise the labels of at most `batch_size` images.

        Fewer are filled up with zeros: a matrix product's last bits depend on its shape.

        Args:
            vectors: (n, D) float32 of length 1.
            steps: of DDIM.
            batch_size: B, the shape that the network sees.
            device: `cpu` or `cuda`.

        Returns:
            (n, C) float32.
        """
        filled = torch.zeros(batch_size, self.shape.dimension)
        filled[: len(vectors)] = torch.from_numpy(vectors)
        label_0 = denoise(
            self.network.to(device),
            cosine_schedule(self.shape.timesteps).to(device),
            filled.to(device),
            self.shape.classes,
            steps,
        )
        array: npt.NDArray[np.float32] = label_0[: len(vectors)].cpu().numpy()
        return array


def save_denoiser(weights: Path, config: Path, denoiser: Denoiser) -> None:
    """Write the weights as safetensors, the rest as JSON."""
    with atomic.replacing(weights) as temporary:
        temporary.write_bytes(save(denoiser.network.cpu().state_dict()))
    atomic.write_json(
        config,
        {
            "method": PAPER,
            "network": asdict(denoiser.shape),
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
        shape = NetworkShape(**about["network"])
        network = DenoiserNetwork(shape)
        network.load_state_dict(load_file(weights))
        return Denoiser(
            network.eval(),
            shape,
            about["class_names"],
            about["embeddings_fingerprint"],
            about["encoder"],
        )
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        raise WorkspaceError(
            f"expected a denoiser in {weights} and {config}, found something else "
            f"({type(error).__name__})",
            "Run labelfix train --force to make it again.",
        ) from error
