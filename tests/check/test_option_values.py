"""Values as a person writes them."""

from datetime import date

import pytest

from labelfix.check.option_values import WrittenOption, read_day, read_whole
from labelfix.errors import InputError

OPTION = WrittenOption("--most", "a number", read_whole)


def test_by_key__for_all_and_for_single_ones():
    assert OPTION.by_key(["5", "b=6", "a=b=7"], str) == (5, {"b": 6, "a=b": 7})
    assert OPTION.by_key([], str) == (None, {})
    assert OPTION.by_key(["a=0"], str) == (None, {"a": 0})
    assert OPTION.by_key(["0"], str) == (0, {})


def test_by_key__keys_that_mean_the_same():
    assert OPTION.by_key(["a=5", " A =5"], lambda key: key.strip().lower()) == (None, {"a": 5})
    with pytest.raises(InputError, match=r"^--most: .* found both 'a=5' and ' A =6'"):
        OPTION.by_key(["a=5", " A =6"], lambda key: key.strip().lower())


def test_by_key__the_message_has_the_whole_text():
    with pytest.raises(InputError, match=r"^--most: expected a number, found 'a=x'$"):
        OPTION.by_key(["a=x"], str)


def test_single__takes_no_key():
    assert OPTION.single(["5", " 5 "]) == 5
    assert OPTION.single([]) is None
    with pytest.raises(InputError, match=r"^--most: expected a number, found 'a=5'$"):
        OPTION.single(["a=5"])


def test_read_day():
    assert read_day("2028-02-29") == date(2028, 2, 29)


@pytest.mark.parametrize("text", ["2027-02-29", "20280229", "2028-W01-1", "29.2.2028", "", "soon"])
def test_read_day__none(text):
    with pytest.raises(ValueError):
        read_day(text)
