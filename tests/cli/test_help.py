"""The help pages, as a picky reader sees them."""

import shlex

import pytest

from labelfix.cli.app import COMMANDS
from labelfix.cli.help import help_of
from labelfix.version import __version__

PAGES = [(), *(tuple(name.split()) for name in COMMANDS)]


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: " ".join(page) or "labelfix")
@pytest.mark.parametrize("columns", [80, 120])
def test_help__page(labelfix, monkeypatch, page, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("TERMINAL_WIDTH", str(columns))
    outcome = labelfix(*page, "--help")
    assert (outcome.code, outcome.stderr) == (0, "")
    lines = [line.rstrip() for line in outcome.stdout.splitlines()]
    assert max(map(len, lines)) <= columns
    for noise in ("<bool>", "{", "}", "\\[", "…"):
        assert noise not in outcome.stdout
    _, _, example = outcome.stdout.rpartition("Example: ")
    program, *words = shlex.split(example.replace("\\", "").replace("\n", " "))
    assert (program, *words[: len(page) or 1]) == ("labelfix", *(page or ("run",)))
    assert labelfix(*page, "-h").stdout == outcome.stdout


@pytest.mark.parametrize(
    ("name", "usage"),
    [
        ("run", "Usage: labelfix run [OPTIONS] IMAGES [MANIFEST]"),
        ("embed", "Usage: labelfix embed [OPTIONS] IMAGES [MANIFEST]"),
        ("index", "Usage: labelfix index [OPTIONS]"),
        ("train", "Usage: labelfix train [OPTIONS]"),
        ("relabel", "Usage: labelfix relabel [OPTIONS]"),
    ],
)
def test_help__usage(labelfix, name, usage):
    assert labelfix(name, "--help").stdout.split("\n")[1].strip() == usage


def test_help__no_command_shows_it(labelfix):
    outcome = labelfix()
    assert outcome.code == 2
    assert outcome.stdout.strip() == labelfix("--help").stdout.strip()
    assert outcome.stderr == ""


def test_help__every_default_is_whole(labelfix, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    page = labelfix("run", "--help").stdout
    for default in ("clip:ViT-B-32@laion2b_s34b_b79k", ".labelfix", "noise-aware", "utf-8", ","):
        assert f"[default: {default}]" in page


def test_help_of__one_line_for_each_paragraph():
    def command() -> None:
        """First
        of all.

        Then this, and
        that.
        """

    assert help_of(command) == "First of all.\n\nThen this, and that."


def test_help_of__no_docstring():
    assert help_of(lambda: None) == ""


def test_version(labelfix):
    outcome = labelfix("--version")
    assert (outcome.code, outcome.stdout, outcome.stderr) == (0, f"labelfix {__version__}\n", "")
