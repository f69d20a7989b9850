"""What a page asks for, read from JSON or an address and checked before anything is done."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from labelfix.data import names
from labelfix.review.queue import AUDIT, GAIN, OPINION, RANDOM
from labelfix.review.queue_filter import QueueFilter

OPEN = "open"
STATUSES = (OPEN, "mine", "others", "asked", "apart", "all")
"""Undecided; decided by the reviewer; by others alone; of these with a wish for a second opinion;
where reviewers differ; all."""

MOST_DECISIONS = 2_000
"""In one request; a grid shows fewer."""
MOST_CARDS = 100
MOST_TEXT = 2_000
"""Characters of a reason."""
MOST_NAME = 100
"""Characters of a reviewer's name."""
MOST_LABELS = 100
MOST_SECONDS = 7 * 86_400.0
MOST_ROW = 2**53


class BadRequestError(Exception):
    """A page of another version, or no page at all, has asked for something unusable."""


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """What a person has chosen for one image.

    Attributes:
        number: of its card.
        image: its name, which has to be that of the card.
        answer: a class, or one of the special answers.
        shown: the labels that were offered.
        seconds: how long it took.
        reason: the person's own words.
        kind: why it was asked, as in `QueueRow`.
        chance: in (0, 1], with which it was drawn at random; None if it was chosen.
    """

    number: int
    image: str
    answer: str
    shown: tuple[str, ...] = field(repr=False)
    seconds: float
    reason: str
    kind: str = GAIN
    chance: float | None = None


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which cards a page wants to see.

    Attributes:
        status: one of `STATUSES`.
        reviewer: who looks.
        filter: what the rows must be like.
    """

    status: str = OPEN
    reviewer: str = ""
    filter: QueueFilter = field(default_factory=QueueFilter)


@dataclass(frozen=True, kw_only=True)
class ChosenAtOnce:
    """What a request to decide holds.

    Attributes:
        reviewer: who.
        key: made by the page for this request alone, so that it may be sent again.
        decisions: one or more.
    """

    reviewer: str
    key: str
    decisions: tuple[Chosen, ...]


def read_object(body: bytes) -> Mapping[str, Any]:
    """A JSON object.

    Raises:
        BadRequestError: it is none.
    """
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadRequestError("expected JSON") from error
    if not isinstance(found, dict):
        raise BadRequestError("expected a JSON object")
    return found


def read_chosen(body: bytes) -> ChosenAtOnce:
    """A request to decide; raises as `read_object`."""
    found = read_object(body)
    listed = found.get("decisions")
    if not isinstance(listed, list) or not 1 <= len(listed) <= MOST_DECISIONS:
        raise BadRequestError(f"expected 1 to {MOST_DECISIONS} decisions")
    return ChosenAtOnce(
        reviewer=read_reviewer(found),
        key=_text(found, "key", MOST_NAME),
        decisions=tuple(_chosen(one) for one in listed),
    )


def read_reviewer(found: Mapping[str, Any]) -> str:
    """The name of the reviewer, which must not be blank."""
    reviewer = " ".join(_text(found, "reviewer", MOST_NAME).split())
    if not reviewer:
        raise BadRequestError("expected the name of the reviewer")
    return reviewer


def read_times(found: Mapping[str, Any]) -> int:
    """How many decisions to undo or to redo: one, unless it says otherwise."""
    times = found.get("times", 1)
    if type(times) is not int or not 1 <= times <= MOST_DECISIONS:
        raise BadRequestError(f"expected 1 to {MOST_DECISIONS} times")
    return times


def read_numbers(text: str) -> list[int]:
    """Numbers of cards, with commas between them."""
    parts = [part for part in text.split(",") if part]
    if len(parts) > MOST_CARDS:
        raise BadRequestError(f"expected at most {MOST_CARDS} cards")
    return [read_number(part) for part in parts]


def read_number(text: str) -> int:
    """A whole number from 0 on."""
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise BadRequestError("expected a whole number")
    return int(text)


def read_wanted(query: Mapping[str, str]) -> Wanted:
    """Which cards an address asks for."""
    status = query.get("status", OPEN)
    if status not in STATUSES:
        raise BadRequestError(f"expected one of {', '.join(STATUSES)}")
    return Wanted(
        status=status,
        reviewer=" ".join(query.get("reviewer", "").split()),
        filter=QueueFilter(
            given=query.get("given"),
            suggested=query.get("suggested"),
            rule=query.get("rule"),
            annotator=query.get("annotator"),
            name=query.get("text", "")[:MOST_TEXT],
            least_wrong=_share(query.get("least"), 0.0),
            most_wrong=_share(query.get("most"), 1.0),
        ),
    )


def _share(text: str | None, default: float) -> float:
    if not text:
        return default
    try:
        share = float(text)
    except ValueError as error:
        raise BadRequestError("expected a number from 0 to 1") from error
    if not 0 <= share <= 1:
        raise BadRequestError("expected a number from 0 to 1")
    return share


def _chosen(one: object) -> Chosen:
    if not isinstance(one, dict):
        raise BadRequestError("expected decisions as objects")
    number, seconds, shown = one.get("number"), one.get("seconds"), one.get("shown", [])
    if type(number) is not int or not 0 <= number < MOST_ROW:
        raise BadRequestError("expected the number of a card")
    if type(seconds) not in (int, float) or not 0 <= seconds <= MOST_SECONDS:  # type: ignore[operator]
        raise BadRequestError("expected how many seconds it took")
    if not isinstance(shown, list) or len(shown) > MOST_LABELS:
        raise BadRequestError("expected the labels that were shown")
    if not all(isinstance(label, str) for label in shown):
        raise BadRequestError("expected the labels that were shown")
    kind, chance = one.get("kind", GAIN), one.get("chance")
    if kind not in (AUDIT, GAIN, RANDOM, OPINION):
        raise BadRequestError("expected why it was asked")
    if chance is not None and (type(chance) not in (int, float) or not 0 < chance <= 1):
        raise BadRequestError("expected a probability, or null")
    return Chosen(
        number=number,
        image=names.from_text(_text(one, "image", None)),
        answer=_text(one, "answer", None),
        shown=tuple(shown),
        seconds=round(float(seconds), 3),  # type: ignore[arg-type]
        reason=_text(one, "reason", MOST_TEXT),
        kind=kind,
        chance=None if chance is None else float(chance),
    )


def _text(found: Mapping[str, Any], name: str, most: int | None) -> str:
    text = found.get(name, "")
    if not isinstance(text, str) or (most is not None and len(text) > most):
        raise BadRequestError(f"expected a text as {name}, of at most {most} characters")
    return text
