"""CIFAR-10 with the labels that people gave it: pixels unpacked once, and the labels' columns."""

import csv
import tarfile
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from embedding_parts import save_array
from resumable import MadeFrom, TimedCheckpoints, Workplace

from labelfix.data import records
from labelfix.images.pixels import read_pixels

SIDE_PX = 32
PARTS = ("train", "test")
TEST_SHARE = 5
"""Training images to one test image."""
COLUMNS = ("worse_label", "aggre_label", "pmd35_label")

Classes = npt.NDArray[np.int64]
Images = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Column:
    """A column of given labels.

    Attributes:
        name: of the column.
        images: N, training images with and without such a label.
        rows: (n,) the training images that have such a label.
        given: (n,) int64, places in `classes`.
        true: (n,) int64.
        test_rows: (M,) int64, the test images that are looked at.
        test_true: (M,) int64, their true labels.
        classes: the names, sorted.
    """

    name: str
    images: int
    rows: Classes = field(repr=False)
    given: Classes = field(repr=False)
    true: Classes = field(repr=False)
    test_rows: Classes = field(repr=False)
    test_true: Classes = field(repr=False)
    classes: Sequence[str]

    @property
    def fingerprint(self) -> str:
        """Of all of it."""
        arrays = (self.rows, self.given, self.true, self.test_rows, self.test_true)
        return records.fingerprint([list(self.classes), *(array.tolist() for array in arrays)])


def read_column(data: Path, name: str, images: int | None) -> Column:
    """The labels of one column for the first training images, and of test images beside them."""
    train, test = _read_rows(data / "train_labels.csv"), _read_rows(data / "test_labels.csv")
    if name not in train[0]:
        raise SystemExit(f"{data}: expected a column {name!r} of given labels, found {[*train[0]]}")
    classes = sorted({row["true_label"] for row in train})
    given, true = _places(train[:images], name, classes), _places(train, "true_label", classes)
    rows, test_rows = np.flatnonzero(given >= 0), spread(len(test), images)
    return Column(
        name,
        len(given),
        rows,
        given[rows],
        true[rows],
        test_rows,
        _places(test, "true_label", classes)[test_rows],
        classes,
    )


def true_labels(data: Path, images: int | None) -> tuple[Classes, Classes]:
    """Those of the first training images, and of the test images beside them."""
    column = read_column(data, "true_label", images)
    return column.true, column.test_true


def spread(count: int, images: int | None) -> Classes:
    """Which of some test images go with a number of training images; all with all.

    They are evenly spread, for the test images are in the order of their classes.
    """
    some = count if images is None else min(count, max(1, images // TEST_SHARE))
    return np.arange(some) * count // some


def image_names(data: Path, images: int | None) -> tuple[list[str], list[str]]:
    """The names of the first training images, and of the test images beside them."""
    train, test = (
        [row["image"] for row in _read_rows(data / f"{part}_labels.csv")] for part in PARTS
    )
    return train[:images], [test[row] for row in spread(len(test), images)]


def pixel_files(out: Path) -> tuple[Path, Path]:
    """Where the pixels of training and test images lie."""
    return out / "pixels-train.npy", out / "pixels-test.npy"


def load_pixels(path: Path) -> Images:
    """(N, 3, 32, 32) uint8."""
    if not path.is_file():
        raise SystemExit(f"expected pixels at {path}, found no file: run --stage images")
    pixels: Images = np.load(path, allow_pickle=False)
    return pixels


def run_images(place: Workplace, data: Path, images: int | None) -> None:
    """The stage that unpacks the archive and decodes its images."""
    archive = data / "images.tar.gz"
    if not archive.is_file():
        raise SystemExit(f"{archive}: expected the images, found no file")

    wanted = image_names(data, images)

    def make(_: TimedCheckpoints) -> tuple[dict[str, Any], list[Path]]:
        files = pixel_files(place.out)
        with tempfile.TemporaryDirectory(dir=place.out) as folder:
            _unpack(archive, Path(folder), {*wanted[0], *wanted[1]})
            for names, path in zip(wanted, files, strict=True):
                place.progress.begin("reading images", len(names), "images")
                advance = place.progress.advance
                pixels = read_pixels(names, Path(folder), SIDE_PX, advance=advance)
                if pixels.unreadable:
                    raise SystemExit(f"{archive}: images that cannot be read: {pixels.unreadable}")
                save_array(path, pixels.values)
        return dict(zip(PARTS, map(len, wanted), strict=True)), list(files)

    made_from = MadeFrom(
        {"images": images, "side_px": SIDE_PX},
        {"archive": records.fingerprint_file(archive), "names": records.fingerprint(wanted)},
        ("images",),
        rows=len(wanted[0]) + len(wanted[1]),
    )
    place.run("images", made_from, make)


def _unpack(archive: Path, folder: Path, wanted: set[str]) -> None:
    """Unpack some images of an archive, and nothing else."""
    with tarfile.open(archive, "r:gz") as tar:
        for member in tar:
            if member.name in wanted:
                tar.extract(member, folder, filter="data")
                wanted.remove(member.name)
    if wanted:
        raise SystemExit(f"{archive}: expected {min(wanted)} and {len(wanted) - 1} others in it")


def _read_rows(path: Path) -> list[dict[str, str]]:
    """The rows of a file of labels, which are in the order of the images' numbers."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for number, row in enumerate(rows):
        if not row["image"].endswith(f"/{number:05d}.jpg"):
            raise SystemExit(f"{path}: expected image {number:05d}.jpg in row {number + 2}")
    return rows


def _places(rows: list[dict[str, str]], column: str, classes: Sequence[str]) -> Classes:
    """(n,) the place of each row's label among the classes, -1 for an empty one."""
    place = {"": -1, **{label: number for number, label in enumerate(classes)}}
    return np.array([place[row[column]] for row in rows], dtype=np.int64)
