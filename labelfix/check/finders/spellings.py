"""Labels that are another spelling of a more common one."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from labelfix.check.finders.finding_maker import FindingMaker
from labelfix.check.finders.slips import slips_of
from labelfix.check.finding import Finding
from labelfix.check.wording import count, shown
from labelfix.data.label_spelling import SpellingForms
from labelfix.judging.batch import Batch

LABEL_VARIANT = "label-variant"

SLIP = "a slip of the pen"

SHOWN_ESCAPED = frozenset({"Unicode form", "invisible characters", "look-alike letters"})
"""Differences that cannot be seen unless a message escapes the characters."""


@dataclass(frozen=True)
class Spellings:
    """The labels of a batch and of its reference.

    Attributes:
        rows: how many rows of the batch each label has.
        first: the first of them, counted from 0.
        known: how many images of the reference each label has; empty without one.
    """

    rows: Counter[str] = field(repr=False)
    first: dict[str, int] = field(repr=False)
    known: dict[str, int] = field(repr=False)

    def standing(self, label: str) -> tuple[bool, int, bool, int, str]:
        """Sorts the spelling to keep to the front: a known one, the commonest, a tidy one."""
        count = self.known.get(label, self.rows[label])
        is_untidy = label != " ".join(label.split()) or not label.isprintable()
        return label not in self.known, -count, is_untidy, self.first.get(label, -1), label

    def count(self, label: str) -> int:
        """How common a label is, in the batch or in the reference."""
        return max(self.rows[label], self.known.get(label, 0))


def spelling_findings(maker: FindingMaker) -> Iterator[Finding]:
    """One finding for each spelling of a label that another one is to be written for.

    It is about no single image, so that it stays known while the rows change.
    """
    if not maker.wants(LABEL_VARIANT):
        return
    spellings = spellings_of(maker.batch)
    forms = SpellingForms({*spellings.rows, *spellings.known})
    for label, better in sorted(better_spellings(spellings, forms).items()):
        same = forms.form(label) == forms.form(better)
        differences = forms.differences(label, better) if same else [SLIP]
        show = _shown_escaped if SHOWN_ESCAPED.intersection(differences) else shown
        yield maker.about(
            LABEL_VARIANT,
            f"label {show(label)} of {count(spellings.rows[label], 'row')} is another "
            f"spelling of {show(better)}{_how_common(spellings, better)}: {', '.join(differences)}",
            row=spellings.first[label],
            given_label=label,
            suggested_label=better,
        )


def spellings_of(batch: Batch) -> Spellings:
    """The labels of a batch and of its reference."""
    given = batch.manifest.given_labels
    first: dict[str, int] = {}
    for row, label in enumerate(given):
        if label.strip():
            first.setdefault(label, row)
    rows = Counter(label for label in given if label.strip())
    return Spellings(rows, first, {} if batch.reference is None else dict(batch.support))


def better_spellings(spellings: Spellings, forms: SpellingForms) -> dict[str, str]:
    """The spelling to write instead, for each label of the batch that there is a better one for."""
    groups: dict[str, list[str]] = {}
    for label in {**spellings.first, **spellings.known}:
        form = forms.form(label)
        if form:
            groups.setdefault(form, []).append(label)
    best = {form: min(labels, key=spellings.standing) for form, labels in groups.items()}
    counts = {
        form: sum(spellings.count(label) for label in labels) for form, labels in groups.items()
    }
    rare = {form: counts[form] for form, label in best.items() if label not in spellings.known}
    slips = slips_of(counts, rare)
    better = {
        label: best[slips.get(form, form)] for form, labels in groups.items() for label in labels
    }
    return {
        label: other
        for label, other in better.items()
        if label != other and label in spellings.rows
    }


def _shown_escaped(label: str) -> str:
    """A label for a message in ASCII alone, to tell apart letters that look the same."""
    return shown(label).encode("ascii", "backslashreplace").decode()


def _how_common(spellings: Spellings, label: str) -> str:
    if spellings.rows[label]:
        return f" ({count(spellings.rows[label], 'row')})"
    return f" ({count(spellings.known[label], 'image')} of the reference)"
