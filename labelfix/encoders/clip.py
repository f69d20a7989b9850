"""CLIP's two towers: any model and any weights that open_clip knows, or a local file."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from labelfix.data import records
from labelfix.encoders import weights
from labelfix.encoders.clip_tags import CONFIG_FILE, check_activation, preprocessing_of_file
from labelfix.encoders.prompts import ClassTexts
from labelfix.encoders.registry import EncoderName, EncoderSettings, parse_encoder
from labelfix.errors import InputError
from labelfix.options.embed_options import EmbedOptions
from labelfix.runtime.progress import Progress

if TYPE_CHECKING:  # slow to load, and embeddings that are up to date need none of it
    from torch import Tensor

    from labelfix.encoders.network import NetworkEncoder

TEXTS_AT_ONCE = 256


class ClipText:
    """The text tower: classes as vectors in the space of the image tower.

    Args:
        forward: (n, L) tokens to (n, D).
        tokenizer: texts to (n, L) tokens.
        device: `cpu` or `cuda`.
    """

    def __init__(
        self,
        forward: "Callable[[Tensor], Tensor]",
        tokenizer: "Callable[[list[str]], Tensor]",
        device: str,
    ) -> None:
        import torch

        self._forward, self._tokenizer = forward, tokenizer
        self._device = torch.device(device)

    def class_vectors(
        self, classes: Sequence[ClassTexts], progress: Progress
    ) -> npt.NDArray[np.float32]:
        """(C, D) a vector of length 1 per class.

        It is the mean over the class's names and prompts; a name's vector is the mean over
        open_clip's templates for ImageNet (Radford et al., ICML 2021, part 3.1.4).

        Args:
            classes: C of them, each with at least one text.
            progress: reports progress.

        Raises:
            InputError: the tokenizer belongs to another model.
        """
        from open_clip import OPENAI_IMAGENET_TEMPLATES as TEMPLATES

        progress.begin("reading class names", len(classes), "classes")
        vectors = []
        for texts in classes:
            means = [self._mean([fill(name) for fill in TEMPLATES]) for name in texts.names]
            means += [self._mean([prompt]) for prompt in texts.prompts]
            vectors.append(_unit(np.mean(means, axis=0, keepdims=True))[0])
            progress.advance(1)
        return np.stack(vectors).astype(np.float32)

    def _mean(self, texts: list[str]) -> npt.NDArray[np.float64]:
        """(D,) the mean vector of some texts, scaled to length 1."""
        import torch

        found = []
        with torch.inference_mode():
            for start in range(0, len(texts), TEXTS_AT_ONCE):
                tokens = self._tokenizer(texts[start : start + TEXTS_AT_ONCE])
                try:
                    vectors = self._forward(tokens.to(self._device))
                except (IndexError, RuntimeError) as error:
                    raise InputError(
                        f"expected a text tower that reads {texts[0]!r}, found one that does not "
                        f"fit its tokenizer ({type(error).__name__})",
                        "Switch it off with --prompts none.",
                    ) from error
                found.append(vectors.float().cpu().numpy())
        each = _unit(np.concatenate(found).astype(np.float64))
        mean: npt.NDArray[np.float64] = _unit(each.mean(axis=0, keepdims=True))[0]
        return mean


def _unit(vectors: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: npt.NDArray[np.float64] = vectors / np.maximum(length, 1e-12)
    return scaled


LOCAL_FOLDER = "local-dir:"
"""open_clip's prefix for a folder with weights and their config."""
_PRECISIONS = {"float32": "fp32", "bfloat16": "bf16"}


def fingerprint(name: EncoderName, settings: EncoderSettings) -> str:
    """The fingerprint of what the vectors depend on; nothing is loaded."""
    name = _or_default(name)
    found = weights.fingerprint(name, settings, "open_clip_torch")
    path = Path(name.weights).expanduser()
    config = path.with_name(CONFIG_FILE)
    if path.is_file() and config.is_file():  # it defines the preprocessing
        return records.fingerprint([found, records.fingerprint_file(config)])
    return found


def make(name: EncoderName, settings: EncoderSettings) -> "NetworkEncoder":
    """The encoder for `clip[:MODEL[@WEIGHTS]]`.

    WEIGHTS is a tag of open_clip (downloaded once), a .safetensors file, or a folder with one;
    a folder that also has an `open_clip_config.json` needs no MODEL. Images are prepared as the
    tag or the config says, or for a file alone as for the model's published weights.

    Raises:
        InputError: open_clip has no such model, the weights do not fit it, or they were trained
            with another activation.
        WeightsUnavailableError: the tag's weights are neither here nor downloadable.
    """
    from labelfix.encoders.network import NetworkEncoder

    clip, transforms, _ = _load(_or_default(name), settings)
    tower = clip.visual
    tower.output_tokens = False  # CoCa's tower also returns the vectors of all patches
    return NetworkEncoder(tower, transforms, device=settings.device, precision=settings.precision)


def make_text(name: EncoderName, settings: EncoderSettings) -> ClipText:
    """The text tower beside `make`'s image tower.

    Raises:
        InputError: as `make`.
        WeightsUnavailableError: as `make`, or the model's tokenizer is unavailable.
    """
    import open_clip

    name = _or_default(name)
    clip, _, model = _load(name, settings)
    try:
        tokenizer = open_clip.get_tokenizer(model)
    except Exception as error:  # open_clip and its hub client raise many kinds
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
            # open_clip itself would choose among a folder's files, pickled ones too.
            open_clip.load_checkpoint(clip, str(path))
    except Exception as error:
        # open_clip and its hub client raise many kinds. The user can fix a local file that does
        # not fit; anything else means that the weights are unavailable.
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
