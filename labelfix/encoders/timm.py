"""Any backbone of timm, with pooled features."""

import timm
import timm.data

from labelfix.device import resolve_precision
from labelfix.encoders import weights
from labelfix.encoders.encoder import EncoderName, EncoderSettings
from labelfix.encoders.network import DTYPES, NetworkEncoder
from labelfix.errors import InputError


def make(name: EncoderName, settings: EncoderSettings) -> NetworkEncoder:
    """The encoder for `timm:MODEL[@WEIGHTS]`; without WEIGHTS timm downloads its own.

    Raises:
        InputError: timm knows no such model, or the weights do not fit it.
        WeightsUnavailableError: its weights can be neither found nor downloaded.
    """
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
    overlay = {"file": str(path)} if path else None
    try:
        network = timm.create_model(
            name.model, pretrained=True, pretrained_cfg_overlay=overlay, num_classes=0
        )
    except Exception as error:
        # timm and its hub client raise many kinds; see the same place in clip.py.
        if path is not None:
            first = (str(error).splitlines() or [type(error).__name__])[0]
            raise InputError(
                f"{path}: the weights do not fit {name.model}: {first}",
                "Name the model that they were trained as: timm:MODEL@WEIGHTS.",
            ) from error
        raise weights.unavailable(name, error) from error
    precision = resolve_precision(settings.precision, settings.device)
    network = network.eval().requires_grad_(False).to(settings.device, DTYPES[precision])
    transforms = timm.data.create_transform(
        **timm.data.resolve_model_data_config(network), is_training=False
    )
    return NetworkEncoder(
        network, network, transforms.transforms, device=settings.device, precision=precision
    )
