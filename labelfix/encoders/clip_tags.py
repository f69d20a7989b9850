"""What open_clip knows about published weights: their activation and preprocessing."""

import json
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

from labelfix.encoders.registry import EncoderName
from labelfix.errors import InputError

CONFIG_FILE = "open_clip_config.json"
PREPROCESSING = ("mean", "std", "interpolation", "resize_mode")
QUICK = "-quickgelu"
"""The ending of open_clip's names of models with QuickGELU."""


def check_activation(name: EncoderName) -> None:
    """Check that a model has the activation with which a tag's weights were trained.

    If it has GELU instead of QuickGELU, open_clip only warns, and the vectors are wrong.

    Args:
        name: a model of open_clip and one of its tags.

    Raises:
        InputError: the weights need QuickGELU and the model has GELU.
    """
    import open_clip

    if not _wants_other_activation(name.model, name.weights):
        return
    right = name.model + QUICK
    hint = f"Write --encoder {name.kind}:{right}@{name.weights}."
    if right not in open_clip.list_models():
        hint = f"This open_clip has no {right}; newer ones may, or choose another model."
    raise InputError(
        f"--encoder {name}: expected the model {right}, because these weights were trained with "
        f"QuickGELU, found {name.model}, which has GELU",
        hint,
    )


def preprocessing_of_file(model: str, path: Path) -> dict[str, Any]:
    """How images are prepared for a model whose weights come from a file.

    An open_clip config beside the file decides. Without one, the model's published weights decide;
    if these differ, the commonest preprocessing is used, with a warning.

    Args:
        model: as open_clip names it.
        path: the file of weights.

    Returns:
        The known entries of `PREPROCESSING`.

    Raises:
        InputError: the config beside the file cannot be read.
    """
    beside = path.with_name(CONFIG_FILE)
    if beside.is_file():
        return _known(_read_config(beside))
    published = _published(model)
    if not published:
        return {}
    kinds = Counter(json.dumps(_known(config)) for config in published.values())
    chosen = kinds.most_common(1)[0][0]
    others = [tag for tag, config in published.items() if json.dumps(_known(config)) != chosen]
    if others:
        warnings.warn(
            f"images are prepared as for most published weights of {model}; if {path.name} is "
            f"{' or '.join(others)}, put its {CONFIG_FILE} beside it",
            stacklevel=2,
        )
    taken: dict[str, Any] = json.loads(chosen)
    return taken


def _published(model: str) -> dict[str, dict[str, Any]]:
    """The configs by tag of published weights with the model's activation."""
    import open_clip

    return {
        tag: open_clip.get_pretrained_cfg(model, tag)
        for tag in open_clip.list_pretrained_tags_by_model(model)
        if not _wants_other_activation(model, tag)
    }


def _wants_other_activation(model: str, tag: str) -> bool:
    """Whether weights were trained with QuickGELU and the model has GELU."""
    import open_clip

    has_quick = bool((open_clip.get_model_config(model) or {}).get("quick_gelu"))
    return bool(open_clip.get_pretrained_cfg(model, tag).get("quick_gelu")) and not has_quick


def _known(config: dict[str, Any]) -> dict[str, Any]:
    return {name: config[name] for name in PREPROCESSING if name in config}


def _read_config(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["preprocess_cfg"]
        return dict(found)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{path}: expected a config of open_clip with preprocess_cfg, found something else "
            f"({type(error).__name__})",
            "Download it with the weights again, or remove it.",
        ) from error
