"""What a rule is, and the inspection in which its finder makes findings."""

import hashlib
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from labelfix.check.rules.copies import CopyGroup, copy_groups, find_copies
from labelfix.check.verdict import Finding
from labelfix.data import names
from labelfix.data.image_paths import path_inside
from labelfix.images.decode import UnreadableImageError, read_image_file
from labelfix.judging.batch import Batch
from labelfix.options.rule_options import RuleOptions

MAX_WRONG_RATE = "max_wrong_rate"
MAX_UNREADABLE = "max_unreadable"
"""Fields of `Thresholds` that may count a rule's findings instead of `max_findings`."""


def _always(_: Batch) -> bool:
    return True


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule: all that is known of it.

    Attributes:
        name: the id that findings have.
        level: of its findings unless an option sets another one.
        summary: what a finding says; one sentence without a full stop.
        advice: what to do about it; one sentence.
        explanation: how it is found, what may mislead, what to do and which options bear on it;
            three paragraphs.
        find: makes its findings. Its thresholds are read there from `Inspection.options`; their
            defaults are fields of `RuleOptions`.
        applies: whether a batch can break the rule at all.
        has_confidence: whether its findings doubt a label with a probability, so that
            `RuleOptions.min_confidence_of` may name the rule and a baseline lowers the estimated
            share of wrong labels.
        counted_by: the field of `Thresholds` that, where it is set, counts its findings instead
            of `max_findings`.
    """

    name: str
    level: str
    summary: str
    advice: str
    explanation: str = field(repr=False)
    find: Callable[["Inspection"], Iterator[Finding]] = field(repr=False)
    applies: Callable[[Batch], bool] = field(default=_always, repr=False)
    has_confidence: bool = False
    counted_by: str = ""

    def __post_init__(self) -> None:
        paragraphs = self.explanation.strip().split("\n\n")
        one_line_each = "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
        object.__setattr__(self, "explanation", one_line_each)


class Inspection:
    """A batch while rules look for findings in it.

    Args:
        batch: judged.
        options: which rules are selected, their levels and their thresholds.
        rule_names: of all rules; a class may have the name of one.
    """

    def __init__(self, batch: Batch, options: RuleOptions, rule_names: Collection[str]) -> None:
        self.batch = batch
        self.options = options
        self.rule_names = rule_names
        self._found: dict[str, tuple[Finding, ...]] = {}
        self._hashes: dict[str, str] = {}

    def wants(self, rule: Rule) -> bool:
        """Whether a rule is selected."""
        return is_selected(rule.name, self.options)

    def findings_of(self, rule: Rule) -> tuple[Finding, ...]:
        """The findings of a rule, made once; none where it is not selected."""
        if not self.wants(rule):
            return ()
        if rule.name not in self._found:
            self._found[rule.name] = tuple(rule.find(self))
        return self._found[rule.name]

    @cached_property
    def copy_groups(self) -> tuple[CopyGroup, ...]:
        """Rows whose images are copies, in groups."""
        copies = find_copies(self.batch, self.options.near_duplicate)
        return tuple(copy_groups(self.batch, copies))

    def at_row(self, rule: Rule, row: int, message: str, **more: Any) -> Finding:
        """A finding about a row and its image.

        Args:
            rule: that is broken.
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
            annotator=_of_row(self.batch.manifest.annotators, row),
            split=_of_row(self.batch.splits, row),
            **more,
        )

    def about(self, rule: Rule, message: str, row: int | None = None, **more: Any) -> Finding:
        """A finding about a class or an annotator, with the row at which it shows, if any."""
        lines = self.batch.manifest.lines
        return Finding(
            rule=rule.name,
            level=self.options.levels.get(rule.name, rule.level),
            message=message,
            row=None if row is None else self.batch.manifest.row_number(row),
            line=None if row is None or lines is None else lines[row],
            **more,
        )

    def _content_hash(self, row: int, image: str) -> str:
        which = int(self.batch.row_images[row])
        if which >= 0:
            return self.batch.images.content_hashes[which]
        if image not in self._hashes:
            self._hashes[image] = content_hash(self.batch.images.folder, image)
        return self._hashes[image]


def _of_row(texts: Sequence[str] | None, row: int) -> str:
    """The text of a row, without spaces at its ends; empty where no row has one."""
    return "" if texts is None else texts[row].strip()


def is_selected(name: str, options: RuleOptions) -> bool:
    """Whether the options select a rule."""
    return name not in options.ignore and (options.select is None or name in options.select)


def content_hash(folder: Path | None, image: str) -> str:
    """The sha256 of a file's bytes; empty where it cannot be read, or lies outside the folder.

    Args:
        folder: of the images; None where it is not known.
        image: the file's name, relative to the folder.
    """
    path = None if folder is None else path_inside(folder, image)
    if path is None:
        return ""
    try:
        return hashlib.sha256(read_image_file(path)).hexdigest()
    except UnreadableImageError:
        return ""
