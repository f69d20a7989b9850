import pytest

from labelfix.check.finders.class_findings import class_findings
from labelfix.check_config import RuleOptions
from labelfix.data.shares import AnnotatorQuality
from labelfix.judging.batch import BatchNoise

ROWS = [{"image": f"{row}", "label": "cat" if row < 5 else "dog"} for row in range(9)]


def test_class_findings__rare_class(make_maker):
    (finding,) = class_findings(make_maker(ROWS, lines=range(2, 11)))
    assert (finding.rule, finding.level, finding.given_label) == ("rare-class", "warning", "dog")
    assert (finding.image, finding.row, finding.line) == ("", None, None)
    assert finding.message == (
        "class 'dog' has 4 images, fewer than the 5 that it takes to judge its labels"
    )


def test_class_findings__rare_class_by_its_own_limit(make_maker):
    assert list(class_findings(make_maker(ROWS, RuleOptions(rare_class_images=4)))) == []


def test_class_findings__rare_in_the_reference_and_unknown(make_maker):
    reference = [{"image": "r", "label": "cat"}, {"image": "s", "label": "cow"}]
    (finding,) = class_findings(make_maker(ROWS, reference=reference))
    assert finding.given_label == "cat"
    assert " has 1 image in the reference, fewer " in finding.message


@pytest.mark.parametrize(("high", "is_noisy"), [(0.9, False), (0.89, True)])
def test_class_findings__noisy_annotator(make_maker, high, is_noisy):
    noise = BatchNoise(
        None,
        annotators=[
            AnnotatorQuality(name="Ann\n", labels=1_200, right_share=0.8, low=0.7, high=high)
        ],
    )
    found = list(class_findings(make_maker(ROWS[:5], noise=noise)))
    assert len(found) == is_noisy
    for finding in found:
        assert (finding.rule, finding.level) == ("noisy-annotator", "warning")
        assert (finding.subject, finding.image, finding.row) == ("Ann\n", "", None)
        assert finding.message == (
            "20.0 % of the 1,200 labels by 'Ann\\n' are wrong, "
            "at least 11.0 % with 95 % confidence; 10 % are allowed"
        )


def test_class_findings__only_selected_rules(make_maker):
    options = RuleOptions(select=frozenset({"noisy-annotator"}))
    assert list(class_findings(make_maker(ROWS, options))) == []
