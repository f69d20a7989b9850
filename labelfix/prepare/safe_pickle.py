"""Python pickles without their danger: numpy arrays, texts, bytes, numbers, lists and dicts alone.

A pickle is a program. This reader lets it make nothing but plain values and numpy arrays; what it
asks for beyond that is refused before anything of it is called.
"""

import io
import pickle
import pickletools
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from labelfix.errors import InputError


class _Latin1Bytes:
    """What Python 2's bytes are made with; the pickle cannot change it, for it has no fields."""

    __slots__ = ()

    def __call__(self, text: str, encoding: str = "latin1") -> bytes:
        if encoding != "latin1":
            raise pickle.UnpicklingError(f"bytes in the encoding {encoding!r}")
        return text.encode("latin1")


class _EmptyArray:
    """What numpy begins an array with before its state is set."""

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
    """A pickle asks for something that may run code."""


def _check_memo(data: bytes) -> None:
    """See that no value is numbered beyond any count: room for all numbers would be taken."""
    for opcode, number, _ in pickletools.genops(data):
        if opcode.name in ("PUT", "BINPUT", "LONG_BINPUT") and int(number or 0) > len(data):
            raise pickle.UnpicklingError(f"a value with the number {number}")


def load_pickle(path: Path, content: bytes | None = None) -> Any:
    """The value in a pickle of plain values and numpy arrays; Python 2's texts are bytes.

    Args:
        path: of the file, for messages, and to read where there is no content.
        content: the pickle's bytes where they lie within another file.

    Raises:
        InputError: the file cannot be read, is no pickle, or asks for anything else. Nothing that
            it asks for was run.
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
            f"{path}: expected a pickle of numpy arrays, texts, numbers, lists and dicts alone, "
            f"found one that asks for {refused}; nothing of it was run",
            "It is not the file that was published: do not open it with anything else, and copy "
            "it again from the set's own page.",
        ) from refused
    except Exception as error:  # a damaged pickle can fail in any way, all of them its own
        raise InputError(
            f"{path}: expected a pickle, found something else ({type(error).__name__}: {error})",
            "Copy the file again; an archive must be unpacked first.",
        ) from error
