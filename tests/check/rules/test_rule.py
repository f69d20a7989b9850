"""Rules, inspections and the files of rows."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from labelfix.check.message_text import listed
from labelfix.check.rules.missing_file import is_missing
from labelfix.check.rules.registry import RULES
from labelfix.check.rules.rule import Inspection, content_hash
from labelfix.options.rule_options import RuleOptions

ROWS = [{"image": "a.png"}, {"image": "caf\udce9.png", "label": "dog"}]


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({}, set(RULES)),
        ({"select": frozenset()}, set()),
        ({"select": frozenset({"off-topic"})}, {"off-topic"}),
        ({"ignore": frozenset({"off-topic"})}, set(RULES) - {"off-topic"}),
        ({"select": frozenset({"off-topic"}), "ignore": frozenset({"off-topic"})}, set()),
    ],
)
def test_wants__selected_and_not_ignored(make_inspection, options, wanted):
    inspection = make_inspection(ROWS, RuleOptions(**options))
    assert {name for name, rule in RULES.items() if inspection.wants(rule)} == wanted


def test_findings_of__made_once_and_only_where_selected(make_inspection):
    calls = []

    def find(inspection: Inspection):
        calls.append(inspection)
        yield inspection.at_row(rule, 0, "odd")

    rule = replace(RULES["off-topic"], find=find)
    inspection = make_inspection(ROWS)
    assert inspection.findings_of(rule) == inspection.findings_of(rule)
    assert calls == [inspection]
    ignoring = make_inspection(ROWS, RuleOptions(ignore=frozenset({"off-topic"})))
    assert ignoring.findings_of(rule) == ()
    assert calls == [inspection]


def test_at_row__has_all_that_is_known_of_the_row(make_inspection):
    finding = make_inspection(ROWS, lines=[2, 7]).at_row(
        RULES["off-topic"], 1, "odd", related=("b",)
    )
    assert (finding.rule, finding.level, finding.message) == ("off-topic", "warning", "odd")
    assert (finding.row, finding.line) == (2, 7)
    assert (finding.image, finding.given_label) == ("bytes:caf%E9.png", "dog")
    assert (finding.content_hash, finding.related) == ("sha-caf\udce9.png", ("b",))


def test_at_row__level_that_was_set_and_no_lines(make_inspection):
    inspection = make_inspection(ROWS, RuleOptions(levels={"off-topic": "error"}))
    finding = inspection.at_row(RULES["off-topic"], 0, "odd")
    assert (finding.level, finding.line) == ("error", None)


def test_at_row__reads_a_file_once(make_batch, tmp_path, monkeypatch):
    asked = []

    def content_hash(folder: Path, image: str) -> str:
        asked.append((folder, image))
        return "sha"

    monkeypatch.setattr("labelfix.check.rules.rule.content_hash", content_hash)
    bad = {"image": "bad.png", "has_image": False}
    rows = [bad, bad, *ROWS]
    inspection = Inspection(make_batch(rows, folder=tmp_path), RuleOptions(), RULES)
    hashes = [inspection.at_row(RULES["unreadable"], row, "bad").content_hash for row in range(3)]
    assert hashes == ["sha", "sha", "sha-a.png"]
    assert asked == [(tmp_path, "bad.png")]


def test_about__a_class(make_inspection):
    finding = make_inspection(ROWS, lines=[2, 7]).about(
        RULES["rare-class"], "rare", given_label="dog"
    )
    assert (finding.row, finding.line, finding.image) == (None, None, "")


def test_listed__tells_of_the_rest():
    assert listed(["a", "b"], 2) == "a, b"
    assert listed(["a", "b"], 1_002) == "a, b and 1,000 more"


SHA_OF_ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_content_hash__of_a_file(tmp_path):
    (tmp_path / "a.png").write_bytes(b"abc")
    assert content_hash(tmp_path, "a.png") == SHA_OF_ABC


@pytest.mark.parametrize("name", ["gone.png", "", "nul\0.png", "x" * 10_000, "folder", "empty"])
def test_content_hash__of_no_file_is_empty(tmp_path, name):
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty").touch()
    assert content_hash(tmp_path, name) == ""


@pytest.mark.parametrize("name", ["../secret", "link", "{outside}"])
def test_content_hash__never_of_a_file_outside(tmp_path, name):
    (tmp_path / "secret").write_bytes(b"abc")
    folder = tmp_path / "images"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path / "secret")
    assert content_hash(folder, name.format(outside=tmp_path / "secret")) == ""


def test_content_hash__waits_for_no_pipe(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert content_hash(tmp_path, "pipe") == ""


def test_content_hash__in_a_folder_that_nobody_knows():
    assert content_hash(None, "a.png") == ""


def test_is_missing__only_what_is_not_there(tmp_path):
    (tmp_path / "a.png").touch()
    assert not is_missing(tmp_path, "a.png")
    assert is_missing(tmp_path, "b.png")
    assert is_missing(tmp_path, "x" * 10_000)
    assert not is_missing(tmp_path, "../b.png"), "it is never looked for outside"


def test_is_missing__in_a_folder_that_is_gone(tmp_path):
    assert not is_missing(tmp_path / "gone", "a.png")
    assert not is_missing(None, "a.png")


def test_at_row__has_its_annotator_and_split(make_inspection):
    rows = [
        {"image": "a.png", "annotator": " ann ", "split": "train"},
        {"image": "b.png", "annotator": None, "split": ""},
    ]
    inspection = make_inspection(rows)
    found = [inspection.at_row(RULES["off-topic"], row, "m") for row in (0, 1)]
    assert [(one.annotator, one.split) for one in found] == [("ann", "train"), ("", "")]
    plain = make_inspection([{"image": "a.png"}]).at_row(RULES["off-topic"], 0, "m")
    assert (plain.annotator, plain.split) == ("", "")
