"""The evidence against given labels: what several rules ask of it, and how messages put it."""

from typing import Any

import numpy as np

from labelfix.check.message_text import shown
from labelfix.data import corrections as reasons
from labelfix.data.corrections import RELABEL, REVIEW, VERIFIED, Corrections
from labelfix.data.share_text import percent
from labelfix.data.shares import DECIMALS
from labelfix.judging.batch import Batch
from labelfix.options.rule_options import RuleOptions

UNCERTAIN = "uncertain-label"

NOT_JUDGED = (reasons.UNKNOWN_LABEL, reasons.OFF_TOPIC, reasons.OF_NO_CLASS)
"""Reasons for which a label is not weighed; rules of their own report them."""


def wrong_probability(corrections: Corrections, row: int) -> float:
    """The probability in [0, 1] that a given label is wrong; NaN where unknown."""
    return float(np.round(1 - corrections.self_confidence[row], DECIMALS))


def doubted_rows(corrections: Corrections, options: RuleOptions) -> list[int]:
    """The rows whose label the evidence speaks against.

    A label counts whether or not the relabelling changed it: that may have had a stricter
    threshold.
    """
    least = uncertain_from(options)
    has_label = np.array([bool(str(label).strip()) for label in corrections.given_label])
    doubted = np.isin(corrections.action.astype(str), (RELABEL, REVIEW)) & has_label
    # A class with a single image gives no evidence.
    has_support = corrections.reason != reasons.INSUFFICIENT_SUPPORT
    wrong = (1 - corrections.self_confidence).round(DECIMALS)
    doubted |= (wrong >= least) & has_support
    return np.flatnonzero(doubted & ~np.isin(corrections.reason, NOT_JUDGED)).tolist()


def uncertain_from(options: RuleOptions) -> float:
    """The probability of being wrong from which a label is doubtful."""
    return options.min_confidence_of.get(UNCERTAIN, options.uncertain_from)


def suggests_another(corrections: Corrections, row: int) -> bool:
    """Whether another label than the given one is suggested."""
    return bool(corrections.suggested_label[row] != corrections.given_label[row])


def attributes(corrections: Corrections, row: int) -> dict[str, Any]:
    """A finding's suggested label, its confidence, and the next likeliest label where known."""
    found: dict[str, Any] = {}
    if suggests_another(corrections, row):
        found["suggested_label"] = corrections.suggested_label[row]
    wrong = wrong_probability(corrections, row)
    if np.isnan(wrong):
        return found
    found["confidence"] = wrong
    if corrections.second_label[row] is not None:
        found["second_label"] = corrections.second_label[row]
        found["second_confidence"] = float(corrections.second_confidence[row])
    return found


def doubt_message(batch: Batch, row: int, looks: str) -> str:
    """Why a label is doubted.

    Args:
        batch: judged.
        row: counted from 0.
        looks: what stands between the given label and the suggested one.
    """
    corrections = batch.corrections
    given, suggested = corrections.given_label[row], corrections.suggested_label[row]
    if corrections.action[row] == VERIFIED:
        return f"label {shown(given)} is wrong: a person says {shown(suggested)}"
    wrong = wrong_probability(corrections, row)
    certainty = [] if np.isnan(wrong) else [f"{percent(wrong)} likely wrong"]
    because = in_brackets([*certainty, *votes(batch, row, suggested)])
    if suggested == given:
        return f"label {shown(given)} is doubtful, but no other label is likelier{because}"
    return f"label {shown(given)}, {looks} {shown(suggested)}{because}"


def in_brackets(reasons_given: list[str]) -> str:
    """Some reasons behind a statement; nothing where there are none."""
    return f" ({'; '.join(reasons_given)})" if reasons_given else ""


def votes(batch: Batch, row: int, label: str) -> list[str]:
    """How many of the most similar images have a label; empty where there are no such images."""
    known, nearest = batch.judges
    image = batch.row_images[row]
    neighbours = nearest.indices[image].tolist() if image >= 0 else []
    if not neighbours:
        return []
    name = batch.classes.of(label)
    number = sum(known.labels[neighbour] == name for neighbour in neighbours)
    verb = "is" if number == 1 else "are"
    return [f"{number} of the {len(neighbours)} most similar images {verb} labelled {shown(name)}"]
