"""The table of methods; a new method is a package beside this file and a line here."""

import importlib
from typing import Any

from labelfix.errors import InputError
from labelfix.methods.method import Method
from labelfix.options.train_options import NOISE_AWARE, PAPER

METHODS = {
    NOISE_AWARE: "labelfix.methods.noise_aware.noise_aware_method:NoiseAware",
    PAPER: "labelfix.methods.paper.paper_method:Paper",
}


def find_method(name: str) -> Method[Any]:
    """Load a method by name; only its own modules are imported.

    Raises:
        InputError: unknown method.
    """
    if name not in METHODS:
        raise InputError(
            f"--method: expected one of {', '.join(METHODS)}, found {name!r}",
            f"Use {NOISE_AWARE} for calibrated confidences.",
        )
    module, _, class_name = METHODS[name].partition(":")
    method: Method[Any] = getattr(importlib.import_module(module), class_name)()
    return method
