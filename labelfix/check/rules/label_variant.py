"""`label-variant`: the label is another spelling of a more common one."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from labelfix.check.message_text import count, shown
from labelfix.check.rules.rule import Inspection, Rule
from labelfix.check.verdict import Finding
from labelfix.data.label_plurals import singulars
from labelfix.data.label_spelling import SpellingForms
from labelfix.data.label_typos import typos_of
from labelfix.judging.batch import Batch
from labelfix.options.rule_options import WARNING

TYPO = "typo"
PLURAL = "plural"

SHOWN_ESCAPED = frozenset({"Unicode form", "invisible characters", "look-alike letters"})
"""Differences that are visible only if the message escapes the characters."""


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
        """A sort key that puts the spelling to keep first: a known, common, tidy one."""
        rows = self.known.get(label, self.rows[label])
        is_untidy = label != " ".join(label.split()) or not label.isprintable()
        return label not in self.known, -rows, is_untidy, self.first.get(label, -1), label

    def count(self, label: str) -> int:
        """How common a label is, in the batch or in the reference."""
        return max(self.rows[label], self.known.get(label, 0))


def find(inspection: Inspection) -> Iterator[Finding]:
    """One finding for each spelling of a label that another one should replace.

    It is about no single image, so that it stays known while the rows change.
    """
    spellings = spellings_of(inspection.batch)
    forms = SpellingForms({*spellings.rows, *spellings.known})
    classes = inspection.batch.classes
    better_of = better_spellings(spellings, forms)
    better_of |= {
        label: name for label, name in classes.by_spelling.items() if label in spellings.rows
    }
    for label, better in sorted(better_of.items()):
        if (better, label) in classes.apart or (label, better) in classes.apart:
            continue
        same = forms.form(label) == forms.form(better)
        differences = forms.differences(label, better) if same else [TYPO]
        if forms.form(better) in singulars(forms.form(label)):
            differences = [PLURAL]
        show = _shown_escaped if SHOWN_ESCAPED.intersection(differences) else shown
        yield inspection.about(
            RULE,
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
    """The better spelling of each label of the batch that has one."""
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
    typos = typos_of(counts, rare)
    better = {
        label: best[typos.get(form, form)] for form, labels in groups.items() for label in labels
    }
    return {
        label: other
        for label, other in better.items()
        if label != other and label in spellings.rows
    }


def _shown_escaped(label: str) -> str:
    """A label in ASCII alone, so that a message tells look-alike letters apart."""
    return shown(label).encode("ascii", "backslashreplace").decode()


def _how_common(spellings: Spellings, label: str) -> str:
    if spellings.rows[label]:
        return f" ({count(spellings.rows[label], 'row')})"
    return f" ({count(spellings.known[label], 'image')} of the reference)"


RULE = Rule(
    name="label-variant",
    level=WARNING,
    summary="the label is another spelling of a more common one",
    advice="Write the more common spelling.",
    find=find,
    explanation="""
        Two labels differ only in how they are written: case, spaces, hyphens, underscores,
        invisible characters, or letters of another script that look the same. A rare label that
        is one typo away from a common one counts, too, and a plural whose images look like those
        of the singular. labelfix learns such labels as one class, but never rewrites them unless
        it is asked to. The more common spelling is suggested; with --reference,
        the one that the reference has. All rows of a label share one finding.

        Some classes do differ by so little: part-a and part A may be two. Where both are frequent
        and their images are told apart as well as those of other classes, they stay two classes
        and there is no finding.

        Write the suggested spelling in all rows; the option merge-spellings of labelfix run does.
        If both are intended, name them in --label-map, each mapped to itself, or skip the rule
        with --ignore label-variant.
    """,
)
