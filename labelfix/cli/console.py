"""What a person sees: progress and talk on stderr, results on stdout."""

import json
import os
import sys
import time
from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from labelfix.data.names import plain
from labelfix.errors import LabelfixError, OutputError

PLAIN_LINE_S = 10.0
"""Off a terminal, a line of progress at most this often."""

BAR_WIDTH = 10
"""Leaves room for the rest, and for the ^C of an interruption, in 80 columns."""


class Reporter:
    """Shows one bar per piece of work on a terminal, plain lines elsewhere.

    User text is never read as markup.
    """

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._console = Console(stderr=True, highlight=False, markup=False, emoji=False)
        # FORCE_COLOR makes rich take a log file for a terminal.
        self._has_bars = self._console.is_interactive and self._console.file.isatty()
        self._bars: Progress | None = None
        self._task: Any = None
        self._line = _PlainLine(self._console)

    def wait(self, doing: str) -> None:
        """On a terminal, a bar without an end for work that cannot be counted; no line elsewhere.

        Another bar takes its place, and so does a result.
        """
        self.close()
        if self._quiet or not self._has_bars:
            return
        self._bars = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=BAR_WIDTH),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
        )
        self._bars.add_task(plain(doing), total=None)
        self._bars.start()

    def begin(self, doing: str, total: int, unit: str, done: int = 0) -> None:
        """Start a bar; the one before is finished."""
        self.close()
        if self._quiet:
            return
        if not self._has_bars:
            self._line.begin(doing, total, unit, done)
            return
        self._bars = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=BAR_WIDTH),
            MofNCompleteColumn(),
            _RateColumn(),
            _TimeLeftColumn(compact=True),
            TextColumn("{task.fields[note]}", markup=False),
            console=self._console,
        )
        self._task = self._bars.add_task(doing, total=total, completed=done, unit=unit, note="")
        self._bars.start()

    def advance(self, count: int, note: str = "") -> None:
        """Move the bar on."""
        if self._bars is not None and self._task is not None:
            self._bars.update(self._task, advance=count, note=note)
        elif not self._quiet and not self._has_bars:
            self._line.advance(count, note)

    def say(self, text: str) -> None:
        """A line that a person should know."""
        if not self._quiet:
            self._console.print(plain(text), soft_wrap=True)

    def close(self) -> None:
        """End the bar: a finished one goes, for the stage says what it did; another one stays."""
        if self._bars is not None:
            self._bars.live.transient |= self._bars.finished
            self._bars.stop()
            self._bars = self._task = None
        self._line.end()


class _RateColumn(ProgressColumn):
    """Units a second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(_rate(speed, task.fields["unit"]) if speed else "")


class _TimeLeftColumn(TimeRemainingColumn):
    """Minutes and seconds."""

    def render(self, task: Task) -> Text:
        return super().render(task).append(" left")


def _rate(speed: float, unit: str) -> str:
    """Units a second, with a decimal where there are few."""
    return f"{speed:,.{0 if speed >= 10 else 1}f} {unit}/s"


class _PlainLine:
    """Progress as lines, for a log file."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._doing = ""
        self._total = self._done = self._first = 0
        self._unit = self._note = ""
        self._started = self._shown = 0.0

    def begin(self, doing: str, total: int, unit: str, done: int) -> None:
        self._doing, self._total, self._unit = doing, total, unit
        self._done = self._first = done
        self._started = self._shown = time.monotonic()

    def advance(self, count: int, note: str) -> None:
        self._done += count
        self._note = note
        now = time.monotonic()
        if now - self._shown >= PLAIN_LINE_S:
            self._shown = now
            self._show()

    def end(self) -> None:
        if self._doing:
            self._show()
        self._doing = ""

    def _show(self) -> None:
        rate = (self._done - self._first) / max(time.monotonic() - self._started, 1e-9)
        note = f", {self._note}" if self._note else ""
        self._console.print(
            f"{self._doing}: {self._done:,} of {self._total:,} {self._unit}, "
            f"{_rate(rate, self._unit)}{note}",
            soft_wrap=True,
        )


def show_error(error: LabelfixError) -> None:
    """The message and the way out, on stderr."""
    console = Console(stderr=True, highlight=False, markup=False, emoji=False)
    message, *more = error.message.splitlines() or [""]
    console.print(Text.assemble(("error: ", "bold red"), plain(message)), soft_wrap=True)
    for line in [*more, *error.hint.splitlines()]:
        console.print(plain(line), soft_wrap=True)


def show_line(text: str) -> None:
    """A line of talk on stderr."""
    Console(stderr=True, highlight=False, markup=False, emoji=False).print(
        plain(text), soft_wrap=True
    )


def print_result(text: str) -> None:
    """A result on stdout, a line as it is.

    Raises:
        OutputError: stdout takes no more, as on a full disk.
    """
    if sys.stdout is None:  # closed by whoever started labelfix
        return
    try:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
    except OSError as error:
        _give_up_stdout()
        if isinstance(error, BrokenPipeError):
            raise
        raise OutputError(
            f"the result could not be written to stdout: {error.strerror or error}",
            "Free some space, then run the command again.",
        ) from error


def has_terminal() -> bool:
    """Whether stdout is a terminal, in which a person reads."""
    return sys.stdout is not None and sys.stdout.isatty()


def print_view(lines: Iterable[Text]) -> None:
    """A result on a terminal, in colours where it has them; no line is wrapped or cut.

    Raises:
        OutputError: as `print_result`.
    """
    shown = Console(highlight=False, markup=False, emoji=False, soft_wrap=True)
    with shown.capture() as captured:
        for line in lines:
            shown.print(line)
    print_result(captured.get().removesuffix("\n"))


def print_json(value: Any) -> None:
    """A result on stdout as JSON; ASCII alone, so that any terminal can take it."""
    print_result(json.dumps(value, indent=2, default=str))


def _give_up_stdout() -> None:
    """Let what stdout still holds go nowhere, or Python would stumble over it at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
