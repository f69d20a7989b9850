"""`markdown`: what a reader of Markdown makes of it."""

from dataclasses import replace

import pytest
from markdown_it import MarkdownIt

from labelfix.check.formats import markdown
from labelfix.check.verdict import Exceeded

LIMIT = 1024**2
"""Bytes that GitHub takes of a summary."""

READER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def tokens(text: str):
    """All tokens, those within others as well."""
    for token in READER.parse(text):
        yield token
        yield from token.children or ()


def tables(text: str) -> list[list[list[str]]]:
    """The cells of each row of each table, as a person sees them."""
    found: list[list[list[str]]] = []
    for token in READER.parse(text):
        if token.type == "table_open":
            found.append([])
        elif token.type == "tr_open":
            found[-1].append([])
        elif token.type == "inline" and token.level > 3:
            found[-1][-1].append("".join(child.content for child in token.children))
    return found


def test_markdown__of_a_batch_that_passes(passing):
    assert markdown.render(passing) == "## labelfix check passed\n\nAll checks passed!\n"


def test_markdown__of_a_batch_that_fails(failing):
    text = markdown.render(failing)
    assert text.startswith(
        "## labelfix check failed\n\nFound 4 findings (1 error, 3 warnings).\n\n"
        "Over the thresholds:\n\n"
        "- `--max-findings`: 1 finding of level error, where none is allowed\n\n"
        "Estimated share of wrong labels: 4.1 % (95 % interval 2.0 % to 6.5 %), from 98 rows.\n\n"
        "Labels: 1 wrong, 0 doubtful, 0 for review.\n\n"
        "Judged the labels of 98 of 100 rows.\n\n"
        "The baseline knows 3 more findings.\n\n"
        "Stale in the baseline: 1 entry.\n\n|"
    )
    rules, findings = tables(text)
    assert rules == [
        ["Rule", "Level", "Findings", "What it says"],
        ["wrong-label", "error", "1", "the label is wrong, and another one is suggested"],
        [
            "near-duplicate",
            "warning",
            "1",
            "the same or nearly the same image appears twice",
        ],
        ["rare-class", "warning", "1", "the class has too few images to judge its labels"],
        ["noisy-annotator", "warning", "1", "too many labels of the annotator are wrong"],
    ]
    assert findings[1] == [
        "data/batch.csv:5:1",
        "wrong-label",
        "digits/5.png",
        "3",
        "8",
        "97.1 %",
        "label '3', looks like '8'",
    ]
    assert findings[4][2] == "Eve"


def test_markdown__without_lines_has_the_row(failing, wrong):
    parquet = replace(failing, source="b.parquet", findings=(replace(wrong, line=None),))
    assert tables(markdown.render(parquet))[1][1][0] == "b.parquet, row 4"


def test_markdown__the_likeliest_fifty_and_how_many_more(many):
    text = markdown.render(many(1234))
    assert len(tables(text)[1]) == 51
    batch = replace(many(60), known=0)
    sure = (*batch.findings[:-1], replace(batch.findings[-1], image="surest.png", confidence=0.999))
    surest = tables(markdown.render(replace(batch, findings=sure)))[1]
    assert surest[1][2] == "surest.png"
    assert text.endswith("\n\nAnd 1,184 more findings.\n")
    assert "more finding" not in markdown.render(replace(many(50), known=0))


def test_markdown__hostile_texts_are_nothing_but_text(hostile):
    text = markdown.render(hostile)
    kinds = {token.type for token in tokens(text)}
    bad = {"html_inline", "html_block", "link_open", "image", "em_open", "strong_open", "s_open"}
    assert kinds.isdisjoint(bad)
    rules, findings = tables(text)
    assert {len(row) for row in rules} == {4}
    assert {len(row) for row in findings} == {7}
    assert len(findings) == 1 + len(hostile.findings)


def test_markdown__no_mention_issue_or_address_outside_code(hostile):
    for token in tokens(markdown.render(hostile)):
        if token.type == "text":
            for mark in ("@octocat", "#12", "https://", "www.", "a@b", "GH-1"):
                assert mark not in token.content


@pytest.mark.parametrize("label", ["a|b", "`x`", "``", " a ", "<b>", "a\\b", "*x*", "&amp;", "c`"])
def test_markdown__a_label_is_seen_as_it_is(label, failing, wrong):
    text = markdown.render(replace(failing, findings=(replace(wrong, given_label=label),)))
    assert tables(text)[1][1][3] == label


def test_markdown__a_pipe_after_a_backslash_does_not_end_the_cell(failing, wrong):
    text = markdown.render(replace(failing, findings=(replace(wrong, given_label="a\\|b\\\\|"),)))
    assert tables(text)[1][1][3:5] == ["a\\¦b\\\\¦", "8"]


@pytest.mark.slow
@pytest.mark.parametrize("character", ["\U0001f600", "|", "`", "<", "@", "&"])
def test_markdown__is_under_the_limit_of_github(character, many, wrong):
    endless = character * 100_000
    batch = many(10_000)
    findings = tuple(
        replace(
            finding,
            image=endless,
            given_label=endless,
            suggested_label=endless,
            message=endless,
        )
        for finding in batch.findings
    )
    over = (Exceeded(endless, endless),) * 1_000
    text = markdown.render(replace(batch, source=endless, findings=findings, exceeded=over))
    assert len(text.encode("utf-8")) < LIMIT / 2
    assert text.count("\n- ") == 21
