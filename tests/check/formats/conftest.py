"""Verdicts to render: one of every kind of finding, and one of hostile texts."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from labelfix.check.finding import Finding
from labelfix.check.verdict import Exceeded, StaleEntry, Verdict
from labelfix.data.shares import WrongShare

HOSTILE = (
    "",
    " ",
    "\n::error::own",
    "\r\n##[error]own ##vso[task.setvariable variable=x]1",
    "\x1b[31mred\x1b]8;;http://a.b\x07link",
    "\u202eevil\u2066\u200f",
    "[red]x[/red] [/x] {0} {1}",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "]]><x/>&amp;",
    "a|b\\|c\\\\|d|",
    "`` ` ```x`",
    "@octocat #12 https://evil.example/x www.evil.example a@b.co GH-1",
    "![i](http://evil.example/i.png) [l](javascript:x) [l](1)",
    "%0A::warning::%25 %3A",
    "caf\udce9 \udcff",
    "NUL\x00 \x01\x08\x0b\x1f\x7f\x85\ufffe\uffff\ud7ff",
    "a\u2028b\u2029c",
    "x" * 10_000,
    "`" * 10_000,
    "|" * 10_000,
    "\U0001f600" * 10_000,
    "-->",
    "=HYPERLINK(1)",
    "../../etc/passwd",
)
"""Texts of users that mean something to a terminal, to CI, to XML, JSON, HTML or Markdown."""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: paths below it are shown relative to it."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def wrong() -> Finding:
    """A wrong label in a line of a manifest."""
    return Finding(
        "wrong-label",
        "error",
        "label '3', looks like '8'",
        image="digits/5.png",
        row=4,
        line=5,
        given_label="3",
        suggested_label="8",
        confidence=0.9712345,
        content_hash="ab" * 32,
        related=("a.png", "b.png"),
    )


@pytest.fixture
def duplicate() -> Finding:
    """A warning in another line."""
    return Finding(
        "near-duplicate",
        "warning",
        "the same image as '7.png'",
        image="6.png",
        row=5,
        line=6,
        given_label="8",
        content_hash="cd" * 32,
        related=("7.png",),
    )


@pytest.fixture
def rare() -> Finding:
    """About a class: no image, row or line."""
    return Finding("rare-class", "warning", "class '9' has 2 images", given_label="9")


@pytest.fixture
def noisy() -> Finding:
    """About an annotator."""
    return Finding("noisy-annotator", "warning", "31 % of the labels are wrong", subject="Eve")


@pytest.fixture
def passing() -> Verdict:
    """A batch without findings."""
    return Verdict("data/batch.csv", "images", False, rows=100, rows_checked=100, findings=())


@pytest.fixture
def failing(
    passing: Verdict, wrong: Finding, duplicate: Finding, rare: Finding, noisy: Finding
) -> Verdict:
    """A batch with a finding of each kind that is over a threshold."""
    return replace(
        passing,
        rows_checked=98,
        findings=(wrong, duplicate, rare, noisy),
        known=3,
        stale=(StaleEntry("off-topic", "old.png", "7", "gone"),),
        wrong_share=WrongShare(rows=98, share=0.041, low=0.02, high=0.0649),
        wrong_share_of_class={"3": WrongShare(rows=10, share=0.1, low=0.0, high=0.25)},
        exceeded=(Exceeded("--max-findings", "1 finding of level error, where none is allowed"),),
    )


@pytest.fixture
def folder(failing: Verdict) -> Verdict:
    """The same without a manifest: one folder of images per class."""
    findings = tuple(replace(finding, line=None) for finding in failing.findings)
    return replace(failing, source="images", is_folder=True, findings=findings)


@pytest.fixture
def hostile() -> Verdict:
    """Every text of a user's is hostile."""
    return verdict_of_texts(HOSTILE)


def verdict_of_texts(texts: tuple[str, ...]) -> Verdict:
    """A verdict with all its texts of each of some."""
    findings = tuple(
        Finding(
            "wrong-label" if row % 2 else "label-variant",
            "error" if row % 2 else "warning",
            f"label {text!r}, looks like {text} {text}",
            image=text,
            row=row,
            line=row + 1,
            given_label=text,
            suggested_label=text,
            confidence=0.5,
            related=(text, text),
            subject=text,
        )
        for row, text in enumerate(texts, start=1)
    )
    return Verdict(
        "::error::x,y=1:%0A\ud7ff\udcff.csv",
        "im:ages|`",
        False,
        rows=len(texts),
        rows_checked=len(texts),
        findings=findings,
        known=1,
        stale=tuple(StaleEntry("wrong-label", text, text, "fixed") for text in texts),
        wrong_share=WrongShare(rows=9, share=0.5, low=0.25, high=0.75),
        wrong_share_of_class=dict.fromkeys(
            texts, WrongShare(rows=9, share=0.5, low=0.25, high=0.75)
        ),
        exceeded=tuple(Exceeded("--max-wrong-rate", f"of {text} are wrong") for text in texts),
    )


@pytest.fixture
def many(failing: Verdict, wrong: Finding) -> Callable[[int], Verdict]:
    """A verdict of so many wrong labels, the last of them the surest."""

    def make(count: int) -> Verdict:
        findings = tuple(
            replace(
                wrong,
                image=f"{row}.png",
                row=row,
                line=row + 1,
                confidence=round(0.5 + 0.5 * row / count, 6),
                content_hash=f"{row:064x}",
            )
            for row in range(1, count + 1)
        )
        return replace(failing, findings=findings, exceeded=())

    return make
