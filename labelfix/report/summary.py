"""Counts of findings: by rule, by class, by pair of labels, and those about no image."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from labelfix.check.rules.registry import RULES
from labelfix.check.verdict import Finding
from labelfix.options.rule_options import ERROR, WARNING
from labelfix.report.cards import COPIES


@dataclass(frozen=True, kw_only=True)
class RuleCount:
    """How many findings a rule has."""

    rule: str
    level: str
    summary: str
    findings: int


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A given and a suggested label, and how many cards have both."""

    index: int
    given: str
    suggested: str | None
    cards: int

    @property
    def labels(self) -> tuple[str, str | None]:
        """The given label and the suggested one."""
        return self.given, self.suggested


@dataclass(frozen=True, kw_only=True)
class ClassCount:
    """How many cards have a label as the given one, and as the suggested one of another class."""

    label: str
    given: int
    suggested: int


@dataclass(frozen=True, kw_only=True)
class Counts:
    """All findings and all cards, counted.

    Attributes:
        errors, warnings: how many findings of each level.
        rules: errors first, then by number of findings.
        general: findings about a class or an annotator.
        not_shown: how many findings about images have no card, by rule.
        pairs: of the cards, the commonest first.
        classes: of the cards' labels, the one with the most cards first.
        card_rules: (rule, how many cards it has).
    """

    errors: int
    warnings: int
    rules: Sequence[RuleCount]
    general: Sequence[Finding] = field(repr=False)
    not_shown: Sequence[tuple[str, int]]
    pairs: Sequence[Pair] = field(repr=False)
    classes: Sequence[ClassCount] = field(repr=False)
    card_rules: Sequence[tuple[str, int]]

    @property
    def corrections(self) -> list[Pair]:
        """The pairs in which another label is suggested."""
        return [pair for pair in self.pairs if pair.suggested not in (None, pair.given)]


def count_all(
    findings: Sequence[Finding],
    shown: Sequence[Finding],
    indices: Mapping[tuple[str, str | None], int] | None = None,
) -> Counts:
    """Count findings and cards.

    Args:
        findings: all of them.
        shown: those that have a card.
        indices: of the pairs; None numbers them, the commonest first.
    """
    levels = Counter(finding.level for finding in findings)
    by_rule = Counter((finding.rule, finding.level) for finding in findings)
    rules = [
        RuleCount(
            rule=rule,
            level=level,
            summary=RULES[rule].summary if rule in RULES else "",
            findings=number,
        )
        for (rule, level), number in by_rule.items()
    ]
    card_rules = Counter(finding.rule for finding in shown)
    about_images = Counter(
        finding.rule
        for finding in findings
        if finding.image and not (finding.rule in COPIES and finding.related)
    )
    return Counts(
        errors=levels[ERROR],
        warnings=levels[WARNING],
        rules=sorted(rules, key=lambda one: (one.level != ERROR, -one.findings, one.rule)),
        general=[finding for finding in findings if not finding.image],
        not_shown=_commonest(about_images - card_rules),
        pairs=_pairs(shown, indices),
        classes=_classes(shown),
        card_rules=_commonest(card_rules),
    )


def _pairs(
    shown: Sequence[Finding], indices: Mapping[tuple[str, str | None], int] | None
) -> list[Pair]:
    counts = Counter((finding.given_label, finding.suggested_label) for finding in shown)
    ranked = sorted(counts.items(), key=lambda one: (-one[1], one[0][0], one[0][1] or ""))
    return [
        Pair(
            index=index if indices is None else indices[given, suggested],
            given=given,
            suggested=suggested,
            cards=number,
        )
        for index, ((given, suggested), number) in enumerate(ranked)
    ]


def _classes(shown: Sequence[Finding]) -> list[ClassCount]:
    given = Counter(finding.given_label for finding in shown)
    suggested = Counter(
        finding.suggested_label
        for finding in shown
        if finding.suggested_label not in (None, finding.given_label)
    )
    counts = [
        ClassCount(label=label, given=given[label], suggested=suggested[label])
        for label in {*given, *suggested}
        if label is not None and label.strip()
    ]
    return sorted(counts, key=lambda one: (-one.given - one.suggested, one.label))


def _commonest(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda one: (-one[1], one[0]))
