"""The words about progress."""

import pytest

from labelfix.runtime.progress import duration


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "1 s"), (41.6, "42 s"), (89, "89 s"), (100, "2 min"), (730, "12 min"), (12_600, "3.5 h")],
)
def test_duration__as_a_person_says_it(seconds, text):
    assert duration(seconds) == text
