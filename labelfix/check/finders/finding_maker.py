"""Makes findings of a batch: what those of all rules have in common."""

from functools import cached_property
from typing import Any

from labelfix.check.finders.row_files import content_hash
from labelfix.check.finding import Finding
from labelfix.check.rules import RULES
from labelfix.data import names
from labelfix.judging.batch import Batch
from labelfix.options.rule_options import RuleOptions

MOST_NAMED = 5
"""Other images that a finding names; the message says how many more there are."""


class FindingMaker:
    """Makes findings of a batch under the rules that were chosen.

    Args:
        batch: what was judged.
        options: which rules are looked at, and their levels.
    """

    def __init__(self, batch: Batch, options: RuleOptions) -> None:
        self.batch = batch
        self.options = options

    def wants(self, *rules: str) -> bool:
        """Whether any of some rules is looked at."""
        return not self._chosen.isdisjoint(rules)

    def at_row(self, rule: str, row: int, message: str, **more: Any) -> Finding:
        """A finding about a row and its image.

        Args:
            rule: its name.
            row: counted from 0.
            message: one sentence.
            more: other attributes of the finding.
        """
        image = self.batch.manifest.images[row]
        return self.about(
            rule,
            message,
            row=row,
            image=names.to_text(image),
            given_label=self.batch.manifest.given_labels[row],
            content_hash=self._content_hash(row, image),
            **more,
        )

    def about(self, rule: str, message: str, row: int | None = None, **more: Any) -> Finding:
        """A finding about a class or an annotator, with the row at which it shows, if any."""
        lines = self.batch.manifest.lines
        return Finding(
            rule,
            self.options.levels.get(rule, RULES[rule].level),
            message,
            row=None if row is None else self.batch.manifest.row_number(row),
            line=None if row is None or lines is None else lines[row],
            **more,
        )

    def _content_hash(self, row: int, image: str) -> str:
        which = int(self.batch.row_images[row])
        if which >= 0:
            return self.batch.images.content_hashes[which]
        if image not in self._read:
            self._read[image] = content_hash(self.batch.images.folder, image)
        return self._read[image]

    @cached_property
    def _read(self) -> dict[str, str]:
        return {}

    @cached_property
    def _chosen(self) -> frozenset[str]:
        return _chosen(self.options)


def rules_looked_at(batch: Batch, options: RuleOptions) -> frozenset[str]:
    """The names of the rules that a batch can break: chosen, and not beyond what is known of it."""
    impossible = {
        "unknown-label": batch.reference is None,
        "split-leak": batch.splits is None,
        "noisy-annotator": not batch.noise.annotators,
    }
    return _chosen(options).difference(rule for rule, is_so in impossible.items() if is_so)


def _chosen(options: RuleOptions) -> frozenset[str]:
    return (frozenset(RULES) if options.select is None else options.select) - options.ignore
