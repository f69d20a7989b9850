"""Weights from a local file or a library's download; never pickled, never replaced by others."""

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
    """The safetensors file that WEIGHTS names, directly or by its folder; None for a tag.

    Raises:
        InputError: a file or folder without safetensors; pickled weights are never read.
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
            f"expected weights at {path}, found no file", "Check the path after the @."
        )
    if path.suffix != ".safetensors":  # the libraries recognise it in lower case only
        raise InputError(
            f"{path}: expected weights as .safetensors, found {path.suffix or 'another file'}; "
            "a pickled file can run any code when it is loaded, so it was not opened",
            "Convert it with safetensors.torch.save_file.",
        )
    return path


def fingerprint(name: EncoderName, settings: EncoderSettings, library: str) -> str:
    """The fingerprint of what a network's vectors depend on: weights, library and precision.

    A tag or a model name stands for published weights, which never change.
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
    """If the hub's name cannot be resolved, use its cache instead of retrying."""
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE or getproxies():
        return  # offline anyway, or a proxy resolves names
    try:
        socket.getaddrinfo(urlsplit(constants.ENDPOINT).hostname, 443)
    except OSError:
        constants.HF_HUB_OFFLINE = True


def unfit(name: EncoderName, error: Exception) -> InputError:
    """The error for a local file without weights, or with those of another model."""
    return InputError(
        f"{name.weights}: the weights do not fit {name.model or 'their config'}: "
        f"{_first_line(error)}",
        f"Name the model that was trained: {name.kind}:MODEL@WEIGHTS.",
    )


def unavailable(name: EncoderName, error: Exception) -> WeightsUnavailableError:
    """The error for unavailable weights, with the ways out."""
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
