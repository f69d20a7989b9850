"""An encoder that labelfix trained on the user's images, and its file."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from labelfix.data import atomic
from labelfix.encoders import weights
from labelfix.encoders.network import DTYPES, NetworkEncoder, make_backbone
from labelfix.encoders.registry import EncoderName, EncoderSettings
from labelfix.errors import InputError
from labelfix.images.pixels import square

METADATA = "labelfix_encoder"


@dataclass(frozen=True, kw_only=True)
class TrainedEncoder:
    """What is needed to encode with a trained backbone.

    Attributes:
        backbone: its name in timm.
        image_size: side in px of its training images.
        mean, std: of red, green and blue in the images, in [0, 1], for normalising pixels.
        training: how it was made, for information.
    """

    backbone: str
    image_size: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    training: Mapping[str, Any] = field(default_factory=dict)


def save_encoder(path: Path, backbone: nn.Module, about: TrainedEncoder) -> None:
    """Write a backbone's weights and description into one safetensors file."""
    tensors = {name: value.cpu().contiguous() for name, value in backbone.state_dict().items()}
    # One entry: safetensors writes several in an order that changes between runs.
    metadata = {METADATA: json.dumps(asdict(about), sort_keys=True)}
    with atomic.replacing(path) as temporary:
        temporary.write_bytes(save(tensors, metadata=metadata))


def fingerprint(name: EncoderName, settings: EncoderSettings) -> str:
    """The fingerprint of what the vectors depend on: file, libraries and precision."""
    _file_of(name)
    return weights.fingerprint(name, settings, "timm")


def make(name: EncoderName, settings: EncoderSettings) -> NetworkEncoder:
    """The encoder for `simclr[:BACKBONE]@FILE`.

    Raises:
        InputError: labelfix did not train this file, or it has another backbone.
    """
    about, tensors = _load(_file_of(name))
    if name.model and name.model != about.backbone:
        raise InputError(
            f"--encoder {name}: expected the weights of {name.model}, found {about.backbone}",
            f"Leave the backbone out: --encoder simclr@{name.weights}.",
        )
    network = make_backbone(about.backbone, about.image_size, seed=0)
    try:
        network.load_state_dict(tensors)
    except RuntimeError as error:
        raise weights.unfit(name, error) from error
    network = network.eval().requires_grad_(False)
    network = network.to(settings.device, DTYPES[settings.precision])
    transforms = [
        lambda image: square(image, about.image_size),
        SimpleNamespace(mean=about.mean, std=about.std),
    ]
    return NetworkEncoder(network, transforms, device=settings.device, precision=settings.precision)


def _file_of(name: EncoderName) -> Path:
    path = weights.local_weights(name.weights) if name.weights else None
    if path is None:
        found = repr(name.weights) if name.weights else "nothing"
        raise InputError(
            f"--encoder {name}: expected a .safetensors file after the @, found {found}",
            "labelfix embed IMAGES --encoder simclr trains one and saves it in the workspace as "
            "encoder.safetensors.",
        )
    return path


def _load(path: Path) -> tuple[TrainedEncoder, dict[str, Tensor]]:
    """A file's description and its weights.

    Raises:
        InputError: it is damaged, or labelfix did not train it.
    """
    try:
        with safe_open(path, framework="pt") as file:
            about = json.loads((file.metadata() or {})[METADATA])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        about = {**about, "mean": tuple(about["mean"]), "std": tuple(about["std"])}
        return TrainedEncoder(**about), tensors
    except (OSError, SafetensorError, KeyError, ValueError, TypeError) as error:
        raise InputError(
            f"{path}: expected an encoder that labelfix trained, found another or a damaged file "
            f"({type(error).__name__})",
            "Weights of other networks: --encoder timm:MODEL@FILE or --encoder clip:MODEL@FILE.",
        ) from error
