"""Whether a result can be written where it was asked for, before any work is done for it."""

import tempfile
from pathlib import Path

from labelfix.errors import OutputError

OUTPUT_SUFFIXES = (".csv", ".tsv", ".parquet", ".jsonl")


def check_output(target: Path, source: Path | None = None) -> None:
    """See that a result can be written before any work is done for it.

    Args:
        target: the file that is to be written.
        source: the user's manifest, which is never written to.

    Raises:
        OutputError: the ending is unknown, or the place is a folder, read-only or the source.
    """
    if target.suffix.lower() not in OUTPUT_SUFFIXES:
        raise OutputError(
            f"--out {target}: expected a name that ends in one of {', '.join(OUTPUT_SUFFIXES)}",
            "For example --out fixed.csv.",
        )
    check_place("--out", target, source)


def check_place(option: str, target: Path, source: Path | None = None) -> None:
    """See that a file can be written where an option names it.

    Args:
        option: for the message.
        target: the file.
        source: the user's manifest, which is never written to.

    Raises:
        OutputError: the place is a folder, a device, read-only or the source.
    """
    if source is not None and source.exists() and target.exists() and target.samefile(source):
        raise OutputError(
            f"{option} {target} is the manifest itself, which is never written to",
            f"For example {option} {target.with_stem('fixed').name}.",
        )
    if target.is_dir():
        raise OutputError(
            f"{option} {target} is a folder", f"Name a file, for example in {target}."
        )
    if target.exists() and not target.is_file():  # it would be replaced by a file
        raise OutputError(
            f"{option} {target}: expected a file or none, found a device or a pipe",
            "Name a file.",
        )
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=target.parent):
            pass
    except OSError as error:
        raise OutputError(
            f"{option} {target} cannot be written: {error.strerror or error}",
            "Name a place that you may write to.",
        ) from error
