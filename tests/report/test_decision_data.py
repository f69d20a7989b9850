"""What the page's script is given to decide about labels."""

import json
from dataclasses import replace

from labelfix.data.answers import DECISION_COLUMNS, DECISIONS
from labelfix.report.decision_data import data_set_key, decision_facts, decision_setup
from labelfix.report.page_source import for_script


def test_data_set_key__follows_the_images_and_not_their_labels(tmp_path, make_batch):
    batch = make_batch(tmp_path, list("aab"))
    assert data_set_key(make_batch(tmp_path, list("bbb"), list("aaa"))) == data_set_key(batch)
    assert data_set_key(make_batch(tmp_path / "moved", list("aab"))) == data_set_key(batch)
    assert data_set_key(make_batch(tmp_path, list("aabb"))) != data_set_key(batch)
    other = replace(batch, images=replace(batch.images, content_hashes=["x", "y", "z"]))
    assert data_set_key(other) != data_set_key(batch)


def test_decision_setup__has_every_class_and_the_columns_of_audits(tmp_path, make_batch):
    batch = make_batch(tmp_path, ["b", "", " a"], ["c", "a", " a"])
    setup = decision_setup(batch)
    assert setup["classes"] == [[" a"], ["a"], ["b"], ["c"]]
    assert setup["columns"] == list(DECISION_COLUMNS)
    assert set(setup["words"].values()) == set(DECISIONS)
    assert setup["answers"] == {"not sure": "cannot tell", "none": "none of the classes"}
    assert setup["delimiter"] == ","


def test_decision_facts__offers_each_label_once():
    facts = decision_facts("x.png", "cat", ["cat", None, " ", "dog"], row=7, chance=0.25)
    assert facts["choices"] == [["cat"], ["dog"]]
    assert (facts["row"], facts["chance"], facts["suggested"]) == ("7", "0.25", "cat")
    assert decision_facts("x.png", "", ["dog"])["choices"] == [["dog"]]


def test_decision_facts__hidden_characters_are_shown_and_kept():
    raw = "a\u202eb\r\n"
    (choice,) = decision_facts("x", raw, [])["choices"]
    assert choice == [raw, r"a\u202eb\r\n"]


def test_for_script__is_ascii_without_line_ends_and_comes_back_whole():
    value = {"image": "a\r\n\0\udce9é<&'\""}
    text = for_script(value)
    assert text.isascii()
    assert text.isprintable()
    assert json.loads(text) == value
