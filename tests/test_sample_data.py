"""The sample data is what its README says, and its script makes it again."""

import csv
import importlib.util
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

FOLDER = Path(__file__).resolve().parents[1] / "sample_data"
IMAGE_COUNT = 1797
WRONG_COUNT = 359  # round(0.20 * 1797)
LOOK_ALIKE_COUNT = 180  # half of them, rounded up


@pytest.fixture(scope="module")
def make_script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_sample_data", FOLDER / "make.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def remade(make_script: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("sample_data") / "not" / "there" / "yet"
    make_script.main(["--out", str(out)])
    return out


def read_rows(name: str, columns: list[str]) -> list[tuple[str, int]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == columns
    return [(image, int(label)) for image, label in rows]


def read_manifest() -> list[tuple[str, int]]:
    return read_rows("manifest.csv", ["image", "label"])


def read_truth() -> list[tuple[str, int]]:
    return read_rows("truth.csv", ["image", "true_label"])


def read_wrong_pairs() -> list[tuple[int, int]]:
    """Return (true label, given label) for each row where they differ."""
    both = zip(read_truth(), read_manifest(), strict=True)
    return [(true, given) for (_, true), (_, given) in both if true != given]


def read_pixels(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as image:
        assert (image.format, image.mode, image.size) == ("PNG", "L", (8, 8)), path
        return np.array(image)


def image_names(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "images").iterdir())


@pytest.mark.slow
def test_images__are_1797_grey_pngs_of_8_by_8() -> None:
    assert image_names(FOLDER) == [f"{row:04d}.png" for row in range(IMAGE_COUNT)]
    pixels = np.stack([read_pixels(FOLDER / "images" / name) for name in image_names(FOLDER)])
    assert pixels.shape == (IMAGE_COUNT, 8, 8)
    # The data set's 17 ink levels, spread over the whole range.
    assert len(np.unique(pixels)) == 17
    assert (pixels.min(), pixels.max()) == (0, 255)


def test_images__first_row_of_the_first_has_the_published_ink() -> None:
    # Ink 0 0 5 13 9 1 0 0 in the data set, times 255 / 16.
    assert read_pixels(FOLDER / "images" / "0000.png")[0].tolist() == [0, 0, 80, 207, 143, 16, 0, 0]


def test_tables__name_every_image_once_in_order() -> None:
    names = image_names(FOLDER)
    assert [image for image, _ in read_manifest()] == names
    assert [image for image, _ in read_truth()] == names


def test_truth__begins_as_the_data_set_does() -> None:
    assert [label for _, label in read_truth()[:10]] == list(range(10))


def test_manifest__a_fifth_of_the_labels_is_wrong() -> None:
    assert len(read_wrong_pairs()) == WRONG_COUNT


def test_manifest__half_of_the_wrong_labels_are_look_alikes(make_script: ModuleType) -> None:
    pairs = read_wrong_pairs()
    look_alikes = sum(make_script.LOOK_ALIKES[true] == given for true, given in pairs)
    # Of the 179 uniform ones a ninth, about 20, hits the look-alike by chance; 50 is 7 sigma off.
    assert LOOK_ALIKE_COUNT <= look_alikes < LOOK_ALIKE_COUNT + 50


def test_look_alikes__pair_4_with_9_and_3_with_8_and_1_with_7(make_script: ModuleType) -> None:
    table = make_script.LOOK_ALIKES
    assert len(table) == 10
    assert all(digit != look_alike for digit, look_alike in enumerate(table))
    for one, other in [(4, 9), (3, 8), (1, 7)]:
        assert (table[one], table[other]) == (other, one)


@pytest.mark.parametrize("read", [read_manifest, read_truth])
def test_classes__each_has_at_least_100_rows(read: Callable[[], list[tuple[str, int]]]) -> None:
    counts = Counter(label for _, label in read())
    assert sorted(counts) == list(range(10))
    assert min(counts.values()) >= 100


def test_folder__is_under_3_megabytes() -> None:
    assert sum(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file()) < 3_000_000


@pytest.mark.slow
@pytest.mark.parametrize("name", ["manifest.csv", "truth.csv"])
def test_make__writes_the_same_table_again(remade: Path, name: str) -> None:
    assert (remade / name).read_bytes() == (FOLDER / name).read_bytes()


@pytest.mark.slow
def test_make__writes_the_same_pixels_again(remade: Path) -> None:
    # Pixels, not bytes: another zlib may pack the same image differently.
    assert image_names(remade) == image_names(FOLDER)
    for name in image_names(FOLDER):
        again, saved = (read_pixels(folder / "images" / name) for folder in (remade, FOLDER))
        assert np.array_equal(again, saved), name


def test_make__out_is_a_file(
    make_script: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "taken"
    out.write_text("kept")
    with pytest.raises(SystemExit, match="2"):
        make_script.main(["--out", str(out)])
    assert "--out must be a folder" in capsys.readouterr().err
    assert out.read_text() == "kept"
