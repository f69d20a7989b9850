"""Decisions: what persons have chosen in review, where they agree, and the audits that follow."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations

from labelfix.data import names
from labelfix.data.audited_labels import Audits
from labelfix.errors import InputError

REVIEW = "review"
"""The source of what was decided on labelfix's own page."""
CERTAIN = 1.0
"""The chance of an image that was chosen and not drawn: it stands for itself alone."""

_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z")


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What one person has chosen for one image.

    Attributes:
        image: as in `Manifest.images`.
        content_hash: sha256 of the file's bytes, hexadecimal; "" if unknown.
        given_label: the label when the image was shown; "" without one.
        shown: the candidate labels that were shown, in their order.
        answer: a class, `NO_CLASS` or `CANNOT_TELL`.
        reason: the person's own words.
        reviewer: who decided; "" if unknown.
        decided_at: ISO 8601 in UTC, with seconds and a final `Z`.
        seconds: how long it took.
        chance: in (0, 1], the probability with which the image was drawn at random; None if it
            was chosen.
        source: `review`, or where it was imported from.
    """

    image: str
    answer: str
    decided_at: str
    content_hash: str = ""
    given_label: str = ""
    shown: tuple[str, ...] = ()
    reason: str = ""
    reviewer: str = ""
    seconds: float = 0.0
    chance: float | None = None
    source: str = REVIEW

    def __post_init__(self) -> None:
        if not self.image:
            raise self._unusable("the name of an image", "none")
        if not self.answer.strip():
            raise self._unusable("an answer", "a blank one")
        if not _TIME.fullmatch(self.decided_at):
            raise self._unusable("a time like 2026-05-04T10:20:30Z", repr(self.decided_at))
        if not (math.isfinite(self.seconds) and self.seconds >= 0):
            raise self._unusable("seconds of 0 or more", repr(self.seconds))
        if self.chance is not None and not 0 < self.chance <= 1:
            raise self._unusable("a chance above 0 and at most 1, or none", repr(self.chance))

    def _unusable(self, expected: str, found: str) -> InputError:
        return InputError(
            f"a decision on {names.to_text(self.image)!r}: expected {expected}, found {found}",
            "Take it out, or write what was decided.",
        )


def now() -> str:
    """The time of a decision that is made now."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def settled(decisions: Sequence[Decision]) -> list[Decision]:
    """One decision for each image on which its reviewers agree, in the order of the images.

    The answer of more than half of an image's reviewers counts; so two who differ settle nothing
    until a third gives a second opinion.

    Args:
        decisions: the latest of each image and reviewer, as from `DecisionStore.current`.

    Returns:
        Of each settled image the last decision that has its answer.
    """
    found = []
    for of_image in _by_image(decisions).values():
        if len(of_image) == 1:
            found.append(of_image[0])
            continue
        answer, times = Counter(one.answer for one in of_image).most_common(1)[0]
        if 2 * times > len(of_image):
            found.append([one for one in of_image if one.answer == answer][-1])
    return found


def disagreements(decisions: Sequence[Decision]) -> dict[str, list[Decision]]:
    """The decisions on each image whose reviewers differ and have no majority."""
    agreed = {one.image for one in settled(decisions)}
    return {image: list(of) for image, of in _by_image(decisions).items() if image not in agreed}


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """How far two reviewers agree.

    Attributes:
        reviewers: the two, sorted.
        images: on which both have decided.
        agreed: of these, with the same answer.
        kappa: Cohen's kappa (Educational and Psychological Measurement, 1960) in [-1, 1]; None
            without images, or where both always gave one and the same answer.
    """

    reviewers: tuple[str, str]
    images: int
    agreed: int
    kappa: float | None


def agreements(decisions: Sequence[Decision]) -> list[Agreement]:
    """The agreement of every pair of reviewers, by their names."""
    answers: dict[str, dict[str, str]] = {}
    for one in decisions:
        answers.setdefault(one.reviewer, {})[one.image] = one.answer
    return [
        _agreement(pair, answers[pair[0]], answers[pair[1]])
        for pair in combinations(sorted(answers), 2)
    ]


def kappa(decisions: Sequence[Decision]) -> dict[tuple[str, str], float | None]:
    """Cohen's kappa of every pair of reviewers; see `Agreement`."""
    return {one.reviewers: one.kappa for one in agreements(decisions)}


def _agreement(
    pair: tuple[str, str], first: Mapping[str, str], second: Mapping[str, str]
) -> Agreement:
    both = [image for image in first if image in second]
    agreed = sum(first[image] == second[image] for image in both)
    found = None
    if both:
        of_first = Counter(first[image] for image in both)
        of_second = Counter(second[image] for image in both)
        by_chance = sum(of_first[answer] * of_second[answer] for answer in of_first)
        expected = by_chance / len(both) ** 2
        if by_chance < len(both) ** 2:
            found = (agreed / len(both) - expected) / (1 - expected)
    return Agreement(reviewers=pair, images=len(both), agreed=agreed, kappa=found)


@dataclass(frozen=True, kw_only=True)
class UsedDecisions:
    """The decisions that a data set can learn from.

    Attributes:
        audits: by the data set's image names.
        unsettled: images whose reviewers differ.
        changed: decisions on images whose files have changed since.
        unknown: decisions on images that the data set does not have.
    """

    audits: Audits
    unsettled: int = 0
    changed: int = 0
    unknown: int = 0


def used_decisions(
    decisions: Sequence[Decision], images: Iterable[tuple[str, str]]
) -> UsedDecisions:
    """Find each settled decision's image: by its name and content, then by its content alone.

    A decision is used by name alone where one of the two contents is unknown. An image that was
    renamed is found by its content, unless it has a decision of its own.

    Args:
        decisions: as from `DecisionStore.current`.
        images: name and content hash of each image of the data set; "" for an unknown hash.
    """
    hashes = dict(images)
    of_hash: dict[str, list[str]] = {}
    for image, content in hashes.items():
        if content:
            of_hash.setdefault(content, []).append(image)
    found: dict[str, Decision] = {}
    moved: dict[str, Decision] = {}
    changed = unknown = 0
    kept = settled(decisions)
    for one in kept:
        there = hashes.get(one.image)
        if there is not None and (there == one.content_hash or not there or not one.content_hash):
            found[one.image] = one
        elif one.content_hash in of_hash:
            moved |= dict.fromkeys(of_hash[one.content_hash], one)
        elif there is not None:
            changed += 1
        else:
            unknown += 1
    used = {**moved, **found}
    audits = Audits(
        {image: one.answer for image, one in used.items()},
        {image: CERTAIN if one.chance is None else one.chance for image, one in used.items()},
        changed + unknown,
    )
    return UsedDecisions(
        audits=audits,
        unsettled=len(_by_image(decisions)) - len(kept),
        changed=changed,
        unknown=unknown,
    )


def audits_of(decisions: Sequence[Decision], images: Iterable[tuple[str, str]]) -> Audits:
    """The audits of `used_decisions`; what is not used is counted in `ignored`."""
    return used_decisions(decisions, images).audits


def _by_image(decisions: Sequence[Decision]) -> dict[str, list[Decision]]:
    found: dict[str, list[Decision]] = {}
    for one in decisions:
        found.setdefault(one.image, []).append(one)
    return found
