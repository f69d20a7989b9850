"""What a stage tells of its work while it runs; only `cli/` shows it to anyone."""

from typing import Protocol


class Progress(Protocol):
    """Listens to a stage."""

    def begin(self, doing: str, total: int, unit: str, done: int = 0) -> None:
        """A piece of work starts: what it does, how many units, how many are done already."""

    def advance(self, count: int, note: str = "") -> None:
        """Some more units are done; the note stands beside the rate."""

    def say(self, text: str) -> None:
        """Something a person should know."""


class Silent:
    """Tells nobody."""

    def begin(self, doing: str, total: int, unit: str, done: int = 0) -> None:
        """Ignore it."""

    def advance(self, count: int, note: str = "") -> None:
        """Ignore it."""

    def say(self, text: str) -> None:
        """Ignore it."""
