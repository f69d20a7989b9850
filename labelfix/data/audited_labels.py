"""Audited labels: the true labels that persons have given, by image."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from labelfix.data import names, records, tables
from labelfix.data.answers import CANNOT_TELL as CANNOT_TELL
from labelfix.data.answers import CHANCE, answer_column, answered_rows, chances_in, open_answers
from labelfix.data.answers import NO_CLASS as NO_CLASS
from labelfix.data.manifest import Manifest
from labelfix.data.tables import CsvFormat
from labelfix.errors import InputError, WorkspaceError
from labelfix.runtime import atomic

NOT_AUDITED = -1
OTHER = -2
"""Not one of the classes."""
UNTOLD = -3
"""A person looked and could not tell."""

DECIDED = "decided"
"""The column that says which audits are decisions of the workspace."""

_SPECIAL = {NO_CLASS: OTHER, CANNOT_TELL: UNTOLD}


def is_settled(said: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """(n,) whether an audit says if the given label is right.

    Args:
        said: (n,) int64 from `Audits.classes`.
    """
    return np.asarray((said >= 0) | (said == OTHER))


@dataclass(frozen=True)
class Audits:
    """The audits of A images, by the names in `Manifest.images`.

    Attributes:
        answers: a class, `NO_CLASS` or `CANNOT_TELL`, text.
        chances: in (0, 1], the inclusion probability of an image in the audit sample; only of
            images that were drawn.
        ignored: answers about unknown images, skipped on request.
    """

    answers: Mapping[str, str] = field(default_factory=dict, repr=False)
    chances: Mapping[str, float] = field(default_factory=dict, repr=False)
    ignored: int = field(default=0, compare=False)

    def __len__(self) -> int:
        return len(self.answers)

    @property
    def fingerprint(self) -> str:
        """The sha256 of all audits, in any order."""
        return records.fingerprint(
            [
                [names.to_text(image), answer, self.chances.get(image)]
                for image, answer in sorted(self.answers.items())
            ]
        )

    def classes(self, images: Sequence[str], class_names: Sequence[str]) -> npt.NDArray[np.int64]:
        """The audited class of each image.

        Args:
            images: N names.
            class_names: C classes.

        Returns:
            (N,) the position among the classes, or `NOT_AUDITED`, `OTHER` or `UNTOLD`.
        """
        position = {name: index for index, name in enumerate(class_names)}
        said = np.full(len(images), NOT_AUDITED, dtype=np.int64)
        for row, image in enumerate(images):
            if image in self.answers:
                said[row] = _class_of(self.answers[image], position)
        return said

    def of_rows(self, images: Sequence[str], class_names: Sequence[str]) -> npt.NDArray[Any]:
        """(R,) the audit of each row's image; None without one.

        `NO_CLASS` and `CANNOT_TELL` are spelt as here, whatever the user wrote.

        Args:
            images: R names.
            class_names: C classes.
        """
        spelled = {OTHER: NO_CLASS, UNTOLD: CANNOT_TELL}
        known = set(class_names)
        said = np.full(len(images), None, dtype=object)
        for row, image in enumerate(images):
            answer = self.answers.get(image)
            if answer is not None and answer not in known:
                special = _SPECIAL.get(_folded(answer))
                answer = answer if special is None else spelled[special]
            said[row] = answer
        return said

    def chances_of(self, images: Sequence[str]) -> npt.NDArray[np.float64]:
        """(N,) the probability with which each image was drawn; NaN where it is unknown."""
        return np.array([self.chances.get(image, np.nan) for image in images], dtype=np.float64)

    def unknown_classes(self, class_names: Sequence[str]) -> list[str]:
        """The answers that are neither a class nor special, sorted, without repeats."""
        known = set(class_names)
        answers = set(self.answers.values()).difference(known)
        return sorted(answer for answer in answers if _folded(answer) not in _SPECIAL)

    def updated(self, later: "Audits") -> "Audits":
        """These audits updated by later ones; an old chance stays unless replaced."""
        return Audits(
            {**self.answers, **later.answers},
            {**self.chances, **later.chances},
            self.ignored + later.ignored,
        )


def read_audits(
    manifest: Manifest | None,
    files: Sequence[Path] = (),
    *,
    csv_format: CsvFormat | None = None,
    unknown: Literal["error", "ignore"] = "error",
) -> Audits:
    """Audits from the manifest's column of verified labels, then from files; the later wins.

    Args:
        manifest: as the user gave it, before `one_row_per_image`; None accepts every image in
            the files.
        files: CSV, TSV or Parquet, each with a column of images and one of answers.
        csv_format: of the files; None takes UTF-8 and the manifest's delimiter.
        unknown: for images that the manifest lacks: `error`, or `ignore` to skip and count them.

    Raises:
        InputError: a file is unusable, has an unknown image, or two answers for one image.
    """
    audits = Audits()
    if manifest is not None and manifest.verified_column is not None:
        answers = manifest.column_as_text(manifest.verified_column)
        where = f"{manifest.source.path}, column {manifest.verified_column!r}"
        rows = answered_rows(manifest.images, answers, where, manifest.row_number)
        audits = Audits({image: answers[row] for image, row in rows.items()})
    if csv_format is None:
        csv_format = CsvFormat(delimiter="," if manifest is None else manifest.source.delimiter)
    for file in files:
        audits = audits.updated(_read_file(file, csv_format, manifest, unknown == "ignore"))
    return audits


def save_audits(path: Path, audits: Audits, decided: Audits | None = None) -> None:
    """Write audits into the workspace, whole or not at all.

    Args:
        path: of the file.
        audits: all of them.
        decided: those of them that are decisions of the workspace; None for none.
    """
    own = {} if decided is None else decided.answers
    images = sorted(audits.answers)
    table = pa.table(
        {
            "image": pa.array([names.to_text(image) for image in images], pa.string()),
            "verified_label": pa.array([audits.answers[image] for image in images], pa.string()),
            CHANCE: pa.array([audits.chances.get(image) for image in images], pa.float64()),
            DECIDED: pa.array(
                [own.get(image) == audits.answers[image] for image in images], pa.bool_()
            ),
        }
    )
    with atomic.replacing(path) as temporary:
        pq.write_table(table, temporary)


def load_audits(path: Path, *, with_decisions: bool = True) -> Audits:
    """Read what `save_audits` wrote; no audits if there is no file.

    Args:
        path: of the file.
        with_decisions: whether those count that were decisions of the workspace.

    Raises:
        WorkspaceError: the file is damaged.
    """
    if not path.exists():
        return Audits()
    try:
        columns = tables.read_parquet(path).to_pydict()
        decided = columns.get(DECIDED, [False] * len(columns["image"]))
        images = [names.from_text(image) for image in columns["image"]]
        answers = dict(zip(images, columns["verified_label"], strict=True))
        chances = {
            image: chance
            for image, chance in zip(images, columns[CHANCE], strict=True)
            if chance is not None
        }
    except (InputError, KeyError) as error:
        raise WorkspaceError(
            f"{path} is damaged", "Delete it, then run the command again with --audited FILE."
        ) from error
    if not with_decisions:
        left_out = {image for image, own in zip(images, decided, strict=True) if own}
        answers = {image: answers[image] for image in answers if image not in left_out}
        chances = {image: chances[image] for image in chances if image not in left_out}
    return Audits(answers, chances)


def _class_of(answer: str, position: Mapping[str, int]) -> int:
    """A class must match byte for byte; a special answer in any case and spacing."""
    return position.get(answer, _SPECIAL.get(_folded(answer), OTHER))


def _folded(answer: str) -> str:
    return " ".join(answer.split()).casefold()


def _as_in(manifest: Manifest, images: Sequence[str]) -> list[str]:
    """Images by the manifest's own names, where they are named as its table does."""
    own = dict(zip(manifest.written_images(), manifest.images, strict=True))
    own |= {image: image for image in manifest.images}
    return [own.get(image, image) for image in images]


def _read_file(
    path: Path, csv_format: CsvFormat, manifest: Manifest | None, ignores: bool
) -> Audits:
    opened = open_answers(path, csv_format, manifest)
    column = answer_column(path, opened, manifest)
    answers = opened.column_as_text(column)
    where = f"{path}, column {column!r}"
    images = opened.images if manifest is None else _as_in(manifest, opened.images)
    rows = answered_rows(images, answers, where, opened.row_number)
    known = rows if manifest is None else set(manifest.images)
    strangers = [image for image in rows if image not in known]
    if strangers and manifest is not None and not ignores:
        row = rows[strangers[0]]
        raise InputError(
            f"{path}, row {opened.row_number(row)}, column {opened.image_column!r}: expected an "
            f"image of {manifest.source.path}, for example {names.to_text(manifest.images[0])!r}, "
            f"found {names.listed(strangers)}",
            "Write the image names as the manifest has them, or take these rows out.",
        )
    for image in strangers:
        del rows[image]
    return Audits(
        {image: answers[row] for image, row in rows.items()},
        chances_in(path, opened, rows),
        len(strangers),
    )
