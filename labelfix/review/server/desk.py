"""What reviewers work on: the queue of a workspace, and the decisions that are made on it."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from labelfix.data import names
from labelfix.data.answers import CANNOT_TELL, NO_CLASS
from labelfix.data.decision_store import DecisionStore
from labelfix.data.decisions import Decision, agreements, disagreements, now
from labelfix.report.page_text import visible
from labelfix.review.server.deck import Deck, Filter
from labelfix.review.server.pictures import Pictures
from labelfix.review.server.requests import BadRequestError, Chosen, ChosenAtOnce
from labelfix.review.server.stand_in import progress
from labelfix.review.server.standing import StandingDecisions

KEPT_KEYS = 10_000
"""Of requests that were answered, so that one that is sent again is not done again."""

MOST_NUMBERS = 50_000
"""Of cards that a page is told at once; it asks again when they are decided."""
MOST_GROUPS = 200
MOST_OF_GROUP = 1_000
SECOND_OPINION = "second opinion"
"""How the reason of a decision begins that asks for one."""


class Desk:
    """One workspace's review; its methods may be called from several threads.

    Args:
        make_deck: reads the workspace's results, again after each relabel.
        store: of the decisions.
    """

    def __init__(self, make_deck: Callable[[], Deck], store: DecisionStore) -> None:
        self._make_deck = make_deck
        self.deck = make_deck()
        self.store = store
        self.standing = StandingDecisions(store)
        self.standing.refresh()
        self.pictures = Pictures(self.deck.folder)
        self._answered: OrderedDict[str, list[int]] = OrderedDict()
        self._lock = threading.Lock()

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
        with self._lock:
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

    def step(self, reviewer: str, *, is_undo: bool) -> dict[str, Any]:
        """Undo or redo a reviewer's last decision, and say which card it is about."""
        found = self.store.undo(reviewer) if is_undo else self.store.redo(reviewer)
        self.standing.refresh()
        if found is None:
            return {"number": None, "image": None}
        return {
            "number": self.deck.number_of.get(found.image),
            "image": names.to_text(found.image),
            "answer": found.answer,
            "shown": visible(found.answer),
        }

    def cards(self, numbers: list[int]) -> list[dict[str, Any]]:
        """The cards of some numbers; unknown ones are left out."""
        found = []
        for number in numbers:
            card = self.deck.card(number)
            if card is not None:
                image = self.deck.images[number]
                card["decisions"] = [
                    {"reviewer": who, "answer": one.answer, "reason": one.reason}
                    for who, one in self.standing.of_image(image).items()
                ]
                found.append(card)
        return found

    def news(self, since: int) -> dict[str, Any]:
        """Which cards have been decided, by whom, after an event."""
        self.standing.refresh()
        about = {event.decision.image for event in self.store.history(since)}
        decided = {}
        for image in about:
            number = self.deck.number_of.get(image)
            if number is not None:
                decided[number] = {
                    who: one.answer for who, one in self.standing.of_image(image).items()
                }
        return {"event": self.standing.event, "decided": decided}

    def queue(self, chosen: Filter) -> dict[str, Any]:
        """The numbers of the cards that a filter shows, the most valuable first."""
        self.standing.refresh()
        decided = self.standing.everything()
        apart = disagreements(self.standing.current()) if chosen.status == "apart" else {}
        images = self.deck.images

        def is_shown(number: int) -> bool:
            of_image = decided.get(images[number], {})
            mine = chosen.reviewer in of_image
            match chosen.status:
                case "open":
                    return not of_image
                case "mine":
                    return mine
                case "others":
                    return bool(of_image) and not mine
                case "asked":
                    asked = any(one.reason.startswith(SECOND_OPINION) for one in of_image.values())
                    return asked and not mine
                case "apart":
                    return images[number] in apart
                case _:
                    return True

        numbers = [number for number in self.deck.numbers(chosen) if is_shown(number)]
        return {
            "numbers": numbers[:MOST_NUMBERS],
            "total": len(numbers),
            "event": self.standing.event,
        }

    def groups(self, kind: str) -> dict[str, Any]:
        """Groups of undecided images, to decide on at once.

        Args:
            kind: `confusions` or `duplicates`.
        """
        self.standing.refresh()
        decided = self.standing.everything()
        images = self.deck.images
        groups = []
        for title, numbers in self.deck.groups(kind):
            left = [number for number in numbers if images[number] not in decided]
            if left:
                groups.append({"title": title, "numbers": left[:MOST_OF_GROUP]})
        return {"groups": groups[:MOST_GROUPS]}

    def progress(self) -> dict[str, Any]:
        """How far the review is."""
        done = len(self.standing.everything())
        return {**progress(self.deck.queue, done), "agreement": self.agreement()}

    def agreement(self) -> dict[str, Any]:
        """How far reviewers agree, and the cards on which they do not."""
        current = self.standing.current()
        apart = disagreements(current)
        return {
            "pairs": [
                {
                    "reviewers": list(one.reviewers),
                    "images": one.images,
                    "agreed": one.agreed,
                    "kappa": one.kappa,
                }
                for one in agreements(current)
                if one.images
            ],
            "unsettled": len(apart),
        }

    def _decision(self, one: Chosen, reviewer: str) -> Decision:
        deck = self.deck
        if one.number >= len(deck.images) or deck.images[one.number] != one.image:
            raise BadRequestError("this image is not in the queue; load the page again")
        if one.answer not in deck.class_set and one.answer not in (NO_CLASS, CANNOT_TELL):
            raise BadRequestError("the answer is not one of the classes")
        return Decision(
            image=one.image,
            content_hash=self.pictures.seen_hash(one.image) or deck.content_hash(one.number),
            given_label=deck.given(one.number),
            shown=one.shown,
            answer=one.answer,
            reason=one.reason,
            reviewer=reviewer,
            decided_at=now(),
            seconds=one.seconds,
            chance=deck.chance(one.number),
        )

    def _is_there(self, one: Decision) -> bool:
        known = self.standing.of_image(one.image).get(one.reviewer)
        return known is not None and (
            (known.answer, known.seconds, known.shown, known.reason)
            == (one.answer, one.seconds, one.shown, one.reason)
        )
