"""Values as a person writes them, on the command line or in a file: rates, limits, days."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Generic, TypeVar

from labelfix.check.message_text import shown
from labelfix.errors import InputError
from labelfix.options.rule_options import LEVELS
from labelfix.options.threshold_options import Limit

OFF = "off"
"""The level that skips a rule."""

_NUMBER = re.compile(r"((?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?)\s*(%?)")
_WHOLE = re.compile(r"[0-9]{1,15}")

Value = TypeVar("Value")


@dataclass(frozen=True)
class WrittenOption(Generic[Value]):
    """An option that may be given several times: for everything, and for single rules or classes.

    Attributes:
        name: with its hyphens.
        expected: a description of valid texts.
        read: reads the text of a value; the text of a ValueError is a hint, or empty.
    """

    name: str
    expected: str
    read: Callable[[str], Value]

    def by_key(
        self, texts: Sequence[str], key_of: Callable[[str], str]
    ) -> tuple[Value | None, dict[str, Value]]:
        """The value for everything, or None, and those of `KEY=VALUE`.

        A key may contain `=`: the last one separates it from its value.

        Args:
            texts: of the option.
            key_of: turns the text before the `=` into a rule or class.

        Raises:
            InputError: a text is invalid, or two texts contradict each other.
        """
        values: dict[str, Value] = {}
        written: dict[str, str] = {}
        for text in texts:
            before, sign, last = text.rpartition("=")
            if sign and not before.strip():
                raise self.error(text)
            key = key_of(before) if sign else ""
            value = self._value(last, text)
            if values.setdefault(key, value) != value:
                raise InputError(
                    f"{self.name}: expected one value, "
                    f"found both {shown(written[key])} and {shown(text)}",
                    "Remove one of them.",
                )
            written.setdefault(key, text)
        return values.pop("", None), values

    def single(self, texts: Sequence[str]) -> Value | None:
        """The value of an option that takes neither rules nor classes."""
        for text in texts:
            if "=" in text:
                raise self.error(text)
        return self.by_key(texts, str)[0]

    def error(self, found: str, hint: str = "") -> InputError:
        """The error for an invalid text."""
        return InputError(f"{self.name}: expected {self.expected}, found {shown(found)}", hint)

    def _value(self, text: str, whole: str) -> Value:
        try:
            return self.read(text.strip())
        except ValueError as error:
            raise self.error(whole, str(error)) from error


def read_probability(text: str) -> float:
    """A number from 0 to 1, or per cent."""
    number, is_percent = _number(text)
    if number > 1:
        can_be_percent = not is_percent and number <= 100
        raise ValueError(f"Write {text}% for per cent." if can_be_percent else "")
    return number


def read_rate(text: str) -> float:
    """A share below 1, or per cent; a bare 1 could be either."""
    number, is_percent = _number(text)
    if number == 1 and not is_percent:
        raise ValueError("Write 1% for one in a hundred, or 100% for all.")
    return read_probability(text)


def read_limit(text: str) -> Limit:
    """A number of rows, or per cent of them."""
    if text.endswith("%"):
        return Limit(share=read_probability(text))
    return Limit(rows=read_whole(text))


def read_whole(text: str) -> int:
    """A whole number from 0 on."""
    if not _WHOLE.fullmatch(text):
        raise ValueError
    return int(text)


def read_level(text: str) -> str:
    """A level, or `off`."""
    if text not in (*LEVELS, OFF):
        raise ValueError
    return text


def read_day(text: str) -> date:
    """A day like `2030-01-31`."""
    day = date.fromisoformat(text)
    if day.isoformat() != text:  # weeks, and days without hyphens, are dates to Python too
        raise ValueError
    return day


def _number(text: str) -> tuple[float, bool]:
    """A number, as a share if it was per cent, and whether it was."""
    found = _NUMBER.fullmatch(text)
    if found is None:
        raise ValueError
    number, sign = found.groups()
    return float(Decimal(number) / 100 if sign else number), bool(sign)
