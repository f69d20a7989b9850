"""CLIP's two towers, any model and any weights that open_clip knows, or a local file."""

from pathlib import Path
from typing import Any

from labelfix.data import records
from labelfix.encoders import weights
from labelfix.encoders.clip_tags import CONFIG_FILE, check_activation, preprocessing_of_file
from labelfix.encoders.clip_text import ClipText
from labelfix.encoders.encoder import EncoderName, EncoderSettings, parse_encoder
from labelfix.encoders.network import NetworkEncoder
from labelfix.errors import InputError
from labelfix.options.embed_options import EmbedOptions

LOCAL_FOLDER = "local-dir:"
"""What open_clip puts in front of a folder with weights and their config."""
_PRECISIONS = {"float32": "fp32", "bfloat16": "bf16"}


def fingerprint(name: EncoderName, settings: EncoderSettings) -> str:
    """What the vectors depend on, without loading anything of it."""
    name = _or_default(name)
    found = weights.fingerprint(name, settings, "open_clip_torch")
    path = Path(name.weights).expanduser()
    config = path.with_name(CONFIG_FILE)
    if path.is_file() and config.is_file():  # it says how images are prepared
        return records.fingerprint([found, records.fingerprint_file(config)])
    return found


def make(name: EncoderName, settings: EncoderSettings) -> NetworkEncoder:
    """The encoder for `clip[:MODEL[@WEIGHTS]]`.

    WEIGHTS is a tag of open_clip (downloaded once), a .safetensors file, or a folder with one;
    a folder that also has an `open_clip_config.json` needs no MODEL. Images are prepared as the
    tag, the config or, for a file alone, the model's published weights have it.

    Raises:
        InputError: open_clip knows no such model, the weights do not fit it, or they were trained
            with another activation.
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
    preprocessing = {}
    if path is not None and not model.startswith(LOCAL_FOLDER):
        preprocessing = preprocessing_of_file(model, path)
    weights.prepare_download()
    try:
        clip, _, preprocess = open_clip.create_model_and_transforms(
            model,
            pretrained=tag,
            precision=_PRECISIONS[settings.precision],
            device=settings.device,
            load_weights=tag is not None,
            pretrained_text=False,
            **{f"image_{name}": value for name, value in preprocessing.items()},
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
    if path is not None and folder.is_dir() and (folder / CONFIG_FILE).is_file():
        return f"{LOCAL_FOLDER}{folder}", None, path
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
    check_activation(name)
    return name.model, name.weights, None
