import pytest

from labelfix.report.page_text import percent, span, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("cat", "cat"),
        ("<b>", "<b>"),  # escaping for HTML is the template's
        ("a\nb", r"a\nb"),
        ("\x1b[31m", r"\x1b[31m"),
        ("\0", r"\x00"),
        ("a\u202eb", r"a\u202eb"),
        ("\ud800", r"\ud800"),
        ("\N{SOFT HYPHEN}", r"\xad"),
        ("\N{LINE SEPARATOR}", r"\u2028"),
        (" 7 ", " 7 "),
        (
            "\N{WOMAN}\N{ZERO WIDTH JOINER}\N{MICROSCOPE}",
            "\N{WOMAN}\N{ZERO WIDTH JOINER}\N{MICROSCOPE}",
        ),
        ("", ""),
    ],
)
def test_visible__shows_what_would_be_hidden(text, shown):
    assert visible(text) == shown


def test_visible__long_text_ends_in_its_length():
    assert visible("x" * 10_000, 3) == "xxx… (10,000 characters)"
    assert visible("x" * 3, 3) == "xxx"


@pytest.mark.parametrize(
    ("share", "shown"),
    [
        (0.1234, "12.3\N{NO-BREAK SPACE}%"),
        (0.99999, "over\N{NO-BREAK SPACE}99.9\N{NO-BREAK SPACE}%"),
    ],
)
def test_percent__is_the_one_of_all_outputs_unbroken(share, shown):
    assert percent(share) == shown


def test_percent__decimals():
    assert percent(0.5, 0) == "50\N{NO-BREAK SPACE}%"


def test_span__both_ends():
    assert span(0.1, 0.255).replace("\N{NO-BREAK SPACE}", " ") == "10.0 % to 25.5 %"
