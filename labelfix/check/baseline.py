"""The baseline: findings that a person has seen and let stand, so that only new ones fail.

An entry is known by rule, content and label, never by its row or by the image's name: rows may be
sorted, files renamed and manifests joined, and what was accepted stays accepted.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date

from labelfix.check.verdict import EXPIRED, FIXED, GONE, IMAGE_MARK, Finding, StaleEntry
from labelfix.data import names
from labelfix.judging.batch import Batch


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One finding that was accepted.

    Attributes:
        rule: as the finding has it.
        content: what `Finding.key` has: the sha256 of the image's bytes; `image:` and its name
            where there are no bytes; whom it is about where that is no image; empty for a class.
        label: the given label.
        image: the image's name, for people; it says nothing about what the entry matches.
        reason: why it was accepted.
        expires: the last day on which it counts; None for ever.
    """

    rule: str
    content: str
    label: str
    image: str = ""
    reason: str = ""
    expires: date | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        """As `Finding.key`."""
        return self.rule, self.content, self.label

    @property
    def place(self) -> tuple[str, ...]:
        """By which entries are sorted, so that a diff shows what a person expects."""
        return self.rule, self.image, self.label, self.content

    def is_over(self, today: date) -> bool:
        """Whether it no longer counts."""
        return self.expires is not None and today > self.expires

    def stale(self, why: str) -> StaleEntry:
        """This entry as one to be looked at."""
        return StaleEntry(
            rule=self.rule, image=self.image or self.content, label=self.label, why=why
        )


@dataclass(frozen=True)
class Applied:
    """Findings once the baseline was looked at.

    Attributes:
        new: that no entry knows, in the order in which they came.
        known: the others, in that order too.
        stale: entries to be looked at, in the baseline's order.
    """

    new: tuple[Finding, ...] = field(repr=False)
    known: tuple[Finding, ...] = field(repr=False)
    stale: tuple[StaleEntry, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Baseline:
    """Accepted findings, each once, sorted by rule, image and label."""

    entries: tuple[Entry, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        if len({entry.key for entry in self.entries}) != len(self.entries):
            raise ValueError("expected every key once")
        ordered = tuple(sorted(self.entries, key=lambda entry: entry.place))
        object.__setattr__(self, "entries", ordered)

    def __len__(self) -> int:
        return len(self.entries)

    def apply(
        self,
        findings: Sequence[Finding],
        today: date,
        present: Collection[str],
        rules: Collection[str],
    ) -> Applied:
        """Tell new findings from known ones, and say which entries are to be looked at.

        An entry counts until the end of its last day. Afterwards its finding is new again, and
        the entry is stale as `expired`. An entry that matches no finding is stale as `gone` where
        its image is not in the batch, else as `fixed`.

        Args:
            findings: all that the batch has.
            today: the day on which this is asked.
            present: the images of the batch, see `contents_of`.
            rules: the names of the rules that were looked at; entries of others are never stale.
        """
        counting = {entry.key for entry in self.entries if not entry.is_over(today)}
        found = {finding.key for finding in findings}
        stale = []
        for entry in self.entries:
            if entry.key in found:
                why = EXPIRED if entry.key not in counting else ""
            else:
                why = _why_not_found(entry, present) if entry.rule in rules else ""
            if why:
                stale.append(entry.stale(why))
        return Applied(
            tuple(finding for finding in findings if finding.key not in counting),
            tuple(finding for finding in findings if finding.key in counting),
            tuple(stale),
        )

    def updated(
        self,
        findings: Sequence[Finding],
        rules: Collection[str],
        reason: str,
        expires: date | None = None,
    ) -> "Baseline":
        """The baseline that knows all findings of a batch.

        Entries that are still found keep their reason and their last day. An expired one is not
        renewed: it stays as it is, so that its finding still fails until a person changes or
        deletes the entry. Entries that are not found any more are dropped, also those whose image
        is not in the batch, but never those of rules that were not looked at.

        Args:
            findings: all that the batch has, known or new.
            rules: the names of the rules that were looked at.
            reason: why the new ones are accepted.
            expires: the last day on which the new ones count; None for ever.
        """
        images: dict[tuple[str, str, str], str] = {}
        for finding in findings:
            # Copies of an image share a key; the name does not depend on the rows' order.
            images[finding.key] = min(images.get(finding.key, finding.image), finding.image)
        kept = {
            entry.key: entry
            for entry in self.entries
            if entry.key in images or entry.rule not in rules
        }
        new = [
            Entry(
                rule=rule,
                content=content,
                label=label,
                image=image,
                reason=reason,
                expires=expires,
            )
            for (rule, content, label), image in images.items()
            if (rule, content, label) not in kept
        ]
        return Baseline((*kept.values(), *new))


def contents_of(batch: Batch) -> frozenset[str]:
    """The images of a batch, as entries name them: by their bytes, and by their names."""
    by_name = {IMAGE_MARK + names.to_text(name) for name in batch.manifest.images}
    return frozenset(by_name.union(batch.images.content_hashes))


def _why_not_found(entry: Entry, present: Collection[str]) -> str:
    """What became of an entry of a rule that was looked at; one about no image is fixed."""
    return FIXED if not entry.image or entry.content in present else GONE
