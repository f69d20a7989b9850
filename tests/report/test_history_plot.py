"""The plot of a history, as SVG."""

from dataclasses import replace
from xml.etree import ElementTree

from labelfix.check.history import PastCheck
from labelfix.report.history_plot import HEIGHT, MOST_CHECKS, WIDTH, history_plot

CHECK = PastCheck(
    time="2030-01-31T08:15:30Z",
    labelfix="1.0.0",
    source="labels.csv",
    verdict="failed",
    rows=100,
    rows_checked=90,
    findings=3,
    errors=2,
    warnings=1,
    known=2,
    wrong_share=0.1,
    low=0.05,
    high=0.2,
)
BETTER = replace(
    CHECK, time="2030-02-28T08:15:30Z", wrong_share=0.05, low=0.0, high=0.1, verdict="passed"
)


def drawn(*checks: PastCheck) -> ElementTree.Element:
    return ElementTree.fromstring(history_plot(checks))


def test_history_plot__shares_from_left_to_right():
    section = drawn(CHECK, BETTER)
    dots = [(float(dot.get("cx")), float(dot.get("cy"))) for dot in section.iter("circle")]
    assert dots == [(0, HEIGHT / 2), (WIDTH, 3 * HEIGHT / 4)]  # of an axis up to 20 %
    assert [dot.get("fill") for dot in section.iter("circle")] == ["Canvas", "currentColor"]
    line = section.find(".//polyline").get("points")
    assert line == f"0.0,{HEIGHT / 2} {WIDTH}.0,{3 * HEIGHT / 4}"
    band = section.find(".//polygon").get("points").split()
    assert band[0] == "0.0,0.0" and band[-1] == f"0.0,{3 * HEIGHT / 4}"
    assert [text.text.replace("\xa0", " ") for text in section.iter("text")] == [
        *("20 %", "0 %", "2030-01-31", "2030-02-28")
    ]


def test_history_plot__in_words():
    lead = drawn(CHECK, BETTER).find("p").text.replace("\xa0", " ")
    assert lead.startswith(
        "The estimated share of wrong labels in the last 2 checks: 10.0 % on 2030-01-31, "
        "5.0 % on 2030-02-28."
    )


def test_history_plot__one_check_needs_no_plot():
    section = drawn(CHECK)
    assert section.find("p").text.endswith("One check so far.")
    assert section.find(".//svg") is None


def test_history_plot__nothing_without_an_estimate():
    assert history_plot(()) == history_plot((replace(CHECK, wrong_share=None),)) == ""


def test_history_plot__no_more_than_can_be_told_apart():
    assert len(list(drawn(*[CHECK] * 100).iter("circle"))) == MOST_CHECKS


def test_history_plot__texts_of_users_are_texts():
    evil = "</title><script>alert(1)</script>\u202e"
    page = history_plot((replace(CHECK, source=evil, time=evil), BETTER))
    assert "<script" not in page and "\u202e" not in page
    assert " style=" not in page  # the page's policy would ignore it
    title = ElementTree.fromstring(page).find(".//circle/title").text
    assert "<script>" in title
