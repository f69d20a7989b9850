"""Which findings are shown first, and how they are told apart."""

from dataclasses import replace

from labelfix.check.formats.verdict_text import surest, unique_fingerprints
from labelfix.data import records


def test_surest__errors_before_warnings_and_then_by_confidence(wrong, duplicate, rare):
    doubtful = replace(wrong, confidence=0.6)
    missing = replace(wrong, rule="missing-file", confidence=None)
    warned = replace(wrong, level="warning", confidence=0.99)
    found = [duplicate, doubtful, warned, wrong, missing, rare]
    assert surest(found, 9) == [4, 3, 1, 0, 5, 2]
    assert surest(found, 2) == [4, 3]


def test_unique_fingerprints__first_of_equal_keys_keeps_its_own(wrong, duplicate):
    # The same bytes in another file: the key is the same.
    copy = replace(wrong, image="copy.png", row=9, line=10)
    assert copy.fingerprint == wrong.fingerprint
    marks = unique_fingerprints([wrong, duplicate, copy, copy])
    second, third = (records.fingerprint([wrong.fingerprint, time]) for time in (2, 3))
    assert marks == [wrong.fingerprint, duplicate.fingerprint, second, third]
