"""The baseline: findings that a person accepted, so that only new ones fail a batch.

Rule, content and label identify an entry, not its row or its image's name: sort rows, rename files
or join manifests, and what was accepted stays accepted.
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
        rule: the finding's.
        content: as in `Finding.key`: the sha256 of the image's bytes; `image:` and its name if
            there are no bytes; the subject of a finding about no image; empty for a class.
        label: the given label.
        image: the image's name, for people; matching does not use it.
        reason: why it was accepted.
        expires: the last day on which it counts; None for no end.
    """

    rule: str
    content: str
    label: str
    image: str = ""
    reason: str = ""
    expires: date | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        """The key of the finding that it accepts, see `Finding.key`."""
        return self.rule, self.content, self.label

    @property
    def place(self) -> tuple[str, ...]:
        """The sort key of entries, so that diffs stay small."""
        return self.rule, self.image, self.label, self.content

    def is_over(self, today: date) -> bool:
        """Whether it has expired."""
        return self.expires is not None and today > self.expires

    def stale(self, why: str) -> StaleEntry:
        """This entry as a stale one."""
        return StaleEntry(
            rule=self.rule, image=self.image or self.content, label=self.label, why=why
        )


@dataclass(frozen=True)
class Applied:
    """Findings divided by a baseline.

    Attributes:
        new: findings without an entry, in their given order.
        known: the others, in the same order.
        stale: entries that a person should review, in the baseline's order.
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
        """Divide findings into new and known ones, and list the stale entries.

        An entry counts until the end of its last day. Then its finding is new again, and the
        entry is stale: `expired`. An entry that matches no finding is stale as well: `gone` if
        its image is not in the batch, else `fixed`.

        Args:
            findings: all of the batch.
            today: the current day.
            present: the images of the batch, see `contents_of`.
            rules: the names of the rules that ran; entries of others are never stale.
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
        """The baseline that accepts all findings of a batch.

        Entries whose finding is still there keep their reason and their last day. An expired one
        is not renewed: its finding fails until a person changes or deletes the entry. Entries
        whose finding is gone are dropped, even if their image is not in the batch, but never
        those of rules that did not run.

        Args:
            findings: all of the batch, known or new.
            rules: the names of the rules that ran.
            reason: why the new ones are accepted.
            expires: the last day on which the new ones count; None for no end.
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
    """The images of a batch as entries identify them: by their bytes and by their names."""
    by_name = {IMAGE_MARK + names.to_text(name) for name in batch.manifest.images}
    return frozenset(by_name.union(batch.images.content_hashes))


def _why_not_found(entry: Entry, present: Collection[str]) -> str:
    """Why an entry of a rule that ran has no finding; one about no image is fixed."""
    return FIXED if not entry.image or entry.content in present else GONE
