"""Which row of one manifest is which of another, also if rows were moved, added or removed."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from labelfix.data.manifest import Manifest
from labelfix.patches.change import RowKey


@dataclass(frozen=True)
class KeyedRows:
    """The rows of a manifest by their keys.

    Attributes:
        keys: R keys, all different.
        copies: how many rows each image has by each annotator.
    """

    keys: Sequence[RowKey] = field(repr=False)
    copies: Mapping[tuple[str, str], int] = field(repr=False)

    def rows(self) -> dict[RowKey, int]:
        """The row, from 0, of each key."""
        return {key: row for row, key in enumerate(self.keys)}

    def copies_of(self, key: RowKey) -> int:
        """How many rows have the image and the annotator of a key."""
        return self.copies.get((key.image, key.annotator), 0)


def keyed_rows(opened: Manifest) -> KeyedRows:
    """The keys of a manifest's rows."""
    images = opened.written_images()
    annotators = opened.annotators or [""] * len(images)
    seen: Counter[tuple[str, str]] = Counter()
    keys = []
    for image, annotator in zip(images, annotators, strict=True):
        seen[image, annotator] += 1
        keys.append(RowKey(image, annotator, seen[image, annotator]))
    return KeyedRows(keys, seen)


def fingerprint_rows(opened: Manifest) -> str:
    """The sha256 of which rows a manifest has, in their order, whatever their labels are."""
    texts = [*opened.written_images(), "", *(opened.annotators or ())]
    return hashlib.sha256("\0".join(texts).encode("utf-8", "surrogateescape")).hexdigest()


@dataclass(frozen=True, kw_only=True)
class RowPairs:
    """Which rows of two manifests are the same ones.

    Attributes:
        pairs: (row of the old one, row of the new one), in the order of the old one.
        only_old, only_new: rows that the other one lacks.
    """

    pairs: list[tuple[int, int]] = field(repr=False)
    only_old: list[int] = field(repr=False)
    only_new: list[int] = field(repr=False)


def pair_rows(old: Manifest, new: Manifest) -> RowPairs:
    """Pair the rows of two manifests: by place if all images agree, else by their keys.

    Args:
        old: R rows.
        new: S rows. Where only one of the two names annotators, they are not compared.
    """
    if old.written_images() == new.written_images():
        rows = [(row, row) for row in range(len(old))]
        return RowPairs(pairs=rows, only_old=[], only_new=[])
    keys, others = keyed_rows(old), keyed_rows(new)
    if (old.annotators is None) != (new.annotators is None):
        keys, others = (keyed_rows(_anonymous(one)) for one in (old, new))
    in_new = others.rows()
    pairs = [(row, in_new[key]) for row, key in enumerate(keys.keys) if key in in_new]
    paired_old, paired_new = {row for row, _ in pairs}, {row for _, row in pairs}
    return RowPairs(
        pairs=pairs,
        only_old=[row for row in range(len(old)) if row not in paired_old],
        only_new=[row for row in range(len(new)) if row not in paired_new],
    )


def _anonymous(opened: Manifest) -> Manifest:
    return replace(opened, annotators=None, annotator_column=None)
