"""What can go wrong for a user, each with an exit code and the way out.

Everything that labelfix raises on purpose is a `LabelfixError`: a message that
says what was expected, what was found and where, and a hint that says what to
do next. Any other exception is a bug.
"""

from collections.abc import Mapping


class LabelfixError(Exception):
    """A problem that the user can fix.

    Args:
        message: what was expected, what was found, where (file, row, column).
        hint: what to do next, if possible a command to run.
    """

    exit_code = 2

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class InputError(LabelfixError):
    """The manifest, the images, the embeddings or an option are not usable."""


class OptionError(InputError):
    """An option's value cannot be used.

    The texts are templates: `{neighbours}` stands for an option by its field's name. A Python
    caller reads the field, the command line shows the flag.

    Args:
        message: see `LabelfixError`.
        hint: see `LabelfixError`.
        values: what else the templates hold, such as `{_found!r}`.
    """

    def __init__(self, message: str, hint: str = "", **values: object) -> None:
        self._templates = (message, hint)
        self._values = values
        super().__init__(*self._filled({}))

    def with_names(self, names: Mapping[str, str]) -> InputError:
        """The same error with other names for the options.

        Args:
            names: by field; one that is missing keeps its field's name.
        """
        return InputError(*self._filled(names))

    def _filled(self, names: Mapping[str, str]) -> list[str]:
        filling = _Filling({**names, **self._values})
        return [template.format_map(filling) for template in self._templates]


class _Filling(dict[str, object]):
    """Values of a template; a name without one stands for itself."""

    def __missing__(self, name: str) -> str:
        return name


class WeightsUnavailableError(LabelfixError):
    """An encoder's weights could not be loaded; no other encoder is taken instead."""


class MissingStageError(LabelfixError):
    """A stage was run before the one that makes what it reads."""


class WorkspaceError(LabelfixError):
    """The workspace is in use, damaged, read-only or of another version."""


class OutputError(LabelfixError):
    """A result could not be written where it was asked for."""


class ArrayError(InputError, ValueError):
    """Arrays that a Python caller gave are not usable; a ValueError as libraries expect it."""


class MissingPackageError(LabelfixError, ImportError):
    """A package of an extra is needed and not installed."""
