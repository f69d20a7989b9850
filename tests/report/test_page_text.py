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
        (0.0, "0.0 %"),
        (1.0, "100.0 %"),
        (0.1234, "12.3 %"),
        (0.0002, "< 0.1 %"),
        (0.001, "0.1 %"),
        (0.99999, "> 99.9 %"),
        (0.9994, "99.9 %"),
    ],
)
def test_percent__never_says_all_or_nothing_of_nearly_so(share, shown):
    assert percent(share).replace("\N{NO-BREAK SPACE}", " ") == shown


def test_percent__decimals():
    assert percent(0.5, 0) == "50\N{NO-BREAK SPACE}%"


def test_span__one_unit_for_both():
    assert span(0.1, 0.255) == "10.0\N{EN DASH}25.5\N{NO-BREAK SPACE}%"
