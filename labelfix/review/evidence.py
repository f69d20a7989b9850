"""The evidence that a person sees on an image: candidate labels, and images that speak for each."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from labelfix.check.message_text import shown
from labelfix.check.rules.label_evidence import votes
from labelfix.data.share_text import percent
from labelfix.data.shares import DECIMALS
from labelfix.review.question_choice import Candidate, candidates_of
from labelfix.review.review_data import AnnotatorLabel, ReviewData

MOST_CANDIDATES = 5


@dataclass(frozen=True, kw_only=True)
class LikeImage:
    """An image that is like the one in question.

    Attributes:
        image: as in `Manifest.images`.
        label: its given label; "" without one.
        similarity: cosine similarity; None where it is unknown.
        index: its position among the images of `Batch.judges`; -1 for a copy.
    """

    image: str
    label: str
    similarity: float | None = None
    index: int = -1


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What a person sees beside an image.

    Attributes:
        candidates: at most `MOST_CANDIDATES`, the likeliest first, among them the given label.
        speakers: the nearest images of each candidate label, the nearest first.
        copies: rows with nearly the same image.
        annotators: who gave which label.
        reason: one sentence.
    """

    candidates: tuple[Candidate, ...]
    speakers: dict[str, tuple[LikeImage, ...]] = field(repr=False)
    copies: tuple[LikeImage, ...] = field(repr=False)
    annotators: tuple[AnnotatorLabel, ...]
    reason: str


def evidence_of(data: ReviewData, row: int) -> Evidence:
    """The evidence on the image of a row."""
    candidates = five_candidates(data, row)
    return Evidence(
        candidates=candidates,
        speakers={one.label: _speakers(data, row, one.label) for one in candidates},
        copies=tuple(
            LikeImage(
                image=data.batch.manifest.images[other],
                label=str(data.batch.corrections.given_label[other] or ""),
            )
            for other in data.copies.get(row, ())
            if other != row
        ),
        annotators=data.annotators_of(row),
        reason=reason_of(data, row),
    )


def five_candidates(data: ReviewData, row: int) -> tuple[Candidate, ...]:
    """The labels that a row may have, the likeliest first; the given one is always among them.

    The judge keeps the probabilities of three labels. The rest of the probability is shared by
    the other labels of the nearest images, in proportion to how many have each, and one vote for
    all that none of them has.
    """
    known = candidates_of(data.batch.corrections, row)
    labels = {data.batch.classes.of(one.label) for one in known}
    counts = Counter(
        label
        for label, _, _ in _nearest(data, row)
        if label.strip() and data.batch.classes.of(label) not in labels
    )
    rest = 1.0 - sum(one.probability or 0.0 for one in known)
    share = max(0.0, rest) / (counts.total() + 1)
    more = [
        Candidate(label, round(share * number, DECIMALS))
        for label, number in counts.most_common(MOST_CANDIDATES - len(known))
    ]
    everyone = sorted(
        [*known, *more], key=lambda one: -np.inf if one.probability is None else -one.probability
    )
    return tuple(everyone)


def reason_of(data: ReviewData, row: int) -> str:
    """Why a row is shown, in one sentence without a full stop."""
    corrections = data.batch.corrections
    given = str(corrections.given_label[row] or "")
    suggested = str(corrections.suggested_label[row] or "")
    because = [*votes(data.batch, row, suggested)] if suggested else []
    right = corrections.self_confidence[row]
    if given.strip() and not np.isnan(right):
        because.insert(0, f"the given label {shown(given)} is {percent(1 - right)} likely wrong")
    if not given.strip():
        head = f"no label; looks like {shown(suggested)}"
    elif suggested and suggested != given:
        head = f"looks like {shown(suggested)}, not {shown(given)}"
    else:
        head = f"looks like {shown(given)}, as its label says"
    apart = {str(corrections.given_label[other]) for other in data.copies.get(row, ())} - {given}
    if apart:
        because.append(f"nearly the same image is labelled {shown(min(apart))}")
    return f"{head}: {'; '.join(because)}" if because else head


def _speakers(data: ReviewData, row: int, label: str) -> tuple[LikeImage, ...]:
    """The nearest images that have a label, the nearest first."""
    known, _ = data.batch.judges
    name = data.batch.classes.of(label)
    return tuple(
        LikeImage(image=known.names[index], label=of, similarity=similarity, index=index)
        for of, index, similarity in _nearest(data, row)
        if data.batch.classes.of(of) == name
    )


def _nearest(data: ReviewData, row: int) -> list[tuple[str, int, float]]:
    """Label, position and similarity of each of the nearest images."""
    known, nearest = data.batch.judges
    image = int(data.batch.row_images[row])
    if image < 0:
        return []
    indices, similarities = nearest.indices[image].tolist(), nearest.similarities[image].tolist()
    return [
        (known.labels[index], index, similarity)
        for index, similarity in zip(indices, similarities, strict=True)
        if index >= 0
    ]
