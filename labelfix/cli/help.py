"""Help pages without noise: no type beside a flag, plain usage, no line that ends half-way."""

import inspect
from collections.abc import Callable
from typing import Any

from typer.core import TyperCommand, TyperGroup


class Command(TyperCommand):
    """A command with a tidy help page."""

    def get_params(self, ctx: Any) -> list[Any]:
        """The arguments and options."""
        return _without_flag_types(super().get_params(ctx))

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """The words of the usage line; brackets say what may be left out, in any typer."""
        arguments = [it for it in self.get_params(ctx) if it.param_type_name == "argument"]
        return [
            "[OPTIONS]",
            *(it.metavar if it.required else f"[{it.metavar}]" for it in arguments),
        ]


class Group(TyperGroup):
    """All commands, with a tidy help page."""

    def get_params(self, ctx: Any) -> list[Any]:
        """The options."""
        return _without_flag_types(super().get_params(ctx))


def help_of(function: Callable[..., None]) -> str:
    """The docstring with each paragraph in one line: the terminal knows where to wrap it."""
    paragraphs = (inspect.getdoc(function) or "").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def _without_flag_types(parameters: list[Any]) -> list[Any]:
    """Typer shows `<bool>` beside a flag, which looks as if it took a value."""
    for parameter in parameters:
        if getattr(parameter, "is_flag", False):
            parameter.metavar = ""
    return parameters
