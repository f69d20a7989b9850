import pytest

from labelfix.data.label_spelling import SpellingForms

ZERO_WIDTH_SPACE = "\u200b"


def forms(*labels: str) -> SpellingForms:
    return SpellingForms(labels)


@pytest.mark.parametrize(
    ("label", "other", "differences"),
    [
        ("Cat", "cat", ["case"]),
        ("STRASSE", "stra\u00dfe", ["case"]),
        (" cat\t", "cat", ["white space"]),
        ("hot  dog", "hot dog", ["white space"]),
        ("hot_dog", "hot dog", ["separators"]),
        ("hot-dog", "hot_dog", ["separators"]),
        ("hot - dog", "hot dog", ["separators"]),
        ("hot -dog", "hot dog", ["separators"]),
        ("hot\tdog", "hot dog", ["white space"]),
        ("hot\u2013dog", "hot dog", ["separators"]),
        ("10-20", "10 20", ["separators"]),
        ("\uff43at", "cat", ["Unicode form"]),
        ("cafe\u0301", "caf\u00e9", ["Unicode form"]),
        ("hot\u00a0dog", "hot dog", ["Unicode form"]),
        (f"ca{ZERO_WIDTH_SPACE}t", "cat", ["invisible characters"]),
        ("cat\x00", "cat", ["invisible characters"]),
        ("\u2764\ufe0f", "\u2764", ["invisible characters"]),
        ("c\u0430t", "cat", ["look-alike letters"]),
        (f"Hot_{ZERO_WIDTH_SPACE}Dog", "hot dog", ["invisible characters", "separators", "case"]),
    ],
)
def test_differences__of_two_spellings(label, other, differences):
    of = forms(label, other)
    assert of.form(label) == of.form(other) != ""
    assert of.differences(label, other) == differences
    assert of.differences(other, label) == differences


@pytest.mark.parametrize(
    ("label", "other"),
    [
        ("a", "A"),
        ("O", "0"),
        ("l", "1"),
        ("b0at", "boat"),
        ("B-", "B"),
        ("-1", "1"),
        ("t -5", "t 5"),
        ("C++", "C"),
        ("007", "7"),
        ("1.0", "1"),
        ("cat", "cats"),
        ("a/b", "a b"),
        ("\u732b", "\u72ac"),
    ],
)
def test_form__of_two_labels(label, other):
    of = forms(label, other)
    assert of.form(label) != of.form(other)


def test_form__letters_of_two_alphabets_in_use():
    of = forms("a", "\u0430", "\u0436")
    assert of.form("a") != of.form("\u0430")
    assert forms("a", "\u0430").form("a") == forms("a", "\u0430").form("\u0430")


@pytest.mark.parametrize("label", [ZERO_WIDTH_SPACE, "x" * 257, "\u0301\u0327" * 5_000])
def test_form__of_what_is_no_name(label):
    assert forms(label).form(label) == ""
