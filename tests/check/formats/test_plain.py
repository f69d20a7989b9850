"""`full` and `concise`, for people."""

from dataclasses import replace

import pytest

from labelfix.check.formats.places import Place
from labelfix.check.formats.plain import render_concise, render_full
from labelfix.check.formats.verdict_text import about, located, logged, outcome, summary
from labelfix.check.verdict import Exceeded, StaleEntry, Verdict
from labelfix.data.share_text import percent


def test_concise__one_line_a_finding_and_then_the_outcome(failing):
    assert render_concise(failing).splitlines() == [
        "data/batch.csv:5:1: wrong-label digits/5.png: label '3', looks like '8'",
        "data/batch.csv:6:1: near-duplicate 6.png: the same image as '7.png'",
        "data/batch.csv: rare-class class '9' has 2 images",
        "data/batch.csv: noisy-annotator Eve: 31 % of the labels are wrong",
        "Found 4 findings (1 error, 3 warnings).",
        "Judged the labels of 98 of 100 rows.",
        "The baseline knows 3 more findings.",
        "Stale in the baseline: off-topic old.png, label '7' (gone)",
        "Run labelfix check with --update-baseline to bring it up to date.",
        "Estimated share of wrong labels: 4.1 % (95 % interval 2.0 % to 6.5 %), from 98 rows.",
        "Labels: 1 wrong, 0 doubtful, 0 for review.",
        "Over --max-findings: 1 finding of level error, where none is allowed",
    ]


def test_concise__without_lines_has_the_row(failing, wrong):
    parquet = replace(failing, source="b.parquet", findings=(replace(wrong, line=None),))
    assert render_concise(parquet).startswith(
        "b.parquet: wrong-label digits/5.png, row 4: label '3'"
    )


def test_concise__of_a_folder_has_the_image_as_place(folder):
    lines = render_concise(folder).splitlines()
    assert lines[0] == "images/digits/5.png: wrong-label label '3', looks like '8'"
    assert lines[2] == "images: rare-class class '9' has 2 images"


def test_full__has_all_that_is_known_below_the_line(failing):
    first = render_full(failing).split("\n\n")[0]
    assert first.splitlines() == [
        "data/batch.csv:5:1: wrong-label digits/5.png: label '3', looks like '8'",
        "  level: error",
        "  given label: '3'",
        "  suggested label: '8'",
        "  the given label is 97.1 % likely wrong",
        "  related images: a.png, b.png",
        "  help: Look at the image, and write the suggested label if it is right. "
        "See labelfix check --explain wrong-label.",
    ]


def test_full__leaves_out_what_is_not_there(failing, noisy):
    text = render_full(replace(failing, findings=(noisy,)))
    assert text.split("\n\n")[0].splitlines()[1:] == [
        "  level: warning",
        "  help: Review the annotator's labels and the instructions they were given. "
        "See labelfix check --explain noisy-annotator.",
    ]


def test_full__ends_as_concise_does(failing):
    assert render_full(failing).endswith("\n\n" + "\n".join(summary(failing)) + "\n")


def test_full__counts_related_images_that_it_does_not_name(failing, wrong):
    many = replace(wrong, related=tuple(f"{name}.png" for name in "abcdefgh"))
    text = render_full(replace(failing, findings=(many,)))
    assert "  related images: a.png, b.png, c.png, d.png, e.png and 3 more\n" in text


@pytest.mark.parametrize("render", [render_full, render_concise])
def test_text__of_a_batch_that_passes(render, passing):
    assert render(passing) == "All checks passed!\n"


def test_outcome__counts(passing, wrong, duplicate):
    over = (Exceeded("--max-wrong-rate", "too many"),)
    assert outcome(replace(passing, findings=(wrong,))) == "Found 1 finding (1 error, 0 warnings)."
    assert (
        outcome(replace(passing, findings=(duplicate, duplicate, wrong)))
        == "Found 3 findings (1 error, 2 warnings)."
    )
    assert outcome(replace(passing, exceeded=over)) == "Found 0 findings."


def test_summary__findings_that_the_thresholds_let_pass(failing):
    assert summary(replace(failing, exceeded=()))[-1] == "The batch passes."
    assert "The batch passes." not in summary(failing)


def test_summary__counts_stale_entries_beyond_twenty(passing):
    entries = tuple(
        StaleEntry(rule="off-topic", image=f"{row}.png", label="7", why="fixed")
        for row in range(22)
    )
    lines = summary(replace(passing, stale=entries))
    assert lines[20] == "Stale in the baseline: off-topic 19.png, label '7' (fixed)"
    assert lines[21] == "Stale in the baseline: 2 more"
    assert len(lines) == 23


def test_text__every_finding_of_hostile_texts_is_one_line(hostile):
    lines = render_concise(hostile).splitlines()
    assert len(lines) == len(hostile.findings) + len(summary(hostile))
    assert max(map(len, lines)) < 1_500


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("##[error]x", "# #[error]x"),
        ("a ##vso[task.x]y", "a # #vso[task.x]y"),
        ("##teamcity[x]", "# #teamcity[x]"),
        ("## a heading [x]", "## a heading [x]"),
        ("a\n::error::b", "a\N{REPLACEMENT CHARACTER}::error::b"),
        ("[red]x[/red]", "[red]x[/red]"),
    ],
)
def test_logged__is_no_command(text, expected):
    assert logged(text) == expected


def test_located__does_not_begin_like_a_command():
    assert located(Place("::error::x.csv", 3)) == "./::error::x.csv:3:1"
    assert located(Place(" ::error::x.csv")) == "./ ::error::x.csv"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.5, "50.0 %"), (0.99949, "99.9 %"), (0.99951, "over 99.9 %"), (1, "100.0 %")],
)
def test_probability__is_no_certainty_that_there_is_not(value, text):
    assert percent(value) == text


def test_about__of_a_class_is_its_message(failing: Verdict, rare):
    assert about(failing, rare) == rare.message


def test_about__of_a_class_in_parquet_has_the_row(failing: Verdict, rare):
    assert about(failing, replace(rare, row=7)) == f"row 7: {rare.message}"
    assert about(failing, replace(rare, row=7, line=8)) == rare.message


def test_about__without_a_manifest_there_are_no_rows(folder: Verdict, rare):
    assert about(folder, replace(rare, row=7)) == rare.message
