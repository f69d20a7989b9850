"""Where findings stand, as seen from the current folder."""

from dataclasses import replace

import pytest

from labelfix.check.formats.places import Place, image_place, place_of


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ("data/batch.csv", "data/batch.csv"),
        ("./data/../batch.csv", "batch.csv"),
        ("../batch.csv", "../batch.csv"),
        ("/elsewhere/batch.csv", "/elsewhere/batch.csv"),
    ],
)
def test_place_of__is_relative_to_the_current_folder(source, path, failing, wrong):
    assert place_of(replace(failing, source=source), wrong) == Place(path, 5)


def test_place_of__a_whole_path_below_the_current_folder(here, failing, wrong):
    assert place_of(replace(failing, source=str(here / "a" / "b.csv")), wrong) == Place(
        "a/b.csv", 5
    )


def test_place_of__without_a_manifest(folder, wrong, rare):
    assert place_of(folder, replace(wrong, line=None)) == Place("images/digits/5.png")
    assert place_of(folder, rare) == Place("images")


def test_image_place__has_the_bytes_of_a_name_that_is_no_utf_8(failing):
    assert image_place(failing, "bytes:caf%E9.png") == Place("images/caf\udce9.png")
