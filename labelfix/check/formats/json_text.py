"""`json` and `json-lines`: the verdict and its findings, for programs."""

import json
from dataclasses import asdict
from typing import Any

from labelfix.check.formats.verdict_text import as_findings, unique_fingerprints
from labelfix.check.verdict import Finding, Verdict
from labelfix.data import names
from labelfix.data.shares import DECIMALS, share_as_json
from labelfix.noise.encoder_strength import strength_as_json
from labelfix.noise.outlook import outlook_as_json
from labelfix.version import __version__


def render(verdict: Verdict) -> str:
    """One JSON object.

    Its keys:
        labelfix: the version that made it.
        source: the manifest as given, or the image folder without one.
        folder: the image folder as given.
        is_folder: whether there is no manifest.
        verdict: `passed`, `failed` or `cannot tell`.
        passed: whether the verdict is `passed`.
        rows, rows_checked: all rows, and those whose label was judged.
        counts: how many findings each rule has, if any.
        known: how many more findings are in the baseline.
        stale: entries of the baseline to review: `rule`, `image`, `label` and `why`.
        labels: how many single labels are `wrong`, `doubtful` and `for_review`.
        wrong_share: the estimated share of wrong labels, or null: `rows`, `share`, and the 95 %
            interval from `low` to `high`.
        wrong_share_of_class: the same for each given label.
        all_right: the belief that all labels are right, from 0 to 1, or null.
        outlook: what a person's answers would gain, or null: `answers`, half the width of the
            interval `now` and `then`, and whether that `settles` enough to ask.
        audited_rows: how many rows a person verified.
        encoder: how far the encoder can be trusted, or null: `encoder`, the share of images that
            are `recognised` without their label, the `confused` pairs of classes, the interval of
            the share of wrong labels from `low` to `high`, `is_weak`, and the `warning`, empty
            where the encoder is good.
        exceeded: the exceeded thresholds: `threshold` and `message`.
        undecided: those of which the batch says too little: also what is `needed`.
        findings: in the order of their rows; see `as_object`.
    """
    marks = unique_fingerprints(verdict.findings)
    document = {
        "labelfix": __version__,
        "source": names.to_text(verdict.source),
        "folder": names.to_text(verdict.folder),
        "is_folder": verdict.is_folder,
        "verdict": verdict.decision,
        "passed": verdict.passed,
        "rows": verdict.rows,
        "rows_checked": verdict.rows_checked,
        "counts": dict(sorted(verdict.counts.items())),
        "known": verdict.known,
        "stale": [asdict(entry) for entry in verdict.stale],
        "labels": verdict.labels.as_json(),
        "wrong_share": None if verdict.wrong_share is None else share_as_json(verdict.wrong_share),
        "wrong_share_of_class": {
            label: share_as_json(share) for label, share in verdict.wrong_share_of_class.items()
        },
        "all_right": verdict.all_right,
        "outlook": None if verdict.outlook is None else outlook_as_json(verdict.outlook),
        "audited_rows": verdict.audited,
        "encoder": None if verdict.encoder is None else strength_as_json(verdict.encoder),
        "exceeded": [asdict(over) for over in verdict.exceeded],
        "undecided": [asdict(one) for one in verdict.undecided],
        "findings": [
            as_object(finding, mark) for finding, mark in zip(verdict.findings, marks, strict=True)
        ],
    }
    # ASCII alone, so that no character acts on a terminal or an editor.
    return json.dumps(document, indent=2, allow_nan=False) + "\n"


def as_object(finding: Finding, fingerprint: str) -> dict[str, Any]:
    """A finding for JSON.

    Its keys are the attributes of `Finding`, `confidence` and `second_confidence` rounded to 6
    decimals and null where there is none, and `fingerprint`, unique in the verdict.
    """
    numbers = {
        name: None if value is None else round(value, DECIMALS)
        for name, value in (
            ("confidence", finding.confidence),
            ("second_confidence", finding.second_confidence),
        )
    }
    return {**asdict(finding), **numbers, "fingerprint": fingerprint}


def render_lines(verdict: Verdict) -> str:
    """One JSON object a line with the keys of `as_object`; empty if there is nothing to say.

    What is undecided comes last, as findings of `cannot-tell`.
    """
    lines = [*verdict.findings, *as_findings(verdict)]
    objects = map(as_object, lines, unique_fingerprints(lines))
    return "".join(json.dumps(finding, allow_nan=False) + "\n" for finding in objects)
