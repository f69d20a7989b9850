"""CIFAR as image folders: flat and numbered in its order, or a folder for each class."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from labelfix.data import image_paths, names
from labelfix.errors import InputError


@dataclass(frozen=True)
class FolderImages:
    """The images of a split by their numbers; classes where there are class folders."""

    names: Sequence[str]
    classes: Sequence[int] | None
    class_names: Sequence[str]


def folder_images(folder: Path, class_names: Sequence[str], classes: int) -> FolderImages:
    """The images below a folder, in the order of the numbers in their names.

    Args:
        folder: of a split.
        class_names: what the classes are called; none takes the names of the class folders,
            whose order is that of the numbers.
        classes: how many there are.

    Raises:
        InputError: the numbers do not tell the order, or a folder is no class.
    """
    opened, _ = image_paths.unlabelled_manifest(folder)
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
                "Noisy labels come in that order. Class folders as they are become a manifest by "
                "labelfix prepare imagefolder.",
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
