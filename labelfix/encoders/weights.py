"""Weights from this machine or a library's download; never pickled files, never a stand-in."""

from pathlib import Path

from labelfix.encoders.encoder import EncoderName
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
    if path.suffix.lower() != ".safetensors":
        raise InputError(
            f"{path}: expected weights as .safetensors, found {path.suffix or 'another file'}; "
            "a pickled file can run any code when it is loaded, so it was not opened",
            "Convert it with safetensors.torch.save_file.",
        )
    return path


def unavailable(name: EncoderName, error: Exception) -> WeightsUnavailableError:
    """The error for weights that cannot be had, with the ways out."""
    reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return WeightsUnavailableError(
        f"the weights of {name} could not be loaded: {reason}",
        "Three ways out:\n"
        f"  1. a local file: --encoder {name.kind}:{name.model}@/path/to/weights.safetensors\n"
        "  2. other embeddings: --encoder timm:MODEL@weights.safetensors "
        "or --encoder precomputed:FILE.npy\n"
        "  3. no weights at all: --encoder hog",
    )
