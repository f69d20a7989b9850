"""Which findings stay where one file has no room for all."""

from dataclasses import replace

import numpy as np
import pytest

from labelfix.check.verdict import Finding
from labelfix.options.review_options import ReportOptions
from labelfix.report.contents import ReportContents
from labelfix.report.page import write_report
from labelfix.report.page_maker import PageMaker
from labelfix.report.single_file import LIKELIEST, keeping_order, make_single_page
from labelfix.runtime.progress import Silent

ROWS = 600
SURE = 450


@pytest.fixture
def contents(tmp_path, make_batch, wrong_labels, write_pictures):
    """600 findings: 450 sure errors, then 150 uncertain ones; not all fit."""
    confidence = [*np.linspace(0.999, 0.9, SURE), *np.linspace(0.49, 0.2, ROWS - SURE)]
    images = [f"{row}.png" for row in range(ROWS)]
    batch = make_batch(
        tmp_path / "images", ["a"] * ROWS, ["b"] * ROWS, images=images, confidence=confidence
    )
    findings = [
        one if row < SURE else replace(one, rule="uncertain-label", level="warning")
        for row, one in enumerate(wrong_labels(batch))
    ]
    write_pictures(tmp_path / "images", images[:5], (8, 8))
    return ReportContents(
        batch=batch,
        findings=findings,
        options=ReportOptions(most_bytes=600_000, most_neighbours=0, single_file=True),
    )


def test_single_file__leaves_out_no_uncertain_finding_before_the_sure_ones(contents, tmp_path):
    report = write_report(tmp_path / "r.html", contents)
    assert 200 < report.findings < ROWS
    assert report.left_out == {"wrong-label": ROWS - report.findings}
    assert report.bytes <= 600_000
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert page.count('data-rule="uncertain-label"') == ROWS - SURE
    assert page.index('data-row="1"') < page.index('data-rule="uncertain-label"')
    (remark,) = report.remarks
    assert f"{ROWS - report.findings:,} wrong-label" in remark
    assert "uncertain ones are the last to be left out" in remark
    assert not (tmp_path / "r_files").exists()


def test_make_single_page__is_none_where_it_need_not_fit(contents):
    assert make_single_page(PageMaker(contents), Silent(), must_fit=False) is None


def test_make_single_page__is_whole_where_everything_fits(contents):
    few = PageMaker(replace(contents, findings=contents.findings[:20]))
    page = make_single_page(few, Silent(), must_fit=False)
    assert (page.findings, page.left_out) == (20, [])


def test_keeping_order__likeliest_then_uncertain_then_the_nearest_to_a_half():
    def finding(rule: str, confidence: float | None, level: str = "error") -> Finding:
        return Finding(rule=rule, level=level, message="", image="x", confidence=confidence)

    first = [finding("wrong-label", 0.999) for _ in range(LIKELIEST)]
    sure, doubtful = finding("wrong-label", 0.99), finding("wrong-label", 0.55)
    uncertain = finding("uncertain-label", 0.3, "warning")
    gone, copy = finding("missing-file", None), finding("off-topic", None, "warning")
    given = [*first, sure, doubtful, uncertain, copy, gone]
    assert keeping_order(given) == [*first, uncertain, doubtful, sure, gone, copy]
