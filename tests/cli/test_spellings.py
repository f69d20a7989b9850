"""Spellings of a label from the manifest to the corrected table, and in all that follows."""

import csv
import json

import numpy as np
import pytest

COUNT = 120
NAMES = ["ant", "bee", "cow"]
QUICK = ("--fast", "--width", 64, "--learning-rate", 0.03, "--device", "cpu", "-k", 5)


@pytest.fixture(scope="module")
def points(clusters):
    return clusters(COUNT + 30, 3, wrong_share=0.1)


def spelt(label, row):
    """Every fifth label is written otherwise."""
    forms = [label.upper(), f"{label}s", f"{label} ", label.title()]
    return forms[row // 5 % 4] if row % 5 == 0 else label


@pytest.fixture
def data(points, tmp_path):
    """The arguments of images, manifest and encoder, with other spellings or without."""

    def write(spelling=spelt, rows=range(COUNT), name="manifest"):
        given = [spelling(NAMES[points.given[row]], row) for row in rows]
        lines = [f"{row:03d}.png,{label}" for row, label in zip(rows, given, strict=True)]
        (tmp_path / f"{name}.csv").write_text("\n".join(["image,label", *lines]) + "\n")
        np.save(tmp_path / f"{name}.npy", points.vectors[list(rows)])
        return (tmp_path, f"{name}.csv", "--encoder", f"precomputed:{name}.npy")

    return write


def read(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def class_of(label):
    return label.strip().lower().removesuffix("s")


@pytest.mark.slow
def test_run__as_good_as_without_other_spellings(labelfix, data, tmp_path):
    plain = data(lambda label, _: label)
    assert labelfix("run", *plain, *QUICK, "--out", "plain.csv", "-w", "p").code == 0
    outcome = labelfix("run", *data(), *QUICK, "--out", "fixed.csv")
    assert outcome.code == 0, outcome.stderr
    assert "24 labels are another spelling and read as the commonest: " in outcome.stderr
    assert "single row" not in outcome.stderr
    rows, expected = read(tmp_path / "fixed.csv"), read(tmp_path / "plain.csv")
    assert [class_of(row["label"]) for row in rows] == [row["label"] for row in expected]
    assert [row["confidence"] for row in rows] == [row["confidence"] for row in expected]
    changed = 0
    for number, row in enumerate(rows):
        assert row["given_label"] == spelt(class_of(row["given_label"]), number)
        if row["action"] == "relabel":
            changed += row["given_label"] != class_of(row["given_label"])
            assert row["label"] in NAMES  # the commonest form of the new class
        else:
            assert row["label"] == row["given_label"] == row["suggested_label"]
    assert changed  # also rows that were spelt otherwise
    record = json.loads((tmp_path / ".labelfix/denoiser.safetensors.record.json").read_text())
    spelling = record["details"]["label_classes"]["by_spelling"]
    assert spelling["ANT"] == "ant"


@pytest.mark.slow
def test_relabel__merge_spellings(labelfix, data, tmp_path):
    labelfix("run", *data(), *QUICK, "--out", "fixed.csv")
    before = read(tmp_path / "fixed.csv")
    outcome = labelfix("relabel", "--out", "merged.csv", "--merge-spellings", "--device", "cpu")
    assert outcome.code == 0, outcome.stderr
    rows = read(tmp_path / "merged.csv")
    assert {row["label"] for row in rows} == set(NAMES)
    assert [row["given_label"] for row in rows] == [row["given_label"] for row in before]
    assert [row["label"] for row in rows] == [class_of(row["label"]) for row in before]


@pytest.mark.slow
def test_run__label_map(labelfix, data, tmp_path):
    """Emu is read and written as ant."""
    (tmp_path / "map.csv").write_text("from,to\nemu,ant\nowl,bee\n")

    def spelling(label, row):
        return "emu" if label == "ant" and row % 2 else label

    outcome = labelfix(
        "run", *data(spelling), *QUICK, "--label-map", "map.csv", "--out", "fixed.csv"
    )
    assert outcome.code == 0, outcome.stderr
    assert "--label-map: no row has the label 'owl'" in outcome.stderr
    rows = read(tmp_path / "fixed.csv")
    kept = [row for row in rows if row["action"] == "keep" and row["given_label"] == "emu"]
    assert kept
    assert {row["label"] for row in kept} == {"ant"}
    assert "emu" not in {row["label"] for row in rows}
    about = json.loads((tmp_path / ".labelfix/manifest.parquet.record.json").read_text())
    assert about["details"]["label_map"] == {"emu": "ant", "owl": "bee"}
    again = labelfix("run", *data(spelling), *QUICK, "--out", "fixed.csv")
    assert "Labels changed; training again" in again.stderr


def test_run__label_map_that_leaves_one_class(labelfix, data, tmp_path):
    (tmp_path / "map.csv").write_text("from,to\nant,x\nbee,x\ncow,x\n")
    outcome = labelfix(
        "run", *data(lambda label, _: label), "--label-map", "map.csv", "--out", "fixed.csv"
    )
    assert outcome.code == 2
    assert "expected at least 2 classes, found only 'x'" in outcome.stderr


@pytest.mark.slow
def test_relabel__new_images_follow_the_decision(labelfix, data, tmp_path):
    labelfix("run", *data(), *QUICK, "--out", "fixed.csv")
    new = data(
        lambda label, row: f" {label.upper()}" if row % 2 else label,
        range(COUNT, COUNT + 30),
        "new",
    )
    outcome = labelfix(
        "relabel", "--images", new[0], "--manifest", new[1], "--embeddings", "new.npy",
        "--out", "new_fixed.csv", "--device", "cpu",
    )  # fmt: skip
    assert outcome.code == 0, outcome.stderr
    assert "does not know" not in outcome.stderr
    rows = read(tmp_path / "new_fixed.csv")
    kept = [row for row in rows if row["action"] == "keep"]
    assert len(kept) > 15
    assert all(row["label"] == row["given_label"] for row in kept)
    assert any(row["label"].startswith(" ") for row in kept)


@pytest.mark.slow
def test_check__alone_and_against_a_reference(labelfix, data):
    """Each spelling is one finding, no label is unknown, and no row is wrong for its spelling."""
    batch = data()
    alone = labelfix(
        "check",
        *batch,
        *QUICK[:1],
        "-k",
        5,
        "--device",
        "cpu",
        "-w",
        "c",
        "--output-format",
        "json",
    )
    verdict = json.loads(alone.stdout)
    variants = {
        finding["given_label"]: finding["suggested_label"]
        for finding in verdict["findings"]
        if finding["rule"] == "label-variant"
    }
    assert variants["ants"] == "ant"
    assert len(variants) == 12
    assert "rare-class" not in verdict["counts"]
    labelfix("run", *batch, *QUICK, "--out", "fixed.csv", "-w", "reference")
    new = data(spelt, range(COUNT, COUNT + 30), "new")
    against = labelfix(
        "check", *new[:2], "--reference", "reference", "--embeddings", "new.npy", "--device", "cpu",
        "--output-format", "json",
    )  # fmt: skip
    counts = json.loads(against.stdout)["counts"]
    assert "unknown-label" not in counts
    assert counts["label-variant"] > 0
    wrong = [
        finding
        for finding in json.loads(against.stdout)["findings"]
        if finding["rule"] == "wrong-label"
    ]
    assert all(class_of(one["given_label"]) != one["suggested_label"] for one in wrong)
