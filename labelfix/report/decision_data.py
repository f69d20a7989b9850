"""What a page's script needs so that a person can decide about labels and export the answers."""

from collections.abc import Iterable, Sequence
from typing import Any

from labelfix.data import names, records
from labelfix.data.answers import (
    CANNOT_TELL,
    CHANGE,
    DECISION_COLUMNS,
    KEEP,
    NO_CLASS,
    NONE_OF_THEM,
    NOT_SURE,
)
from labelfix.judging.batch import Batch
from labelfix.report.page_text import visible

SHOWN_CHARACTERS = 40
"""Of a label on a button."""


def data_set_key(batch: Batch) -> str:
    """A text that is the same for the same images, whatever their labels are by now."""
    images = zip(batch.images.names, batch.images.content_hashes, strict=True)
    known = sorted([names.to_text(name), content] for name, content in images)
    unread = sorted({names.to_text(image) for image in batch.manifest.images})
    return records.fingerprint([known, unread])[:16]


def decision_setup(batch: Batch, *, is_whole_data_set: bool = True) -> dict[str, Any]:
    """How decisions are kept and exported.

    Args:
        batch: of the page.
        is_whole_data_set: whether decisions of other pages about these images are exported, too.
    """
    labels = {
        *batch.support,
        *batch.noise.class_names,
        *batch.manifest.given_labels,
        *(label for label in batch.corrections.suggested_label if label is not None),
    }
    return {
        "key": data_set_key(batch),
        "classes": buttons_for(sorted(label for label in labels if label.strip())),
        "columns": list(DECISION_COLUMNS),
        "delimiter": batch.manifest.source.delimiter,
        "answers": {NOT_SURE: CANNOT_TELL, NONE_OF_THEM: NO_CLASS},
        "words": {"keep": KEEP, "change": CHANGE, "unsure": NOT_SURE, "none": NONE_OF_THEM},
        "everything": is_whole_data_set,
    }


def decision_facts(
    image: str,
    given_label: str,
    others: Iterable[str | None],
    *,
    row: int | None = None,
    chance: float | None = None,
) -> dict[str, Any]:
    """What a decision about an image is made of.

    Args:
        image: as `names.to_text` writes it.
        given_label: blank where there is none.
        others: further labels to choose from, the likeliest first; the first is the suggested one.
        row: its number in the manifest.
        chance: the probability with which it was drawn for an audit.
    """
    suggested = [label for label in others if label is not None and label.strip()]
    choices = [label for label in dict.fromkeys([given_label, *suggested]) if label.strip()]
    return {
        "image": image,
        "row": "" if row is None else str(row),
        "given": given_label,
        "suggested": suggested[0] if suggested else "",
        "choices": buttons_for(choices),
        "chance": "" if chance is None else repr(chance),
    }


def buttons_for(labels: Sequence[str]) -> list[list[str]]:
    """Each label as it is, and as a button shows it where that differs."""
    shown = [visible(label, SHOWN_CHARACTERS) for label in labels]
    return [
        [label] if label == text else [label, text]
        for label, text in zip(labels, shown, strict=True)
    ]
