"""What reviewers work on: the queue of a workspace, and the decisions that are made on it."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from labelfix.data import names
from labelfix.data.answers import CANNOT_TELL, NO_CLASS
from labelfix.data.decision_store import DecisionStore
from labelfix.data.decisions import REVIEW, Decision, disagreements, now
from labelfix.report.page_text import visible
from labelfix.review.progress import ReviewProgress, review_progress
from labelfix.review.queue import AUDIT, AUDIT_SOURCE, QueueRow, review_queue
from labelfix.review.queue_filter import QueueFilter
from labelfix.review.server.deck import Deck
from labelfix.review.server.page_requests import OPEN, BadRequestError, Chosen, ChosenAtOnce, Wanted
from labelfix.review.server.pictures import Pictures
from labelfix.review.server.standing import StandingDecisions

KEPT_KEYS = 10_000
"""Of requests that were answered, so that one that is sent again is not done again."""
MOST_NUMBERS = 50_000
"""Of cards that a page is told at once; it asks again when they are decided."""
MOST_GROUPS = 200
MOST_OF_GROUP = 1_000
SECOND_OPINION = "second opinion"
"""How the reason of a decision begins that asks for one."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a review is for.

    Attributes:
        budget: how many images are to be decided.
        seed: of the audit's questions.
        stop_at: the share of wrong labels that is wanted at most; None if nobody asked.
    """

    budget: int
    seed: int = 0
    stop_at: float | None = None


class Desk:
    """One workspace's review; its methods may be called from several threads.

    Args:
        make_deck: reads the workspace's results, again after each relabel.
        store: of the decisions.
        plan: what the review is for.
    """

    def __init__(self, make_deck: Callable[[], Deck], store: DecisionStore, plan: Plan) -> None:
        self._make_deck = make_deck
        self.deck = make_deck()
        self.store = store
        self.plan = plan
        self.standing = StandingDecisions(store)
        self.standing.refresh()
        self.pictures = Pictures(self.deck.folder)
        self._answered: OrderedDict[str, list[int]] = OrderedDict()
        self._progress: tuple[int, Deck, ReviewProgress] | None = None
        self._deciding = threading.Lock()
        self._counting = threading.Lock()

    def reload(self) -> None:
        """Read the results of the workspace again."""
        deck = self._make_deck()
        if deck.folder != self.deck.folder:
            self.pictures = Pictures(deck.folder)
        self.deck = deck

    def decide(self, asked: ChosenAtOnce) -> list[int]:
        """Keep what was chosen, all or nothing, once for each key; returns the events' ids.

        Raises:
            BadRequestError: a card or an answer is unknown.
            WorkspaceError: it could not be written.
        """
        decisions = [self._decision(one, asked.reviewer) for one in asked.decisions]
        key = f"{asked.reviewer}\n{asked.key}"
        with self._deciding:
            if asked.key and key in self._answered:
                return self._answered[key]
            self.standing.refresh()
            if all(self._is_there(one) for one in decisions):  # sent again after a restart
                return []
            added = self.store.add_all(decisions)
            self._answered[key] = added
            if len(self._answered) > KEPT_KEYS:
                self._answered.popitem(last=False)
        self.standing.refresh()
        return added

    def step(self, reviewer: str, times: int, *, is_undo: bool) -> dict[str, Any]:
        """Undo or redo a reviewer's last decisions, and say which card the last is about."""
        found = None
        for _ in range(times):
            step = self.store.undo(reviewer) if is_undo else self.store.redo(reviewer)
            if step is None:
                break
            found = step
        self.standing.refresh()
        if found is None:
            return {"number": None, "image": None}
        number = self.deck.number_of(found.image)
        return {"number": number, "image": names.to_text(found.image), "answer": found.answer}

    def cards(self, numbers: list[int]) -> list[dict[str, Any]]:
        """The cards of some numbers; unknown ones are left out."""
        found = []
        for number in numbers:
            card = self.deck.card(number)
            if card is not None:
                decided = self.standing.of_image(self.deck.images[number]).items()
                card["decisions"] = [
                    {"reviewer": who, "answer": one.answer, "reason": one.reason}
                    for who, one in decided
                ]
                found.append(card)
        return found

    def queue(self, wanted: Wanted) -> dict[str, Any]:
        """The cards that a page wants to see, those of most worth first.

        Returns:
            `numbers` of cards; `asked` with kind and chance of those that are questions of the
            audit or drawn at random; `total`; `event`, the last one that is counted in.
        """
        self.standing.refresh()
        numbers, asked = [], {}
        if wanted.status == OPEN:
            rows = self._open_rows(wanted.filter, wanted.reviewer)
            numbers = [one.row for one in rows]
            asked = {one.row: [one.kind, one.chance] for one in rows if one.kind != "gain"}
        else:
            numbers = self._listed(wanted)
        return {
            "numbers": numbers[:MOST_NUMBERS],
            "asked": asked,
            "total": len(numbers),
            "event": self.standing.event,
        }

    def groups(self, kind: str) -> dict[str, Any]:
        """Groups of undecided images, to decide on at once.

        Args:
            kind: one of `KINDS_OF_GROUPS`.
        """
        self.standing.refresh()
        decided = self.standing.everything()
        images = self.deck.images
        groups: list[dict[str, Any]] = []
        for title, numbers in self.deck.groups(kind):
            left = [number for number in numbers if images[number] not in decided]
            if left and len(groups) < MOST_GROUPS:
                groups.append({"title": title, "numbers": left[:MOST_OF_GROUP]})
        return {"groups": groups}

    def news(self, since: int) -> dict[str, Any]:
        """The cards that somebody has decided or undone after an event, and by whom."""
        self.standing.refresh()
        decided = {}
        for image in {event.decision.image for event in self.store.history(since)}:
            number = self.deck.number_of(image)
            if number is not None:
                decided[number] = sorted(self.standing.of_image(image))
        return {"event": self.standing.event, "decided": decided}

    def progress(self) -> ReviewProgress:
        """How far the review is; counted once for each event."""
        with self._counting:
            self.standing.refresh()
            event, deck = self.standing.event, self.deck
            if self._progress is None or self._progress[:2] != (event, deck):
                found = review_progress(
                    deck.data,
                    self.standing.events(),
                    deck.random_part,
                    self._open_rows(QueueFilter(), None),
                    stop_at=self.plan.stop_at,
                )
                self._progress = (event, deck, found)
            return self._progress[2]

    def _open_rows(self, chosen: QueueFilter, reviewer: str | None) -> list[QueueRow]:
        deck = self.deck
        return review_queue(
            deck.data,
            self.standing.decisions(),
            self.plan.budget if chosen.is_open else len(deck.images),
            seed=self.plan.seed,
            random_part=deck.random_part,
            wanted=chosen,
            reviewer=reviewer,
            stop_at=self.plan.stop_at,
        )

    def _listed(self, wanted: Wanted) -> list[int]:
        """The cards of another status than open."""
        decided = self.standing.everything()
        apart = disagreements(self.standing.decisions()) if wanted.status == "apart" else {}
        deck = self.deck

        def is_shown(number: int) -> bool:
            image = deck.images[number]
            of_image = decided.get(image, {})
            mine = wanted.reviewer in of_image
            match wanted.status:
                case "mine":
                    return mine
                case "others":
                    return bool(of_image) and not mine
                case "asked":
                    wishes = (one.reason.startswith(SECOND_OPINION) for one in of_image.values())
                    return any(wishes) and not mine
                case "apart":
                    return image in apart
                case _:
                    return True

        return [
            number
            for number in deck.by_gain
            if is_shown(number) and wanted.filter.passes(deck.data, number)
        ]

    def _decision(self, one: Chosen, reviewer: str) -> Decision:
        deck = self.deck
        if deck.number_of(one.image) != one.number:
            raise BadRequestError("this image is not in the queue; load the page again")
        if one.answer not in deck.class_set and one.answer not in (NO_CLASS, CANNOT_TELL):
            raise BadRequestError(f"{visible(one.answer, 40)!r} is not one of the classes")
        return Decision(
            image=one.image,
            content_hash=self.pictures.seen_hash(one.image) or deck.data.hash_of(one.number),
            given_label=deck.given(one.number),
            shown=one.shown,
            answer=one.answer,
            reason=one.reason,
            reviewer=reviewer,
            decided_at=now(),
            seconds=one.seconds,
            chance=one.chance,
            source=AUDIT_SOURCE if one.kind == AUDIT else REVIEW,
        )

    def _is_there(self, one: Decision) -> bool:
        known = self.standing.of_image(one.image).get(one.reviewer)
        return known is not None and (
            (known.answer, known.seconds, known.shown, known.reason)
            == (one.answer, one.seconds, one.shown, one.reason)
        )
