"""Every format of the table, with every kind of verdict."""

import unicodedata

import pytest

from labelfix.check.formats.registry import FILE_FORMATS, FORMATS, render, render_file
from labelfix.errors import InputError


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("kind", ["passing", "failing", "folder", "hostile"])
def test_render__gives_whole_lines_of_text_that_can_be_written(name, kind, request):
    verdict = request.getfixturevalue(kind)
    text = render(verdict, name)
    assert text == "" or text.endswith("\n")
    assert text.encode("utf-8")[-2:] != b"\n\n"
    assert text == render(verdict, name)
    assert (text == "") == (name == "json-lines" and kind == "passing")


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMATS)
def test_render__has_no_control_or_mark_of_direction(name, hostile):
    gap = "\N{ZERO WIDTH SPACE}"  # of our own, in Markdown
    text = render(hostile, name).replace("\n", "").replace(gap if name == "markdown" else "", "")
    bad = {character for character in text if unicodedata.category(character)[0] == "C"}
    assert bad == set()


@pytest.mark.parametrize("name", FORMATS)
def test_render__names_every_finding(name, failing):
    text = render(failing, name)
    for finding in failing.findings:
        assert finding.rule in text
        assert finding.message in text.replace("%25", "%")


@pytest.mark.parametrize("name", ["full", "concise", "github"])
def test_render__writes_no_command_of_ci_for_a_user(name, hostile):
    text = render(hostile, name)
    assert "##[" not in text
    assert "##vso[" not in text
    commands = [line for line in text.splitlines() if line.lstrip().startswith("::")]
    # The source is named `::error::…`, most findings are errors; only the format itself commands.
    assert all(line.startswith(("::error ", "::warning ", "::notice ")) for line in commands)
    assert bool(commands) == (name == "github")


@pytest.mark.parametrize("name", [*FORMATS, *FILE_FORMATS])
def test_render_file__is_what_is_written(name, failing):
    content = render_file(failing, name)
    assert content == render_file(failing, name)
    if name in FORMATS:
        assert content.decode("utf-8") == render(failing, name)


def test_render__unknown_format():
    with pytest.raises(InputError, match=r"--output-format: expected one of full, concise.*'xml'"):
        render(None, "xml")
