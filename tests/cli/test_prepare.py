"""`labelfix prepare`: what it prints, and that the command it prints works."""

import json
import os
import pickle
import shlex

import numpy as np
import pytest
import torch

CLASSES = [row % 3 for row in range(40)]


@pytest.fixture
def cifar(tmp_path):
    """Pickles of 40 images of three plain colours, and labels of which four are wrong."""
    folder = tmp_path / "my cifar" / "cifar-10-batches-py"
    folder.mkdir(parents=True)
    generator = np.random.default_rng(0)
    pixels = np.zeros((40, 3, 1024), dtype=np.uint8)
    for row, index in enumerate(CLASSES):
        pixels[row, index] = generator.integers(150, 250, 1024)
    for batch in range(5):
        rows = slice(batch * 8, batch * 8 + 8)
        content = {"data": pixels[rows].reshape(8, 3072), "labels": CLASSES[rows]}
        (folder / f"data_batch_{batch + 1}").write_bytes(pickle.dumps(content, protocol=2))
    content = {"data": pixels[:3].reshape(3, 3072), "labels": CLASSES[:3]}
    (folder / "test_batch").write_bytes(pickle.dumps(content, protocol=2))
    clean = np.array(CLASSES)
    worse = np.where(np.arange(40) < 4, (clean + 1) % 3, clean)
    torch.save({"clean_label": clean, "worse_label": worse}, folder.parent / "CIFAR-10_human.pt")
    return folder.parent


@pytest.mark.slow
def test_prepare__prints_what_to_run_next_and_that_runs(labelfix, cifar):
    outcome = labelfix(
        "prepare", "cifar10", "my cifar", "--noise", "worse_label", "--out", "m.csv",
        "--test-out", "t.csv", "--images-out", "the images",
    )  # fmt: skip
    assert outcome.code == 0
    assert outcome.stdout.splitlines() == [
        "to correct: 40 rows, 3 classes, 90.0% right",
        "  written to m.csv",
        "test: 3 rows, 3 classes, 100.0% right",
        "  written to t.csv",
        "next: labelfix run 'the images' m.csv --out fixed.csv",
        "next: labelfix relabel --images 'the images' --manifest t.csv --out test_fixed.csv",
    ]
    for line in outcome.stdout.splitlines()[-2:]:
        command = shlex.split(line.removeprefix("next: labelfix "))
        encoder = ["--encoder", "hog", "--fast"] if command[0] == "run" else []
        assert labelfix(*command, *encoder).code == 0
    assert labelfix("report", "--out", "r.html", "--truth", "m.csv").code == 0


def test_prepare__json(labelfix, cifar):
    outcome = labelfix("prepare", "cifar10", "my cifar", "--out", "m.csv", "--json", "--quiet")
    (manifest,) = json.loads(outcome.stdout)["manifests"]
    assert manifest == {
        "path": "m.csv",
        "images": "cifar10-images",
        "is_test": False,
        "rows": 40,
        "classes": 3,
        "missing": 0,
        "right_share": 1.0,
        "notes": ["the labels are clean; --noise chooses noisy ones"],
    }
    assert outcome.stderr == ""


def test_prepare__missing_images_are_in_the_next_command(labelfix, tmp_path):
    (tmp_path / "f/meta").mkdir(parents=True)
    (tmp_path / "f/images/a").mkdir(parents=True)
    (tmp_path / "f/images/a/1.jpg").touch()
    (tmp_path / "f/meta/classes.txt").write_text("a\n")
    (tmp_path / "f/meta/train.txt").write_text("a/1\na/2\n")
    outcome = labelfix("prepare", "food101", "f", "--out", "m.csv")
    assert outcome.stdout.splitlines()[-1] == (
        "next: labelfix run f m.csv --out fixed.csv --missing quarantine"
    )


class Hostile:
    def __reduce__(self):
        return os.system, ("touch ran",)


@pytest.mark.parametrize("name", ["cifar-10-batches-py/data_batch_3", "CIFAR-10_human.pt"])
def test_prepare__a_pickle_that_would_run_ends_it(labelfix, cifar, tmp_path, name):
    if name.endswith(".pt"):
        torch.save({"worse_label": Hostile()}, cifar / name)
    else:
        (cifar / name).write_bytes(pickle.dumps({"data": Hostile(), "labels": []}))
    outcome = labelfix("prepare", "cifar10", "my cifar", "--noise", "worse_label", "--out", "m.csv")
    assert outcome.code == 2
    assert "nothing of it was run" in outcome.stderr
    assert not (tmp_path / "ran").exists()
    assert not (tmp_path / "m.csv").exists()


def test_prepare__list(labelfix):
    outcome = labelfix("prepare", "--list")
    assert outcome.code == 0
    lines = outcome.stdout.splitlines()
    assert [line.partition(":")[0] for line in lines[::2]] == [
        "cifar10", "cifar100", "food101n", "food101", "clothing1m", "webvision",
        "mini-webvision", "ilsvrc12-val", "animal10n", "imagefolder",
    ]  # fmt: skip
    assert all(line.startswith("    ") for line in lines[1::2])


def given_labels(fixed):
    """The given labels in a result, in order."""
    header, *rows = (line.split(",") for line in fixed.read_text().splitlines())
    assert header[:3] == ["image", "label", "given_label"]
    return [row[2] for row in rows]


@pytest.mark.slow
def test_run__lists_without_header_and_labels_in_names(labelfix, cifar, tmp_path):
    labelfix("prepare", "cifar10", "my cifar", "--out", "m.csv", "--images-out", "png")
    rows = [line.split(",") for line in (tmp_path / "m.csv").read_text().splitlines()[1:]]
    (tmp_path / "list.txt").write_text("".join(f"{image} {label}\n" for image, label, _ in rows))
    (tmp_path / "names.txt").write_text("".join(f"{image}\n" for image, _, _ in rows))
    common = ["--encoder", "hog", "--fast", "--width", "32", "--out", "fixed.csv"]
    done = labelfix("run", "png", "list.txt", "--columns", "image,label", *common)
    assert done.code == 0, done.stderr
    assert given_labels(tmp_path / "fixed.csv") == [label for _, label, _ in rows]
    for given in (["names.txt", "--no-header"], []):
        done = labelfix("run", "png", *given, "--label-pattern", r"(?P<label>\d)\.png$", *common)
        assert done.code == 0, done.stderr
        assert given_labels(tmp_path / "fixed.csv") == [str(row % 10) for row in range(40)]
    (tmp_path / "labelfix.toml").write_text('columns = "image,label"\nwidth = 32\n')
    done = labelfix("check", "png", "list.txt", "--encoder", "hog", "--fast")
    assert done.code in (0, 1), done.stderr
