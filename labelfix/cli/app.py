"""The commands wired together, and how the program ends."""

import io
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

from labelfix.cli import (
    audit,
    bench,
    check,
    diff,
    embed,
    export,
    import_labels,
    index,
    patch,
    prepare,
    relabel,
    report,
    review,
    run,
    score,
    train,
)
from labelfix.cli.check_ending import BatchFailed, BatchUndecided
from labelfix.cli.help import Command, Group, help_of
from labelfix.errors import LabelfixError
from labelfix.options import settings_file
from labelfix.runtime.threads import keep_waiting_threads_passive
from labelfix.version import __version__

EXIT_FINDINGS = 1
EXIT_ERROR = 2
EXIT_UNDECIDED = 2
"""The same: in both cases nobody knows whether the batch is good."""
EXIT_INTERRUPTED = 130
EXIT_CLOSED_PIPE = 141
EXIT_TERMINATED = 143

COMMANDS: dict[str, tuple[Callable[..., None], str]] = {
    "run": (run.run, run.EXAMPLE),
    "embed": (embed.embed, embed.EXAMPLE),
    "index": (index.index, index.EXAMPLE),
    "train": (train.train, train.EXAMPLE),
    "relabel": (relabel.relabel, relabel.EXAMPLE),
    "check": (check.check, check.EXAMPLE),
    "report": (report.report, report.EXAMPLE),
    "review": (review.review, review.EXAMPLE),
    "audit": (audit.audit, audit.EXAMPLE),
    "export": (export.export, export.EXAMPLE),
    "import": (import_labels.import_labels, import_labels.EXAMPLE),
    "diff": (diff.diff, diff.EXAMPLE),
    "patch make": (patch.make, patch.MAKE_EXAMPLE),
    "patch apply": (patch.apply, patch.APPLY_EXAMPLE),
    "patch revert": (patch.revert, patch.REVERT_EXAMPLE),
    "prepare": (prepare.prepare, prepare.EXAMPLE),
    "score": (score.score, score.EXAMPLE),
    "bench": (bench.bench, bench.EXAMPLE),
}
GROUPS = {"patch": patch.HELP}
"""The first words of commands that have two."""

app = typer.Typer(
    name="labelfix",
    cls=Group,
    help="Find and correct wrong labels in an image data set.",
    epilog=run.EXAMPLE,
    invoke_without_command=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)
_groups = {
    name: typer.Typer(
        name=name,
        cls=Group,
        help=help_text,
        no_args_is_help=True,
        context_settings={"help_option_names": ["--help", "-h"]},
    )
    for name, help_text in GROUPS.items()
}
for _name, (_function, _example) in COMMANDS.items():
    _group, _, _last = _name.rpartition(" ")
    if _group and not any(one.typer_instance is _groups[_group] for one in app.registered_groups):
        app.add_typer(_groups[_group])
    _home = _groups[_group] if _group else app
    _home.command(_last, cls=Command, help=help_of(_function), epilog=_example)(_function)


def _show_version(wanted: bool) -> None:
    if wanted:
        from labelfix.cli import console

        console.print_result(f"labelfix {__version__}")
        raise typer.Exit


@app.callback()
def _labelfix(
    context: typer.Context,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Find and correct wrong labels in an image data set."""
    if context.invoked_subcommand is None:  # some versions of typer would end with 0
        from labelfix.cli import console

        console.print_result(context.get_help())
        raise typer.Exit(EXIT_ERROR)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 1 findings, 2 an error, 130, 141, 143 by signals."""
    logging.disable(logging.CRITICAL)  # log lines of libraries are for their developers
    keep_waiting_threads_passive()
    signal.signal(signal.SIGINT, _Interrupt())
    signal.signal(signal.SIGTERM, _terminate)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # for labels outside the code page
    try:
        code = _run(arguments)
    except SystemExit as ending:
        code = _exit_code(ending)
    sys.exit(code)


def _run(arguments: list[str] | None) -> int:
    """Run a command line and show what went wrong; the exit code."""
    from labelfix.cli import console

    try:
        functions = {name: function for name, (function, _) in COMMANDS.items()}
        defaults = settings_file.in_groups(settings_file.read_settings(Path(), functions))
        app(arguments, prog_name="labelfix", default_map=defaults)
    except SystemExit as ending:
        code = _exit_code(ending)
    except KeyboardInterrupt:
        code = EXIT_INTERRUPTED
    except LabelfixError as error:
        console.show_error(error)
        code = error.exit_code
    except Exception as error:  # a bug: one line for the user, the traceback in a file
        code = _report_bug(error)
    if code == EXIT_INTERRUPTED:
        console.show_line("interrupted; run the same command to continue")
    if code == EXIT_TERMINATED:
        console.show_line("terminated; run the same command to continue")
    return code


def _exit_code(ending: SystemExit) -> int:
    """The exit code that labelfix documents, from the one that typer or rich ends with."""
    if isinstance(ending.__context__, BrokenPipeError):
        return EXIT_CLOSED_PIPE  # both end with 1, which means findings here
    if isinstance(ending, BatchFailed):
        return EXIT_FINDINGS
    if isinstance(ending, BatchUndecided):
        return EXIT_UNDECIDED
    if isinstance(ending.code, int):
        return EXIT_ERROR if ending.code == EXIT_FINDINGS else ending.code
    return EXIT_ERROR if ending.code else 0


def _report_bug(error: Exception) -> int:
    from labelfix.cli import console

    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="labelfix-", suffix=".log", delete=False, encoding="utf-8"
        ) as log:
            log.write(f"labelfix {__version__}\n")
            traceback.print_exception(error, file=log)
        details = f"the details are in {log.name}"
    except OSError as problem:
        details = f"the details could not be written: {problem.strerror or problem}"
    what = f"this is a bug in labelfix ({type(error).__name__})"
    if isinstance(error, OSError):  # likelier the disk's fault than labelfix's
        what = str(error)
    console.show_line(f"error: {what}; {details}")
    return EXIT_ERROR


class _Interrupt:
    """Ctrl-C ends a run in order; a second Ctrl-C ends it at once."""

    def __init__(self) -> None:
        self._again = False

    def __call__(self, _signal: int, _frame: FrameType | None) -> None:
        if self._again:
            os._exit(EXIT_INTERRUPTED)
        self._again = True
        raise KeyboardInterrupt


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(EXIT_TERMINATED)
