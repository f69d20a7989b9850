import random
import time

import pytest

from labelfix.data.label_typos import typos_of


@pytest.mark.parametrize("rare", ["elephan", "elephannt", "elefhant", "eelphant", "elephantx"])
def test_typos_of__one_edit(rare):
    assert typos_of({"elephant": 100, rare: 2}, {rare: 2}) == {rare: "elephant"}


@pytest.mark.parametrize(
    ("common", "rare"),
    [
        ("elephant", "elefant"),  # two edits
        ("horse", "hores x"),
        ("goat", "boat"),  # too short
        ("class 1", "class 2"),
        ("class1", "class12"),
        ("type i", "type ii"),
        ("grade a", "grade b"),
        ("x" * 70, "x" * 69),
        ("horse", "horse"),
    ],
)
def test_typos_of__none(common, rare):
    assert typos_of({common: 1_000, rare: 1}, {rare: 1}) == {}


def test_typos_of__a_space_that_is_missing():
    assert typos_of({"hot dog": 100}, {"hotdog": 1}) == {"hotdog": "hot dog"}


@pytest.mark.parametrize(("rows", "is_typo"), [(2, True), (3, False)])
def test_typos_of__at_most_one_in_fifty(rows, is_typo):
    assert bool(typos_of({"kitten": 100, "mitten": rows}, {"mitten": rows})) is is_typo


def test_typos_of__a_common_label_has_fifty_rows():
    assert typos_of({"kitten": 49}, {"mitten": 1}) == {}
    assert typos_of({"kitten": 50}, {"mitten": 1}) == {"mitten": "kitten"}


def test_typos_of__the_commonest():
    rows = {"bitten": 100, "kitten": 200, "sitten": 200}
    assert typos_of(rows, {"mitten": 1}) == {"mitten": "kitten"}


def test_typos_of__as_comparing_all_pairs():
    generator = random.Random(0)
    words = sorted(
        {"".join(generator.choices("ab", k=generator.randint(5, 8))) for _ in range(200)}
    )
    common = dict.fromkeys(words[::25], 100)
    rare = {word: 1 for word in words if word not in common}

    def is_near(one: str, two: str) -> bool:
        swaps = {one[:i] + one[i + 1] + one[i] + one[i + 2 :] for i in range(len(one) - 1)}
        deletions = {one[:i] + one[i + 1 :] for i in range(len(one))}
        changes = {one[:i] + c + one[i + 1 :] for i in range(len(one)) for c in "ab"}
        insertions = {one[:i] + c + one[i:] for i in range(len(one) + 1) for c in "ab"}
        return two in swaps | deletions | changes | insertions

    near = {word: [other for other in common if is_near(word, other)] for word in rare}
    expected = {word: min(others) for word, others in near.items() if others}
    assert len(expected) > 10
    assert typos_of({**common, **rare}, rare) == expected


@pytest.mark.slow
def test_typos_of__ten_thousand_labels_take_no_time():
    common = {f"{number:05d} elephant".translate(LETTERS): 100 for number in range(5_000)}
    rare = {f"{number:05d} elephnat".translate(LETTERS): 1 for number in range(5_000)}
    started = time.monotonic()
    found = typos_of({**common, **rare}, rare)
    assert time.monotonic() - started < 10
    assert found == dict(zip(rare, common, strict=True))


LETTERS = str.maketrans("0123456789", "abcdefghij")
