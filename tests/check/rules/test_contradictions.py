import time

import pytest

from labelfix.check.rules.registry import RULES
from labelfix.check.verdict import Finding
from labelfix.options.rule_options import RuleOptions


def duplicate_findings(inspection) -> list[Finding]:
    """The findings of some rules, in the order of the rows."""
    found = [
        finding
        for name in ("conflicting-duplicate", "split-leak", "near-duplicate")
        for finding in inspection.findings_of(RULES[name])
    ]
    return sorted(found, key=lambda finding: finding.row)


def row(image: str, label: str = "cat", split: str = "", **more) -> dict:
    return {"image": image, "label": label, "split": split, **more}


def pairs(*names: str, at: float = 0.995) -> dict[tuple[str, str], float]:
    return {(one, two): at for one in names for two in names if one < two}


def found_in(make_inspection, rows, **more) -> list[tuple[str, int]]:
    findings = duplicate_findings(make_inspection(rows, **more))
    return [(finding.rule, finding.row) for finding in findings]


def test_duplicate_findings__none(make_inspection):
    assert found_in(make_inspection, [row("a"), row("b", "dog")]) == []


def test_duplicate_findings__conflict_with_the_commonest_label(make_inspection):
    rows = [row("a"), row("b", "dog"), row("c"), row("z")]
    findings = list(duplicate_findings(make_inspection(rows, near=pairs("a", "b", "c"))))
    conflict, near = findings
    assert (conflict.rule, conflict.level, conflict.row) == ("conflicting-duplicate", "error", 2)
    assert (conflict.given_label, conflict.suggested_label) == ("dog", None)
    assert conflict.related == ("a", "c")
    assert conflict.content_hash == "sha-b"
    assert conflict.message == (
        "label 'dog', but nearly the same image has another label: "
        "'cat' in row 1 ('a', similarity 0.995), 'cat' in row 3 ('c', similarity 0.995)"
    )
    assert (near.rule, near.row) == ("near-duplicate", 3)


def test_duplicate_findings__conflict_without_a_commonest_label_is_of_all(make_inspection):
    rows = [row("a", content="x"), row("b", "dog", content="x")]
    one, two = duplicate_findings(make_inspection(rows))
    assert [one.rule, two.rule] == ["conflicting-duplicate"] * 2
    assert one.message == (
        "label 'cat', but the same image has another label: 'dog' in row 2 ('b', exact copy)"
    )
    assert (one.related, two.related) == (("b",), ("a",))


def test_duplicate_findings__one_image_in_two_rows(make_inspection):
    one, two = duplicate_findings(make_inspection([row("a"), row("a", "dog")]))
    assert one.message == "label 'cat', but the same image has another label: 'dog' in row 2"
    assert one.related == ()
    assert two.row == 2


def test_duplicate_findings__annotators_may_differ(make_inspection):
    rows = [row("a", label, annotator="x") for label in ("cat", "dog", "cat")]
    assert found_in(make_inspection, rows) == []


def test_duplicate_findings__annotators_of_two_images(make_inspection):
    labels = {"a": ("dog", "cat", "cat"), "b": ("dog", "dog")}
    rows = [row(name, label, annotator="x") for name in labels for label in labels[name]]
    assert found_in(make_inspection, rows, near=pairs("a", "b")) == [
        ("conflicting-duplicate", 2),
        ("conflicting-duplicate", 4),
    ]


@pytest.mark.parametrize(("suggested", "fix"), [("cat", "cat"), ("cow", None), ("dog", None)])
def test_duplicate_findings__conflict_suggests_what_a_copy_has(make_inspection, suggested, fix):
    rows = [row("a"), row("b", "dog", suggested=suggested), row("c")]
    findings = duplicate_findings(make_inspection(rows, near=pairs("a", "b", "c")))
    assert findings[0].suggested_label == fix


def test_duplicate_findings__conflict_suggests_a_label_that_is_not_named(make_inspection):
    copies = [row(f"{number}", content="x") for number in range(7)]
    rows = [*copies, row("y", "cow", content="x"), row("z", "dog", suggested="cow", content="x")]
    findings = [f for f in duplicate_findings(make_inspection(rows)) if f.row == 9]
    assert [finding.suggested_label for finding in findings] == ["cow"]


def test_duplicate_findings__labels_that_differ_in_a_space_differ(make_inspection):
    rows = [row("a", content="x"), row("b", "cat ", content="x"), row("c", content="x")]
    findings = duplicate_findings(make_inspection(rows))
    assert findings[0].message.startswith(
        "label 'cat ', but the same image has another label: 'cat'"
    )


def test_duplicate_findings__blank_label_contradicts_nothing(make_inspection):
    rows = [row("a"), row("b", " ", suggested="dog")]
    assert found_in(make_inspection, rows, near=pairs("a", "b")) == [("near-duplicate", 2)]


def test_duplicate_findings__a_row_without_a_label_is_not_named(make_inspection):
    rows = [row("a", content="x"), row("b", "", content="x"), row("c", "dog", content="x")]
    one, two = duplicate_findings(make_inspection(rows))
    assert (one.rule, one.row, one.related) == ("conflicting-duplicate", 1, ("c",))
    assert (two.rule, two.row, two.related) == ("conflicting-duplicate", 3, ("a",))


def test_duplicate_findings__names_five_and_counts_the_rest(make_inspection):
    copies = [row(f"{number}", content="x") for number in range(8)]
    findings = duplicate_findings(make_inspection([*copies, row("z", "dog", content="x")]))
    conflict = next(finding for finding in findings if finding.rule == "conflicting-duplicate")
    assert conflict.related == ("0", "1", "2", "3", "4")
    assert conflict.message.endswith("'cat' in row 5 ('4', exact copy) and 3 more")


def test_duplicate_findings__near_duplicate_of_the_first(make_inspection):
    rows = [row("b"), row("x"), row("a", content="c"), row("c", content="c"), row("d"), row("d")]
    near = {("a", "b"): 0.995, ("a", "d"): 0.995, ("b", "d"): 0.98}
    findings = list(duplicate_findings(make_inspection(rows, near=near, neighbours=5)))
    assert [(finding.rule, finding.level) for finding in findings] == [
        ("near-duplicate", "warning")
    ] * 4
    assert [finding.message for finding in findings] == [
        "nearly the same image as in row 1 ('b', similarity 0.995)",
        "the same image as in row 3 ('a', exact copy)",
        "nearly the same image as in row 1 ('b')",  # through 'a' alone
        "the same image as in row 5",
    ]
    assert [finding.related for finding in findings] == [("b",), ("a",), ("b",), ()]


def test_duplicate_findings__near_duplicates_beside_a_conflict(make_inspection):
    rows = [row("a", "dog"), row("b"), row("c")]
    findings = list(duplicate_findings(make_inspection(rows, near=pairs("a", "b", "c"))))
    assert [(finding.rule, finding.row) for finding in findings] == [
        ("conflicting-duplicate", 1),
        ("near-duplicate", 3),
    ]
    assert findings[1].related == ("b",), "the pair with the first is reported already"


@pytest.mark.parametrize(
    ("splits", "leaking"),
    [
        (["train", "test", "train", "train"], [2]),
        (["test", "train", "test", "test"], [1]),  # few rows to train with, but theirs
        (["b", "a", "b", "b"], [2]),
        (["b", "a", "a", "b"], [1]),
        (["train", "", "train", "test"], []),
    ],
)
def test_duplicate_findings__split_leak(make_inspection, splits, leaking):
    rows = [row(name, split=split) for name, split in zip("abcd", splits, strict=True)]
    found = found_in(make_inspection, rows, near=pairs("a", "b"))
    assert [number for rule, number in found if rule == "split-leak"] == leaking
    assert ("near-duplicate" in dict(found)) == (not leaking)


def test_duplicate_findings__split_leak_in_words(make_inspection):
    rows = [row("a", split="train"), row("b", split="test")]
    (finding,) = duplicate_findings(make_inspection(rows, near=pairs("a", "b")))
    assert (finding.level, finding.given_label, finding.suggested_label) == ("error", "cat", None)
    assert finding.message == (
        "split 'test', but nearly the same image has another split: "
        "'train' in row 1 ('a', similarity 0.995)"
    )


def test_duplicate_findings__leak_and_conflict_may_both_stand(make_inspection):
    rows = [row("a", split="train"), row("b", "dog", split="test")]
    assert found_in(make_inspection, rows, near=pairs("a", "b")) == [
        ("conflicting-duplicate", 1),
        ("conflicting-duplicate", 2),
        ("split-leak", 2),
    ]


@pytest.mark.parametrize(
    ("ignored", "expected"),
    [
        (["split-leak"], [("conflicting-duplicate", 1), ("conflicting-duplicate", 2)]),
        (["conflicting-duplicate"], [("split-leak", 2)]),
        (["conflicting-duplicate", "split-leak"], [("near-duplicate", 2)]),
    ],
)
def test_duplicate_findings__the_gravest_rule_that_is_looked_at(make_inspection, ignored, expected):
    rows = [row("a", split="train"), row("b", "dog", split="test")]
    options = RuleOptions(ignore=frozenset(ignored))
    assert found_in(make_inspection, rows, near=pairs("a", "b"), options=options) == expected


KNOWN = [{"image": "r", "label": "cat", "split": "train"}]


def test_duplicate_findings__label_of_the_reference_counts(make_inspection):
    rows = [row("a", "dog", suggested="cat"), row("b", "dog"), row("c")]
    near = {**pairs("a", "b", "c"), ("a", "r"): 0.999}
    findings = list(duplicate_findings(make_inspection(rows, near=near, reference=KNOWN)))
    assert [(finding.rule, finding.row) for finding in findings] == [
        ("conflicting-duplicate", 1),
        ("conflicting-duplicate", 2),
    ]
    assert findings[0].suggested_label == "cat"
    assert findings[0].related == ("r", "c")
    assert findings[0].message == (
        "label 'dog', but nearly the same image has another label: "
        "'cat' in the reference ('r', similarity 0.999), 'cat' in row 3 ('c', similarity 0.995)"
    )


def test_duplicate_findings__suggests_what_the_reference_alone_has(make_inspection):
    rows = [row("a", "dog", suggested="cat", content="r")]
    (finding,) = duplicate_findings(make_inspection(rows, reference=KNOWN))
    assert (finding.rule, finding.suggested_label) == ("conflicting-duplicate", "cat")


def test_duplicate_findings__near_duplicate_of_the_reference(make_inspection):
    (finding,) = duplicate_findings(make_inspection([row("a", content="r")], reference=KNOWN))
    assert (finding.rule, finding.row, finding.related) == ("near-duplicate", 1, ("r",))
    assert finding.message == "the same image as in the reference ('r', exact copy)"


def test_duplicate_findings__leak_from_the_reference(make_inspection):
    rows = [row("a", content="r", split="test"), row("b", content="r", split="train")]
    found = found_in(make_inspection, rows, reference=KNOWN)
    assert found == [("split-leak", 1), ("near-duplicate", 2)]
    assert found_in(make_inspection, rows[:1], reference=KNOWN) == [("split-leak", 1)]


@pytest.mark.parametrize("other", [{"image": "s", "split": "train"}, {"image": "s"}])
def test_duplicate_findings__no_leak_from_an_image_of_no_split(make_inspection, other):
    rows = [row("a", content="r", split="test")]
    reference = [{**KNOWN[0], "split": " "}, other]
    assert found_in(make_inspection, rows, reference=reference) == [("near-duplicate", 1)]


def test_duplicate_findings__the_reference_counts_among_the_others(make_inspection):
    rows = [row("a", "dog", content="r"), *(row(f"{n}", content="r") for n in range(5))]
    findings = duplicate_findings(make_inspection(rows, reference=KNOWN))
    conflict = findings[0]
    assert conflict.related == ("r", "0", "1", "2", "3")
    assert conflict.message.endswith("('3', exact copy) and 1 more")


def test_duplicate_findings__a_blank_label_in_the_reference_says_nothing(make_inspection):
    rows = [row("a", content="r"), row("b", content="r")]
    reference = [{**KNOWN[0], "label": " "}]
    assert dict(found_in(make_inspection, rows, reference=reference)).keys() == {"near-duplicate"}


def test_duplicate_findings__five_thousand_copies_of_one_image(make_inspection):
    rows = [row("a", f"label {number % 100}") for number in range(5_000)]
    started = time.monotonic()
    assert len(found_in(make_inspection, rows)) == 5_000
    assert time.monotonic() - started < 10
