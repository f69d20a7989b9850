"""Which findings to show where a format holds only so many, and how to tell them apart."""

from collections import Counter
from collections.abc import Sequence

from labelfix.check.finding import Finding
from labelfix.data import records
from labelfix.options.rule_options import ERROR


def surest(findings: Sequence[Finding], most: int) -> list[int]:
    """The positions of so many findings: errors before warnings and, of each, the surest first.

    What is no matter of probability, such as a missing file, is sure. Equal ones keep their order.
    """
    keys = [
        (finding.level != ERROR, -1.0 if finding.confidence is None else -finding.confidence)
        for finding in findings
    ]
    return sorted(range(len(findings)), key=keys.__getitem__)[:most]


def unique_fingerprints(findings: Sequence[Finding]) -> list[str]:
    """A fingerprint of each finding that no other one of them has.

    Two findings may have one key, for example where the same bytes lie in two files with the same
    wrong label. The first of them keeps its fingerprint, the second has the sha256 of that and of
    the number 2, and so on. So they stay the same from run to run while the order of these
    findings does.
    """
    times: Counter[str] = Counter()
    unique = []
    for finding in findings:
        first = finding.fingerprint
        times[first] += 1
        time = times[first]
        unique.append(first if time == 1 else records.fingerprint([first, time]))
    return unique
