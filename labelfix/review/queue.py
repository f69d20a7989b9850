"""The queue of a review: the rows in the order in which a person's answers are worth most."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, islice

from labelfix.data.corrections import VERIFIED
from labelfix.data.decisions import REVIEW, Decision, disagreements, now
from labelfix.review.evidence import Evidence, evidence_of
from labelfix.review.question_choice import Question, choose_questions
from labelfix.review.queue_filter import QueueFilter
from labelfix.review.random_part import RandomPart, is_draw
from labelfix.review.review_data import ReviewData

AUDITS = 20
"""How many of the audit's questions come first: with 20 answers the noise model has mostly what
it can gain from them (docs/audits.md)."""
RANDOM_EVERY = 4
"""One question of so many is drawn at random: enough to say what is left, and a quarter of the
work at most."""
OFTEN_WRONG = 0.1
EARLY_EVERY = 10
"""While the next label is wrong more likely than `OFTEN_WRONG`, nobody would stop, and one of so
many is enough: on CIFAR-10N (`aggre`, 2,000 answers) 2.1 % of the labels are left wrong, with one
of four from the beginning on 2.4 %."""
SELDOM_WRONG = 0.01
"""Once the next label is less likely wrong than this, choosing gains next to nothing, and all
questions are drawn at random, unless another share is wanted."""

AUDIT, GAIN, RANDOM, OPINION = "audit", "gain", "random", "opinion"
AUDIT_SOURCE = "review:audit"
"""The source of an answer to a question of the audit; its chance is of that draw."""


@dataclass(frozen=True, kw_only=True)
class QueueRow:
    """A row that a person is asked about.

    Attributes:
        row: its position among the corrections, from 0.
        number: its number in the user's table, from 1.
        image: as in `Manifest.images`.
        given_label: blank where there is none.
        label: as it is now, which an answer confirms or replaces.
        suggested_label: labelfix's own; blank where there is none.
        wrong_probability: in [0, 1], that `label` is wrong.
        kind: `audit` (its answer tells most about the noise), `gain` (it is the likeliest wrong
            one), `random` (drawn to estimate what is left) or `opinion` (reviewers differ).
        chance: in (0, 1], the probability with which it was drawn; None if it was chosen.
    """

    row: int
    number: int
    image: str
    given_label: str
    label: str
    suggested_label: str
    wrong_probability: float
    kind: str
    chance: float | None = None
    data: ReviewData = field(repr=False, compare=False)

    @property
    def is_random(self) -> bool:
        """Whether it is of the random part."""
        return self.kind == RANDOM

    @cached_property
    def evidence(self) -> Evidence:
        """Candidates, nearest images, near-duplicates, annotators and the reason."""
        return evidence_of(self.data, self.row)

    @property
    def rules(self) -> tuple[str, ...]:
        """The names of the rules that it breaks."""
        return self.data.rules_of.get(self.row, ())

    @property
    def reason(self) -> str:
        """Why it is asked and what speaks for which label, in one sentence."""
        why = {
            AUDIT: "asked because the answer tells most about all labels",
            RANDOM: "drawn at random, to estimate how many wrong labels are left",
            OPINION: "reviewers differ",
        }.get(self.kind)
        return f"{self.evidence.reason} ({why})." if why else f"{self.evidence.reason}."

    def decided(
        self, answer: str, reviewer: str, *, seconds: float = 0.0, reason: str = ""
    ) -> Decision:
        """The decision of a reviewer, made now, with all that was shown."""
        return Decision(
            image=self.image,
            content_hash=self.data.hash_of(self.row),
            given_label=self.given_label,
            shown=tuple(one.label for one in self.evidence.candidates),
            answer=answer,
            reason=reason,
            reviewer=reviewer,
            decided_at=now(),
            seconds=seconds,
            chance=self.chance,
            source=AUDIT_SOURCE if self.kind == AUDIT else REVIEW,
        )


def review_queue(
    data: ReviewData,
    decisions: Sequence[Decision],
    budget: int,
    *,
    seed: int = 0,
    random_part: RandomPart | None = None,
    wanted: QueueFilter | None = None,
    reviewer: str | None = None,
    stop_at: float | None = None,
) -> list[QueueRow]:
    """The rows to ask about, each image once, without those that are decided or verified.

    First the audit's questions, until `AUDITS` are answered. Then by the gain that is expected:
    the probability that the label as it is now is wrong, for an answer makes it right. One of
    `EARLY_EVERY` questions, and later one of `RANDOM_EVERY`, is drawn at random instead, as the
    estimate of what is left needs it; in the end all are.
    With a filter the order is by gain alone: what somebody looks for is not drawn.

    Args:
        data: of the workspace.
        decisions: as from `DecisionStore.current`.
        budget: how many rows at most.
        seed: of the audit's draw.
        random_part: the draws; None asks neither random questions nor the audit's.
        wanted: which rows; None takes all.
        reviewer: if given, rows on which others differ come first, unless this one has decided.
        stop_at: the share of wrong labels that is wanted at most; None takes `SELDOM_WRONG`. Once
            the likeliest wrong label is less likely wrong than this, all questions are drawn at
            random.
    """
    wanted = wanted or QueueFilter()
    if not wanted.is_open:
        random_part = None
    done = {one.image for one in decisions}
    verified = data.batch.corrections.action == VERIFIED
    open_rows = [
        row
        for row in data.rows.tolist()
        if data.batch.manifest.images[row] not in done and not verified[row]
    ]
    opinions = [] if reviewer is None else second_opinions(data, decisions, reviewer)
    ordered = _ordered(data, decisions, open_rows, budget, seed, random_part, stop_at)
    passing = (one for one in chain(opinions, ordered) if wanted.passes(data, one.row))
    return list(islice(passing, budget))


def second_opinions(
    data: ReviewData, decisions: Sequence[Decision], reviewer: str
) -> list[QueueRow]:
    """The rows on which others differ and this reviewer has not decided."""
    return [
        _queue_row(data, data.row_of[image], OPINION)
        for image, of_image in disagreements(decisions).items()
        if image in data.row_of and all(one.reviewer != reviewer for one in of_image)
    ]


def _ordered(
    data: ReviewData,
    decisions: Sequence[Decision],
    open_rows: list[int],
    budget: int,
    seed: int,
    random_part: RandomPart | None,
    stop_at: float | None,
) -> Iterator[QueueRow]:
    """All open rows in order."""
    used = set()
    if random_part is not None:
        for question in _audit_questions(data, seed, set(open_rows)):
            used.add(question.row)
            yield _queue_row(data, question.row, AUDIT, question.chance)
    rest = [row for row in open_rows if row not in used]
    gains = sorted(rest, key=lambda row: (data.wrong[row], -row))  # the next one is the last
    since, seldom = _since_last_draw(decisions), SELDOM_WRONG if stop_at is None else stop_at
    draws: Iterator[tuple[int, float]] = iter(())
    if random_part is not None:
        likeliest = [float(data.wrong[row]) for row in reversed(gains)]
        number = _draws_in(likeliest[:budget], since, seldom)
        draws = random_part.draws(data, rest, number, decisions)
    for _ in rest:
        while gains[-1] in used:
            gains.pop()
        drawn = None
        if _is_drawn(float(data.wrong[gains[-1]]), since, seldom):
            drawn = next((one for one in draws if one[0] not in used), None)
        if drawn is not None:
            since = 0
            row, found = drawn[0], _queue_row(data, drawn[0], RANDOM, drawn[1])
        else:
            since += 1
            row = gains.pop()
            found = _queue_row(data, row, GAIN)
        used.add(row)
        yield found


def _is_drawn(wrong: float, since: int, seldom: float) -> bool:
    """Whether the next question is drawn at random.

    Args:
        wrong: the probability of the label that would be chosen instead.
        since: how many were chosen since the last draw.
        seldom: below this probability, all are drawn.
    """
    every = EARLY_EVERY if wrong > OFTEN_WRONG else RANDOM_EVERY
    return wrong < seldom or since + 1 >= every


def _draws_in(likeliest: Sequence[float], since: int, seldom: float) -> int:
    """About how many of the next questions are drawn.

    Args:
        likeliest: the probabilities of the labels that would be chosen, the likeliest wrong first.
        since: how many were chosen since the last draw.
        seldom: below this probability, all are drawn.
    """
    chosen = 0
    for _ in likeliest:
        is_drawn = _is_drawn(likeliest[chosen], since, seldom)
        since = 0 if is_drawn else since + 1
        chosen += not is_drawn
    return len(likeliest) - chosen


def _since_last_draw(decisions: Sequence[Decision]) -> int:
    """How many questions were chosen since the last random one."""
    since = 0
    for one in decisions:
        since = 0 if is_draw(one) else since + (one.source != AUDIT_SOURCE)
    return since


def _audit_questions(data: ReviewData, seed: int, is_open: set[int]) -> list[Question]:
    """The audit's questions that are still open; the same until the next relabel."""
    wanted = AUDITS - data.batch.noise.audited
    if wanted <= 0:
        return []
    drawn = choose_questions(data.batch.manifest.images, data.batch.corrections, wanted, seed=seed)
    return [question for question in drawn if question.row in is_open]


def _queue_row(data: ReviewData, row: int, kind: str, chance: float | None = None) -> QueueRow:
    corrections = data.batch.corrections
    return QueueRow(
        row=row,
        number=data.batch.manifest.row_number(row),
        image=data.batch.manifest.images[row],
        given_label=str(corrections.given_label[row] or ""),
        label=str(corrections.label[row] or ""),
        suggested_label=str(corrections.suggested_label[row] or ""),
        wrong_probability=float(data.wrong[row]),
        kind=kind,
        chance=chance,
        data=data,
    )
