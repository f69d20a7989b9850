"""Which options stand on the command line, where others would have to stand beside them."""

from collections.abc import Mapping

import typer


def first_given(context: typer.Context, options: Mapping[str, str]) -> str | None:
    """The first of some options that stands on the command line; a settings file may have it.

    Args:
        context: of the command.
        options: by their parameters' names.
    """
    for name, option in options.items():
        source = context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            return option
    return None
