"""`github`: what the runner makes of the lines."""

import re
from dataclasses import replace

import pytest

from labelfix.check.formats import github
from labelfix.check.formats.verdict_text import summary
from labelfix.check.verdict import Exceeded


def read(text: str) -> list[tuple[str, dict[str, str], str]]:
    """The commands in a log, as GitHub's runner reads them: level, properties, message."""
    commands = []
    for line in text.split("\n"):
        found = re.fullmatch(r"\s*::(\w+)(?: (.*?))?::(.*)", line)
        if found:
            pairs = [pair.split("=", 1) for pair in (found[2] or "").split(",") if pair]
            properties = {name: unescape(value) for name, value in pairs}
            commands.append((found[1], properties, unescape(found[3])))
    return commands


def unescape(text: str) -> str:
    for code, character in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ",")):
        text = text.replace(code, character)
    return text.replace("%25", "%")


def test_github__an_annotation_for_each_finding(failing):
    text = github.render(failing)
    assert text.splitlines()[:5] == [
        "::error title=labelfix::--max-findings: 1 finding of level error, where none is allowed",
        "::error file=data/batch.csv,line=5,title=labelfix (wrong-label)::"
        "digits/5.png: label '3', looks like '8'",
        "::warning file=data/batch.csv,line=6,title=labelfix (near-duplicate)::"
        "6.png: the same image as '7.png'",
        "::warning file=data/batch.csv,title=labelfix (rare-class)::class '9' has 2 images",
        "::warning file=data/batch.csv,title=labelfix (noisy-annotator)::"
        "Eve: 31 %25 of the labels are wrong",
    ]
    assert text.endswith("\n".join(["", *summary(failing)]) + "\n")


def test_github__nothing_to_annotate(passing):
    assert github.render(passing) == "All checks passed!\n"


def test_github__of_a_folder_names_the_images(folder):
    assert read(github.render(folder))[1][1] == {
        "file": "images/digits/5.png",
        "title": "labelfix (wrong-label)",
    }


def test_github__the_ten_surest_and_how_many_more(many):
    commands = read(github.render(many(42)))
    assert [command for command, *_ in commands] == ["error"] * 10 + ["notice"]
    assert [properties["line"] for _, properties, _ in commands[:10]] == [
        str(line) for line in range(34, 44)
    ]
    assert commands[-1] == ("notice", {"title": "labelfix"}, "Found 32 more errors.")


def test_github__the_thresholds_are_one_of_ten_errors(many, duplicate):
    over = (Exceeded("--max-wrong-rate", "9 %"), Exceeded("--max-findings", "10"))
    batch = replace(many(10), exceeded=over)
    batch = replace(batch, findings=batch.findings + (duplicate,) * 12)
    commands = read(github.render(batch))
    assert commands[0][2] == "--max-wrong-rate: 9 %\n--max-findings: 10"
    assert [command for command, *_ in commands].count("error") == 10
    assert [command for command, *_ in commands].count("warning") == 10
    assert commands[-1][2] == "Found 1 more error and 2 more warnings."


def test_github__hostile_texts_stay_in_their_annotation(hostile):
    hostile = replace(hostile, exceeded=hostile.exceeded[:3])
    commands = read(github.render(hostile))
    assert [command for command, *_ in commands].count("error") == 10
    assert [command for command, *_ in commands].count("warning") == 10
    for _, properties, _ in commands[1:-1]:
        assert set(properties) == {"file", "line", "title"}
        assert properties["file"].startswith("bytes:%3A%3Aerror")  # names.to_text of the source
        assert re.fullmatch(r"labelfix \([a-z-]+\)", properties["title"])
        assert properties["line"].isdecimal()


@pytest.mark.parametrize("label", ["100%", "%0A", "%25", "a:b,c", "::error::x"])
def test_github__escapes_are_undone_by_the_runner(label, failing, wrong):
    named = replace(wrong, message=label, image="")
    batch = replace(failing, source=f"{label}.csv", findings=(named,), exceeded=())
    [(_, properties, message)] = read(github.render(batch))
    assert message == label
    assert properties["file"] == f"{label}.csv"
