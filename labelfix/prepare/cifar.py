"""CIFAR-10 and CIFAR-100, as python pickles or as image folders, with files of noisy labels.

Pixels out of pickles become PNG files: each whole or not there, and those that are there stay.
"""

import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from labelfix.data import atomic, names
from labelfix.errors import InputError, OutputError
from labelfix.prepare.cifar_images import CIFAR10, CIFAR100, Cifar, folder_images, read_pickles
from labelfix.prepare.noise_labels import NoiseLabels, read_noise_labels
from labelfix.prepare.recipe import LABEL, TRUE_LABEL, Layout, PrepareOptions, Recipe, Rows, Sources
from labelfix.progress import Progress

_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def write_pngs(
    pixels: npt.NDArray[np.uint8], names: Sequence[str], folder: Path, progress: Progress
) -> None:
    """Write the images that do not exist yet.

    A file with the same pixels stays, so that a stopped run can continue.

    Args:
        pixels: (N, H, W, 3).
        names: N paths relative to the folder.
        folder: created if it does not exist.
        progress: reports progress.

    Raises:
        InputError: a different image has one of the names.
        OutputError: a file cannot be written.
    """
    try:
        for parent in {Path(name).parent for name in names}:
            (folder / parent).mkdir(parents=True, exist_ok=True)
            atomic.remove_leftovers(folder / parent)
        progress.begin("writing images", len(names), "images")
        for image, name in zip(pixels, names, strict=True):
            target = folder / name
            if not _is_there(target, image):
                _write(target, image)
            progress.advance(1)
    except OSError as error:
        raise OutputError(
            f"images could not be written into {folder}: {error.strerror or error}",
            "Free some space or name another folder with --images-out; the same command goes on.",
        ) from error


def _is_there(target: Path, image: npt.NDArray[np.uint8]) -> bool:
    """Whether the file holds these pixels; a damaged file is written again."""
    try:
        with Image.open(target) as opened:
            found = np.asarray(opened.convert("RGB"))
    except FileNotFoundError:
        return False
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        if target.is_file() and not target.is_symlink() and _begins_as_png(target):
            return False
        found = np.empty(0)
    if np.array_equal(found, image):
        return True
    raise InputError(
        f"{target}: expected no file or the same image, found a different one",
        "Name an empty folder with --images-out.",
    )


def _begins_as_png(target: Path) -> bool:
    """Whether a file may be ours, cut short."""
    with target.open("rb") as file:
        beginning = file.read(len(_SIGNATURE))
    return _SIGNATURE.startswith(beginning)


def _write(target: Path, image: npt.NDArray[np.uint8]) -> None:
    # Not synced one by one: the next run rewrites a file that a power cut damaged.
    temporary = target.with_name(f"{target.name}{atomic.TEMPORARY_MARK}{secrets.token_hex(4)}")
    try:
        Image.fromarray(image).save(temporary, format="PNG")
        os.replace(temporary, target)  # noqa: PTH105 (tens of thousands of files)
    finally:
        temporary.unlink(missing_ok=True)


_Classes = npt.NDArray[np.int64]

NOISE_FOLDER = "noise_label"
PART_WITH_NOISE = 10, 9
"""PMD and hybrid noise: of 50,000 training images the first 45,000, nine of ten."""


@dataclass(frozen=True, kw_only=True)
class _Images:
    """The images of a split in CIFAR's order, with their true classes if known.

    `pixels` belong to images that are not files yet.
    """

    folder: Path
    source: Path
    names: Sequence[str]
    classes: npt.NDArray[np.int64] | None
    class_names: Sequence[str]
    pixels: npt.NDArray[np.uint8] | None = None


def _read_split(kind: Cifar, sources: Sources, *, split: str) -> Rows:
    layout, options = sources.layout, sources.options
    images = _images(kind, layout, options, split)
    given, true, notes = _labels(kind, layout, options, images, split)
    count = len(given)
    if images.pixels is not None:
        write_pngs(images.pixels[:count], images.names[:count], images.folder, sources.progress)
    columns = {LABEL: [images.class_names[index] for index in given]}
    if true is not None:
        columns[TRUE_LABEL] = [images.class_names[index] for index in true[:count]]
    return Rows(
        folder=images.folder,
        source=images.source,
        images=list(images.names[:count]),
        columns=columns,
        notes=notes,
    )


def _labels(
    kind: Cifar, layout: Layout, options: PrepareOptions, images: _Images, split: str
) -> tuple[_Classes, _Classes | None, list[str]]:
    """The given classes, the true ones as far as they are known, and notes."""
    noise = _noise(kind, layout, options) if split == "train" else None
    if noise is not None:
        _check_fits(noise, images)
        rest = len(images.names) - len(noise.labels)
        notes = [
            f"{noise.path.name} labels the first {len(noise.labels):,} images; the last {rest:,} "
            "are for validation and left out"
        ]
        true = noise.clean if images.classes is None else images.classes
        return noise.labels, true, notes if rest else []
    if images.classes is None:
        raise InputError(
            f"{images.source}: expected a folder for each class, or labels in a file, found "
            f"images alone, for example {names.to_text(images.names[0])!r}",
            f"Name a file with --labels, such as {kind.human}.pt, or have the python pickles "
            f"({kind.folder}) in the folder.",
        )
    notes = ["the labels are clean; --noise chooses noisy ones"]
    return images.classes, images.classes, notes if split == "train" else []


def _images(kind: Cifar, layout: Layout, options: PrepareOptions, split: str) -> _Images:
    home = next(
        (home for home in (kind.folder, ".") if layout.has_file(f"{home}/{kind.sign}")), None
    )
    if home is None and layout.has(split):
        found = folder_images(layout.folder(split), kind.class_names, kind.classes)
        images = [f"{split}/{name}" for name in found.names]
        classes = None if found.classes is None else np.array(found.classes, dtype=np.int64)
        return _Images(
            folder=layout.root,
            source=layout.root / split,
            names=images,
            classes=classes,
            class_names=found.class_names or _numbers(kind),
        )
    if home is None:
        raise layout.missing("the file", [f"{kind.folder}/{kind.sign}"])
    batch = read_pickles(kind, layout, home, split)
    assert options.images_out is not None  # noqa: S101 (the caller has chosen a folder)
    images = [f"{split}/{index:05d}.png" for index in range(len(batch.classes))]
    return _Images(
        folder=options.images_out,
        source=layout.root / home,
        names=images,
        classes=batch.classes,
        class_names=batch.class_names,
        pixels=batch.pixels,
    )


def _numbers(kind: Cifar) -> list[str]:
    return list(kind.class_names) or [str(index) for index in range(kind.classes)]


def _noise(kind: Cifar, layout: Layout, options: PrepareOptions) -> NoiseLabels | None:
    """The requested noisy labels: a column of a file, or a file by its name."""
    name = options.noise
    if options.labels is not None:
        layout.read.append(options.labels)
        return read_noise_labels(options.labels, name, kind.classes)
    if name is None:
        return None
    if name in kind.human_columns:
        path = layout.file(f"{kind.human}.pt", f"{kind.human}.npy")
        return read_noise_labels(path, name, kind.classes)
    file = f"{name.removesuffix('.npy')}.npy"
    if Path(file).name != file:
        raise InputError(
            f"--noise {name}: expected a name, found a path", f"Name the file with --labels {name}."
        )
    places = [f"{NOISE_FOLDER}/{file}", f"{NOISE_FOLDER}/{kind.name}/{file}", file]
    if not any(layout.has(place) for place in places):
        raise InputError(
            f"--noise {name}: expected one of {names.listed(kind.human_columns, most=9)} of "
            f"{kind.human}.pt, or a file {places[0]} in {layout.root}, found neither",
            "Name a file of noisy labels with --labels.",
        )
    return read_noise_labels(layout.file(*places), None, kind.classes)


def _check_fits(noise: NoiseLabels, images: _Images) -> None:
    """Check that noisy labels belong to these images, in their order."""
    whole, part = PART_WITH_NOISE
    total = len(images.names)
    allowed = [total, total * part // whole]
    if len(noise.labels) not in allowed:
        raise InputError(
            f"{noise.path}: expected {allowed[0]:,} or {allowed[1]:,} labels for {total:,} "
            f"training images, found {len(noise.labels):,}",
            "The file is of another set.",
        )
    if noise.clean is None or images.classes is None:
        return
    differ = int((noise.clean != images.classes[: len(noise.clean)]).sum())
    if differ:
        raise InputError(
            f"{noise.path}: expected its clean labels to be those of the images, found "
            f"{differ:,} of {total:,} that differ",
            "The file is of another set or in another order: the one with `ordered` in its name is "
            "in the order of TensorFlow's copy.",
        )


def _recipe(kind: Cifar) -> Recipe:
    return Recipe(
        name=kind.name,
        summary=f"{kind.title}, with {kind.human.removesuffix('_human')}N, PMD and hybrid noise",
        expects=f"{kind.folder}/ with the python pickles {kind.sign} and so on, or folders "
        f"train/ and test/ of images; {kind.human}.pt or .npy, "
        f"{NOISE_FOLDER}/{kind.name}-1-0.35.npy and others for noisy labels.",
        train=partial(_read_split, kind, split="train"),
        test=partial(_read_split, kind, split="test"),
        takes=frozenset({"noise", "labels", "images_out"}),
    )


RECIPES = (_recipe(CIFAR10), _recipe(CIFAR100))
