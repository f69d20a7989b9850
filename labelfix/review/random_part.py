"""The random part of a queue: which labels it is drawn from, its draws, and what they showed."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from heapq import merge
from itertools import islice, pairwise, starmap
from typing import Self

import numpy as np

from labelfix.data import names
from labelfix.data.answers import CANNOT_TELL
from labelfix.data.corrections import VERIFIED
from labelfix.data.decision_store import DecisionStore, Event
from labelfix.data.decision_table import FrameEntry
from labelfix.data.decisions import REVIEW, Decision, settled
from labelfix.review.review_data import ReviewData
from labelfix.review.stop_rule import Draw, Stratum

EDGES = (0.02, 0.1, 0.3)
"""Ends of the strata: the probability that a label is wrong, as judged when it was entered. Most
labels are in the first, most errors in the last."""
AFTER = 0.5
"""An entry comes after the last event before it, and before the next."""
LEAST_IN_STRATUM = 50
"""Fewer labels than this, such as the few that a new relabel has changed, are one stratum."""


@dataclass(frozen=True, kw_only=True)
class RandomPart:
    """The frame of a workspace's random questions.

    Attributes:
        entries: in order; the last of an image counts.
        seed: of the order in which a stratum's labels are drawn.
    """

    entries: Sequence[FrameEntry] = field(repr=False)
    seed: int = 0

    @classmethod
    def of(cls, data: ReviewData, store: DecisionStore, *, seed: int = 0) -> Self:
        """The frame in the file of decisions, after entering what is new or was relabelled."""
        while True:
            entries = store.frame()
            new = new_entries(data, entries, store.standing(), store.last_event())
            if not new or store.add_to_frame(new, after=len(entries)):
                return cls(entries=[*entries, *new], seed=seed)

    def draws(
        self,
        data: ReviewData,
        open_rows: Sequence[int],
        number: int,
        decisions: Sequence[Decision] = (),
    ) -> Iterator[tuple[int, float]]:
        """The rows in the order of the draw, each with the probability that it is asked.

        The strata get shares of all draws in proportion to their labels; within one the draw is
        even, in an order that is fixed by the seed (permanent random numbers, Ohlsson, 1995).

        Args:
            data: of the workspace.
            open_rows: those that are not decided.
            number: about how many will be asked, of which the probabilities follow.
            decisions: what was drawn before.
        """
        last = self._last
        rows: dict[int, list[int]] = {}
        for row in open_rows:
            entry = last.get(data.batch.manifest.images[row])
            if entry is not None:
                rows.setdefault(entry.stratum, []).append(row)
        for of_stratum in rows.values():
            of_stratum.sort(key=lambda row: self._places[data.batch.manifest.images[row]])
        before = Counter(
            last[one.image].stratum for one in decisions if is_draw(one) and one.image in last
        )
        sizes = {stratum: len(of) for stratum, of in rows.items()}
        planned = Counter(islice(_in_proportion(sizes, before), number))
        place: Counter[int] = Counter()
        for stratum in _in_proportion(sizes, before):
            row = rows[stratum][place[stratum]]
            place[stratum] += 1
            yield row, max(planned[stratum], place[stratum]) / len(rows[stratum])

    def strata(self, data: ReviewData, standing: Sequence[Event]) -> list[Stratum]:
        """What the draws have shown of each stratum.

        Args:
            data: of the workspace.
            standing: as from `DecisionStore.standing`.
        """
        exits, left = _exits(data, self.entries, standing)
        expected: dict[int, list[float]] = {}
        for one in self.entries:
            expected.setdefault(one.stratum, []).append(one.wrong)
        return [
            Stratum(
                left=left[stratum],
                expected=float(np.mean(expected[stratum])),
                draws=_draws(exits.get(stratum, []), left[stratum]),
            )
            for stratum in sorted(expected)
        ]

    @cached_property
    def _last(self) -> dict[str, FrameEntry]:
        """The entry of each image that counts."""
        return {one.image: one for one in self.entries}

    @cached_property
    def _places(self) -> dict[str, bytes]:
        """The random number of each image."""
        return {
            image: hashlib.sha256(f"{self.seed} {names.to_text(image)}".encode()).digest()
            for image in self._last
        }


@dataclass(frozen=True, order=True, kw_only=True)
class _Exit:
    """How a label left its stratum: it was answered (`is_wrong`), or it is not known (None)."""

    after: float
    is_wrong: bool | None = field(compare=False)
    is_draw: bool = field(compare=False)


def new_entries(
    data: ReviewData, entries: Sequence[FrameEntry], standing: Sequence[Event], since: int
) -> list[FrameEntry]:
    """Entries for the open labels that have none, or that are others than when they were entered.

    Args:
        data: of the workspace.
        entries: those that are there.
        standing: as from `DecisionStore.standing`.
        since: the id of the last event.
    """
    done = {event.decision.image for event in standing}
    last = {one.image: one for one in entries}
    images, corrections = data.batch.manifest.images, data.batch.corrections
    fresh = [
        row
        for row in data.rows.tolist()
        if images[row] not in done
        and corrections.action[row] != VERIFIED
        and (images[row] not in last or last[images[row]].label != _label(data, row))
    ]
    first = 1 + max((one.stratum for one in entries), default=-1)
    wrong = data.wrong[fresh]
    strata = np.digitize(wrong, EDGES) if len(fresh) >= LEAST_IN_STRATUM else np.zeros(len(fresh))
    return [
        FrameEntry(
            image=images[row],
            stratum=first + int(stratum),
            label=_label(data, row),
            wrong=float(probability),
            since=since,
        )
        for row, stratum, probability in zip(fresh, strata, wrong, strict=True)
    ]


def is_draw(decision: Decision) -> bool:
    """Whether a decision answers a question of the random part."""
    return decision.chance is not None and decision.source == REVIEW


def _in_proportion(sizes: dict[int, int], before: Counter[int]) -> Iterator[int]:
    """Strata in an order of which every beginning has them nearly in proportion (Sainte-Laguë).

    Args:
        sizes: of each stratum; it comes so many times.
        before: how many times each has come already.
    """

    def places(stratum: int, size: int) -> Iterator[tuple[float, int]]:
        came = before[stratum]
        for place in range(came, came + size):
            yield (2 * place + 1) / (came + size), stratum

    return (stratum for _, stratum in merge(*starmap(places, sizes.items())))


def _label(data: ReviewData, row: int) -> str:
    return str(data.batch.corrections.label[row] or "")


def _exits(
    data: ReviewData, entries: Sequence[FrameEntry], standing: Sequence[Event]
) -> tuple[dict[int, list[_Exit]], Counter[int]]:
    """How labels left each stratum, and how many are left in it."""
    by_decision = {id(event.decision): event.id for event in standing}
    agreed = {one.image: one for one in settled([event.decision for event in standing])}
    of_image: dict[str, list[FrameEntry]] = {}
    for entry in entries:
        of_image.setdefault(entry.image, []).append(entry)
    classes, verified = data.batch.classes, data.batch.corrections.action == VERIFIED
    exits: dict[int, list[_Exit]] = {}
    left: Counter[int] = Counter()
    for image, own in of_image.items():
        for entry, later in pairwise(own):
            gone = _Exit(after=later.since + AFTER, is_wrong=None, is_draw=False)
            exits.setdefault(entry.stratum, []).append(gone)
        entry, decision = own[-1], agreed.get(image)
        if decision is not None:
            told = decision.answer != CANNOT_TELL
            is_wrong = classes.of(decision.answer) != classes.of(entry.label)
            found = _Exit(
                after=by_decision[id(decision)],
                is_wrong=is_wrong if told else None,
                is_draw=told and is_draw(decision),
            )
            exits.setdefault(entry.stratum, []).append(found)
        elif image in data.row_of and not verified[data.row_of[image]]:
            left[entry.stratum] += 1
        else:  # no longer in the data, or verified elsewhere
            gone = _Exit(after=np.inf, is_wrong=None, is_draw=False)
            exits.setdefault(entry.stratum, []).append(gone)
    return exits, left


def _draws(exits: list[_Exit], left: int) -> list[Draw]:
    """The draws of a stratum in order, from how its labels left it."""
    draws = []
    open_labels, found, unknown = left, 0, 0
    for one in sorted(exits, reverse=True):
        open_labels += 1
        found += one.is_wrong is True
        unknown += one.is_wrong is None
        if one.is_draw:
            draws.append(
                Draw(
                    is_wrong=one.is_wrong is True,
                    open_labels=open_labels,
                    found_since=found,
                    unknown_since=unknown,
                )
            )
    return draws[::-1]
