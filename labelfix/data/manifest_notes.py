"""Notes of a manifest: what a person should know before labels are learned from it.

They say how the manifest was read, one line each. What is wrong with labels is found by `check`.
"""

from collections import Counter
from collections.abc import Collection

from labelfix.data import names
from labelfix.data.label_plurals import singulars
from labelfix.data.label_spelling import SpellingForms
from labelfix.data.manifest import Manifest


def notes_of(manifest: Manifest) -> list[str]:
    """The notes of a manifest: rare classes, images in several rows."""
    counts = Counter(label for label in manifest.given_labels if label.strip())
    repeated = _annotated_images(manifest) if manifest.annotators else _repeated_images(manifest)
    return [*_single_labels(counts), *repeated]


def _single_labels(counts: Counter[str]) -> list[str]:
    forms = SpellingForms(counts)
    of_form = Counter(forms.form(label) or label for label in counts)
    single = sorted(
        label
        for label, count in counts.items()
        if count == 1
        and of_form[forms.form(label) or label] == 1
        and of_form.keys().isdisjoint(singulars(forms.form(label)))
    )
    if not single:
        return []
    return [
        f"{_count(single, 'class has', 'classes have')} a single row; "
        f"such a label is never changed: {names.listed(single)}"
    ]


def _repeated_images(manifest: Manifest) -> list[str]:
    """Images in several rows, with one label or with several."""
    times = Counter(manifest.images)
    labels_of: dict[str, set[str]] = {}
    for image, label in zip(manifest.images, manifest.given_labels, strict=True):
        if times[image] > 1:
            labels_of.setdefault(image, set()).add(label)
    disputed = sorted(image for image, given in labels_of.items() if len(given) > 1)
    agreed = sorted(labels_of.keys() - set(disputed))
    return [
        f"{_count(images, 'image is', 'images are')} in several rows "
        f"with {which}: {names.listed(images)}"
        for images, which in ((agreed, "the same label"), (disputed, "different labels"))
        if images
    ]


def _annotated_images(manifest: Manifest) -> list[str]:
    """How many images have several annotations, which is no mistake."""
    annotators_of: dict[str, list[str]] = {}
    rows = zip(manifest.images, manifest.given_labels, manifest.annotators or [], strict=True)
    for image, label, annotator in rows:
        if label.strip():
            annotators_of.setdefault(image, []).append(annotator)
    several = [image for image, annotators in annotators_of.items() if len(annotators) > 1]
    if not several:
        return []
    known = {name for image in several for name in annotators_of[image] if name.strip()}
    annotators = _count(known, "annotator", "annotators") if known else "unknown annotators"
    return [f"{_count(several, 'image has', 'images have')} several annotations, by {annotators}"]


def _count(items: Collection[str], one: str, many: str) -> str:
    return f"{len(items)} {one if len(items) == 1 else many}"
