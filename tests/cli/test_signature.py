"""A command's options from dataclasses: what typer sees, and what the function is given."""

import inspect
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, get_args, get_type_hints

import pytest
import typer

from labelfix.cli.signature import Given, Variant, first_given, only, with_options, without
from labelfix.errors import InputError
from labelfix.options.option import at_least, check_options, option
from labelfix.options.settings_file import read_settings


@dataclass(frozen=True, kw_only=True)
class Tea:
    """Options of tea."""

    minutes: int = option(3, "Minutes; default: {default}.", range=at_least(1), panel="Pot")
    sorts: tuple[Path, ...] = option((), "Sorts.", metavar="FILE")
    is_hot: bool = option(
        True,
        "Serve it cold.",
        name="cold",
        to_line=lambda hot: not hot,
        from_line=lambda cold: {"is_hot": not cold},
    )
    limits: tuple[str, ...] = option((), "CUP=N.", name="limit", metavar="N", is_written=True)
    water: str = "tap"

    def __post_init__(self) -> None:
        check_options(self)


@dataclass(frozen=True, kw_only=True)
class Cup:
    """Options of a cup."""

    size: int = option(2, "Size.", short="-s")
    minutes: int = option(3, "Minutes in the cup.")


def run(function, *words):
    """What a command's function is given for the words of a command line."""
    app = typer.Typer()
    app.command("brew")(function)
    app.command("other")(lambda: None)
    app(["brew", *words], standalone_mode=False)


def names_of(function):
    return list(inspect.signature(function).parameters)


def test_with_options__objects_from_the_command_line():
    seen = []

    @with_options()
    def brew(name: Annotated[str, typer.Argument()], *, tea: Tea) -> None:
        seen.append((name, tea))

    run(brew, "x", "--minutes", "5", "--sorts", "a", "--sorts", "b", "--cold")
    run(brew, "y")
    assert seen == [
        ("x", Tea(minutes=5, sorts=(Path("a"), Path("b")), is_hot=False)),
        ("y", Tea()),
    ]
    assert names_of(brew) == ["name", "minutes", "sorts", "cold", "limit"]


def test_with_options__help_panel_default_and_type_are_the_declarations():
    @with_options()
    def brew(*, tea: Tea) -> None: ...

    minutes = inspect.signature(brew).parameters["minutes"]
    kind, shown = get_args(minutes.annotation)
    assert (kind, minutes.default) == (int, 3)
    assert (shown.help, shown.rich_help_panel) == ("Minutes; default: 3.", "Pot")
    hints = get_type_hints(brew)
    assert hints["sorts"] == list[Path] | None
    assert hints["limit"] == list[str] | None
    assert (brew.__name__, brew.__doc__) == ("brew", None)


def test_with_options__an_option_of_two_classes_stands_once_with_the_last():
    seen = []

    @with_options()
    def brew(*, tea: Tea, cup: Cup) -> None:
        seen.append((tea.minutes, cup.minutes, cup.size))

    run(brew, "--minutes", "7", "-s", "1")
    assert seen == [(7, 7, 1)]
    assert names_of(brew) == ["sorts", "cold", "limit", "size", "minutes"]


@pytest.mark.parametrize(
    ("chosen", "names"),
    [
        (only("minutes"), ["minutes"]),
        (without("minutes", "is_hot"), ["sorts", "limit"]),
    ],
)
def test_with_options__some_of_a_class(chosen, names):
    def brew(*, tea) -> None: ...

    brew.__annotations__["tea"] = Annotated[Tea, chosen]
    assert names_of(with_options()(brew)) == names


def test_given__is_made_by_the_command_itself():
    seen = []

    @with_options(minutes=Variant(help="Minutes or none.", flag="--time", is_open=True))
    def brew(*, tea: Given[Tea]) -> None:
        seen.append((dict(tea.values), tea.written, tea.made(water="spring")))

    run(brew, "--limit", "a=1", "--limit", "2")
    run(brew, "--time", "4")
    spring = Tea(water="spring")
    assert seen[0] == ({"is_hot": True}, {"limit": ("a=1", "2")}, spring)
    assert seen[1][0]["minutes"] == 4
    assert seen[1][1] == {"limit": ()}
    assert inspect.signature(brew).parameters["minutes"].default is None


@pytest.mark.parametrize("hint", [Tea, Given[Tea]])
def test_with_options__errors_name_the_flag(hint):
    def brew(*, tea) -> None:
        if isinstance(tea, Given):
            tea.made()

    brew.__annotations__["tea"] = hint
    with pytest.raises(InputError) as caught:
        run(with_options()(brew), "--minutes", "0")
    assert caught.value.message == "--minutes: expected at least 1, found 0"


def test_with_options__error_of_the_work_names_the_flag():
    @with_options()
    def brew(*, tea: Tea) -> None:
        at_least(9).check("minutes", tea.minutes)

    with pytest.raises(InputError, match=r"^--minutes: expected at least 9, found 3$"):
        run(brew)


def test_with_options__settings_file_has_the_same_keys(tmp_path):
    @with_options()
    def brew(*, tea: Tea) -> None: ...

    (tmp_path / "labelfix.toml").write_text("minutes = 8\nlimit = [1, 'a=2']\ncold = true\n")
    assert read_settings(tmp_path, {"brew": brew}) == {
        "brew": {"minutes": 8, "limit": ["1", "a=2"], "cold": True}
    }


@pytest.mark.parametrize(
    ("words", "flag"),
    [
        ([], None),
        (["--minutes", "3"], "--minutes"),
        (["--sorts", "a", "--minutes", "3"], "--sorts"),
        (["--limit", "4"], None),
    ],
)
def test_first_given__in_the_order_asked_for(words, flag):
    seen = []

    @with_options()
    def brew(context: typer.Context, *, tea: Tea) -> None:
        seen.append(first_given(context, ("absent", "sorts", "minutes")))

    run(brew, *words)
    assert seen == [flag]
