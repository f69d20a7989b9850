"""CIFAR's images: python pickles of pixels and classes, or folders numbered in CIFAR's order."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import numpy.typing as npt

from labelfix.data import class_folders, names
from labelfix.errors import InputError
from labelfix.prepare.recipe import Layout
from labelfix.prepare.safe_pickle import load_pickle

SIDE_PX = 32
CHANNELS = 3


@dataclass(frozen=True, kw_only=True)
class Cifar:
    """The differences between CIFAR-10 and CIFAR-100.

    Attributes:
        name, title: for the command line and for texts.
        folder: the pickles' folder.
        files: of each split.
        labels_key: the pickles' key for the classes.
        classes: how many.
        class_names: in the order of their numbers; empty if only `meta` has them.
        human: the file of labels that people gave, without its ending.
        human_columns: its columns.
    """

    name: str
    title: str
    folder: str
    files: Mapping[str, Sequence[str]]
    labels_key: str
    classes: int
    class_names: Sequence[str]
    human: str
    human_columns: Sequence[str]

    @property
    def sign(self) -> str:
        """The file that shows that the pickles exist."""
        return self.files["train"][0]


CIFAR10 = Cifar(
    name="cifar10",
    title="CIFAR-10",
    folder="cifar-10-batches-py",
    files={"train": [f"data_batch_{number}" for number in range(1, 6)], "test": ["test_batch"]},
    labels_key="labels",
    classes=10,
    class_names=(
        "airplane",
        "automobile",
        "bird",
        "cat",
        "deer",
        "dog",
        "frog",
        "horse",
        "ship",
        "truck",
    ),
    human="CIFAR-10_human",
    human_columns=(
        "aggre_label",
        "worse_label",
        "random_label1",
        "random_label2",
        "random_label3",
        "clean_label",
    ),
)
CIFAR100 = Cifar(
    name="cifar100",
    title="CIFAR-100",
    folder="cifar-100-python",
    files={"train": ["train"], "test": ["test"]},
    labels_key="fine_labels",
    classes=100,
    class_names=(),
    human="CIFAR-100_human",
    human_columns=("noisy_label", "clean_label"),
)


@dataclass(frozen=True)
class Batch:
    """Images of a split: pixels (N, 32, 32, 3), classes (N,) and the class names."""

    pixels: npt.NDArray[np.uint8]
    classes: npt.NDArray[np.int64]
    class_names: Sequence[str]


def read_pickles(kind: Cifar, layout: Layout, home: str, split: str) -> Batch:
    """Read the pickles of a split, in order.

    Raises:
        InputError: one is missing, would run code, or holds other data.
    """
    pixels, classes = [], []
    for name in kind.files[split]:
        path = layout.file(f"{home}/{name}")
        content = _by_text(path, load_pickle(path), ("data", kind.labels_key))
        pixels.append(_pixels(path, content["data"]))
        classes.append(_classes(path, content[kind.labels_key], len(pixels[-1]), kind))
    class_names = kind.class_names
    if not class_names:
        path = layout.file(f"{home}/meta")
        class_names = _class_names(path, load_pickle(path), kind)
    return Batch(np.concatenate(pixels), np.concatenate(classes), class_names)


def _by_text(path: Path, content: Any, wanted: Sequence[str]) -> dict[str, Any]:
    """A dict with its keys as text."""
    by_text = {}
    if isinstance(content, dict):
        by_text = {
            key.decode("latin1") if isinstance(key, bytes) else str(key): value
            for key, value in content.items()
        }
    if not set(wanted) <= set(by_text):
        found = names.listed(list(by_text)) if by_text else type(content).__name__
        raise InputError(
            f"{path}: expected a pickled dict with {names.listed(wanted)}, found {found}",
            "Unpack the set's python version again.",
        )
    return by_text


def _pixels(path: Path, data: Any) -> npt.NDArray[np.uint8]:
    values = SIDE_PX * SIDE_PX * CHANNELS
    is_array = isinstance(data, np.ndarray) and data.dtype == np.uint8
    if not is_array or data.ndim != 2 or data.shape[1] != values or not len(data):
        found = f"{data.dtype} {data.shape}" if isinstance(data, np.ndarray) else type(data)
        raise InputError(
            f"{path}: expected pixels as uint8 (N, {values}), found {found}",
            "Unpack the set's python version again.",
        )
    channels_first = data.reshape(-1, CHANNELS, SIDE_PX, SIDE_PX)
    return np.ascontiguousarray(channels_first.transpose(0, 2, 3, 1))  # (N, 32, 32, 3)


def _classes(path: Path, labels: Any, count: int, kind: Cifar) -> npt.NDArray[np.int64]:
    try:
        found = np.asarray(labels)
    except (TypeError, ValueError):
        found = np.empty(0)
    is_right = found.shape == (count,) and found.dtype.kind in "iu"
    if not is_right or found.min() < 0 or found.max() >= kind.classes:
        raise InputError(
            f"{path}: expected {count:,} classes from 0 to {kind.classes - 1} as "
            f"{kind.labels_key!r}, found others",
            "Unpack the set's python version again.",
        )
    return found.astype(np.int64)


def _class_names(path: Path, content: Any, kind: Cifar) -> list[str]:
    found = _by_text(path, content, ("fine_label_names",))["fine_label_names"]
    texts = [
        name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name)
        for name in (found if isinstance(found, list) else [])
    ]
    if len(set(texts)) != kind.classes:
        raise InputError(
            f"{path}: expected {kind.classes} names of classes, found {len(set(texts))}",
            "Unpack the set's python version again.",
        )
    return texts


@dataclass(frozen=True)
class FolderImages:
    """The images of a split by number, with classes if there are class folders."""

    names: Sequence[str]
    classes: Sequence[int] | None
    class_names: Sequence[str]


def folder_images(folder: Path, class_names: Sequence[str], classes: int) -> FolderImages:
    """The images below a folder, in the order of the numbers in their names.

    Args:
        folder: of a split.
        class_names: if empty, the sorted names of the class folders.
        classes: how many.

    Raises:
        InputError: the numbers do not give the order, or a folder is not a class.
    """
    opened, _ = class_folders.unlabelled_manifest(folder)
    ordered = _in_order(folder, opened.images)
    parents = [PurePosixPath(name).parent.as_posix() for name in ordered]
    if set(parents) == {"."}:
        return FolderImages(ordered, None, class_names)
    folders = sorted(set(parents), key=lambda name: (len(name) * name.isdigit(), name))
    known = list(class_names) if class_names and not folders[0].isdigit() else folders
    unknown = sorted(set(folders) - set(known))
    if unknown or len(known) != classes:
        raise InputError(
            f"{folder}: expected a folder for each class, "
            f"{names.listed(class_names, most=10) if class_names else f'{classes} of them'}, found "
            f"{names.listed(unknown or folders)}",
            "Name the folders as the classes, or have the python pickles in the set's folder.",
        )
    index = {name: number for number, name in enumerate(known)}
    return FolderImages(
        ordered, [index[parent] for parent in parents], class_names if class_names else known
    )


def _in_order(folder: Path, images: Sequence[str]) -> list[str]:
    numbers: dict[int, str] = {}
    for name in images:
        found = re.search(r"(\d{1,9})$", PurePosixPath(name).stem)
        number = int(found[1]) if found else -1
        if number < 0 or number in numbers:
            same = f", as {numbers[number]!r} has" if number in numbers else ""
            raise InputError(
                f"{folder}: expected images with their numbers in CIFAR's order, such as "
                f"00000.png, each once, found {names.to_text(name)!r}{same}",
                "Noisy labels come in that order. For class folders without numbers use labelfix "
                "prepare imagefolder.",
            )
        numbers[number] = name
    order = sorted(numbers)
    if order[-1] - order[0] != len(order) - 1:
        gap = next(number for number in range(order[0], order[-1]) if number not in numbers)
        raise InputError(
            f"{folder}: expected images with every number from {order[0]} to {order[-1]}, "
            f"found none with {gap}",
            "Unpack the images again.",
        )
    return [numbers[number] for number in order]
