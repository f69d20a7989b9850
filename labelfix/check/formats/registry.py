"""The table of output formats: a new one is a module beside this one and a line here."""

import importlib
from collections.abc import Callable

from labelfix.check.verdict import Verdict
from labelfix.errors import InputError

FORMATS: dict[str, str] = {
    "full": "labelfix.check.formats.plain:render_full",
    "concise": "labelfix.check.formats.plain:render_concise",
    "json": "labelfix.check.formats.json_text:render",
    "json-lines": "labelfix.check.formats.json_text:render_lines",
    "github": "labelfix.check.formats.github:render",
    "gitlab": "labelfix.check.formats.gitlab:render",
    "junit": "labelfix.check.formats.junit:render",
    "sarif": "labelfix.check.formats.sarif:render",
    "markdown": "labelfix.check.formats.markdown:render",
}


def render(verdict: Verdict, output_format: str) -> str:
    """A verdict as text.

    Args:
        verdict: the outcome of a check.
        output_format: a name in `FORMATS`.

    Returns:
        Valid UTF-8, the same for equal verdicts in one folder. It ends with a newline unless it
        is empty.

    Raises:
        InputError: the format is unknown.
    """
    check_format(output_format)
    module, _, function = FORMATS[output_format].partition(":")
    write: Callable[[Verdict], str] = getattr(importlib.import_module(module), function)
    return write(verdict)


def check_format(output_format: str) -> None:
    """Check the name of an output format.

    Raises:
        InputError: it is unknown.
    """
    if output_format not in FORMATS:
        raise InputError(
            f"--output-format: expected one of {', '.join(FORMATS)}, found {output_format!r}",
            "full is for people, json for programs.",
        )
