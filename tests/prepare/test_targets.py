import re

import pytest

from labelfix.errors import InputError, LabelfixError
from labelfix.prepare.registry import RECIPES

ANIMALS = dict.fromkeys(["training/0_1.jpg", "training/1_1.jpg", "testing/1_2.jpg"])


def fails(prepared, message, hint="", name="animal10n", **options):
    with pytest.raises(LabelfixError, match=re.escape(message)) as error:
        prepared(name, **options)
    assert hint in error.value.hint


def test_prepare__missing_images_stay_rows_and_are_told_of(layout, prepared):
    lists = {
        "meta/classes.txt": "a\nb\n",
        "meta/train.txt": "a/1\nb/2\nb/3\n",
        "images/a/1.jpg": None,
        "images/b/3.jpg": None,
    }
    layout(lists)
    (written,) = prepared("food101").written
    assert (written.rows, written.classes, written.missing) == (3, 2, 1)
    assert written.notes == ["missing images: 1, for example 'images/b/2.jpg'"]


def test_prepare__no_image_at_all(layout, prepared, tmp_path):
    layout({"meta/classes.txt": "a\n", "meta/train.txt": "a/1\na/2\n", "images/a/9.jpg": None})
    fails(prepared, "found none of 2, for example 'images/a/1.jpg', 'images/a/2", name="food101")
    assert not (tmp_path / "manifest.csv").exists()


def test_prepare__a_link_out_of_the_folder_is_refused(layout, prepared, tmp_path):
    root = layout({"meta/classes.txt": "a\n", "meta/train.txt": "a/1\n"})
    (tmp_path / "elsewhere/a").mkdir(parents=True)
    (tmp_path / "elsewhere/a/1.jpg").touch()
    (root / "images").symlink_to(tmp_path / "elsewhere")
    fails(prepared, "passes a link that leads out of the image folder", name="food101")


@pytest.mark.parametrize(
    ("options", "message", "hint"),
    [
        ({"name": "cifar-10"}, "expected one of cifar10, cifar100,", "Did you mean cifar10?"),
        ({"name": "mnist"}, "found 'mnist'", "labelfix prepare --list"),
        ({"noise": "x"}, "--noise: expected a set that uses it, found animal10n", "Leave"),
        ({"out": None}, "expected --out FILE, --test-out FILE or both", "labelfix prepare animal"),
        (
            {"out": "a.jsonl"},
            "a.jsonl: expected a name that ends in one of .csv, .tsv, .parquet",
            "",
        ),
        ({"out": "test.csv", "test": True}, "--out and --test-out: expected different files", ""),
        ({"out": "set/training"}, "expected a name that ends in", ""),
    ],
)
def test_prepare__wrong_options(layout, prepared, options, message, hint):
    layout(ANIMALS)
    fails(prepared, message, hint, **options)


@pytest.mark.parametrize("there", [True, False])
def test_prepare__no_folder(prepared, tmp_path, there):
    if there:
        (tmp_path / "set").touch()
    found = "a file" if there else "nothing"
    fails(prepared, f"expected the folder of animal10n at {tmp_path / 'set'}, found {found}")


def test_prepare__a_file_of_the_set_is_never_written_over(layout, prepared):
    files = {
        "meta/classes.txt": "a\nb\n",
        "meta/imagelist.tsv": "a/1.jpg\nb/2.jpg\n",
        "images/a/1.jpg": None,
        "images/b/2.jpg": None,
    }
    root = layout(files)
    message = "imagelist.tsv is a file of the set itself, which is never written to"
    fails(prepared, message, name="food101n", out="set/meta/imagelist.tsv")
    assert (root / "meta/imagelist.tsv").read_text() == files["meta/imagelist.tsv"]


def test_prepare__classes_of_another_set(layout, prepared, tmp_path):
    layout(ANIMALS)
    (tmp_path / "other.csv").write_text("image,label\na.png,cat\n")
    message = "--classes-of: expected rows of its classes, for example 'cat', found none in"
    fails(prepared, message, classes_of=tmp_path / "other.csv")


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".parquet"])
def test_prepare__manifests_in_every_form(layout, prepared, suffix):
    layout(ANIMALS)
    done = prepared("animal10n", out=f"manifest{suffix}")
    assert done.columns()["label"] == ["0", "1"]


def test_recipes__say_what_they_are():
    assert list(RECIPES) == [recipe.name for recipe in RECIPES.values()]
    for recipe in RECIPES.values():
        assert (recipe.test is None) == bool(recipe.instead_of_test)
        assert recipe.expects.endswith(".")


def test_prepare__only_what_is_asked_for_is_needed(layout, prepared):
    layout({"testing/1_2.jpg": None})
    assert prepared("animal10n", out=None, test=True).written[0].is_test
    with pytest.raises(InputError, match="the folder training"):
        prepared("animal10n")


def test_prepare__nothing_is_written_before_all_is_found_right(layout, prepared, tmp_path):
    layout({name: None for name in ANIMALS if name.startswith("training")})
    with pytest.raises(InputError, match="the folder testing"):
        prepared("animal10n", test=True)
    assert not (tmp_path / "manifest.csv").exists()


def test_prepare__the_manifest_of_the_classes_is_not_written_over(layout, prepared, tmp_path):
    layout(ANIMALS)
    own = tmp_path / "manifest.csv"
    own.write_text("image,label,mine\na.png,0,x\n")
    with pytest.raises(LabelfixError, match=r"manifest.csv is a file of the set itself"):
        prepared("animal10n", classes_of=own)
    assert own.read_text() == "image,label,mine\na.png,0,x\n"


def test_prepare__lists_that_are_no_utf8(layout, prepared):
    lists = {"meta/classes.txt": b"caf\xe9\n", "meta/train.txt": b"caf\xe9/1\n"}
    layout(lists)
    fails(prepared, "train.txt: expected UTF-8 in label, found 'bytes:caf%E9'", name="food101")
    layout({**lists, "meta/classes.txt": "a\n".encode("utf-16")})
    fails(prepared, "expected UTF-8, found UTF-16", "save it as UTF-8", name="food101")
