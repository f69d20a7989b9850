"""Any backbone of timm, with pooled features."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from safetensors import safe_open

from labelfix.encoders import weights
from labelfix.encoders.registry import EncoderName, EncoderSettings
from labelfix.errors import InputError

if TYPE_CHECKING:
    from labelfix.encoders.network import NetworkEncoder


def fingerprint(name: EncoderName, settings: EncoderSettings) -> str:
    """The fingerprint of what the vectors depend on; nothing is loaded."""
    return weights.fingerprint(name, settings, "timm")


def make(name: EncoderName, settings: EncoderSettings) -> "NetworkEncoder":
    """The encoder for `timm:MODEL[@WEIGHTS]`; without WEIGHTS timm downloads its own.

    Raises:
        InputError: timm has no such model, or the weights do not fit it.
        WeightsUnavailableError: its weights are neither here nor downloadable.
    """
    import timm

    from labelfix.encoders.network import DTYPES, NetworkEncoder

    if not name.model or not timm.is_model(name.model):
        raise InputError(
            f"--encoder {name}: timm knows no model {name.model!r}",
            "timm.list_models() in Python lists them, for example timm:resnet50.",
        )
    path = weights.local_weights(name.weights) if name.weights else None
    if name.weights and path is None:
        raise InputError(
            f"--encoder {name}: expected a .safetensors file after the @, found {name.weights!r}",
            "Write a tag with a dot instead: timm:resnet50.a1_in1k.",
        )
    weights.prepare_download()
    try:
        network = from_file(name.model, path) if path else from_hub(name.model)
    except Exception as error:
        # timm and its hub client raise many kinds, as open_clip does.
        if path is not None:
            raise weights.unfit(name, error) from error
        raise weights.unavailable(name, error) from error
    network = network.eval().requires_grad_(False)
    network = network.to(settings.device, DTYPES[settings.precision])
    config = timm.data.resolve_model_data_config(network)
    transforms = timm.data.create_transform(**config, is_training=False).transforms
    return NetworkEncoder(network, transforms, device=settings.device, precision=settings.precision)


def from_hub(model: str) -> Any:
    """The network with timm's own weights, downloaded once."""
    import timm

    return timm.create_model(model, pretrained=True, num_classes=0)


def from_file(model: str, path: Path) -> Any:
    """The network with all of its weights from a file.

    Without a classifier, timm also accepts files with other weights missing. So the classifier is
    loaded if the file has one, and removed afterwards.
    """
    import timm

    classes = _classes_in(path, getattr(timm.get_pretrained_cfg(model), "classifier", None))
    overlay = {"file": str(path), "num_classes": classes, "label_offset": 0, "custom_load": False}
    network = timm.create_model(
        model, pretrained=True, pretrained_cfg_overlay=overlay, num_classes=classes
    )
    network.reset_classifier(0)
    return network


def _classes_in(path: Path, classifier: str | tuple[str, ...] | None) -> int:
    """The number of classes of a file's classifier; 0 without one."""
    first = classifier if isinstance(classifier, str) else (classifier or ("",))[0]
    with safe_open(path, framework="pt") as file:
        name = f"{first}.weight"
        return int(file.get_slice(name).get_shape()[0]) if name in set(file.keys()) else 0
