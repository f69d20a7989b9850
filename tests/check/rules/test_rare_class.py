import pytest

from labelfix.check.rules.registry import RULES
from labelfix.check.verdict import Finding
from labelfix.data.shares import AnnotatorQuality
from labelfix.judging.batch import BatchNoise
from labelfix.options.rule_options import RuleOptions


def class_findings(inspection) -> list[Finding]:
    """The findings of some rules, in the order of the rows."""
    found = [
        finding
        for name in ("rare-class", "noisy-annotator")
        for finding in inspection.findings_of(RULES[name])
    ]
    return sorted(found, key=lambda finding: finding.rule)


ROWS = [{"image": f"{row}", "label": "cat" if row < 5 else "dog"} for row in range(9)]


def test_class_findings__rare_class(make_inspection):
    (finding,) = class_findings(make_inspection(ROWS, lines=range(2, 11)))
    assert (finding.rule, finding.level, finding.given_label) == ("rare-class", "warning", "dog")
    assert (finding.image, finding.row, finding.line) == ("", None, None)
    assert finding.message == ("class 'dog' has 4 images; judging its labels takes at least 5")


def test_class_findings__rare_class_by_its_own_limit(make_inspection):
    assert list(class_findings(make_inspection(ROWS, RuleOptions(rare_class_images=4)))) == []


def test_class_findings__rare_in_the_reference_and_unknown(make_inspection):
    reference = [{"image": "r", "label": "cat"}, {"image": "s", "label": "cow"}]
    (finding,) = class_findings(make_inspection(ROWS, reference=reference))
    assert finding.given_label == "cat"
    assert " has 1 image in the reference; judging " in finding.message


@pytest.mark.parametrize(("high", "is_noisy"), [(0.9, False), (0.89, True)])
def test_class_findings__noisy_annotator(make_inspection, high, is_noisy):
    noise = BatchNoise(
        overall=None,
        annotators=[
            AnnotatorQuality(name="Ann\n", labels=1_200, right_share=0.8, low=0.7, high=high)
        ],
    )
    found = list(class_findings(make_inspection(ROWS[:5], noise=noise)))
    assert len(found) == is_noisy
    for finding in found:
        assert (finding.rule, finding.level) == ("noisy-annotator", "warning")
        assert (finding.subject, finding.image, finding.row) == ("Ann\n", "", None)
        assert finding.message == (
            "20.0 % of the 1,200 labels by 'Ann\\n' are wrong, "
            "at least 11.0 % with 95 % confidence; 10 % are allowed"
        )


def test_class_findings__only_selected_rules(make_inspection):
    options = RuleOptions(select=frozenset({"noisy-annotator"}))
    assert list(class_findings(make_inspection(ROWS, options))) == []
