"""The table of methods: a new one is a package beside this file, and a line here."""

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
    """The method of a name; only its own modules are loaded.

    Raises:
        InputError: there is no such method.
    """
    if name not in METHODS:
        raise InputError(
            f"--method: expected one of {', '.join(METHODS)}, found {name!r}",
            f"{NOISE_AWARE} is the one that tells how sure it is.",
        )
    module, _, class_name = METHODS[name].partition(":")
    method: Method[Any] = getattr(importlib.import_module(module), class_name)()
    return method
