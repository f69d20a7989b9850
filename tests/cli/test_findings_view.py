"""What `check` shows on a terminal, from verdicts made by hand."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from labelfix.check.verdict import Exceeded, Finding, Verdict
from labelfix.cli.findings_view import MOST_SHOWN, findings_view


def wrong(row: int, confidence: float) -> Finding:
    return Finding(
        rule="wrong-label",
        level="error",
        message="label '3', looks like '8'",
        image=f"{row}.png",
        row=row,
        line=row + 1,
        given_label="3",
        confidence=confidence,
    )


COPY = Finding(
    rule="near-duplicate",
    level="warning",
    message="the same image as '7.png'",
    image="6.png",
    row=99,
    line=100,
    related=("7.png",),
)


@pytest.fixture
def verdict() -> Verdict:
    """Thirty wrong labels, the last ones the likeliest, and a copy; it fails."""
    return Verdict(
        source="manifest.csv",
        folder="images",
        is_folder=False,
        rows=100,
        rows_checked=100,
        findings=(*(wrong(row, 0.6 + row / 100) for row in range(1, 31)), COPY),
        exceeded=(Exceeded("--max-findings", "30 findings"),),
    )


def texts(verdict: Verdict, *, every: bool = False) -> list[str]:
    return [line.plain for line in findings_view(verdict, every=every)]


def test_findings_view__the_likeliest_first_and_how_many_more(verdict):
    lines = texts(verdict)
    assert lines[0] == "manifest.csv:31:1: wrong-label 30.png: label '3', looks like '8'"
    assert lines[MOST_SHOWN - 1].startswith("manifest.csv:12:1: ")
    assert lines[MOST_SHOWN] == "and 11 less likely findings; --all shows them"


def test_findings_view__counts_by_rule_with_what_to_do(verdict):
    counts = [line for line in texts(verdict) if line.startswith(("wrong-label ", "near-dup"))]
    assert counts[0].startswith("wrong-label     error    30  Look at the image")
    assert counts[1].startswith("near-duplicate  warning   1  ")


def test_findings_view__all_in_the_order_of_the_rows(verdict):
    lines = texts(verdict, every=True)
    assert [line.partition(": ")[0] for line in lines[:30]] == [
        f"manifest.csv:{row + 1}:1" for row in range(1, 31)
    ]
    assert lines[31] == "  related images: 7.png"
    assert not any("--all" in line for line in lines)


def test_findings_view__ends_with_the_verdict(verdict):
    assert texts(verdict)[-2:] == [
        "Found 31 findings (30 errors, 1 warning).",
        "Over --max-findings: 30 findings",
    ]
    assert texts(replace(verdict, findings=(), exceeded=())) == ["All checks passed!"]


def test_findings_view__in_colours(verdict):
    console = Console(file=io.StringIO(), force_terminal=True, color_system="standard", width=999)
    for line in findings_view(verdict, every=False):
        console.print(line)
    shown = console.file.getvalue()
    assert "\x1b[31mwrong-label\x1b[0m" in shown
    assert "\x1b[33mnear-duplicate" in shown
    assert "\x1b[1;31mOver --max-findings" in shown


def test_findings_view__hostile_names_are_text(verdict):
    evil = replace(wrong(1, 0.9), image="\x1b[2Jx[red]y", message="##vso[x] \u202e")
    lines = texts(replace(verdict, findings=(evil,)))
    assert lines[0].startswith("manifest.csv:2:1: wrong-label \N{REPLACEMENT CHARACTER}[2Jx[red]y")
    assert "##vso[" not in lines[0] and "\u202e" not in lines[0]
