"""Progress: a bar where a person watches and waits, silence elsewhere."""

import io
import sys
import types

import pytest

from labelfix.library import progress_bar
from labelfix.library.progress_bar import Bar, shown
from labelfix.runtime.progress import Silent


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def terminal(monkeypatch):
    stream = Terminal()
    watch(monkeypatch, stream)
    return stream


def watch(monkeypatch, stream):
    """Let the module see another standard error; pytest puts its own into `sys` again and again."""
    seen = types.SimpleNamespace(stderr=stream, modules=sys.modules)
    monkeypatch.setattr(progress_bar, "sys", seen)


def work(progress):
    progress.begin("training denoisers", 4, "denoisers")
    for _ in range(4):
        progress.advance(1, "fold")


def test_shown__a_progress_is_used_as_it_is(listener):
    with shown(listener) as progress:
        assert progress is listener


def test_shown__false_is_silent(terminal):
    with shown(False) as progress:
        assert isinstance(progress, Silent)
        work(progress)
    assert terminal.getvalue() == ""


def test_shown__none_off_a_terminal_is_silent(monkeypatch):
    watch(monkeypatch, io.StringIO())
    with shown(None) as progress:
        assert isinstance(progress, Silent)


def test_shown__none_on_a_terminal_and_in_a_notebook(monkeypatch, terminal):
    with shown(None) as progress:
        assert isinstance(progress, Bar)
    watch(monkeypatch, io.StringIO())
    shell = type("ZMQInteractiveShell", (), {})()
    notebook = types.SimpleNamespace(get_ipython=lambda: shell)
    monkeypatch.setitem(sys.modules, "IPython", notebook)
    with shown(None) as progress:
        assert isinstance(progress, Bar)


def test_bar__nothing_for_short_work(terminal):
    with shown(None) as progress:
        work(progress)
        progress.begin("weighing labels", 1, "rows")
        progress.advance(1)
    assert terminal.getvalue() == ""


def test_bar__once_the_call_has_taken_three_seconds(terminal, monkeypatch):
    monkeypatch.setattr(progress_bar, "DELAY_S", 0.0)
    with shown(None) as progress:
        progress.begin("training denoisers", 4, "denoisers")
        progress._bar.mininterval = 0
        progress._bar.miniters = 1
        import time

        time.sleep(0.01)
        progress.advance(1, "fold 1")
    assert "training denoisers" in terminal.getvalue()
    assert "1/4" in terminal.getvalue()


def test_bar__says_what_a_person_should_know(terminal):
    with shown(True) as progress:
        progress.say("[red]3 images[/red] quarantined")
    assert terminal.getvalue() == "[red]3 images[/red] quarantined\n"
