"""Counts of findings: by rule, by pair of labels, and those about no image."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from labelfix.check.rules.registry import RULES
from labelfix.check.verdict import Finding
from labelfix.options.rule_options import ERROR, WARNING
from labelfix.report.cards import Card


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


@dataclass(frozen=True, kw_only=True)
class Counts:
    """All findings and all cards, counted.

    Attributes:
        errors, warnings: how many findings of each level.
        rules: errors first, then by number of findings.
        general: findings about a class or an annotator.
        not_shown: how many findings about images have no card, by rule.
        pairs: of the cards, the commonest first.
        card_rules: (rule, how many cards it has).
    """

    errors: int
    warnings: int
    rules: Sequence[RuleCount]
    general: Sequence[Finding] = field(repr=False)
    not_shown: Sequence[tuple[str, int]]
    pairs: Sequence[Pair] = field(repr=False)
    card_rules: Sequence[tuple[str, int]]

    @property
    def corrections(self) -> list[Pair]:
        """The pairs in which another label is suggested."""
        return [pair for pair in self.pairs if pair.suggested not in (None, pair.given)]


def count_all(findings: Sequence[Finding], cards: Sequence[Card]) -> Counts:
    """Count findings and cards.

    Args:
        findings: all of them.
        cards: the findings that are shown with their images.
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
    shown = Counter(card.finding.rule for card in cards)
    about_images = Counter(finding.rule for finding in findings if finding.image)
    return Counts(
        errors=levels[ERROR],
        warnings=levels[WARNING],
        rules=sorted(rules, key=lambda one: (one.level != ERROR, -one.findings, one.rule)),
        general=[finding for finding in findings if not finding.image],
        not_shown=_commonest(about_images - shown),
        pairs=_pairs(cards),
        card_rules=_commonest(shown),
    )


def _pairs(cards: Sequence[Card]) -> list[Pair]:
    counts = Counter(card.pair for card in cards)
    ranked = sorted(counts.items(), key=lambda one: (-one[1], one[0][0], one[0][1] or ""))
    return [
        Pair(index=index, given=given, suggested=suggested, cards=number)
        for index, ((given, suggested), number) in enumerate(ranked)
    ]


def _commonest(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda one: (-one[1], one[0]))
