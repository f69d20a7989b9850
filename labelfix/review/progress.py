"""How far a review is: what was found, what is left, whether to stop, whether to relabel."""

from collections.abc import Sequence
from dataclasses import dataclass

from labelfix.data.answers import CANNOT_TELL
from labelfix.data.corrections import OF_NO_CLASS, VERIFIED
from labelfix.data.decision_store import Event
from labelfix.data.decisions import Agreement, agreements, disagreements, settled
from labelfix.data.share_text import percent
from labelfix.review.queue import QueueRow
from labelfix.review.random_part import RandomPart
from labelfix.review.review_data import ReviewData
from labelfix.review.stop_rule import WrongLeft, wrong_left

NEXT = 20
"""The errors expected in so many next questions are told."""
MILESTONES = (20, 50, 100)
"""Numbers of decisions at which a new relabel is worth it: 20 settle most of what labels cannot
tell, 50 the rest, beyond 100 little comes; afterwards at each doubling."""


@dataclass(frozen=True, kw_only=True)
class ReviewProgress:
    """How far a review is.

    Attributes:
        decided: images on which somebody has decided.
        settled: of these, those on which all or most agree.
        open: images that are not decided.
        found: settled answers that differ from the label as it was.
        expected_next: errors expected in the next questions.
        next: how many these are.
        left: the estimate of the wrong labels that are left.
        labels: all judged images, decided ones included: the base of the shares.
        disagreements: images on which reviewers differ.
        agreements: of every pair of reviewers.
        unused: settled answers that relabel has not yet learned from.
        relabel_after: how many more decisions make a new relabel worth it; 0 for now.
        stop_at: the share of wrong labels that is wanted at most; None if nobody asked.
    """

    decided: int
    settled: int
    open: int
    found: int
    expected_next: float
    next: int
    left: WrongLeft
    labels: int
    disagreements: int
    agreements: Sequence[Agreement]
    unused: int
    relabel_after: int
    stop_at: float | None = None

    @property
    def share(self) -> float:
        """The estimated share of all labels that is still wrong."""
        return self.left.estimate / max(self.labels, 1)

    @property
    def low(self) -> float:
        """The lower end of its 95 % interval."""
        return self.left.low / max(self.labels, 1)

    @property
    def high(self) -> float:
        """The upper end of its 95 % interval: at most so many are still wrong."""
        return self.left.high / max(self.labels, 1)

    @property
    def may_stop(self) -> bool:
        """Whether at most the wanted share is still wrong, with 95 % confidence."""
        return self.stop_at is not None and self.high <= self.stop_at

    @property
    def is_relabel_worth_it(self) -> bool:
        """Whether a new relabel would gain from what was decided since the last one."""
        return self.relabel_after == 0

    @property
    def sentence(self) -> str:
        """What is left, and whether one may stop, in one sentence."""
        most = f"with 95 % confidence at most {percent(self.high)}"
        if not self.open:
            return "Every label has been looked at."
        if not self.left.draws:
            return "No random question is answered yet, so nothing is known of what is left."
        if self.stop_at is None:
            return f"About {percent(self.share)} of the labels are still wrong; {most}."
        if self.may_stop:
            return f"You may stop: {most} of the labels are still wrong."
        return f"Not yet at most {percent(self.stop_at)}: {most} of the labels are still wrong."


def review_progress(
    data: ReviewData,
    standing: Sequence[Event],
    random_part: RandomPart,
    queue: Sequence[QueueRow] = (),
    *,
    stop_at: float | None = None,
) -> ReviewProgress:
    """How far a review is.

    Args:
        data: of the workspace.
        standing: as from `DecisionStore.standing`.
        random_part: the frame of the random questions.
        queue: what is asked next.
        stop_at: the share of wrong labels that is wanted at most.
    """
    decisions = [event.decision for event in standing]
    agreed = [one for one in settled(decisions) if one.image in data.row_of]
    done = {one.image for one in decisions if one.image in data.row_of}
    action, reason = data.batch.corrections.action, data.batch.corrections.reason
    rows = [data.row_of[one.image] for one in agreed if one.answer != CANNOT_TELL]
    used = sum(action[row] == VERIFIED or reason[row] == OF_NO_CLASS for row in rows)
    is_open = [
        image for image, row in data.row_of.items() if image not in done and action[row] != VERIFIED
    ]
    was = {one.image: one.label for one in random_part.entries}
    classes, given = data.batch.classes, data.batch.corrections.given_label
    coming = [one.wrong_probability for one in queue if one.image not in done][:NEXT]
    return ReviewProgress(
        decided=len(done),
        settled=len(agreed),
        open=len(is_open),
        found=sum(
            classes.of(was.get(one.image, given[data.row_of[one.image]])) != classes.of(one.answer)
            for one in agreed
            if one.answer != CANNOT_TELL
        ),
        expected_next=float(sum(coming)),
        next=len(coming),
        left=wrong_left(random_part.strata(data, standing)),
        labels=len(data.row_of),
        disagreements=len(disagreements(decisions)),
        agreements=agreements(decisions),
        unused=len(rows) - used,
        relabel_after=relabel_after(used, len(rows)),
        stop_at=stop_at,
    )


def relabel_after(used: int, decided: int) -> int:
    """How many more decisions make a new relabel worth it.

    Args:
        used: decisions that the last relabel has learned from.
        decided: all decisions.
    """
    milestones = list(MILESTONES)
    while milestones[-1] <= used:
        milestones.append(2 * milestones[-1])
    return max(0, next(one for one in milestones if one > used) - decided)
