"""The commands wired together, and how the program ends."""

import logging
import os
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from labelfix.cli import embed, index, relabel, run, settings, train
from labelfix.errors import LabelfixError
from labelfix.version import __version__

EXIT_ERROR = 2
EXIT_INTERRUPTED = 130
EXIT_CLOSED_PIPE = 141
EXIT_TERMINATED = 143

COMMANDS: dict[str, tuple[Callable[..., None], str]] = {
    "run": (run.run, run.EXAMPLE),
    "embed": (embed.embed, embed.EXAMPLE),
    "index": (index.index, index.EXAMPLE),
    "train": (train.train, train.EXAMPLE),
    "relabel": (relabel.relabel, relabel.EXAMPLE),
}

app = typer.Typer(
    name="labelfix",
    help="Find and correct wrong labels in an image data set.",
    epilog=run.EXAMPLE,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)
for _name, (_function, _example) in COMMANDS.items():
    app.command(_name, epilog=_example)(_function)


def _show_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"labelfix {__version__}\n")
        raise typer.Exit


@app.callback()
def _labelfix(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Find and correct wrong labels in an image data set."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 2 an error, 130, 141 and 143 as signals have it."""
    logging.disable(logging.CRITICAL)  # what libraries log is for their developers
    signal.signal(signal.SIGINT, _Interrupt())
    signal.signal(signal.SIGTERM, _terminate)
    try:
        functions = {name: function for name, (function, _) in COMMANDS.items()}
        defaults = settings.read_settings(Path.cwd(), functions)
        app(arguments, default_map=defaults)
    except SystemExit as ending:
        sys.exit(_exit_code(ending.code))
    except KeyboardInterrupt:
        sys.exit(_exit_code(EXIT_INTERRUPTED))
    except LabelfixError as error:
        from labelfix.cli import console

        console.show_error(error)
        sys.exit(error.exit_code)
    except Exception as error:  # a bug: one line for the user, the traceback in a file
        sys.exit(_report_bug(error))


def _exit_code(code: str | int | None) -> int:
    """The exit code that labelfix documents for the one that typer ends with."""
    from labelfix.cli import console

    if type(sys.stdout).__name__ == "PacifyFlushWrapper":
        return EXIT_CLOSED_PIPE  # typer has met a closed pipe and would exit with 1
    if code == EXIT_INTERRUPTED:
        console.show_line("interrupted; the same command goes on from here")
    if code == EXIT_TERMINATED:
        console.show_line("terminated; the same command goes on from here")
    return code if isinstance(code, int) else EXIT_ERROR if code else 0


def _report_bug(error: Exception) -> int:
    from labelfix.cli import console

    with tempfile.NamedTemporaryFile(
        "w", prefix="labelfix-", suffix=".log", delete=False, encoding="utf-8"
    ) as log:
        log.write(f"labelfix {__version__}\n")
        traceback.print_exc(file=log)
    console.show_line(
        f"error: this is a bug in labelfix ({type(error).__name__}); the details are in {log.name}"
    )
    return EXIT_ERROR


class _Interrupt:
    """Ctrl-C ends a run in order; a second one at once."""

    def __init__(self) -> None:
        self._again = False

    def __call__(self, _signal: int, _frame: FrameType | None) -> None:
        if self._again:
            os._exit(EXIT_INTERRUPTED)
        self._again = True
        raise KeyboardInterrupt


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(EXIT_TERMINATED)
