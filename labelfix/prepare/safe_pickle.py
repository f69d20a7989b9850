"""Safe reading of Python pickles: numpy arrays, texts, bytes, numbers, lists and dicts only.

A pickle is a program. This reader lets it make only plain values and numpy arrays; anything else
is refused before it is called.
"""

import io
import pickle
import pickletools
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from labelfix.errors import InputError


class _Latin1Bytes:
    """Makes Python 2's bytes; without fields, so that a pickle cannot change it."""

    __slots__ = ()

    def __call__(self, text: str, encoding: str = "latin1") -> bytes:
        if encoding != "latin1":
            raise pickle.UnpicklingError(f"bytes in the encoding {encoding!r}")
        return text.encode("latin1")


class _EmptyArray:
    """Makes the empty array with which numpy starts before it sets the state."""

    __slots__ = ()

    def __call__(self, kind: type, shape: tuple[int, ...], typecode: object) -> Any:
        if kind is not np.ndarray or shape != (0,) or typecode not in (b"b", "b"):
            raise pickle.UnpicklingError("an array that does not begin empty")
        return np.ndarray.__new__(np.ndarray, (0,), "b")


class _SafeUnpickler(pickle.Unpickler):
    ALLOWED: ClassVar[dict[tuple[str, str], Any]] = {
        ("numpy", "ndarray"): np.ndarray,
        ("numpy", "dtype"): np.dtype,
        ("_codecs", "encode"): _Latin1Bytes(),
        ("numpy.core.multiarray", "_reconstruct"): _EmptyArray(),
        ("numpy._core.multiarray", "_reconstruct"): _EmptyArray(),
    }

    def find_class(self, module: str, name: str) -> Any:
        try:
            return self.ALLOWED[module, name]
        except KeyError:
            raise _RefusedError(f"{module}.{name}") from None


class _RefusedError(Exception):
    """A pickle wants something that may run code."""


def _check_memo(data: bytes) -> None:
    """Check that no value has a huge number: memory for all smaller numbers would be taken."""
    for opcode, number, _ in pickletools.genops(data):
        if opcode.name in ("PUT", "BINPUT", "LONG_BINPUT") and int(number or 0) > len(data):
            raise pickle.UnpicklingError(f"a value with the number {number}")


def load_pickle(path: Path, content: bytes | None = None) -> Any:
    """Load a pickle of plain values and numpy arrays; Python 2's texts become bytes.

    Args:
        path: of the file, for errors, and to read if there is no content.
        content: the pickle's bytes if they are part of another file.

    Raises:
        InputError: the file cannot be read, is not a pickle, or wants anything else. None of its
            code was run.
    """
    try:
        data = path.read_bytes() if content is None else content
        _check_memo(data)
        return _SafeUnpickler(io.BytesIO(data), encoding="bytes").load()
    except OSError as error:
        raise InputError(
            f"{path} could not be read: {error.strerror or error}", "Copy the file again."
        ) from error
    except _RefusedError as refused:
        raise InputError(
            f"{path}: expected a pickle of only numpy arrays, texts, numbers, lists and dicts, "
            f"found one that asks for {refused}; nothing of it was run",
            "It is not the published file: do not open it with any other program, and copy it "
            "again from the set's own page.",
        ) from refused
    except Exception as error:  # a damaged pickle can raise anything
        raise InputError(
            f"{path}: expected a pickle, found something else ({type(error).__name__}: {error})",
            "Copy the file again; an archive must be unpacked first.",
        ) from error
