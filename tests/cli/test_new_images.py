"""`labelfix relabel --images`: images that the workspace has not seen, through the command line."""

import csv
import json
import shutil

import pytest
from PIL import Image

LABELS = ["cat", "dog", "owl"] * 4
NEW = ("relabel", "--images", "new/images", "--out", "out.csv")
LISTED = (*NEW, "--manifest", "new/manifest.csv")


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def new(project, write_images):
    """Twelve images beside a finished project, with a manifest of their right labels."""
    write_images(project / "new", LABELS, seed=1)
    return project / "new"


@pytest.mark.slow
def test_relabel_new__folder_of_images_without_labels(labelfix, project, new):
    """At any depth and sorted; what is no image by its name is told of."""
    (new / "images" / "deep" / "er").mkdir(parents=True)
    (new / "images" / "000.png").rename(new / "images" / "deep" / "er" / "000.png")
    (new / "images" / "notes.txt").write_text("none")
    (new / "images" / ".hidden.png").write_text("none")
    outcome = labelfix(*NEW)
    assert outcome.code == 0, outcome.stderr
    rows = rows_of(project / "out.csv")
    assert [row["image"] for row in rows] == [
        *(f"{row:03d}.png" for row in range(1, 12)), "deep/er/000.png"
    ]  # fmt: skip
    wanted = [*LABELS[1:], LABELS[0]]
    right = [row["label"] == label for row, label in zip(rows, wanted, strict=True)]
    assert sum(right) >= 11
    assert {(row["given_label"], row["action"]) for row in rows} == {("", "predict")}
    assert "1 file without an image ending was left out, for example notes.txt" in (outcome.stderr)
    assert "predicted           12\n" in outcome.stdout
    assert outcome.stdout.endswith("written to out.csv\n")
    assert "Estimated share" not in outcome.stdout


@pytest.mark.slow
def test_relabel_new__labels_that_are_wrong(labelfix, project, new):
    manifest = new / "manifest.csv"
    manifest.write_text(manifest.read_text().replace("003.png,cat", "003.png,owl"))
    learns = ("--method", "paper", "--epochs", "1400", "--learning-rate", "0.004")
    assert labelfix("train", *learns).code == 0
    shown = json.loads(labelfix(*LISTED, "--json").stdout)
    counts = {name: shown[name] for name in ("rows", "kept", "relabelled", "predicted")}
    assert counts == {"rows": 12, "kept": 11, "relabelled": 1, "predicted": 0}
    assert shown["confusions"] == [{"given": "owl", "suggested": "cat", "rows": 1}]
    assert shown["wrong_share"] is None
    assert [stage["stage"] for stage in shown["stages"]] == ["embed", "relabel"]
    assert [row["label"] for row in rows_of(project / "out.csv")] == LABELS


@pytest.mark.slow
def test_relabel_new__share_of_wrong_labels(labelfix, project, new):
    """Of the new rows that have a label, whatever it is among those that were trained on."""
    text = (new / "manifest.csv").read_text()
    (new / "manifest.csv").write_text(text.replace("003.png,cat", "003.png,"))
    shown = json.loads(labelfix(*LISTED, "--json").stdout)
    assert shown["wrong_share"]["rows"] == 11
    assert (shown["rows"], shown["predicted"]) == (12, 1)
    assert "Estimated share of wrong labels: " in labelfix(*LISTED).stdout


@pytest.mark.slow
def test_relabel_new__one_image_is_enough(labelfix, project, new):
    labelfix(*NEW)
    header, first, *_ = (project / "out.csv").read_text().splitlines()
    (project / "one").mkdir()
    shutil.copy2(new / "images" / "000.png", project / "one")
    assert labelfix("relabel", "--images", "one", "--out", "one.csv").code == 0
    assert (project / "one.csv").read_text().splitlines() == [header, first]


@pytest.mark.slow
def test_relabel_new__twice_and_with_damage(labelfix, project, new):
    labelfix(*LISTED)
    written = (project / "out.csv").read_bytes()
    kept = project / ".labelfix" / "new"
    assert labelfix(*LISTED).stderr.count("up to date, skipped") == 2
    (kept / "corrections.parquet").write_bytes(b"torn")
    (kept / "embeddings" / "part-00000.parquet").write_bytes(b"torn")
    outcome = labelfix(*LISTED)
    assert outcome.stderr.count("A file is missing or damaged; ") == 2
    assert (project / "out.csv").read_bytes() == written
    shutil.rmtree(kept)
    assert labelfix(*LISTED).code == 0
    assert (project / "out.csv").read_bytes() == written


@pytest.mark.slow
def test_relabel_new__image_that_cannot_be_read(labelfix, project, new):
    (new / "images" / "003.png").write_bytes(b"no image")
    assert labelfix(*LISTED).code == 0
    row = rows_of(project / "out.csv")[3]
    assert (row["label"], row["given_label"]) == ("cat", "cat")
    assert (row["action"], row["suggested_label"], row["confidence"]) == ("quarantined", "", "")


@pytest.mark.slow
def test_relabel_new__image_that_is_missing(labelfix, project, new):
    (new / "images" / "003.png").unlink()
    outcome = labelfix(*LISTED)
    assert outcome.code == 2
    assert "expected an image in each of the 12 rows, found 1 whose image is not in" in (
        outcome.stderr
    )
    assert not (project / "out.csv").exists()
    assert labelfix(*LISTED, "--missing", "quarantine").code == 0
    actions = [row["action"] for row in rows_of(project / "out.csv")]
    assert actions == ["quarantined" if row == 3 else "keep" for row in range(12)]


def test_relabel_new__columns_of_other_names(labelfix, project, new):
    lines = (new / "manifest.csv").read_text().splitlines()[1:]
    text = ["photo;species;site", *(f"{line.replace(',', ';')};x" for line in lines)]
    (new / "manifest.csv").write_text("\n".join(text) + "\n", encoding="utf-16")
    options = ("--image-column", "photo", "--label-column", "species", "--delimiter", ";")
    assert labelfix(*LISTED, *options, "--encoding", "utf-16").code == 0
    header, first, *_ = (project / "out.csv").read_text().splitlines()
    assert header.startswith("photo;species;site;given_label;suggested_label;")
    assert first.startswith("000.png;cat;x;cat;cat;")


@pytest.mark.slow
def test_relabel_new__no_label_column(labelfix, project, new):
    (new / "manifest.csv").write_text("image,site\n000.png,x\n001.png,y\n")
    assert labelfix(*LISTED).code == 0
    header, *lines = (project / "out.csv").read_text().splitlines()
    assert header.startswith("image,site,label,given_label,")
    assert lines[0].startswith("000.png,x,cat,,cat,")
    assert lines[1].startswith("001.png,y,dog,,dog,")


@pytest.mark.parametrize(
    "option",
    [
        ("--manifest", "new.csv"),
        ("--embeddings", "new.npy"),
        ("--image-column", "photo"),
        ("--label-column", "species"),
        ("--delimiter", ","),
        ("--encoding", "utf-8"),
        ("--missing", "quarantine"),
        ("--no-header",),
        ("--columns", "image,label"),
        ("--label-pattern", "(.)"),
    ],
    ids=lambda option: option[0],
)
def test_relabel__options_of_new_images_alone(labelfix, tmp_path, option):
    outcome = labelfix("relabel", "--out", "out.csv", *option)
    assert (outcome.code, outcome.stdout) == (2, "")
    assert outcome.stderr.startswith(f"error: {option[0]} needs --images DIR")
    assert not (tmp_path / ".labelfix").exists()


def test_relabel__manifest_options_in_a_settings_file(labelfix, project):
    """They are for embed and run, and no reason to refuse a relabel without images."""
    (project / "labelfix.toml").write_text('delimiter = ";"\nlabel-column = "label"\n')
    assert labelfix("relabel", "--out", "out.csv").code == 0


def test_relabel_new__settings_file_is_read(labelfix, project, new):
    (project / "labelfix.toml").write_text('label-column = "species"\n')
    assert "expected a label column, 'species'" in labelfix(*LISTED).stderr


@pytest.mark.parametrize("found", ["nothing", "a folder without images"])
def test_relabel_new__no_images(labelfix, project, found):
    if found != "nothing":
        (project / "new" / "images").mkdir(parents=True)
    outcome = labelfix(*NEW)
    assert outcome.code == 2
    expected = "an image folder at new/images" if found == "nothing" else "images, found no file"
    assert f"expected {expected}" in outcome.stderr


def test_relabel_new__before_anything(labelfix, tmp_path):
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    outcome = labelfix("relabel", "--images", ".", "--out", "out.csv")
    assert outcome.code == 2
    assert "Run labelfix embed IMAGES MANIFEST first," in outcome.stderr


def test_relabel_new__encoder_of_another_version(labelfix, project, new, monkeypatch):
    monkeypatch.setattr("labelfix.encoders.hog.version", lambda _: "99.0")
    outcome = labelfix(*NEW)
    assert (outcome.code, outcome.stdout) == (2, "")
    assert "error: the encoder hog is not the one that .labelfix/embeddings was made by" in (
        outcome.stderr
    )
    assert "labelfix embed, index and train again" in outcome.stderr
    assert not (project / ".labelfix" / "new").exists()


def test_relabel_new__vectors_for_an_encoder_of_images(labelfix, project, new):
    outcome = labelfix(*NEW, "--embeddings", "vectors.npy")
    assert outcome.code == 2
    assert "expected a workspace with --encoder precomputed:FILE, found --encoder hog" in (
        outcome.stderr
    )


@pytest.mark.slow
def test_relabel_new__image_branch_sees_the_new_images(labelfix, project, new):
    """What a row gets is the same alone; of images that look alike, it depends on the pixels."""
    options = ("--method", "paper", "--image-branch", "test_resnet", "--image-size", "16")
    assert labelfix("train", *options, "--epochs", "1").code == 0
    shutil.rmtree(project / "images")  # what was trained on is not needed
    assert labelfix(*NEW).code == 0
    header, first, *_ = (project / "out.csv").read_text().splitlines()
    (project / "one").mkdir()
    shutil.copy2(new / "images" / "000.png", project / "one")
    assert labelfix("relabel", "--images", "one", "--out", "one.csv").code == 0
    assert (project / "one.csv").read_text().splitlines() == [header, first]
