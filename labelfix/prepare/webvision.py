"""WebVision 1.0 and its first 50 classes, and ILSVRC12's validation images by WordNet id."""

import re
from functools import partial
from pathlib import Path, PurePosixPath

from labelfix.data import class_folders, names
from labelfix.errors import InputError
from labelfix.prepare.recipe import (
    LABEL,
    TRUE_LABEL,
    Layout,
    Recipe,
    Rows,
    Sources,
    class_of,
    wrong_line,
)

MINI_CLASSES = 50
CLASS_NAME = "class_name"
WORDNET_ID = re.compile(r"n\d{8}")
VAL_FOLDER = "val_images_256"


def _webvision(
    sources: Sources,
    *,
    is_mini: bool,
    split: str = "train",
) -> Rows:
    layout, options = sources.layout, sources.options
    class_names = _synsets(layout)
    path = _list(layout, options.labels, split)
    images, indices = [], []
    for line, image, index in layout.pairs(path):
        class_of(path, line, index, list(class_names))
        if not is_mini or int(index) < MINI_CLASSES:
            images.append(image if split == "train" else f"{VAL_FOLDER}/{image}")
            indices.append(int(index))
    if not images:
        raise InputError(
            f"{path}: expected images with labels below {MINI_CLASSES}, found none",
            "Copy the list again.",
        )
    ids = list(class_names)
    labels = [ids[index] for index in indices]
    columns = {LABEL: labels, CLASS_NAME: [class_names[label] for label in labels]}
    if split == "test":
        columns[TRUE_LABEL] = labels
    return Rows(folder=layout.root, source=path, images=images, columns=columns)


def _list(layout: Layout, named: Path | None, split: str) -> Path:
    if split == "test":
        return layout.file("info/val_filelist.txt")
    return named or layout.file("info/train_filelist_google.txt")


def _synsets(layout: Layout) -> dict[str, str]:
    """The first name of each WordNet id, in the order of WebVision's numbers."""
    path = layout.file("info/synsets.txt")
    found: dict[str, str] = {}
    for line in layout.lines(path):
        wordnet_id, _, text = line.text.partition(" ")
        if not WORDNET_ID.fullmatch(wordnet_id) or wordnet_id in found:
            raise wrong_line(path, line, "a WordNet id, each once, such as n01440764, and names")
        found[wordnet_id] = text.split(",")[0].strip()
    return found


def _ilsvrc12(sources: Sources) -> Rows:
    layout, options = sources.layout, sources.options
    folder = layout.folder("val")
    if options.labels is None and any(folder.glob("n[0-9]*/")):
        opened, notes = class_folders.folder_manifest(folder, "class")
        images = [f"val/{name}" for name in opened.images]
        wrong = [name for name in set(opened.given_labels) if not WORDNET_ID.fullmatch(name)]
        if wrong:
            raise InputError(
                f"{folder}: expected folders named by WordNet ids, found {names.listed(wrong)}",
                "Move the other folders away.",
            )
        labels = opened.given_labels
        return Rows(
            folder=layout.root,
            source=folder,
            images=images,
            columns={LABEL: labels, TRUE_LABEL: labels},
            notes=notes,
        )
    path = options.labels or _list_with_ids(layout)
    images, labels = [], []
    for line in layout.lines(path):
        name, *others = line.text.split()
        ids = [text for text in others if WORDNET_ID.fullmatch(text)]
        if len(ids) != 1:
            raise wrong_line(path, line, "an image's name and a WordNet id such as n01440764")
        name = name.removeprefix("val/")
        images.append(f"val/{name}{'' if PurePosixPath(name).suffix else '.JPEG'}")
        labels.append(ids[0])
    return Rows(
        folder=layout.root, source=path, images=images, columns={LABEL: labels, TRUE_LABEL: labels}
    )


def _list_with_ids(layout: Layout) -> Path:
    """The list `name index wnid`, under any file name."""
    for path in sorted([*layout.root.glob("*.txt"), *layout.root.glob("*/*.txt")]):
        first, *others = layout.lines(path)[0].text.split()
        if first.startswith(("ILSVRC2012_val_", "val/ILSVRC2012_val_")) and any(
            map(WORDNET_ID.fullmatch, others)
        ):
            return path
    raise InputError(
        f"{layout.root}: expected a list of lines `name index wnid`, such as "
        "`ILSVRC2012_val_00000001.JPEG 490 n01751748`, found no .txt file with them",
        "Name it with --labels.",
    )


def _recipe(name: str, summary: str, *, is_mini: bool) -> Recipe:
    return Recipe(
        name=name,
        summary=summary,
        expects="info/train_filelist_google.txt, info/val_filelist.txt, info/synsets.txt; images "
        f"in google/qNNNN/ and {VAL_FOLDER}/.",
        train=partial(_webvision, is_mini=is_mini),
        test=partial(_webvision, is_mini=is_mini, split="test"),
        takes=frozenset({"labels"}),
    )


RECIPES = (
    _recipe("webvision", "WebVision 1.0, the images found by Google", is_mini=False),
    _recipe("mini-webvision", "its first 50 classes", is_mini=True),
    Recipe(
        name="ilsvrc12-val",
        summary="ILSVRC12's validation images by WordNet id, to test WebVision on",
        expects="val/ILSVRC2012_val_00000001.JPEG and so on with a list `name index wnid` in a "
        ".txt file, or val/nNNNNNNNN/ folders.",
        train=_ilsvrc12,
        instead_of_test="All its images are test images: write them with --out.",
        takes=frozenset({"labels"}),
    ),
)
