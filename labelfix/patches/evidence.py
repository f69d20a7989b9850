"""What labelfix's own columns say about a corrected label: author, reason, confidence."""

import math
from collections.abc import Callable, Sequence

from labelfix.data.corrections import EVIDENCE_COLUMNS, PREDICT, RELABEL, REVIEW, VERIFIED
from labelfix.data.manifest import Manifest
from labelfix.version import __version__

Evidence = Callable[[int], tuple[str, str, float | None]]
"""The author, the reason and the confidence of a row's label."""

_READ = ("confidence", "self_confidence", "neighbour_agreement", "action")
LABELFIX = f"labelfix {__version__}"
_PERSON = "a person"
"""Where nobody has said who."""


def evidence_of(table: Manifest) -> Evidence:
    """What is known of a table's labels; nothing where labelfix did not write it."""
    header = table.table.column_names
    if not set(EVIDENCE_COLUMNS[:-1]).issubset(header):
        return _nothing
    read = [table.column_as_text(_own_name(name, header)) for name in _READ]
    return evidence_in(*read)


def labels_seen(table: Manifest) -> list[str] | None:
    """The labels that labelfix judged, where a table has its evidence."""
    header = table.table.column_names
    if not set(EVIDENCE_COLUMNS[:-1]).issubset(header):
        return None
    return table.column_as_text(_own_name(EVIDENCE_COLUMNS[0], header))


def evidence_in(
    confidence: Sequence[str | float],
    self_confidence: Sequence[str | float],
    agreement: Sequence[str | float],
    action: Sequence[str],
) -> Evidence:
    """The same from columns: R numbers or their texts each, and R actions."""

    def known(row: int) -> tuple[str, str, float | None]:
        sure = _number(confidence[row])
        if action[row] == VERIFIED:
            return _PERSON, "verified by a person", 1.0 if sure is None else sure
        if action[row] not in (RELABEL, PREDICT, REVIEW):
            return "", "", sure
        parts = [action[row]]
        for name, value in (
            ("given label right", self_confidence[row]),
            ("neighbours with that label", agreement[row]),
        ):
            number = _number(value)
            if number is not None:
                parts.append(f"{name} {number:.3f}")
        return LABELFIX, "; ".join(parts), sure

    return known


def _nothing(_row: int) -> tuple[str, str, float | None]:
    return "", "", None


def _own_name(name: str, header: Sequence[str]) -> str:
    """The name of one of labelfix's columns, with a prefix for each time that it was taken."""
    while f"labelfix_{name}" in header:
        name = f"labelfix_{name}"
    return name


def _number(value: str | float) -> float | None:
    """A probability, or None where there is none."""
    try:
        number = float(value)
    except ValueError:
        return None
    return None if math.isnan(number) else min(max(number, 0.0), 1.0)
