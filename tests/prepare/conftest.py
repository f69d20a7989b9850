"""Small copies of the layouts, and recipes run on them."""

import pickle
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from labelfix.data.manifest import read_manifest
from labelfix.data.tables import CsvFormat
from labelfix.prepare.cifar_images import CIFAR10, CIFAR100
from labelfix.prepare.recipe import PrepareOptions
from labelfix.prepare.targets import Targets, WrittenManifest, prepare
from labelfix.progress import Silent

PER_BATCH = 4
TRAIN_CLASSES = [(7 * row) % 10 for row in range(5 * PER_BATCH)]
TEST_CLASSES = [3, 9]


@dataclass(frozen=True)
class Prepared:
    """The manifests that were written, and their columns by name."""

    written: list[WrittenManifest]
    out: Path

    def columns(self, path: Path | None = None) -> dict[str, list[str]]:
        return read_manifest(path or self.out, CsvFormat()).table.to_pydict()


@pytest.fixture
def prepared(tmp_path):
    """Run a recipe on the folder `set` and write `manifest.csv`."""

    def run(name, *, test=False, out="manifest.csv", folder=None, classes_of=None, **options):
        targets = Targets(
            tmp_path / out if out else None, tmp_path / "test.csv" if test else None, classes_of
        )
        folder = folder or tmp_path / "set"
        written = prepare(name, folder, PrepareOptions(**options), targets, Silent())
        return Prepared(written, tmp_path / (out or "test.csv"))

    return run


@pytest.fixture
def layout(tmp_path):
    """Write files below the folder `set`: text, bytes, or a small image for None."""

    def write(files):
        root = tmp_path / "set"
        root.mkdir(exist_ok=True)
        for name, content in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if content is None:
                Image.new("RGB", (4, 4)).save(path, format="PNG")
            elif isinstance(content, bytes):
                path.write_bytes(content)
            else:
                path.write_text(content, encoding="utf-8")
        return root

    return write


def pixels_of(classes, first=0):
    """(N, 3072) of which each image is one of a kind, channels first."""
    rows = np.arange(first, first + len(classes), dtype=np.uint8)[:, None]
    return (rows + np.repeat(np.array([[0, 50, 100]], dtype=np.uint8), 1024)).astype(np.uint8)


@pytest.fixture
def cifar10(layout):
    """CIFAR-10's pickles, 4 images each."""
    files = {}
    for number in range(5):
        classes = TRAIN_CLASSES[number * PER_BATCH : (number + 1) * PER_BATCH]
        content = {b"data": pixels_of(classes, number * PER_BATCH), b"labels": classes}
        files[f"{CIFAR10.folder}/data_batch_{number + 1}"] = pickle.dumps(content, protocol=2)
    content = {b"data": pixels_of(TEST_CLASSES, 40), b"labels": TEST_CLASSES}
    files[f"{CIFAR10.folder}/test_batch"] = pickle.dumps(content, protocol=2)
    return layout(files)


@pytest.fixture
def cifar100(layout):
    """CIFAR-100's pickles: 10 training and 1 test image."""
    classes = list(range(0, 100, 10))
    train = {"data": pixels_of(classes), "fine_labels": classes, "coarse_labels": [0] * 10}
    test = {"data": pixels_of([5]), "fine_labels": [5]}
    meta = {"fine_label_names": [f"class {number}" for number in range(100)]}
    return layout(
        {
            f"{CIFAR100.folder}/{name}": pickle.dumps(content, protocol=4)
            for name, content in (("train", train), ("test", test), ("meta", meta))
        }
    )
