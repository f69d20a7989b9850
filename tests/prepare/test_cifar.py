import pickle
import re

import numpy as np
import pytest
import torch
from PIL import Image

from labelfix.errors import InputError, OutputError
from labelfix.prepare.cifar import write_pngs
from labelfix.prepare.cifar_images import CIFAR10
from labelfix.progress import Silent

PIXELS = np.arange(3 * 4 * 5 * 3, dtype=np.uint8).reshape(3, 4, 5, 3)
PNG_NAMES = ["train/0.png", "train/1.png", "train/2.png"]


def written(folder):
    return [np.asarray(Image.open(folder / name)) for name in PNG_NAMES]


def test_write_pngs__the_pixels_come_back(tmp_path):
    write_pngs(PIXELS, PNG_NAMES, tmp_path, Silent())
    assert np.array_equal(written(tmp_path), PIXELS)
    assert sorted(path.name for path in (tmp_path / "train").iterdir()) == [
        "0.png",
        "1.png",
        "2.png",
    ]


@pytest.mark.parametrize("kept_bytes", [0, 5, 40])
def test_write_pngs__goes_on_where_it_was_stopped(tmp_path, kept_bytes):
    write_pngs(PIXELS, PNG_NAMES, tmp_path, Silent())
    first, second, third = (tmp_path / name for name in PNG_NAMES)
    before = first.stat()
    second.write_bytes(second.read_bytes()[:kept_bytes])
    third.unlink()
    (tmp_path / "train/2.png.labelfix-part-0badc0de").touch()
    write_pngs(PIXELS, PNG_NAMES, tmp_path, Silent())
    assert np.array_equal(written(tmp_path), PIXELS)
    assert (first.stat().st_mtime_ns, first.stat().st_ino) == (before.st_mtime_ns, before.st_ino)
    assert len(list((tmp_path / "train").iterdir())) == 3


@pytest.mark.parametrize("kind", ["other image", "text", "folder"])
def test_write_pngs__nothing_of_others_is_written_over(tmp_path, kind):
    there = tmp_path / PNG_NAMES[1]
    there.parent.mkdir()
    if kind == "other image":
        Image.fromarray(PIXELS[2]).save(there)
    elif kind == "text":
        there.write_text("my notes")
    else:
        there.mkdir()
    with pytest.raises(InputError, match=r"1.png: expected no file or the same image"):
        write_pngs(PIXELS, PNG_NAMES, tmp_path, Silent())
    if kind == "text":
        assert there.read_text() == "my notes"


def test_write_pngs__no_place(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="images could not be written into"):
        write_pngs(PIXELS, PNG_NAMES, tmp_path / "file", Silent())


TRAIN_CLASSES = [(7 * row) % 10 for row in range(20)]
TEST_CLASSES = [3, 9]
"""As the made copy has them."""
PIXEL_ROW = np.zeros((1, 3072), dtype=np.uint8)

NAMES = CIFAR10.class_names
CLEAN = np.array(TRAIN_CLASSES)
WORSE = np.where(np.arange(20) % 4 == 0, (CLEAN + 1) % 10, CLEAN)


def test_cifar10__clean_labels_and_images(cifar10, prepared, tmp_path):
    done = prepared("cifar10", test=True)
    columns = done.columns()
    assert columns == {
        "image": [f"train/{row:05d}.png" for row in range(20)],
        "label": [NAMES[index] for index in TRAIN_CLASSES],
        "true_label": [NAMES[index] for index in TRAIN_CLASSES],
    }
    images = tmp_path / "cifar10-images"
    assert [written.images for written in done.written] == [images, images]
    image = np.asarray(Image.open(images / "train/00013.png"))
    assert image.shape == (32, 32, 3)
    assert image.reshape(-1, 3).tolist() == [[13, 63, 113]] * 1024  # the channels are last
    test = done.columns(tmp_path / "test.csv")
    assert test["label"] == test["true_label"] == [NAMES[index] for index in TEST_CLASSES]
    assert test["image"] == ["test/00000.png", "test/00001.png"]


def test_cifar10__labels_of_people(cifar10, prepared, tmp_path):
    torch.save({"clean_label": CLEAN, "worse_label": WORSE}, cifar10 / "CIFAR-10_human.pt")
    done = prepared("cifar10", noise="worse_label", images_out=tmp_path / "png")
    assert done.columns()["label"] == [NAMES[index] for index in WORSE]
    assert done.columns()["true_label"] == [NAMES[index] for index in CLEAN]
    assert done.written[0].right_share == 0.75
    assert (tmp_path / "png/train/00019.png").is_file()


@pytest.mark.parametrize("place", ["noise_label/", "noise_label/cifar10/", ""])
def test_cifar10__pmd_labels_the_first_nine_of_ten(cifar10, prepared, tmp_path, place):
    path = cifar10 / f"{place}cifar10-1-0.35.npy"
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, WORSE[:18])
    done = prepared("cifar10", noise="cifar10-1-0.35")
    assert done.columns()["label"] == [NAMES[index] for index in WORSE[:18]]
    assert done.columns()["true_label"] == [NAMES[index] for index in CLEAN[:18]]
    assert done.written[0].notes == [
        "cifar10-1-0.35.npy labels the first 18 images; the last 2 are for validation and left out"
    ]
    assert not (tmp_path / "cifar10-images/train/00018.png").exists()


def test_cifar10__labels_that_lie_elsewhere(cifar10, prepared, tmp_path):
    np.save(tmp_path / "own.npy", WORSE)
    done = prepared("cifar10", labels=tmp_path / "own.npy")
    assert done.columns()["label"] == [NAMES[index] for index in WORSE]


def test_cifar10__the_folder_of_the_pickles_itself(cifar10, prepared):
    done = prepared("cifar10", folder=cifar10 / CIFAR10.folder)
    assert len(done.columns()["image"]) == 20


def test_cifar100__names_of_classes_from_meta(cifar100, prepared, tmp_path):
    torch.save(
        {"clean_label": np.arange(0, 100, 10), "noisy_label": np.arange(10)},
        cifar100 / "CIFAR-100_human.pt",
    )
    done = prepared("cifar100", noise="noisy_label", test=True)
    assert done.columns()["label"] == [f"class {number}" for number in range(10)]
    assert done.columns()["true_label"] == [f"class {number}" for number in range(0, 100, 10)]
    assert done.columns(tmp_path / "test.csv")["label"] == ["class 5"]


def test_cifar10__flat_folder_in_its_order(layout, prepared):
    root = layout({f"train/{row:05d}.jpg": None for row in range(20)})
    torch.save({"clean_label": CLEAN, "worse_label": WORSE}, root / "CIFAR-10_human.pt")
    done = prepared("cifar10", noise="worse_label")
    assert done.columns() == {
        "image": [f"train/{row:05d}.jpg" for row in range(20)],
        "label": [NAMES[index] for index in WORSE],
        "true_label": [NAMES[index] for index in CLEAN],
    }
    assert done.written[0].images == root


@pytest.mark.parametrize("folders", [NAMES, [str(number) for number in range(10)]])
def test_cifar10__class_folders_with_numbers(layout, prepared, folders):
    root = layout({f"train/{folders[index]}/{row}.png": None for row, index in enumerate(CLEAN)})
    np.save(root / "n.npy", WORSE)
    done = prepared("cifar10", noise="n")
    assert done.columns()["image"] == [
        f"train/{folders[index]}/{row}.png" for row, index in enumerate(CLEAN)
    ]
    assert done.columns()["label"] == [NAMES[index] for index in WORSE]
    assert done.columns()["true_label"] == [NAMES[index] for index in CLEAN]


def fails(prepared, message, name="cifar10", **options):
    with pytest.raises(InputError, match=re.escape(message)) as error:
        prepared(name, **options)
    assert error.value.hint


def test_cifar10__labels_in_another_order_are_seen(cifar10, prepared):
    columns = {"clean_label": CLEAN[::-1].copy(), "worse_label": WORSE}
    torch.save(columns, cifar10 / "CIFAR-10_human.pt")
    differ = int((CLEAN[::-1] != CLEAN).sum())
    fails(prepared, f"found {differ} of 20 that differ", noise="worse_label")


def test_cifar10__labels_of_another_number(cifar10, prepared):
    np.save(cifar10 / "x.npy", WORSE[:17])
    fails(prepared, "expected 20 or 18 labels for 20 training images, found 17", noise="x")


@pytest.mark.parametrize(
    ("noise", "message"),
    [
        ("worse_label", "expected the file CIFAR-10_human.pt or CIFAR-10_human.npy in it, found"),
        ("worst", "--noise worst: expected one of 'aggre_label', 'worse_label', 'random_label1',"),
        ("../../x", "--noise ../../x: expected a name, found a path"),
    ],
)
def test_cifar10__no_such_noise(cifar10, prepared, noise, message):
    fails(prepared, message, noise=noise)


def test_cifar10__a_missing_pickle(cifar10, prepared):
    (cifar10 / CIFAR10.folder / "data_batch_4").unlink()
    fails(prepared, f"the file {CIFAR10.folder}/data_batch_4 in it, found in {cifar10}/cifar-10-")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({b"data": PIXEL_ROW}, "expected a pickled dict with 'data', 'labels', found 'data'"),
        ([1], "expected a pickled dict with 'data', 'labels', found list"),
        ({b"data": PIXEL_ROW[:, :9], b"labels": [1]}, "uint8 (N, 3072), found uint8 (1, 9)"),
        ({b"data": b"x", b"labels": [1]}, "as uint8 (N, 3072), found <class 'bytes'"),
        ({b"data": PIXEL_ROW, b"labels": [1, 2]}, "expected 1 classes from 0 to 9"),
        ({b"data": PIXEL_ROW, b"labels": [10]}, "expected 1 classes from 0 to 9"),
        ({b"data": PIXEL_ROW, b"labels": ["x"]}, "expected 1 classes from 0 to 9"),
    ],
)
def test_cifar10__another_pickle(cifar10, prepared, content, message):
    (cifar10 / CIFAR10.folder / "data_batch_1").write_bytes(pickle.dumps(content, protocol=2))
    fails(prepared, message)


def test_cifar100__names_of_too_few_classes(cifar100, prepared):
    content = pickle.dumps({"fine_label_names": ["a", "b"]}, protocol=2)
    (cifar100 / "cifar-100-python/meta").write_bytes(content)
    fails(prepared, "expected 100 names of classes, found 2", "cifar100")


@pytest.mark.parametrize(
    ("files", "message", "options"),
    [
        ({"a.txt": "x"}, "expected the file cifar-10-batches-py/data_batch_1 in it, found in", {}),
        ({"train/0.png": None, "train/1.png": None}, "found images alone, for example 'tra", {}),
        ({"train/0.png": None, "train/2.png": None}, "from 0 to 2, found none with 1", {}),
        ({"train/cat/0.png": None, "train/dog/00.png": None}, "found 'dog/00.png', as 'cat/0.", {}),
        ({"train/cat.png": None}, "such as 00000.png, each once, found 'cat.png'", {}),
        ({"train/cat/0.png": None, "train/sofa/1.png": None}, "found 'sofa'", {}),
    ],
)
def test_cifar10__folders_that_do_not_fit(layout, prepared, files, message, options):
    layout(files)
    fails(prepared, message, **options)


def test_cifar100__too_few_class_folders(layout, prepared):
    layout({"train/apple/0.png": None, "train/bear/1.png": None})
    fails(prepared, "a folder for each class, 100 of them, found 'apple'", "cifar100")
