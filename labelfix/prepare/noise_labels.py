"""Files of noisy labels: CIFAR-10N and 100N (`.pt`, `.npy`), PMD and hybrid noise (`.npy`)."""

import contextlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from labelfix.data import names
from labelfix.errors import InputError
from labelfix.prepare.safe_pickle import load_pickle

CLEAN = "clean_label"


@dataclass(frozen=True)
class NoiseLabels:
    """Noisy labels in the order of the training images, as numbers from 0.

    Attributes:
        path: of the file.
        labels: (M,) int64.
        clean: (M,) int64 the true labels from the same file, or None.
    """

    path: Path
    labels: npt.NDArray[np.int64]
    clean: npt.NDArray[np.int64] | None = None


def read_noise_labels(path: Path, column: str | None, classes: int) -> NoiseLabels:
    """Read one column of noisy labels.

    Args:
        path: ends in .pt, .pth or .npy.
        column: which one, if the file has several; None takes the only one.
        classes: how many.

    Raises:
        InputError: the file is unusable, lacks the column, or has a label out of range.
    """
    content = _read_torch(path) if path.suffix.lower() in (".pt", ".pth") else _read_numpy(path)
    if not isinstance(content, Mapping):
        if column is not None:
            raise InputError(
                f"--noise {column}: expected a file of several columns, found one column in {path}",
                "Leave --noise out, or --labels.",
            )
        return NoiseLabels(path, _checked(path, "its labels", content, classes))
    columns = {_as_text(key): value for key, value in content.items()}
    name = _chosen(path, column, list(columns))
    clean = None
    if CLEAN in columns:
        clean = _checked(path, CLEAN, columns[CLEAN], classes)
    labels = _checked(path, name, columns[name], classes)
    if clean is not None and len(clean) != len(labels):
        raise InputError(
            f"{path}: expected as many labels in {name!r} as in {CLEAN!r}, found {len(labels):,} "
            f"and {len(clean):,}",
            "Copy the file again.",
        )
    return NoiseLabels(path, labels, clean)


def _chosen(path: Path, column: str | None, columns: list[str]) -> str:
    noisy = [name for name in columns if name != CLEAN]
    if column is None and len(noisy) == 1:
        return noisy[0]
    if column not in columns:
        raise InputError(
            f"--noise: expected one of {names.listed(columns, most=20)} in {path}, "
            f"found {'nothing' if column is None else repr(column)}",
            f"For example --noise {noisy[0] if noisy else CLEAN}.",
        )
    return column


def _read_torch(path: Path) -> Any:
    """Read a torch file without running any of its code."""
    import torch

    try:
        with _numpy_allowed():
            return torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise _unreadable(path, error) from error
    except Exception as error:  # torch has no single error for files that it refuses
        asked = re.search(r"GLOBAL (\S+)", str(error))
        reason = f"it asks for {asked[1]}" if asked else str(error).split("\n")[0][:200]
        raise InputError(
            f"{path}: expected a torch file of only arrays and dicts, found one that "
            f"torch.load(weights_only=True) refuses ({reason}); nothing of it was run",
            "Copy the file again from where it was published, or give the labels as .npy.",
        ) from error


@contextlib.contextmanager
def _numpy_allowed() -> Iterator[None]:
    """Let torch load numpy arrays of numbers, also those of an older numpy."""
    import torch
    from numpy._core.multiarray import _reconstruct

    kinds = {
        type(np.dtype(code))
        for code in ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f4", "f8")
    }
    allowed: list[Any] = [np.ndarray, np.dtype, *kinds, _reconstruct]
    allowed.append((_reconstruct, "numpy.core.multiarray._reconstruct"))
    with torch.serialization.safe_globals(allowed):
        yield


def _read_numpy(path: Path) -> Any:
    try:
        with path.open("rb") as file:
            version = np.lib.format.read_magic(file)
            read_header = (
                np.lib.format.read_array_header_1_0
                if version == (1, 0)
                else np.lib.format.read_array_header_2_0
            )
            kind = read_header(file)[2]
            pickled = file.read() if kind.hasobject else None
        if pickled is None:
            return np.load(path, allow_pickle=False)
    except OSError as error:
        raise _unreadable(path, error) from error
    except ValueError as error:
        raise InputError(
            f"{path}: expected labels as .npy or .pt, found something else ({error})",
            "Name the file of noisy labels with --labels.",
        ) from error
    value = load_pickle(path, pickled)
    is_one = isinstance(value, np.ndarray) and value.size == 1
    return value.reshape(()).item() if is_one else value


def _checked(path: Path, name: str, values: Any, classes: int) -> npt.NDArray[np.int64]:
    try:
        array = np.asarray(values)
    except (TypeError, ValueError, RuntimeError):
        array = np.empty(0, dtype=object)
    if array.ndim != 1 or array.dtype.kind not in "iu" or not len(array):
        raise InputError(
            f"{path}: expected whole numbers of shape (N,) as {name}, found {array.dtype} of "
            f"shape {array.shape}",
            "Name a file of labels with --labels.",
        )
    wrong = np.flatnonzero((array < 0) | (array >= classes))
    if len(wrong):
        raise InputError(
            f"{path}, row {wrong[0] + 1} of {name}: expected a class from 0 to {classes - 1}, "
            f"found {array[wrong[0]]}",
            "The file is of another set, or damaged.",
        )
    return array.astype(np.int64)


def _as_text(key: Any) -> str:
    return key.decode("utf-8", "replace") if isinstance(key, bytes) else str(key)


def _unreadable(path: Path, error: OSError) -> InputError:
    return InputError(
        f"{path} could not be read: {error.strerror or error}",
        "Name the file of noisy labels with --labels.",
    )
