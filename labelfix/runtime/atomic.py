"""Files that are either whole or not there: write beside, fsync, rename."""

import contextlib
import glob
import json
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from labelfix.errors import OutputError

TEMPORARY_MARK = ".labelfix-part-"


@contextlib.contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Yield a path in the target's folder that becomes the target when the block ends well.

    When the block fails, the target is what it was before and the temporary file is gone.

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


def write_json(target: Path, value: Any) -> None:
    """Write a value as indented JSON, whole or not at all."""
    text = json.dumps(value, indent=2, ensure_ascii=False) + "\n"
    # A path's bytes that are no UTF-8 are surrogates, which have an escape in JSON: the same.
    write_text(target, text.encode("utf-8", "backslashreplace").decode("utf-8"))


def remove_leftovers(folder: Path) -> None:
    """Delete the temporary files that a killed run left in a folder and below it."""
    for leftover in folder.rglob(f"*{TEMPORARY_MARK}*"):
        leftover.unlink(missing_ok=True)


def remove_leftovers_of(target: Path) -> None:
    """Delete the temporary files that a killed run left beside a file."""
    for leftover in target.parent.glob(f"{glob.escape(target.name)}{TEMPORARY_MARK}*"):
        leftover.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    """Make sure that a file, or a rename inside a folder, survives a power cut."""
    if os.name == "nt" and path.is_dir():
        return  # Windows can not open a folder
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
