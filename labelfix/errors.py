"""What can go wrong for a user, each with an exit code and the way out.

Everything that labelfix raises on purpose is a `LabelfixError`: a message that
says what was expected, what was found and where, and a hint that says what to
do next. Any other exception is a bug.
"""


class LabelfixError(Exception):
    """A problem that the user can mend.

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
