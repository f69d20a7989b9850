"""Options of check from what a person writes."""

from datetime import date

import pytest

from labelfix.check.option_texts import last_day, rule_options, thresholds, unknown_classes
from labelfix.errors import InputError
from labelfix.options.rule_options import RuleOptions
from labelfix.options.threshold_options import Limit, Thresholds

RATE = "expected a rate such as 2% or 0.02, or one for a class such as cat=5%"
PROBABILITY = (
    "expected a probability such as 0.9 or 90%, or one for a rule or a class such as cat=90%"
)
NUMBER = "expected a whole number such as 5, or one for a rule such as near-duplicate=5"
LIMIT = "expected a number of rows such as 5, or a share of them such as 1%"
LEVEL = "expected RULE=error, RULE=warning or RULE=off"


def limits(**texts):
    return thresholds(Thresholds(), **texts)


def rules(**texts):
    return rule_options(RuleOptions(), **texts)


def refused(make, **texts):
    with pytest.raises(InputError) as error:
        make(**texts)
    return error.value


def test_options__nothing_written_leaves_what_was():
    other = Thresholds(
        max_wrong_rate=0.1,
        max_wrong_rate_of={"cat": 0.2},
        on="upper",
        max_findings=3,
        max_findings_of={"off-topic": 4},
        max_unreadable=Limit(rows=5),
        fail_on="warning",
    )
    assert thresholds(other) == other
    options = RuleOptions(
        select=frozenset({"off-topic"}),
        ignore=frozenset({"rare-class"}),
        levels={"off-topic": "error"},
        min_confidence=0.7,
        min_confidence_of={"cat": 0.8},
        uncertain_from=0.3,
        near_duplicate=0.98,
        rare_class_images=7,
        annotator_wrong_rate=0.2,
        split_column="fold",
    )
    assert rule_options(options) == options


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("2%", 0.02),
        ("2 %", 0.02),
        (" 2.5% ", 0.025),
        ("0.02", 0.02),
        (".02", 0.02),
        ("0", 0.0),
        ("0%", 0.0),
        ("100%", 1.0),
        ("29%", 0.29),
        ("57%", 0.57),
        ("2.7%", 0.027),
        ("0.1%", 0.001),
        ("1e-05", 1e-05),
        ("0.1", 0.1),
    ],
)
def test_thresholds__rate(text, rate):
    assert limits(max_wrong_rate=[text]).max_wrong_rate == rate


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("2", "Write 2% for per cent."),
        ("1.5", "Write 1.5% for per cent."),
        ("1", "Write 1% for one in a hundred, or 100% for all."),
        ("1.0", "Write 1% for one in a hundred, or 100% for all."),
        ("200%", ""),
        ("101", ""),
        ("-1%", ""),
        ("2,5%", ""),
        ("2%%", ""),
        ("two", ""),
        ("nan", ""),
        ("inf", ""),
        ("", ""),
        ("%", ""),
        ("٢%", ""),
        ("=5%", ""),
        (" =5%", ""),
        ("cat=", ""),
        ("cat=5%=x", ""),
    ],
)
def test_thresholds__no_rate(text, hint):
    error = refused(limits, max_wrong_rate=[text])
    assert error.message == f"--max-wrong-rate: {RATE}, found {text!r}"
    assert error.hint == hint


def test_thresholds__rates_of_classes_with_any_name():
    texts = ["2%", "cat=5%", "a=b=10%", "5%=1%", " x =0.5", "wrong-label=3%"]
    options = limits(max_wrong_rate=texts)
    assert options.max_wrong_rate == 0.02
    assert options.max_wrong_rate_of == {
        "cat": 0.05,
        "a=b": 0.1,
        "5%": 0.01,
        " x ": 0.5,
        "wrong-label": 0.03,
    }


@pytest.mark.parametrize("texts", [["2%", "3%"], ["cat=2%", "dog=1%", "cat=3%"]])
def test_thresholds__two_different_values(texts):
    error = refused(limits, max_wrong_rate=texts)
    assert error.message == (
        f"--max-wrong-rate: expected one value, found both {texts[0]!r} and {texts[-1]!r}"
    )


def test_thresholds__the_same_value_twice():
    assert limits(max_wrong_rate=["2%", "0.02"]).max_wrong_rate == 0.02


def test_thresholds__numbers_of_findings():
    options = limits(max_findings=["5", " near-duplicate = 12 ", "off-topic=0"])
    assert options.max_findings == 5
    assert options.max_findings_of == {"near-duplicate": 12, "off-topic": 0}
    assert limits(max_findings=["off-topic=7"]).max_findings == Thresholds.max_findings


@pytest.mark.parametrize("text", ["-1", "5.0", "1_000", "5%", "x", "", "9" * 16, "off-topic=x"])
def test_thresholds__no_number(text):
    message = refused(limits, max_findings=[text]).message
    assert message == f"--max-findings: {NUMBER}, found {text!r}"


def test_thresholds__no_rule():
    error = refused(limits, max_findings=["near-duplicates=5"])
    assert error.message == (
        "--max-findings: expected the name of a rule, found 'near-duplicates'; "
        "did you mean 'near-duplicate'?"
    )
    assert error.hint == "labelfix check --list-rules lists them."
    assert "mean" not in refused(limits, max_findings=["zzz=5"]).message


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("5", Limit(rows=5)),
        ("0", Limit(rows=0)),
        ("1%", Limit(share=0.01)),
        ("0.5 %", Limit(share=0.005)),
    ],
)
def test_thresholds__limit(text, limit):
    assert limits(max_unreadable=[text]).max_unreadable == limit


@pytest.mark.parametrize("text", ["0.01", "101%", "cat=5", "=5", "-5", "x", "", "%"])
def test_thresholds__no_limit(text):
    message = refused(limits, max_unreadable=[text]).message
    assert message == f"--max-unreadable: {LIMIT}, found {text!r}"


def test_rule_options__lists_of_rules():
    options = rules(select=["wrong-label, off-topic", "unreadable"], ignore=["rare-class"])
    assert options.select == {"wrong-label", "off-topic", "unreadable"}
    assert options.ignore == {"rare-class"}
    assert rules().select is None


@pytest.mark.parametrize("option", ["select", "ignore"])
@pytest.mark.parametrize(("text", "found"), [("wrong-label,", "''"), ("\x1b[0m", r"'\x1b[0m'")])
def test_rule_options__no_rule(option, text, found):
    message = refused(rules, **{option: [text]}).message
    assert message == f"--{option}: expected the name of a rule, found {found}"


def test_rule_options__levels():
    options = rules(
        level=["off-topic=error", "split-leak=warning", "rare-class=off"], ignore=["unreadable"]
    )
    assert options.levels == {"off-topic": "error", "split-leak": "warning"}
    assert options.ignore == {"rare-class", "unreadable"}


@pytest.mark.parametrize("text", ["warning", "off-topic=loud", "off-topic", "=error", ""])
def test_rule_options__no_level(text):
    assert refused(rules, level=[text]).message == f"--level: {LEVEL}, found {text!r}"


def test_rule_options__levels_that_differ():
    message = refused(rules, level=["off-topic=off", " off-topic=error"]).message
    assert message == (
        "--level: expected one value, found both 'off-topic=off' and ' off-topic=error'"
    )


def test_rule_options__confidences():
    options = rules(min_confidence=["0.9", " wrong-label =80%", "cat=1", "a=b=0.5", " dog=0"])
    assert options.min_confidence == 0.9
    assert options.min_confidence_of == {"wrong-label": 0.8, "cat": 1.0, "a=b": 0.5, " dog": 0.0}


def test_rule_options__a_probability_of_one_is_clear():
    assert rules(min_confidence=["1"]).min_confidence == 1.0


def test_rule_options__no_probability():
    error = refused(rules, min_confidence=["cat=90"])
    assert error.message == f"--min-confidence: {PROBABILITY}, found 'cat=90'"
    assert error.hint == "Write 90% for per cent."


def test_rule_options__rate_of_annotators():
    assert rules(max_annotator_wrong_rate=["15%"]).annotator_wrong_rate == 0.15
    assert refused(rules, max_annotator_wrong_rate=["anna=15%"]).message == (
        "--max-annotator-wrong-rate: expected a rate such as 10% or 0.1, found 'anna=15%'"
    )


def test_rule_options__what_is_written_wins():
    base = RuleOptions(
        select=frozenset({"off-topic"}), levels={"off-topic": "error"}, min_confidence=0.7
    )
    options = rule_options(
        base, select=["rare-class"], level=["off-topic=warning"], min_confidence=["0.6"]
    )
    assert options.select == {"rare-class"}
    assert options.levels == {"off-topic": "warning"}
    assert options.min_confidence == 0.6


def test_options__hostile_text_is_short_and_on_one_line():
    text = "\n::error::\x1b[31m\u202e" + "x" * 10_000
    for make, option in (
        (limits, "max_wrong_rate"),
        (limits, "max_findings"),
        (rules, "select"),
        (rules, "min_confidence"),
    ):
        message = refused(make, **{option: [text]}).message
        assert message.isprintable()
        assert len(message) < 300


def test_unknown_classes__of_both_options_without_rules():
    of_rules = rules(min_confidence=["wrong-label=0.9", "cat=0.9", "brid=0.9"])
    of_limits = limits(max_wrong_rate=["2%", "dgo=5%", "dog=5%", "brid=5%"])
    assert unknown_classes(of_rules, of_limits, {"cat", "dog", "bird"}) == ("brid", "dgo")
    assert unknown_classes(rules(), limits(), set()) == ()


def test_last_day():
    today = date(2026, 3, 1)
    assert last_day("--expires", " 2026-12-31", today) == date(2026, 12, 31)
    assert last_day("--expires", "2026-03-01", today) == today
    with pytest.raises(
        InputError, match=r"^--expires: expected a day like 2030-01-31, found '1\.3'"
    ):
        last_day("--expires", "1.3", today)
    with pytest.raises(InputError, match=r"expected a day from 2026-03-01 on, found 2026-02-28$"):
        last_day("--expires", "2026-02-28", today)
