"""Small batches made by hand."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from labelfix.check.finders.finding_maker import FindingMaker
from labelfix.check_config import RuleOptions
from labelfix.data import names
from labelfix.data.corrections import (
    KEEP,
    PREDICT,
    QUARANTINED,
    RELABEL,
    REVIEW,
    Corrections,
)
from labelfix.data.manifest import Manifest, ManifestSource
from labelfix.data.neighbours import NearestImages, Neighbours
from labelfix.judging.batch import Batch, BatchNoise, KnownImages

FAR = 0.1
"""The similarity of images of which nothing else is said."""


@dataclass(frozen=True)
class RowOfBatch:
    """A row as a test gives it; what it leaves out is of a row with nothing to find.

    Attributes:
        suggested: None is the given label.
        self_confidence: None is 0.99, or NaN for a blank label.
        action: None is `relabel` where another label is suggested, `predict` for a blank label,
            `quarantined` where the row has no image, and else `keep`.
        reason: as the corrections have it.
        has_image: whether the image could be read.
        content: what the file holds; None is a content of its own.
    """

    image: str
    label: str = "cat"
    suggested: str | None = None
    self_confidence: float | None = None
    action: str | None = None
    reason: str = ""
    has_image: bool = True
    content: str | None = None
    split: str = ""
    annotator: str | None = None

    @property
    def is_blank(self) -> bool:
        return not self.label.strip()

    @property
    def acted(self) -> str:
        if self.action is not None:
            return self.action
        if not self.has_image:
            return QUARANTINED
        if self.is_blank:
            return PREDICT
        return KEEP if self.suggested in (None, self.label) else RELABEL


@dataclass(frozen=True)
class KnownImage:
    """An image of a reference."""

    image: str
    label: str = "cat"
    content: str | None = None
    split: str = ""


@pytest.fixture(scope="session")
def make_batch() -> Callable[..., Batch]:
    """Make a batch of rows, each a dict of `RowOfBatch`'s attributes.

    `near` gives the similarities of pairs of images, of the batch or of it and the reference;
    `reference` is a list of dicts of `KnownImage`'s attributes; `lines` is on which line of the
    text each row begins; `neighbours` is K.
    """

    def make(
        rows: Sequence[Mapping[str, object]],
        near: Mapping[tuple[str, str], float] | None = None,
        reference: Sequence[Mapping[str, object]] | None = None,
        noise: BatchNoise | None = None,
        lines: Sequence[int] | None = None,
        neighbours: int = 3,
        folder: Path | None = None,
        support: Mapping[str, int] | None = None,
    ) -> Batch:
        given = [RowOfBatch(**row) for row in rows]
        known = None if reference is None else [KnownImage(**image) for image in reference]
        images = _images(given, folder)
        position = {name: place for place, name in enumerate(images.names)}
        judging = images.labels if known is None else [image.label for image in known]
        return Batch(
            manifest=replace(_manifest(given), lines=None if lines is None else list(lines)),
            corrections=_corrections(given),
            row_images=np.array(
                [position.get(row.image, -1) if row.has_image else -1 for row in given],
                dtype=np.int64,
            ),
            images=images,
            within=_within(images.names, near or {}, neighbours),
            support=dict(Counter(filter(None, judging)) if support is None else support),
            noise=noise or BatchNoise(None),
            splits=[row.split for row in given] if any(row.split for row in given) else None,
            reference=None if known is None else _known_images(known),
            nearest=None
            if known is None
            else _nearest(images.names, known, near or {}, neighbours),
        )

    return make


@pytest.fixture(scope="session")
def make_maker(make_batch) -> Callable[..., FindingMaker]:
    """Make a maker of findings: `options` are those of the rules, all else is of the batch."""

    def make(rows, options: RuleOptions | None = None, **more) -> FindingMaker:
        return FindingMaker(make_batch(rows, **more), options or RuleOptions())

    return make


def _images(rows: Sequence[RowOfBatch], folder: Path | None) -> KnownImages:
    first: dict[str, RowOfBatch] = {}
    for row in rows:
        if row.has_image:
            first.setdefault(row.image, row)
    labels = {
        name: Counter(row.label for row in rows if row.image == name).most_common(1)[0][0]
        for name in first
    }
    return KnownImages(
        list(first),
        [labels[name] for name in first],
        [f"sha-{name if row.content is None else row.content}" for name, row in first.items()],
        folder=folder,
    )


def _known_images(known: Sequence[KnownImage]) -> KnownImages:
    return KnownImages(
        [image.image for image in known],
        [image.label for image in known],
        [f"sha-{image.image if image.content is None else image.content}" for image in known],
        [image.split for image in known] if any(image.split for image in known) else None,
    )


def _manifest(rows: Sequence[RowOfBatch]) -> Manifest:
    columns = {
        "image": [names.to_text(row.image) for row in rows],
        "label": [row.label for row in rows],
    }
    has_annotators = any(row.annotator is not None for row in rows)
    if has_annotators:
        columns["annotator"] = [row.annotator or "" for row in rows]
    return Manifest(
        table=pa.table(columns),
        image_column="image",
        label_column="label",
        source=ManifestSource(path="manifest.csv", sha256="0" * 64),
        images=[row.image for row in rows],
        given_labels=[row.label for row in rows],
        annotator_column="annotator" if has_annotators else None,
        annotators=columns.get("annotator"),
    )


def _corrections(rows: Sequence[RowOfBatch]) -> Corrections:
    used = [row.acted != QUARANTINED for row in rows]
    suggested = [row.suggested or row.label for row in rows]
    sure = [
        row.self_confidence
        if row.self_confidence is not None
        else (np.nan if row.is_blank or not row.has_image else 0.99)
        for row in rows
    ]
    moved = [
        row.acted in (RELABEL, PREDICT) or (row.is_blank and is_used)
        for row, is_used in zip(rows, used, strict=True)
    ]
    label = [
        other if is_moved else row.label
        for row, other, is_moved in zip(rows, suggested, moved, strict=True)
    ]
    return Corrections(
        label=np.array(label, dtype=object),
        given_label=np.array([row.label for row in rows], dtype=object),
        suggested_label=np.array(
            [other if is_used else None for other, is_used in zip(suggested, used, strict=True)],
            dtype=object,
        ),
        confidence=np.array([0.9 if is_used else np.nan for is_used in used]),
        self_confidence=np.array(sure, dtype=np.float64),
        neighbour_agreement=np.array([0.5 if is_used else np.nan for is_used in used]),
        action=np.array([row.acted for row in rows], dtype=object),
        reason=np.array([row.reason for row in rows], dtype=object),
        review_rank=np.array([int(row.acted == REVIEW) for row in rows], dtype=np.int64),
        second_label=np.full(len(rows), None, dtype=object),
        second_confidence=np.full(len(rows), np.nan),
        question_value=np.zeros(len(rows)),
    )


def _similarities(
    images: Sequence[str], others: Sequence[str], near: Mapping[tuple[str, str], float]
) -> np.ndarray:
    """(N, M), symmetric in what is said of pairs."""
    both = {**near, **{(two, one): value for (one, two), value in near.items()}}
    similar = [[both.get((one, two), FAR) for two in others] for one in images]
    return np.array(similar, dtype=np.float32).reshape(len(images), len(others))


def _within(images: Sequence[str], near: Mapping[tuple[str, str], float], k: int) -> Neighbours:
    similar = _similarities(images, images, near)
    np.fill_diagonal(similar, -2)
    order = np.argsort(-similar, axis=1, kind="stable")[:, : min(k, max(len(images) - 1, 0))]
    return Neighbours(order, np.take_along_axis(similar, order, axis=1))


def _nearest(
    images: Sequence[str],
    known: Sequence[KnownImage],
    near: Mapping[tuple[str, str], float],
    k: int,
) -> NearestImages:
    similar = _similarities(images, [image.image for image in known], near)
    order = np.argsort(-similar, axis=1, kind="stable")[:, :k]
    return NearestImages(order, np.take_along_axis(similar, order, axis=1))
