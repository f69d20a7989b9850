"""The table of output formats: a new one is a module beside this one and a line here."""

import importlib
from collections.abc import Callable
from typing import Any

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
    "csv": "labelfix.check.formats.findings_table:render_csv",
}

FILE_FORMATS: dict[str, str] = {
    "parquet": "labelfix.check.formats.findings_table:render_parquet",
}
"""Formats of bytes, which are no text to show."""


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
    write: Callable[[Verdict], str] = _function(FORMATS[output_format])
    return write(verdict)


def render_file(verdict: Verdict, output_format: str) -> bytes:
    """A verdict as the bytes of a file.

    Args:
        verdict: the outcome of a check.
        output_format: a name in `FORMATS` or in `FILE_FORMATS`.

    Raises:
        InputError: the format is unknown.
    """
    if output_format not in FILE_FORMATS:
        return render(verdict, output_format).encode()
    write: Callable[[Verdict], bytes] = _function(FILE_FORMATS[output_format])
    return write(verdict)


def _function(name: str) -> Callable[[Verdict], Any]:
    module, _, function = name.partition(":")
    found: Callable[[Verdict], Any] = getattr(importlib.import_module(module), function)
    return found


def check_format(output_format: str) -> None:
    """Check the name of an output format.

    Raises:
        InputError: it is unknown.
    """
    every = (*FORMATS, *FILE_FORMATS)
    if output_format not in every:
        raise InputError(
            f"--output-format: expected one of {', '.join(every)}, found {output_format!r}",
            "full is for people, json for programs.",
        )
