"""What there is to say of the estimated share of wrong labels, in sentences."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from labelfix.data.shares import DECIMALS
from labelfix.noise.outlook import Outlook

LIKELIEST = 0.5


def outlook_as_json(outlook: Outlook) -> dict[str, Any]:
    """An outlook as JSON values; `settles` says whether the answers are worth asking for."""
    numbers = {
        name: round(value, DECIMALS) if isinstance(value, float) else value
        for name, value in asdict(outlook).items()
    }
    return {**numbers, "settles": outlook.settles}


def outlook_from_json(written: Mapping[str, Any] | None) -> Outlook | None:
    """What `outlook_as_json` wrote; None for None."""
    if written is None:
        return None
    return Outlook(int(written["answers"]), float(written["now"]), float(written["then"]))


def notes(all_right: float | None, outlook: Outlook | None, audited: int) -> list[str]:
    """Sentences on an estimate; none where there is nothing to say.

    Args:
        all_right: how far it is believed that all labels are right; None where nobody knows.
        outlook: what more answers of a person would settle.
        audited: rows that a person has verified.
    """
    said = []
    if audited:
        rows = "1 verified row counts" if audited == 1 else f"{audited:,} verified rows count"
        said.append(f"{rows} in this estimate.")
    if all_right is not None and all_right >= LIKELIEST:
        said.append(
            "The encoder's own mistakes explain all disagreement with the labels: most likely all "
            "labels are right."
        )
    if outlook is not None and outlook.settles:
        said.append(
            f"{outlook.answers} answers of a person would narrow the interval from about "
            f"±{_points(outlook.now)} to ±{_points(outlook.then)} points: "
            f"labelfix audit --budget {outlook.answers} --out questions.csv"
        )
    return said


def _points(half_width: float) -> str:
    """Half of an interval in points of percent, to the digit that matters."""
    points = 100 * half_width
    return f"{points:.0f}" if points >= 2 else f"{points:.1f}"
