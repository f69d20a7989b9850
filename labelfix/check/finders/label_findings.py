"""Labels that the evidence speaks against: wrong, doubtful, unknown, or of an image like no other.

A row has one of these findings at most.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from labelfix.check import wording
from labelfix.check.finders.finding_maker import FindingMaker
from labelfix.check.finding import Finding
from labelfix.check.rules import RULES
from labelfix.check.wording import shown
from labelfix.data import corrections as reasons
from labelfix.data import names
from labelfix.data.corrections import RELABEL, REVIEW, Corrections
from labelfix.data.shares import DECIMALS
from labelfix.judging.batch import Batch
from labelfix.options.rule_options import RuleOptions

WRONG = "wrong-label"
UNCERTAIN = "uncertain-label"
UNKNOWN = "unknown-label"
OFF_TOPIC = "off-topic"

RULES_OF_CONFIDENCE = (WRONG, UNCERTAIN)
"""The rules that a least confidence can be set for."""


def label_findings(maker: FindingMaker) -> Iterator[Finding]:
    """The findings about the labels that rows were given."""
    if not maker.wants(WRONG, UNCERTAIN, UNKNOWN, OFF_TOPIC):
        return
    corrections = maker.batch.corrections
    probability = (1 - corrections.self_confidence).round(DECIMALS)  # (R,) of being wrong
    for row, rule in _rules_of_rows(corrections, probability, maker.options):
        if not maker.wants(rule):
            continue
        suggested = corrections.suggested_label[row]
        moved = rule != OFF_TOPIC and suggested != corrections.given_label[row]
        has_probability = rule in RULES_OF_CONFIDENCE and not np.isnan(probability[row])
        confidence = float(probability[row]) if has_probability else None
        yield maker.at_row(
            rule,
            row,
            _message(rule, maker.batch, row, confidence),
            suggested_label=suggested if moved else None,
            confidence=confidence,
            **(_second(corrections, row) if has_probability else {}),
        )


def _second(corrections: Corrections, row: int) -> dict[str, Any]:
    """The label that comes next and its probability, where there is one."""
    label, confidence = corrections.second_label[row], corrections.second_confidence[row]
    if label is None:
        return {}
    return {"second_label": label, "second_confidence": float(confidence)}


def _rules_of_rows(
    corrections: Corrections, probability: npt.NDArray[np.float64], options: RuleOptions
) -> list[tuple[int, str]]:
    """The rows that break a rule, and which.

    A label counts as wrong from the check's own threshold on, whether or not the relabelling,
    which may have had a stricter one, changed it.
    """
    is_off_topic = np.isin(corrections.reason, (reasons.OFF_TOPIC, reasons.OF_NO_CLASS))
    is_unknown = corrections.reason == reasons.UNKNOWN_LABEL
    blank = np.array([not str(label).strip() for label in corrections.given_label], dtype=bool)
    doubted = np.isin(corrections.action.astype(str), (RELABEL, REVIEW)) & ~blank
    floor = options.min_confidence_of.get(UNCERTAIN, options.uncertain_from)
    # Of a class with a single image nothing is known that could be doubted.
    doubted |= (probability >= floor) & (corrections.reason != reasons.INSUFFICIENT_SUPPORT)
    another = corrections.suggested_label != corrections.given_label
    rows = np.flatnonzero(doubted | is_off_topic | is_unknown).tolist()
    found = []
    for row in rows:
        if is_unknown[row]:
            found.append((row, UNKNOWN))
        elif is_off_topic[row]:
            found.append((row, OFF_TOPIC))
        elif another[row] and probability[row] >= _least(options, corrections.given_label[row]):
            found.append((row, WRONG))
        elif not probability[row] < floor:
            found.append((row, UNCERTAIN))
    return found


def _least(options: RuleOptions, label: str) -> float:
    """The probability from which a label is wrong: the strictest of those set for it alone."""
    keys = [WRONG] if label in RULES else [WRONG, label]
    own = [options.min_confidence_of[key] for key in keys if key in options.min_confidence_of]
    return max(own, default=options.min_confidence)


def _message(rule: str, batch: Batch, row: int, confidence: float | None) -> str:
    corrections = batch.corrections
    if rule == OFF_TOPIC and corrections.reason[row] == reasons.OF_NO_CLASS:
        return "a person says that the image is of none of the classes"
    if rule == OFF_TOPIC:
        return f"the image is like no other{_most_similar(batch, row)}"
    given, suggested = corrections.given_label[row], corrections.suggested_label[row]
    if corrections.action[row] == reasons.VERIFIED:
        return f"label {shown(given)} is wrong: a person says {shown(suggested)}"
    certainty = (
        [] if confidence is None else [f"{wording.probability(confidence)} that the label is wrong"]
    )
    why = "; ".join([*certainty, *_votes(batch, row, suggested)])
    because = f" ({why})" if why else ""
    if rule == UNKNOWN:
        what = f"is none of the {len(batch.support):,} that the reference has; looks like"
        return f"label {shown(given)} {what} {shown(suggested)}{because}"
    if suggested == given:
        return f"label {shown(given)} is doubtful, though no other is likelier{because}"
    looks = "looks like" if rule == WRONG else "may be"
    return f"label {shown(given)}, {looks} {shown(suggested)}{because}"


def _votes(batch: Batch, row: int, label: str) -> list[str]:
    """How many of the neighbours have a label; nothing where there are none."""
    known, nearest = batch.judges
    image = batch.row_images[row]
    neighbours = nearest.indices[image].tolist() if image >= 0 else []
    if not neighbours:
        return []
    votes = sum(known.labels[neighbour] == label for neighbour in neighbours)
    return [f"{votes} of {len(neighbours)} neighbours {_is_or_are(votes)} {shown(label)}"]


def _is_or_are(number: int) -> str:
    return "is" if number == 1 else "are"


def _most_similar(batch: Batch, row: int) -> str:
    """The image nearest to a row's, where there is one."""
    known, nearest = batch.judges
    image = batch.row_images[row]
    if image < 0 or not nearest.indices.shape[1]:
        return ""
    neighbour = int(nearest.indices[image, 0])
    similarity = float(nearest.similarities[image, 0])
    label = known.labels[neighbour]
    return (
        f": the most similar is {shown(names.to_text(known.names[neighbour]))}, "
        f"labelled {shown(label)} (similarity {similarity:.3f})"
    )
