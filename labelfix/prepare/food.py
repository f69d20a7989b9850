"""Food-101N, with labels from the web, and Food-101, with its test images."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path, PurePosixPath

from labelfix.data.image_endings import IMAGE_SUFFIXES
from labelfix.prepare.recipe import (
    LABEL,
    TRUE_LABEL,
    Layout,
    ListLine,
    Recipe,
    Rows,
    Sources,
    wrong_line,
)

IS_RIGHT = "label_is_right"
VERIFIED = ("meta/verified_train.tsv", "meta/verified_val.tsv")
ENTRY = "class/name of an image"


def _food101n(sources: Sources) -> Rows:
    layout = sources.layout
    classes = _classes(layout)
    path = layout.file("meta/imagelist.tsv")
    first, *others = layout.lines(path)
    lines = others if _is_header(layout, first, classes) else [first, *others]
    entries = [_entry(path, line, classes) for line in lines]
    checked = _checked(layout, classes)
    strays = len(checked.keys() - set(entries))
    verified = [checked.get(entry, "") for entry in entries]
    right, wrong = verified.count("1"), verified.count("0")
    notes = [
        f"{IS_RIGHT}: {right:,} labels verified right, {wrong:,} wrong; labelfix does not read it"
    ]
    if strays:
        notes.append(f"verified images left out because they are not in {path.name}: {strays:,}")
    labels = [_class_and_name(entry)[0] for entry in entries]
    images = [_image(entry) for entry in entries]
    return Rows(
        folder=layout.root,
        source=path,
        images=images,
        columns={LABEL: labels, IS_RIGHT: verified},
        notes=notes,
    )


def _checked(layout: Layout, classes: Sequence[str]) -> dict[str, str]:
    """The verification of each entry: `1` for a right label, `0` for a wrong one."""
    said: dict[str, str] = {}
    for name in VERIFIED:
        if not layout.has(name):
            continue
        path = layout.file(name)
        for position, (line, entry, value) in enumerate(layout.pairs(path)):
            if value not in ("0", "1"):
                if position == 0:
                    continue  # the header
                raise wrong_line(path, line, f"{ENTRY} and 0 or 1")
            if said.setdefault(_entry(path, line, classes, entry), value) != value:
                raise wrong_line(path, line, "one answer for each image, not two")
    return said


def _food101(sources: Sources, *, split: str = "train") -> Rows:
    layout = sources.layout
    classes = _classes(layout)
    path = layout.file(f"meta/{split}.txt")
    entries = [_entry(path, line, classes) for line in layout.lines(path)]
    labels = [_class_and_name(entry)[0] for entry in entries]
    columns = {LABEL: labels}
    if split == "test":  # its training labels were never cleaned
        columns[TRUE_LABEL] = labels
    return Rows(
        folder=layout.root,
        source=path,
        images=[_image(entry) for entry in entries],
        columns=columns,
    )


def _classes(layout: Layout) -> list[str]:
    """The lines of `classes.txt`; the first may be a header, which matches no image."""
    return [line.text for line in layout.lines(layout.file("meta/classes.txt"))]


def _is_header(layout: Layout, line: ListLine, classes: Sequence[str]) -> bool:
    """Whether a list's first line is a header."""
    label, _ = _class_and_name(line.text)
    return label not in classes or (label == classes[0] and not layout.has(f"images/{label}"))


def _entry(path: Path, line: ListLine, classes: Sequence[str], text: str | None = None) -> str:
    """The `class/name` of a line, of a known class."""
    entry = line.text if text is None else text
    label, name = _class_and_name(entry)
    if not name or label not in classes:
        raise wrong_line(path, line, f"{ENTRY}, of a class in meta/classes.txt")
    return entry


def _class_and_name(entry: str) -> tuple[str, str]:
    label, _, name = entry.partition("/")
    return label, name


def _image(entry: str) -> str:
    has_suffix = PurePosixPath(entry).suffix.lower() in IMAGE_SUFFIXES
    return f"images/{entry}{'' if has_suffix else '.jpg'}"


RECIPES = (
    Recipe(
        name="food101n",
        summary="Food-101N, labels from the web, some of them verified",
        expects="images/CLASS/NAME, meta/imagelist.tsv, meta/classes.txt; meta/verified_train.tsv "
        "and meta/verified_val.tsv where there are any.",
        train=_food101n,
        instead_of_test="Its test images are those of Food-101: labelfix prepare food101 FOOD101 "
        "--test-out test.csv.",
    ),
    Recipe(
        name="food101",
        summary="Food-101, for its test images",
        expects="images/CLASS/NAME.jpg, meta/train.txt, meta/test.txt, meta/classes.txt.",
        train=_food101,
        test=partial(_food101, split="test"),
    ),
)
