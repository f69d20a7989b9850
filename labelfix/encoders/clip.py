"""CLIP's two towers, any model and any weights that open_clip knows, or a local file."""

from pathlib import Path
from typing import Any

from labelfix.config import EmbedOptions
from labelfix.encoders import weights
from labelfix.encoders.clip_text import ClipText
from labelfix.encoders.encoder import EncoderName, EncoderSettings, parse_encoder
from labelfix.encoders.network import NetworkEncoder
from labelfix.errors import InputError

_PRECISIONS = {"float32": "fp32", "bfloat16": "bf16"}


def fingerprint(name: EncoderName, settings: EncoderSettings) -> str:
    """What the vectors depend on, without loading anything of it."""
    name = _or_default(name)
    return weights.fingerprint(name, settings, "open_clip_torch")


def make(name: EncoderName, settings: EncoderSettings) -> NetworkEncoder:
    """The encoder for `clip[:MODEL[@WEIGHTS]]`.

    WEIGHTS is a tag of open_clip (downloaded once), a .safetensors file, or a folder with one;
    a folder that also has an `open_clip_config.json` needs no MODEL.

    Raises:
        InputError: open_clip knows no such model, or the weights do not fit it.
        WeightsUnavailableError: the tag's weights can be neither found nor downloaded.
    """
    clip, transforms, _ = _load(_or_default(name), settings)
    tower = clip.visual
    tower.output_tokens = False  # CoCa's gives the vectors of all patches too
    return NetworkEncoder(tower, transforms, device=settings.device, precision=settings.precision)


def make_text(name: EncoderName, settings: EncoderSettings) -> ClipText:
    """The text tower that belongs to `make`'s image tower.

    Raises:
        InputError: as `make`.
        WeightsUnavailableError: as `make`, or the model's tokenizer cannot be had.
    """
    import open_clip

    name = _or_default(name)
    clip, _, model = _load(name, settings)
    try:
        tokenizer = open_clip.get_tokenizer(model)
    except Exception as error:  # as with weights: of the library's or of its hub's many kinds
        raise weights.unavailable(name, error) from error
    return ClipText(clip.encode_text, tokenizer, settings.device)


def _load(name: EncoderName, settings: EncoderSettings) -> tuple[Any, list[Any], str]:
    """The whole model with its weights, the steps of its preprocessing, and open_clip's name."""
    import open_clip

    model, tag, path = _model_and_weights(name)
    weights.prepare_download()
    try:
        clip, _, preprocess = open_clip.create_model_and_transforms(
            model,
            pretrained=tag,
            precision=_PRECISIONS[settings.precision],
            device=settings.device,
            load_weights=tag is not None,
            pretrained_text=False,
        )
        if path is not None:
            # Not by open_clip itself, which chooses among a folder's files, pickled ones too.
            open_clip.load_checkpoint(clip, str(path))
    except Exception as error:
        # open_clip and its hub client raise many kinds; a local file that does not fit is the
        # user's to mend, anything else means that the weights cannot be had here.
        if path is not None:
            raise weights.unfit(name, error) from error
        raise weights.unavailable(name, error) from error
    clip.eval().requires_grad_(False)
    return clip, preprocess.transforms, model


def _or_default(name: EncoderName) -> EncoderName:
    return name if name.model or name.weights else parse_encoder(EmbedOptions.encoder)


def _model_and_weights(name: EncoderName) -> tuple[str, str | None, Path | None]:
    """The model as open_clip names it, and its weights: a tag or a file."""
    import open_clip

    path = weights.local_weights(name.weights) if name.weights else None
    folder = Path(name.weights).expanduser()
    if path is not None and folder.is_dir() and (folder / "open_clip_config.json").is_file():
        return f"local-dir:{folder}", None, path
    if not name.model:
        raise InputError(
            f"--encoder {name}: expected a model, found none",
            "For example clip:ViT-B-32@weights.safetensors; a folder needs none where it has "
            "an open_clip_config.json.",
        )
    if name.model not in open_clip.list_models():
        raise InputError(
            f"--encoder {name}: open_clip knows no model {name.model!r}",
            "open_clip.list_models() in Python lists them, for example ViT-B-32 or ViT-L-14.",
        )
    if path is not None:
        return name.model, None, path
    tags = open_clip.list_pretrained_tags_by_model(name.model)
    if not name.weights:
        raise InputError(
            f"--encoder {name}: expected weights after an @, found none",
            f"Tags of {name.model}: {', '.join(tags)}; or a .safetensors file.",
        )
    if name.weights not in tags:
        raise InputError(
            f"--encoder {name}: {name.model} has no weights {name.weights!r}",
            f"Its tags: {', '.join(tags)}; or name a .safetensors file.",
        )
    return name.model, name.weights, None
