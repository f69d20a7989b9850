"""Files that are whole or not there: write beside, fsync, rename; and whether they can be."""

import contextlib
import glob
import json
import os
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from labelfix.errors import OutputError

TEMPORARY_MARK = ".labelfix-part-"


@contextlib.contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Yield a temporary path that replaces the target when the block succeeds.

    If the block fails, the target is unchanged and the temporary file is deleted.

    Raises:
        OutputError: the folder or the file cannot be written.
    """
    temporary = target.with_name(f"{target.name}{TEMPORARY_MARK}{secrets.token_hex(4)}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        _sync(temporary)
        temporary.replace(target)
        _sync(target.parent)
    except OSError as error:
        raise OutputError(
            f"{target} could not be written: {error.strerror or error}",
            "Free some space or name a place that you may write to, then run the command again.",
        ) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def write_text(target: Path, text: str) -> None:
    """Write UTF-8 text, whole or not at all."""
    with replacing(target) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_bytes(target: Path, content: bytes) -> None:
    """Write bytes, whole or not at all."""
    with replacing(target) as temporary:
        temporary.write_bytes(content)


def write_json(target: Path, value: Any) -> None:
    """Write a value as indented JSON, whole or not at all."""
    text = json.dumps(value, indent=2, ensure_ascii=False) + "\n"
    # Bytes of a path that are not UTF-8 are surrogates, which JSON can escape.
    write_text(target, text.encode("utf-8", "backslashreplace").decode("utf-8"))


def remove_leftovers(folder: Path) -> None:
    """Delete the temporary files that a killed run left in a folder or below it."""
    for leftover in folder.rglob(f"*{TEMPORARY_MARK}*"):
        leftover.unlink(missing_ok=True)


def remove_leftovers_of(target: Path) -> None:
    """Delete the temporary files that a killed run left beside a file."""
    for leftover in target.parent.glob(f"{glob.escape(target.name)}{TEMPORARY_MARK}*"):
        leftover.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    """Make a file, or a rename in a folder, survive a power cut."""
    if os.name == "nt" and path.is_dir():
        return  # Windows can not open a folder
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


OUTPUT_SUFFIXES = (".csv", ".tsv", ".parquet", ".jsonl")


def check_output(target: Path, source: Path | None = None) -> None:
    """Check that a result can be written, before any work.

    Args:
        target: the file to write.
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
    """Check that the file an option names can be written.

    Args:
        option: its flag, for errors.
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
    if target.exists() and not target.is_file():  # a file would replace it
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
