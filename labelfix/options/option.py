"""One option: declared once in its dataclass, read by checks, command line, settings and docs."""

import dataclasses
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, get_type_hints

from labelfix.errors import OptionError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

DEFAULT_SEED = 0
LARGEST_SEED = 2**63 - 1
DEVICES = ("auto", "cpu", "cuda")
TRAIN_PANEL = "Training"

_KEY = "option"


@dataclass(frozen=True, kw_only=True)
class Range:
    """The numbers that an option takes.

    Attributes:
        least, most: the ends.
        is_open: the ends themselves are not allowed.
        expected: says the whole range in an error; empty names the end that was passed.
    """

    least: float = -math.inf
    most: float = math.inf
    is_open: bool = False
    expected: str = ""

    def check(self, name: str, value: float) -> None:
        """Refuse a number outside the range.

        Args:
            name: of the field.
            value: what it was given.

        Raises:
            OptionError: the number is outside, or not a number at all.
        """
        if self.is_open:
            inside = self.least < value < self.most
        else:
            inside = self.least <= value <= self.most
        if not inside:
            end = f"at most {self.most}" if value > self.most else f"at least {self.least}"
            raise refused(name, self.expected or end, value)


def at_least(least: int) -> Range:
    """Whole numbers from `least` on."""
    return Range(least=least)


PROBABILITY = Range(least=0, most=1, expected="a probability from 0 to 1")
BETWEEN_0_AND_1 = Range(least=0, most=1, is_open=True, expected="0 to 1")
SEEDS = Range(least=0, most=LARGEST_SEED)


@dataclass(frozen=True, kw_only=True)
class Option:
    """What is known of an option beside its field's name, type and default.

    Attributes:
        help: for the command line; empty hides the option there. `{default}` and `{choices}`
            stand for those.
        panel: of the help page; None for the first one.
        name: on the command line, with underscores, and the key in a settings file.
        short: a second flag, such as `-k`.
        metavar: what stands for its value on a help page.
        environment: a variable that sets it too.
        choices: the texts that it takes.
        suggestions: texts that the shell completes where it takes others too.
        range: the numbers that it takes.
        kind: its type on the command line, where that is not the field's.
        to_line: the command line's default from the field's.
        from_line: the fields that a value of the command line sets.
        is_written: a list of texts such as `RULE=5`, which the command reads itself.
    """

    help: str = ""
    panel: str | None = None
    name: str = ""
    short: str | None = None
    metavar: str | None = None
    environment: str | None = None
    choices: tuple[str, ...] = ()
    suggestions: tuple[str, ...] = ()
    range: Range | None = None
    kind: Any = None
    to_line: Callable[[Any], Any] | None = None
    from_line: Callable[[Any], Mapping[str, Any]] | None = None
    is_written: bool = False


def option(default: Any, text: str = "", **about: Any) -> Any:
    """A dataclass field that is an option.

    Args:
        default: of the field; `dict` makes an empty one for each object.
        text: its help on the command line; empty hides the option there.
        about: the other attributes of `Option`.
    """
    metadata = {_KEY: Option(help=text, **about)}
    if default is dict:
        return dataclasses.field(default_factory=dict, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def device_option() -> Any:
    """The field `device`, which most stages have."""
    return option("auto", "{choices}.", choices=DEVICES)


def seed_option(text: str = "Random seed.", panel: str | None = TRAIN_PANEL) -> Any:
    """The field `seed`, which all stages have that draw random numbers."""
    return option(DEFAULT_SEED, text, panel=panel, range=SEEDS)


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """An option together with its field."""

    field: str
    kind: Any
    default: Any
    option: Option

    @property
    def name(self) -> str:
        """On the command line, with underscores."""
        return self.option.name or self.field

    @property
    def flag(self) -> str:
        """On the command line, as a person writes it."""
        return "--" + self.name.replace("_", "-")

    @property
    def help(self) -> str:
        """The help text with the default and the choices filled in."""
        return self.option.help.format(default=self.default, choices=either(self.option.choices))


@cache
def declarations(kind: type["DataclassInstance"]) -> Mapping[str, Declaration]:
    """The options of a dataclass by their fields' names, in order."""
    hints = get_type_hints(kind)
    return {
        field.name: Declaration(
            field=field.name,
            kind=hints[field.name],
            default=field.default,
            option=field.metadata[_KEY],
        )
        for field in dataclasses.fields(kind)
        if _KEY in field.metadata
    }


def flags_of(kind: type["DataclassInstance"]) -> dict[str, str]:
    """The flag of each field, for errors on the command line."""
    return {name: one.flag for name, one in declarations(kind).items()}


def check_options(options: "DataclassInstance") -> None:
    """Check every field of a dataclass of options against its range and its choices.

    Raises:
        OptionError: a value is outside; None is inside of everything.
    """
    for field in dataclasses.fields(options):
        about = field.metadata.get(_KEY)
        value = getattr(options, field.name)
        if about is None or value is None:
            continue
        if about.choices and value not in about.choices:
            raise refused(field.name, f"one of {', '.join(about.choices)}", repr(value))
        if about.range is not None:
            about.range.check(field.name, value)


def refused(name: str, expected: str, found: object, hint: str = "") -> OptionError:
    """The error for a field whose value cannot be used."""
    message = f"{{{name}}}: expected {{_expected}}, found {{_found}}"
    return OptionError(message, hint, _expected=expected, _found=found)


def either(choices: Iterable[str]) -> str:
    """`a, b or c`."""
    *most, last = choices or ("",)
    return f"{', '.join(most)} or {last}" if most else last
