import pytest

from labelfix.check.finders import every
from labelfix.check.finders.every import check_rules, find
from labelfix.check.rules import RULES
from labelfix.check_config import RuleOptions
from labelfix.data.shares import AnnotatorQuality
from labelfix.errors import InputError
from labelfix.judging.batch import BatchNoise


@pytest.fixture
def batch(make_batch):
    """One that breaks every rule; what it is about is told by the names."""
    cats = [{"image": f"cat{number}", "label": "cat"} for number in range(5)]
    rows = [
        *cats,
        {"image": "wrong", "label": "cat", "suggested": "cow", "self_confidence": 0.1},
        {"image": "doubtful", "label": "cat", "self_confidence": 0.4, "action": "review"},
        {"image": "unknown", "label": "x", "reason": "unknown_label", "action": "review"},
        {"image": "variant", "label": "Cat"},
        {"image": "conflict", "label": "cow", "content": "cat0", "split": "train"},
        {"image": "leak", "label": "cow", "content": "cat1", "split": "test"},
        {"image": "near", "label": "cat"},
        {"image": "odd", "label": "cat", "reason": "off_topic", "action": "review"},
        {"image": "bad", "has_image": False, "reason": "empty file (0 bytes)"},
        {"image": "gone", "has_image": False, "reason": "file does not exist"},
        {"image": "blank", "label": "", "suggested": "cat"},
    ]
    rows[1]["split"] = "train"
    noise = BatchNoise(
        None,
        annotators=[AnnotatorQuality(name="Ann", labels=100, right_share=0.5, low=0.4, high=0.6)],
    )
    return make_batch(rows, near={("cat4", "near"): 0.999}, noise=noise, lines=range(2, 18))


def test_find__every_rule(batch):
    assert {finding.rule for finding in find(batch, RuleOptions())} == set(RULES)


def test_find__in_the_order_of_rows_then_rules(batch):
    found = find(batch, RuleOptions())
    rank = list(RULES)
    places = [
        (f.row is None, f.row or 0, rank.index(f.rule), f.image, f.given_label) for f in found
    ]
    assert places == sorted(places)
    assert [f.rule for f in found if f.row is None][-1] == "noisy-annotator"
    assert find(batch, RuleOptions()) == found


@pytest.mark.parametrize("rule", RULES)
def test_find__one_rule_alone(batch, rule):
    everything = [finding for finding in find(batch, RuleOptions()) if finding.rule == rule]
    alone = find(batch, RuleOptions(select=frozenset({rule})))
    assert {finding.rule for finding in alone} == {rule}
    assert set(everything) <= set(alone)
    assert rule not in {f.rule for f in find(batch, RuleOptions(ignore=frozenset({rule})))}


def test_find__ignore_wins_over_select(batch):
    both = frozenset({"wrong-label", "rare-class"})
    options = RuleOptions(select=both, ignore=frozenset({"rare-class"}))
    assert {finding.rule for finding in find(batch, options)} == {"wrong-label"}
    assert find(batch, RuleOptions(select=frozenset())) == ()


def test_find__levels(batch):
    options = RuleOptions(levels={"wrong-label": "warning", "rare-class": "error"})
    level_of = {finding.rule: finding.level for finding in find(batch, options)}
    assert level_of["wrong-label"] == "warning"
    assert level_of["rare-class"] == "error"
    assert level_of["missing-file"] == "error"


def test_find__computes_only_what_is_selected(batch, monkeypatch):
    def never(*_):
        raise AssertionError("copies are looked for")

    monkeypatch.setattr("labelfix.check.finders.duplicates.find_copies", never)
    assert find(batch, RuleOptions(select=frozenset({"wrong-label"})))
    with pytest.raises(AssertionError):
        find(batch, RuleOptions(select=frozenset({"split-leak"})))


@pytest.mark.parametrize(
    ("options", "option"),
    [
        ({"select": frozenset({"wrong-lable"})}, "--select"),
        ({"ignore": frozenset({"wrong-lable"})}, "--ignore"),
        ({"levels": {"wrong-lable": "error"}}, "--level"),
    ],
)
def test_check_rules__unknown_rule(options, option):
    with pytest.raises(InputError, match=f"^{option}: expected .*rare-class") as refused:
        check_rules(RuleOptions(**options))
    assert refused.value.message.endswith("found 'wrong-lable'; did you mean 'wrong-label'?")


def test_check_rules__nothing_like_a_rule():
    with pytest.raises(InputError) as refused:
        check_rules(RuleOptions(select=frozenset({"\udce9"})))
    assert refused.value.message.endswith("found '\\udce9'")


def test_check_rules__least_confidence_of_a_rule_without_one():
    with pytest.raises(InputError, match="expected wrong-label or uncertain-label or a label"):
        check_rules(RuleOptions(min_confidence_of={"rare-class": 0.5}))
    check_rules(RuleOptions(min_confidence_of={"cat": 0.5, "uncertain-label": 0.1}))


def test_find__checks_the_options(batch):
    with pytest.raises(InputError):
        every.find(batch, RuleOptions(ignore=frozenset({"nothing"})))


HOSTILE = [
    "a\nb\r\n",
    "\x1b[31mred\x1b[0m",
    "[red]x[/red]",
    "<script>alert(1)</script>",
    "]]>",
    "::error::x",
    "a|b`c`",
    "%0A%25",
    "\u202egnp.exe\u2066",
    "\x00\x01\x7f\x9b",
    "y" * 10_000,
    "\u0301\u0327" * 5_000,
    "\U0001f600\ufe0f\u200d",
    " ",
    "=1+1",
]


def test_find__hostile_texts_stay_on_one_short_line(make_batch):
    rows = []
    for number, evil in enumerate([*HOSTILE, *HOSTILE]):
        about = {"image": f"{number}{evil}\udce9", "label": evil, "suggested": evil + "x"}
        rows += [
            {**about, "self_confidence": 0.1, "content": "same", "split": evil},
            {**about, "image": f"{number}b{evil}", "has_image": False, "reason": "no image"},
            {**about, "image": f"{number}c{evil}", "label": evil.upper() + " "},
        ]
    noise = BatchNoise(
        None,
        annotators=[
            AnnotatorQuality(name=evil, labels=100, right_share=0.5, low=0.4, high=0.6)
            for evil in HOSTILE
        ],
    )
    found = find(make_batch(rows, noise=noise), RuleOptions())
    assert {f.rule for f in found} >= {"wrong-label", "conflicting-duplicate", "split-leak"}
    assert {f.rule for f in found} >= {"label-variant", "noisy-annotator", "rare-class"}
    assert [f.message for f in found if not f.message.isprintable() or len(f.message) > 2_000] == []
    assert {f.given_label for f in found} <= {*HOSTILE, *(e.upper() + " " for e in HOSTILE), ""}
