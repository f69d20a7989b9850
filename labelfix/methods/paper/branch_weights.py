"""Pretrained weights for the image branch: timm's own, or the user's file."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from labelfix.data import records
from labelfix.encoders import weights
from labelfix.encoders.network import check_backbone
from labelfix.errors import InputError, LabelfixError, WeightsUnavailableError
from labelfix.options.diffusion_options import FROM_NOTHING, PRETRAINED, DiffusionOptions


@dataclass(frozen=True)
class BranchWeights:
    """Weights of a backbone, and the pixel scaling that they were trained with.

    Attributes:
        tensors: by their names in the backbone.
        mean, std: of red, green and blue, in [0, 1].
    """

    tensors: dict[str, Tensor] = field(repr=False)
    mean: tuple[float, ...]
    std: tuple[float, ...]


def check_branch(options: DiffusionOptions) -> None:
    """Check that the image branch can be built, before any other work.

    Raises:
        InputError: timm has no such backbone, or the weights do not belong to it.
        WeightsUnavailableError: timm's own weights can be neither found nor downloaded.
    """
    if options.image_branch is not None:
        check_backbone(options.image_branch)
        load_branch_weights(options)


def branch_fingerprint(options: DiffusionOptions) -> str | None:
    """The fingerprint of the branch's initial weights; None if it has none or there is no branch.

    Raises:
        InputError: there is no such file.
    """
    if options.image_branch is None or options.branch_weights == FROM_NOTHING:
        return None
    if options.branch_weights == PRETRAINED:
        return f"{PRETRAINED} {options.image_branch}"
    return records.fingerprint_file(_file_of(options.branch_weights))


def load_branch_weights(options: DiffusionOptions) -> BranchWeights | None:
    """The initial weights of an image branch; None if it is trained from scratch.

    Raises:
        InputError: the file is not a weights file, or does not fit the backbone.
        WeightsUnavailableError: timm's own weights can be neither found nor downloaded.
    """
    name, chosen = options.image_branch, options.branch_weights
    if name is None or chosen == FROM_NOTHING:
        return None
    from timm.data import resolve_model_data_config

    from labelfix.encoders.timm import from_file, from_hub

    path = None if chosen == PRETRAINED else _file_of(chosen)
    try:
        if path is None:
            weights.prepare_download()
        network: Any = from_hub(name) if path is None else from_file(name, path)
    except Exception as error:  # timm and its hub client raise many kinds
        raise _unavailable(name, path, error) from error
    config = resolve_model_data_config(network)
    return BranchWeights(network.state_dict(), tuple(config["mean"]), tuple(config["std"]))


def begin_with(backbone: nn.Module, loaded: BranchWeights, options: DiffusionOptions) -> None:
    """Load pretrained weights into a backbone.

    Raises:
        InputError: its shape differs, as the variant for small images does.
    """
    try:
        backbone.load_state_dict(loaded.tensors)
    except RuntimeError as error:
        raise InputError(
            f"--branch-weights {options.branch_weights}: expected weights that fit "
            f"{options.image_branch} for images of this size, found others: its layers for small "
            "images or of a fixed size differ from those that were pretrained",
            "Let it see them larger, for example with --image-size 64 or 224, or start from "
            "random weights with --branch-weights none.",
        ) from error


def _file_of(chosen: str) -> Path:
    path = weights.local_weights(chosen)
    if path is None:
        raise InputError(
            f"--branch-weights: expected a .safetensors file, {PRETRAINED} or {FROM_NOTHING}, "
            f"found {chosen!r}",
            f"{PRETRAINED} takes timm's own weights, {FROM_NOTHING} starts from random weights.",
        )
    return path


def _unavailable(name: str, path: Path | None, error: Exception) -> LabelfixError:
    why = (str(error).strip().splitlines() or [type(error).__name__])[0]
    if path is not None:
        return InputError(
            f"--branch-weights: expected weights of {name} in {path}, found others: {why}",
            "Name the backbone that they were trained as with --image-branch.",
        )
    return WeightsUnavailableError(
        f"the pretrained weights of the image branch {name} could not be loaded: {why}",
        "Three ways out:\n"
        "  1. a local file: --branch-weights /path/to/weights.safetensors\n"
        "  2. random weights: --branch-weights none\n"
        "  3. no image branch: --image-branch none",
    )
