"""Options from labelfix.toml and pyproject.toml."""

from pathlib import Path
from typing import Annotated

import pytest
import typer

from labelfix.cli.app import COMMANDS
from labelfix.errors import InputError
from labelfix.options.settings_file import in_groups, read_settings

FUNCTIONS = {name: function for name, (function, _) in COMMANDS.items()}


def read(folder, text, name="labelfix.toml"):
    (folder / name).write_text(text, encoding="utf-8")
    return read_settings(folder, FUNCTIONS)


def test_read_settings__no_file(tmp_path):
    assert read_settings(tmp_path, FUNCTIONS) == {}


def test_read_settings__key_at_the_top_goes_to_the_commands_that_have_it(tmp_path):
    settings = read(tmp_path, "neighbours = 7\nbatch-size = 8\nlabel_column = 'kind'\n")
    assert settings == {
        "run": {"neighbours": 7, "batch_size": 8, "label_column": "kind"},
        "embed": {"batch_size": 8, "label_column": "kind"},
        "index": {"neighbours": 7},
        "train": {"neighbours": 7},
        "relabel": {"label_column": "kind"},
        "score": {"label_column": "kind"},
        "bench": {"batch_size": 8, "label_column": "kind"},
        "check": {"neighbours": 7, "batch_size": 8, "label_column": "kind"},
        "report": {},
        "audit": {},
        "review": {},
        "export": {},
        "import": {},
        "diff": {"label_column": "kind"},
        "patch make": {"label_column": "kind"},
        "patch apply": {"label_column": "kind"},
        "patch revert": {"label_column": "kind"},
        "prepare": {},
    }


def test_read_settings__table_of_a_command_wins_over_the_top(tmp_path):
    settings = read(tmp_path, "seed = 1\n[run]\nseed = 2\n")
    assert settings["run"] == {"seed": 2}
    assert settings["train"] == {"seed": 1}


def test_read_settings__table_of_a_command_of_two_words(tmp_path):
    text = "label-column = 'kind'\n[patch.make]\nonly = 'train'\n[patch.apply]\nours = true\n"
    settings = read(tmp_path, text)
    assert settings["patch make"] == {"label_column": "kind", "only": ["train"]}
    assert settings["patch apply"] == {"label_column": "kind", "ours": True}
    nested = in_groups(settings)
    assert nested["patch"]["make"] == settings["patch make"]
    assert nested["diff"] == {"label_column": "kind"}
    assert "patch make" not in nested
    with pytest.raises(InputError, match=r"patch\.other is no option"):
        read(tmp_path, "[patch.other]\nonly = 'train'\n")
    with pytest.raises(InputError, match=r"patch make\.onlly is no option"):
        read(tmp_path, "[patch.make]\nonlly = 'train'\n")


def test_read_settings__json_is_the_options_own_name(tmp_path):
    assert read(tmp_path, "[index]\njson = true\n")["index"] == {"json": True}


def test_read_settings__float_takes_a_whole_number(tmp_path):
    assert read(tmp_path, "min-confidence = 1\n")["relabel"] == {"min_confidence": 1}


def test_read_settings__pyproject(tmp_path):
    text = "[project]\nname = 'mine'\n[tool.labelfix]\nseed = 3\n[tool.labelfix.index]\nquiet=true"
    settings = read(tmp_path, text, "pyproject.toml")
    assert (settings["train"], settings["index"]) == ({"seed": 3}, {"quiet": True})


@pytest.mark.parametrize("text", ["", "[project]\n", "[tool.ruff]\n", "tool = 5\n"])
def test_read_settings__pyproject_of_others(tmp_path, text):
    assert read(tmp_path, text, "pyproject.toml") == {}


def test_read_settings__labelfix_toml_wins_over_pyproject(tmp_path):
    (tmp_path / "pyproject.toml").write_text("[tool.labelfix]\nseed = 3\n", encoding="utf-8")
    assert read(tmp_path, "seed = 4\n")["train"] == {"seed": 4}


def test_read_settings__pyproject_where_labelfix_toml_is_a_folder(tmp_path):
    (tmp_path / "labelfix.toml").mkdir()
    assert read(tmp_path, "[tool.labelfix]\nseed = 3\n", "pyproject.toml")["train"] == {"seed": 3}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("neighbours = 'x'", "neighbours: expected a whole number, found 'x'"),
        ("neighbours = 2.5", "neighbours: expected a whole number, found 2.5"),
        ("epochs = true", "epochs: expected a whole number, found True"),
        ("min-confidence = '0.5'", "min-confidence: expected a number, found '0.5'"),
        ("min-confidence = false", "min-confidence: expected a number, found False"),
        ("force = 1", "force: expected true or false, found 1"),
        ("engine = 5", "engine: expected a text in quotation marks, found 5"),
        ("engine = {a = 1}", "engine: expected a text in quotation marks, found {'a': 1}"),
        ("label-column = 5", "label-column: expected a text in quotation marks, found 5"),
        ("out = 5", "out: expected a path in quotation marks, found 5"),
        ("manifest = 5", "manifest: expected a path in quotation marks, found 5"),
        ("[index]\nneighbours = []", "index.neighbours: expected a whole number, found []"),
    ],
)
def test_read_settings__wrong_type(tmp_path, text, expected):
    with pytest.raises(InputError) as error:
        read(tmp_path, text)
    assert str(error.value) == f"{tmp_path / 'labelfix.toml'}: {expected}"


def check(
    most: Annotated[list[str] | None, typer.Option("--most")] = None,
    needed: Annotated[list[str], typer.Option()] = [],  # noqa: B006
    expires: Annotated[str | None, typer.Option()] = None,
    _audited: Annotated[list[Path] | None, typer.Option("--audited")] = None,
) -> None:
    """A command with options that may be given several times."""
    typer.echo((most, needed, expires))


def read_check(folder, text):
    (folder / "labelfix.toml").write_text(text, encoding="utf-8")
    return read_settings(folder, {"check": check})["check"]


@pytest.mark.parametrize(("written", "paths"), [("'a.csv'", ["a.csv"]), ("['a', 'b']", ["a", "b"])])
def test_read_settings__one_path_or_a_list(tmp_path, written, paths):
    assert read_check(tmp_path, f"_audited = {written}") == {"_audited": paths}


def test_read_settings__number_for_a_path(tmp_path):
    with pytest.raises(InputError, match="expected a path in quotation marks, or a list of them"):
        read_check(tmp_path, "_audited = [1]")


@pytest.mark.parametrize("option", ["most", "needed"])
@pytest.mark.parametrize(
    ("written", "texts"),
    [
        ("'2%'", ["2%"]),
        ("5", ["5"]),
        ("0.02", ["0.02"]),
        ("['2%', 'cat=5%']", ["2%", "cat=5%"]),
        ("[5, 0.5, 'off-topic=3']", ["5", "0.5", "off-topic=3"]),
        ("[]", []),
        ("''", [""]),
    ],
)
def test_read_settings__one_or_a_list(tmp_path, option, written, texts):
    assert read_check(tmp_path, f"{option} = {written}") == {option: texts}
    assert read_check(tmp_path, f"[check]\n{option} = {written}") == {option: texts}


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("true", "True"),
        ("{cat = '5%'}", "{'cat': '5%'}"),
        ("['2%', false]", "False"),
        ("['2%', ['3%']]", "['3%']"),
    ],
)
def test_read_settings__no_list_of_texts(tmp_path, written, found):
    with pytest.raises(InputError) as error:
        read_check(tmp_path, f"[check]\nmost = {written}")
    assert error.value.message == (
        f"{tmp_path / 'labelfix.toml'}: check.most: expected a text in quotation marks, a number, "
        f"or a list of them, found {found}"
    )


def test_read_settings__one_key_at_the_top_for_options_of_different_types(tmp_path):
    def other(most: float = 0.0) -> None: ...

    (tmp_path / "labelfix.toml").write_text("most = 0.5", encoding="utf-8")
    settings = read_settings(tmp_path, {"check": check, "other": other})
    assert settings == {"check": {"most": ["0.5"]}, "other": {"most": 0.5}}


@pytest.mark.parametrize("written", ["2030-01-31", "'2030-01-31'"])
def test_read_settings__day_as_text(tmp_path, written):
    assert read_check(tmp_path, f"expires = {written}") == {"expires": "2030-01-31"}


@pytest.mark.parametrize("written", ["2030-01-31T10:00:00", "10:00:00", "5", "['2030-01-31']"])
def test_read_settings__no_day(tmp_path, written):
    with pytest.raises(InputError, match="expires: expected a text in quotation marks, found"):
        read_check(tmp_path, f"expires = {written}")


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [([], "(['2%', 'a=5%'], [], '2030-01-31')"), (["--most", "3%"], "(['3%'], [], '2030-01-31')")],
)
def test_settings__list_on_the_command_line_replaces_that_of_the_file(
    tmp_path, capsys, arguments, shown
):
    app = typer.Typer()
    app.command("check")(check)
    app.command("other")(lambda: None)
    defaults = {"check": read_check(tmp_path, "most = ['2%', 'a=5%']\nexpires = 2030-01-31")}
    app(["check", *arguments], default_map=defaults, standalone_mode=False)
    assert capsys.readouterr().out.strip() == shown


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("neighbors = 5", "neighbors"),
        ("help = true", "help"),
        ("run = 5", "run"),
        ("[verify]\nseed = 1", "verify"),
        ("[train]\nengine = 'hnsw'", "train.engine"),
    ],
)
def test_read_settings__unknown_key(tmp_path, text, key):
    with pytest.raises(InputError) as error:
        read(tmp_path, text)
    assert error.value.message == f"{tmp_path / 'labelfix.toml'}: {key} is no option of labelfix"


def test_read_settings__unknown_key_tells_the_options_of_the_command(tmp_path):
    with pytest.raises(InputError) as error:
        read(tmp_path, "[index]\nseed = 1")
    assert error.value.hint == (
        "Its options: device, engine, force, frozen, json, neighbours, quiet, workspace."
    )


def test_read_settings__not_toml(tmp_path):
    with pytest.raises(
        InputError, match=r"labelfix\.toml: expected valid TOML: .*line 2, column 8"
    ):
        read(tmp_path, "epochs = 3\nseed = = 1")


def test_read_settings__not_text(tmp_path):
    (tmp_path / "labelfix.toml").write_bytes(b"seed = '\xff'")
    with pytest.raises(InputError, match=r"labelfix\.toml: expected valid TOML: .*utf-8"):
        read_settings(tmp_path, FUNCTIONS)


def test_read_settings__pyproject_without_a_table(tmp_path):
    with pytest.raises(InputError, match=r"expected a table tool\.labelfix, found 5$"):
        read(tmp_path, "[tool]\nlabelfix = 5\n", "pyproject.toml")


def test_read_settings__unreadable(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    (tmp_path / "labelfix.toml").touch()
    monkeypatch.setattr(Path, "read_text", refuse)
    with pytest.raises(InputError, match=r"labelfix\.toml could not be read: Permission denied$"):
        read_settings(tmp_path, FUNCTIONS)


def test_settings__command_line_wins_over_environment_over_file(labelfix, tmp_path, monkeypatch):
    def workspace_of(*arguments):
        outcome = labelfix("index", *arguments)
        assert outcome.code == 2
        found = outcome.stderr.splitlines()[0]
        return found.removeprefix("error: expected a workspace at ").removesuffix(", found none")

    assert workspace_of() == ".labelfix"
    (tmp_path / "labelfix.toml").write_text("workspace = 'file'\n", encoding="utf-8")
    assert workspace_of() == "file"
    monkeypatch.setenv("LABELFIX_WORKSPACE", "environment")
    assert workspace_of() == "environment"
    assert workspace_of("--workspace", "line") == "line"


def test_settings__unknown_key_on_the_command_line(labelfix, tmp_path):
    (tmp_path / "labelfix.toml").write_text("neighbors = 5\n", encoding="utf-8")
    outcome = labelfix("index")
    assert outcome.code == 2
    assert outcome.stderr.startswith("error: labelfix.toml: neighbors is no option of labelfix\n")
    assert outcome.stdout == ""
    assert not (tmp_path / ".labelfix").exists()
