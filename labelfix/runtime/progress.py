"""How a stage reports progress while it runs; whoever listens may show it."""

from typing import Protocol


class Progress(Protocol):
    """Listens to a stage while it works."""

    def begin(self, doing: str, total: int, unit: str, done: int = 0) -> None:
        """Start a piece of work.

        Args:
            doing: what the work does, such as `embedding`.
            total: how many units it has.
            unit: what they are called, such as `images`.
            done: how many of them are done already.
        """

    def advance(self, count: int, note: str = "") -> None:
        """Report that more units are done.

        Args:
            count: how many more.
            note: a word beside the rate, such as the loss.
        """

    def say(self, text: str) -> None:
        """Report something that a person should know."""


class Silent:
    """A `Progress` that shows nothing."""

    def begin(self, doing: str, total: int, unit: str, done: int = 0) -> None:
        """Do nothing."""

    def advance(self, count: int, note: str = "") -> None:
        """Do nothing."""

    def say(self, text: str) -> None:
        """Do nothing."""


def duration(seconds: float) -> str:
    """A readable time: `40 s`, `12 min`, `3.5 h`."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 90 * 60:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"
