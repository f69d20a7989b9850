"""Weights from this machine or a library's download; never pickled files, never a stand-in."""

import socket
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies

from labelfix.data import records
from labelfix.encoders.registry import EncoderName, EncoderSettings
from labelfix.errors import InputError, WeightsUnavailableError

_PICKLED = (".bin", ".ckpt", ".pkl", ".pt", ".pth")


def local_weights(weights: str) -> Path | None:
    """The safetensors file that WEIGHTS names, directly or as its folder; None for a tag.

    Raises:
        InputError: it is a file or a folder without safetensors; pickled weights are never read.
    """
    path = Path(weights).expanduser()
    if path.is_dir():
        found = sorted(path.glob("*.safetensors"))
        if len(found) == 1:
            return found[0]
        preferred = [file for file in found if file.name == "open_clip_model.safetensors"]
        if preferred:
            return preferred[0]
        raise InputError(
            f"{path}: expected one .safetensors file in the folder, found {len(found)}",
            "Name the file itself after the @.",
        )
    looks_like_file = path.suffix.lower() in (*_PICKLED, ".safetensors") or "/" in weights
    if not looks_like_file and not path.is_file():
        return None
    if not path.is_file():
        raise InputError(
            f"expected weights at {path}, found no file", "Look at the path after the @."
        )
    if path.suffix != ".safetensors":  # as the libraries tell them, in small letters
        raise InputError(
            f"{path}: expected weights as .safetensors, found {path.suffix or 'another file'}; "
            "a pickled file can run any code when it is loaded, so it was not opened",
            "Convert it with safetensors.torch.save_file.",
        )
    return path


def fingerprint(name: EncoderName, settings: EncoderSettings, library: str) -> str:
    """What a network's vectors depend on: its weights, its library and the precision.

    A tag or a model's own name stands for weights that are never changed once published.
    """
    path = local_weights(name.weights) if name.weights else None
    source: list[str] = [str(name)]
    if path is not None:
        is_folder = Path(name.weights).expanduser().is_dir()
        beside = sorted(path.parent.glob("*.json")) if is_folder else []
        source = [name.kind, name.model, *map(records.fingerprint_file, [path, *beside])]
    versions = [version(package) for package in (library, "torch", "torchvision", "pillow")]
    return records.fingerprint([source, versions, settings.precision])


def prepare_download() -> None:
    """Where the hub's name cannot be resolved, look at its cache alone instead of retrying."""
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE or getproxies():
        return  # nothing to find out, or a proxy resolves names for us
    try:
        socket.getaddrinfo(urlsplit(constants.ENDPOINT).hostname, 443)
    except OSError:
        constants.HF_HUB_OFFLINE = True


def unfit(name: EncoderName, error: Exception) -> InputError:
    """The error for a local file that is no weights, or those of another model."""
    return InputError(
        f"{name.weights}: the weights do not fit {name.model or 'their config'}: "
        f"{_first_line(error)}",
        f"Name the model that they were trained as: {name.kind}:MODEL@WEIGHTS.",
    )


def unavailable(name: EncoderName, error: Exception) -> WeightsUnavailableError:
    """The error for weights that cannot be had, with the ways out."""
    return WeightsUnavailableError(
        f"the weights of {name} could not be loaded: {_first_line(error)}",
        "Three ways out:\n"
        f"  1. a local file: --encoder {name.kind}:{name.model}@/path/to/weights.safetensors\n"
        "  2. other embeddings: --encoder timm:MODEL@weights.safetensors "
        "or --encoder precomputed:FILE.npy\n"
        "  3. no weights at all: --encoder hog",
    )


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
