"""Text, bars and lines as a person sees them."""

import json
import os
import re
import sys
import time

import pytest

from labelfix.cli.console import Reporter, print_json, print_result, show_error
from labelfix.errors import InputError, OutputError


def test_reporter__off_a_terminal_one_line_at_the_end(capsys, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    reporter = Reporter(quiet=False)
    reporter.begin("embedding", 3000, "images", done=1000)
    for _ in range(4):
        now[0] += 1
        reporter.advance(500)
    reporter.close()
    assert capsys.readouterr() == ("", "embedding: 3,000 of 3,000 images, 500 images/s\n")


def test_reporter__off_a_terminal_a_line_every_ten_seconds(capsys, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    reporter = Reporter(quiet=False)
    reporter.begin("training", 100, "steps")
    for _ in range(25):
        now[0] += 1
        reporter.advance(4, "loss 0.5")
    reporter.close()
    assert capsys.readouterr().err.splitlines() == [
        "training: 40 of 100 steps, 4.0 steps/s, loss 0.5",
        "training: 80 of 100 steps, 4.0 steps/s, loss 0.5",
        "training: 100 of 100 steps, 4.0 steps/s, loss 0.5",
    ]


def test_reporter__log_file_in_colour_is_no_terminal(capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    reporter = Reporter(quiet=False)
    reporter.begin("embedding", 10, "images")
    reporter.advance(10)
    reporter.close()
    assert capsys.readouterr().err.startswith("embedding: 10 of 10 images, ")


def test_reporter__terminal_that_cannot_move_its_cursor(terminal, monkeypatch):
    screen = terminal()
    monkeypatch.setenv("TERM", "dumb")
    reporter = Reporter(quiet=False)
    reporter.begin("embedding", 10, "images")
    reporter.advance(10)
    reporter.close()
    assert screen().startswith("embedding: 10 of 10 images, ")


def test_reporter__next_bar_ends_the_one_before(capsys):
    reporter = Reporter(quiet=False)
    reporter.begin("one", 1, "x")
    reporter.begin("two", 2, "y")
    reporter.close()
    reporter.close()
    lines = [line.partition(",")[0] for line in capsys.readouterr().err.splitlines()]
    assert lines == ["one: 0 of 1 x", "two: 0 of 2 y"]


def test_reporter__bar_without_an_end_goes_with_what_comes(terminal):
    screen = terminal()
    reporter = Reporter(quiet=False)
    reporter.wait("starting")
    reporter.advance(1)  # of nothing that is counted
    reporter.begin("embedding", 10, "images")
    reporter.advance(10)
    reporter.close()
    starting, wiped, embedding = screen().partition("\x1b[2K")
    assert starting.startswith("\x1b[?25lstarting ")
    assert wiped and "embedding " in embedding


def test_reporter__bar_without_an_end_is_no_line_of_a_log(capsys):
    reporter = Reporter(quiet=False)
    reporter.wait("starting")
    reporter.close()
    assert capsys.readouterr() == ("", "")


def test_reporter__quiet(capsys):
    reporter = Reporter(quiet=True)
    reporter.begin("one", 1, "x")
    reporter.advance(1)
    reporter.say("two")
    reporter.close()
    assert capsys.readouterr() == ("", "")


def test_reporter__quiet_on_a_terminal(terminal):
    screen = terminal()
    reporter = Reporter(quiet=True)
    reporter.begin("one", 1, "x")
    reporter.advance(1)
    reporter.say("two")
    reporter.close()
    assert screen() == ""


def test_reporter__says_text_as_it_is(capsys):
    Reporter(quiet=False).say("[red]a[/x]\x1b[2J " + "long" * 60)
    assert capsys.readouterr().err == "[red]a[/x]\ufffd[2J " + "long" * 60 + "\n"


def test_reporter__bar_has_rate_and_time_left(terminal, monkeypatch):
    screen = terminal()
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    now = [0.0]
    monkeypatch.setattr("rich.console.monotonic", lambda: now[0])
    reporter = Reporter(quiet=False)
    reporter.begin("training the denoiser", 1000, "steps")
    for _ in range(3):
        now[0] += 10
        reporter.advance(50, "loss 0.1234")
    reporter.close()
    bar = re.sub(r"\x1b\[[?\d;]*[A-Za-z]", "", screen()).splitlines()[-1]
    assert "training the denoiser ━" in bar
    assert bar.endswith("  150/1000 5.0 steps/s 02:50 left loss 0.1234")
    assert len(bar) <= 78  # room for ^C


def test_reporter__unfinished_bar_stays(terminal):
    screen = terminal()
    reporter = Reporter(quiet=False)
    reporter.begin("embedding", 10, "images")
    reporter.advance(5)
    reporter.close()
    assert "5/10" in screen().rpartition("\x1b[2K")[2]


def test_reporter__finished_bar_goes(terminal):
    screen = terminal()
    reporter = Reporter(quiet=False)
    reporter.begin("embedding", 10, "images")
    reporter.advance(10)
    reporter.close()
    shown = screen()
    assert "embedding" in shown
    assert "embedding" not in shown.rpartition("\x1b[2K")[2]


def test_reporter__note_and_name_are_no_markup(terminal):
    screen = terminal()
    reporter = Reporter(quiet=False)
    reporter.begin("[red]x[/x]", 10, "images")
    reporter.advance(5, "[bold]y")
    reporter.close()
    shown = screen()
    assert "[red]x[/x]" in shown and "[bold]y" in shown


def test_show_error__message_and_hint(capsys):
    show_error(InputError("a.csv, row 3: [red]\x1b[2J " + "long" * 60, "Run\tit again.\nOr not."))
    assert capsys.readouterr() == (
        "",
        "error: a.csv, row 3: [red]\ufffd[2J " + "long" * 60 + "\nRun\ufffdit again.\nOr not.\n",
    )


@pytest.mark.parametrize("message", ["", "x"])
def test_show_error__no_hint(capsys, message):
    show_error(InputError(message))
    assert capsys.readouterr().err == f"error: {message}\n"


def test_print_result__line_as_it_is(capsys):
    print_result("[red] " + "long" * 60)
    assert capsys.readouterr() == ("[red] " + "long" * 60 + "\n", "")


def test_print_json__is_ascii(capsys):
    value = {"label": "猫\x1b\u202e", "count": 3}
    print_json(value)
    text = capsys.readouterr().out
    assert text.isascii() and text.replace("\n", "").isprintable()
    assert json.loads(text) == value


def test_print_result__no_stdout(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdout", None)
    print_result("x")
    assert capsys.readouterr() == ("", "")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device of Linux")  # noqa: PTH110
def test_print_result__full_disk(monkeypatch):
    with open("/dev/full", "w", encoding="utf-8") as full:  # noqa: PTH123
        monkeypatch.setattr(sys, "stdout", full)
        with pytest.raises(OutputError, match=r"to stdout: No space left on device\n"):
            print_result("x")
        monkeypatch.undo()


def test_print_result__closed_pipe(monkeypatch):
    ours, theirs = os.pipe()
    os.close(ours)
    with os.fdopen(theirs, "w", encoding="utf-8") as pipe:
        monkeypatch.setattr(sys, "stdout", pipe)
        with pytest.raises(BrokenPipeError):
            print_result("x")
        monkeypatch.undo()
        pipe.write("y")  # what comes after goes nowhere, and is no error
