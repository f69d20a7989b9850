"""What is read of classes: plain words out of labels, and the user's file of prompts."""

import pytest

from labelfix.encoders.prompts import (
    ClassTexts,
    plain_words,
    read_prompts,
    texts_of_labels,
    unknown_ids,
)
from labelfix.errors import InputError


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ("cat", "cat"),
        ("sea_lion", "sea lion"),
        ("GoldenRetriever", "golden retriever"),
        ("BMWSedan", "BMW sedan"),
        ("T-shirt", "t-shirt"),
        ("001.Black_footed_Albatross", "black footed albatross"),
        ("n02085620-Chihuahua", "chihuahua"),
        ("007", "007"),
        ("_", "_"),
    ],
)
def test_plain_words(label, words):
    assert plain_words(label) == words


def test_texts_of_labels__wordnet_ids_as_imagenet_names_them():
    pytest.importorskip("timm")
    texts = texts_of_labels(["n01440764", "n99999999", "red_fox"])
    assert texts[0] == ClassTexts(("tench", "Tinca tinca"))
    assert texts[2] == ClassTexts(("red fox",))
    assert unknown_ids(texts) == ["n99999999"]


def write(tmp_path, text):
    path = tmp_path / "prompts.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_read_prompts__names_synonyms_and_whole_prompts(tmp_path):
    path = write(
        tmp_path, "label,name,prompt\n0,plane,\n0,aircraft,\n1,,an X-ray of a hand\n9,none,\n"
    )
    assert read_prompts(path, ["0", "1"]) == [
        ClassTexts(("plane", "aircraft")),
        ClassTexts((), ("an X-ray of a hand",)),
    ]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("label,prompt\ncat,a cat\n", r"of the 2 classes, found none for 1: 'dog'"),
        ("label,prompt\ncat,a cat\ndog, \n", r"found none for 1: 'dog'"),
        ("class,prompt\ncat,a\n", "expected the column label and name or prompt, found class"),
        ("label,text\ncat,a\n", "expected the column label and name or prompt"),
    ],
)
def test_read_prompts__what_is_missing(tmp_path, text, why):
    with pytest.raises(InputError, match=why):
        read_prompts(write(tmp_path, text), ["cat", "dog"])


def test_read_prompts__no_file(tmp_path):
    with pytest.raises(InputError, match="expected auto, none or a CSV file, found no file"):
        read_prompts(tmp_path / "auto.csv", ["cat"])
