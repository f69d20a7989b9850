from pathlib import Path

import pytest

from labelfix.check.finders.finding_maker import FindingMaker
from labelfix.check.rules import RULES
from labelfix.check.wording import listed
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
def test_wants__selected_and_not_ignored(make_maker, options, wanted):
    maker = make_maker(ROWS, RuleOptions(**options))
    assert {rule for rule in RULES if maker.wants(rule)} == wanted


def test_wants__any_of_several(make_maker):
    maker = make_maker(ROWS, RuleOptions(select=frozenset({"off-topic"})))
    assert maker.wants("unreadable", "off-topic")
    assert not maker.wants("unreadable", "rare-class")


def test_at_row__has_all_that_is_known_of_the_row(make_maker):
    finding = make_maker(ROWS, lines=[2, 7]).at_row("off-topic", 1, "odd", related=("b",))
    assert (finding.rule, finding.level, finding.message) == ("off-topic", "warning", "odd")
    assert (finding.row, finding.line) == (2, 7)
    assert (finding.image, finding.given_label) == ("bytes:caf%E9.png", "dog")
    assert (finding.content_hash, finding.related) == ("sha-caf\udce9.png", ("b",))


def test_at_row__level_that_was_set_and_no_lines(make_maker):
    maker = make_maker(ROWS, RuleOptions(levels={"off-topic": "error"}))
    finding = maker.at_row("off-topic", 0, "odd")
    assert (finding.level, finding.line) == ("error", None)


def test_at_row__reads_a_file_once(make_batch, tmp_path, monkeypatch):
    asked = []

    def content_hash(folder: Path, image: str) -> str:
        asked.append((folder, image))
        return "sha"

    monkeypatch.setattr("labelfix.check.finders.finding_maker.content_hash", content_hash)
    bad = {"image": "bad.png", "has_image": False}
    maker = FindingMaker(make_batch([bad, bad, *ROWS], folder=tmp_path), RuleOptions())
    hashes = [maker.at_row("unreadable", row, "bad").content_hash for row in range(3)]
    assert hashes == ["sha", "sha", "sha-a.png"]
    assert asked == [(tmp_path, "bad.png")]


def test_about__a_class(make_maker):
    finding = make_maker(ROWS, lines=[2, 7]).about("rare-class", "rare", given_label="dog")
    assert (finding.row, finding.line, finding.image) == (None, None, "")


def test_listed__tells_of_the_rest():
    assert listed(["a", "b"], 2) == "a, b"
    assert listed(["a", "b"], 1_002) == "a, b and 1,000 more"
