"""From a judged batch to the verdict: find, subtract the baseline, apply thresholds."""

from dataclasses import dataclass, field
from datetime import date

import numpy as np

from labelfix.check.baseline import Applied, Baseline, contents_of
from labelfix.check.rules.registry import RULES, find, rules_looked_at
from labelfix.check.thresholds import exceeded, undecided, without_known
from labelfix.check.verdict import Finding, Verdict
from labelfix.check.wrong_rate import thin_classes
from labelfix.data.corrections import QUARANTINED, REVIEW
from labelfix.errors import InputError
from labelfix.judging.batch import Batch
from labelfix.options.rule_options import RuleOptions
from labelfix.options.threshold_options import Thresholds


@dataclass(frozen=True, kw_only=True)
class Gate:
    """What a batch has to pass.

    Attributes:
        rules: which rules run, and when they are broken.
        thresholds: how many findings are allowed.
        baseline: findings that a person accepted.
        today: the day that decides which entries of the baseline have expired.
    """

    rules: RuleOptions = field(default_factory=RuleOptions)
    thresholds: Thresholds = field(default_factory=Thresholds)
    baseline: Baseline = field(default_factory=Baseline)
    today: date = field(default_factory=date.today)


@dataclass(frozen=True)
class Outcome:
    """The result of a gate.

    Attributes:
        verdict: with the findings that are new.
        findings: all of them, new or known.
        rules: the names of the rules that ran.
    """

    verdict: Verdict
    findings: tuple[Finding, ...] = field(repr=False)
    rules: frozenset[str] = field(repr=False)


def pass_through(batch: Batch, gate: Gate, folder: str) -> Outcome:
    """Find what is wrong with a batch, and decide whether it passes.

    Args:
        batch: judged.
        gate: what it has to pass.
        folder: the image folder as the user gave it.

    Raises:
        InputError: no row could be checked, or an option names an unknown rule.
    """
    rows_checked = _rows_checked(batch)
    if not rows_checked:
        raise InputError(
            f"{batch.manifest.source.path}: expected rows that can be checked, found none of "
            f"{len(batch)} with both a label and an image that can be read",
            "Look at the manifest and at the image folder.",
        )
    findings = find(batch, gate.rules)
    rules = rules_looked_at(batch, gate.rules)
    applied = gate.baseline.apply(findings, gate.today, contents_of(batch), rules)
    return Outcome(_verdict(batch, gate, applied, folder, rows_checked), findings, rules)


def _verdict(batch: Batch, gate: Gate, applied: Applied, folder: str, rows_checked: int) -> Verdict:
    noise = without_known(batch.noise, applied.known)
    thin = thin_classes(batch, gate.rules.rare_class_images)
    source = batch.manifest.source
    return Verdict(
        source=source.path,
        folder=folder,
        is_folder=source.is_folder,
        rows=len(batch),
        rows_checked=rows_checked,
        findings=applied.new,
        known=len(applied.known),
        stale=applied.stale,
        for_review=_for_review(batch, applied),
        wrong_share=noise.overall,
        wrong_share_of_class=noise.of_class,
        exceeded=exceeded(applied.new, len(batch), noise, gate.thresholds, thin),
        undecided=undecided(noise, gate.thresholds, gate.rules, thin),
        allows_undecided=gate.thresholds.allow_undecided,
        all_right=batch.noise.all_right,
        outlook=batch.noise.outlook,
        encoder=batch.noise.encoder,
        audited=batch.noise.audited,
    )


def _for_review(batch: Batch, applied: Applied) -> int:
    """How many rows relabelling left to a person, without those whose label one has accepted."""
    accepted = {finding.row for finding in applied.known if RULES[finding.rule].has_confidence}
    rows = np.flatnonzero(batch.corrections.action == REVIEW).tolist()
    return sum(batch.manifest.row_number(row) not in accepted for row in rows)


def _rows_checked(batch: Batch) -> int:
    """How many rows have a label and an image that could be read."""
    has_label = np.array([bool(str(label).strip()) for label in batch.corrections.given_label])
    return int(np.sum(has_label & (batch.corrections.action != QUARANTINED)))
