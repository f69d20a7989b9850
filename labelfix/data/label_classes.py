"""Which labels of a data set are one class, however they are written."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from labelfix.data import records, tables
from labelfix.data.audited_labels import Audits
from labelfix.data.corrections import PREDICT, RELABEL, VERIFIED, Corrections
from labelfix.data.label_spelling import SpellingForms
from labelfix.data.manifest import Manifest
from labelfix.data.tables import CsvFormat
from labelfix.data.workspace import Workspace
from labelfix.errors import InputError, WorkspaceError
from labelfix.runtime import atomic

FROM, TO = "from", "to"
"""The columns of a label map."""

LABEL_MAP = "label_map"
"""The detail of the manifest's record that holds the label map."""


@dataclass(frozen=True, kw_only=True)
class LabelClasses:
    """The class of each label, where it is written in another way than its class is named.

    Attributes:
        by_spelling: label to class, of spellings that the images do not tell apart.
        by_hand: label to class, of the user's label map; it wins.
        apart: pairs of labels that are spelt alike and stay two classes.
    """

    by_spelling: Mapping[str, str] = field(default_factory=dict)
    by_hand: Mapping[str, str] = field(default_factory=dict)
    apart: Sequence[tuple[str, str]] = ()

    @property
    def is_plain(self) -> bool:
        """Whether every label is its own class, and nothing had to be decided."""
        return not (self.by_spelling or self.by_hand or self.apart)

    def of(self, label: str) -> str:
        """The class of a label."""
        mapped = self.by_hand.get(label, label)
        return self.by_spelling.get(mapped, mapped)

    def read(self, manifest: Manifest) -> Manifest:
        """A manifest whose given labels are classes; its table keeps what is written."""
        if self.is_plain:
            return manifest
        return replace(manifest, given_labels=[self.of(label) for label in manifest.given_labels])

    def read_audits(self, audits: Audits) -> Audits:
        """Audits whose answers are classes."""
        if self.is_plain:
            return audits
        return replace(
            audits, answers={image: self.of(answer) for image, answer in audits.answers.items()}
        )

    def knowing(self, labels: Iterable[str], class_names: Sequence[str]) -> "LabelClasses":
        """The same, with other labels that are a spelling of just one class.

        Args:
            labels: of images that the classes were not learned from.
            class_names: the classes.
        """
        known = {*class_names, *self.by_spelling, *self.by_hand}
        new = {label for label in labels if label.strip()} - known
        if not new:
            return self
        forms = SpellingForms({*known, *new})
        classes_of: dict[str, set[str]] = {}
        for label in known:
            classes_of.setdefault(forms.form(label), set()).add(self.of(label))
        found = {}
        for label in new:
            classes = classes_of.get(forms.form(label) or label, set()) & set(class_names)
            if len(classes) == 1:
                found[label] = classes.pop()
        return replace(self, by_spelling={**self.by_spelling, **found})

    def rewritten(self, label: str, *, merge_spellings: bool) -> str:
        """How a label stands in a corrected table: the label map is always carried out.

        Args:
            label: as it stands after the correction.
            merge_spellings: whether the class's name replaces other spellings.
        """
        return self.of(label) if merge_spellings else self.by_hand.get(label, label)


def written_labels(manifest: Manifest) -> list[str]:
    """The labels as the user wrote them, also of a manifest that `LabelClasses.read` made."""
    return manifest.column_as_text(manifest.label_column)


def as_written(
    corrections: Corrections, classes: LabelClasses, written: Sequence[str]
) -> Corrections:
    """Corrections of classes in the user's spelling: a row that keeps its class keeps its label.

    Args:
        corrections: R rows, whose given labels are classes.
        classes: the class of each label.
        written: R labels.
    """
    if classes.is_plain:
        return corrections
    own = np.array(written, dtype=object)
    given = corrections.given_label
    changes: dict[str, Any] = {"given_label": own}
    for name in ("label", "suggested_label", "second_label", "text_label"):
        values = getattr(corrections, name)
        if values is not None:
            changes[name] = _where(values == given, own, values)
    return replace(corrections, **changes)


def labels_to_write(
    corrections: Corrections, classes: LabelClasses, *, merge_spellings: bool
) -> npt.NDArray[Any]:
    """(R,) the labels of a corrected table."""
    labels = corrections.label
    if classes.is_plain:
        return labels
    moved = np.isin(corrections.action.astype(str), (RELABEL, PREDICT, VERIFIED))
    moved &= labels != corrections.given_label
    return np.array(
        [
            label if is_moved else classes.rewritten(label, merge_spellings=merge_spellings)
            for label, is_moved in zip(labels.tolist(), moved.tolist(), strict=True)
        ],
        dtype=object,
    )


def _where(
    chosen: npt.NDArray[Any], values: npt.NDArray[Any], others: npt.NDArray[Any]
) -> npt.NDArray[Any]:
    found = others.copy()
    at = np.asarray(chosen, dtype=bool)
    found[at] = values[at]
    return found


def read_label_map(path: Path) -> dict[str, str]:
    """The user's label map: a CSV file with the columns `from` and `to`.

    Raises:
        InputError: no such file, missing columns, a blank name, or a label with two classes.
    """
    option = f"--label-map {path}"
    if not path.is_file():
        raise InputError(
            f"{option}: expected a CSV file with the columns {FROM} and {TO}, found "
            f"{'a folder' if path.is_dir() else 'no file'}",
            "Write one row for each label that is to be read as another.",
        )
    table = tables.read_csv(path, CsvFormat())
    columns = dict(zip((name.strip().lower() for name in table.header), table.columns, strict=True))
    if FROM not in columns or TO not in columns:
        raise InputError(
            f"{option}: expected the columns {FROM} and {TO}, found "
            f"{', '.join(table.header) or 'none'}",
            "Its first line is from,to; each other line is a label and what to read it as.",
        )
    found: dict[str, str] = {}
    for row, (label, name) in enumerate(zip(columns[FROM], columns[TO], strict=True), 1):
        if not label.strip() or not name.strip():
            raise InputError(
                f"{option}, row {row}: expected a label in {FROM} and in {TO}, "
                f"found {label!r} and {name!r}",
                "Take the row out, or fill both in.",
            )
        if found.get(label, name) != name:
            raise InputError(
                f"{option}, row {row}: expected one class for {label!r}, found {name!r} after "
                f"{found[label]!r}",
                "Keep one of the rows.",
            )
        found[label] = name
    chained = next((label for label, name in found.items() if found.get(name, name) != name), None)
    if chained is not None:
        raise InputError(
            f"{option}: expected a class for {chained!r} that is not mapped itself, found "
            f"{found[chained]!r}, which becomes {found[found[chained]]!r}",
            f"Map {chained!r} to {found[found[chained]]!r} at once.",
        )
    return found


def save_label_classes(path: Path, classes: LabelClasses) -> None:
    """Write the classes into the workspace; none where every label is its own class."""
    if classes.is_plain:
        path.unlink(missing_ok=True)
        return
    atomic.write_json(path, asdict(classes))


def load_label_classes(path: Path) -> LabelClasses:
    """Read what `save_label_classes` wrote.

    Raises:
        WorkspaceError: the file is damaged.
    """
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
        return LabelClasses(
            by_spelling=dict(about["by_spelling"]),
            by_hand=dict(about["by_hand"]),
            apart=tuple((one, other) for one, other in about["apart"]),
        )
    except FileNotFoundError:
        return LabelClasses()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WorkspaceError(f"{path} is damaged", "Run labelfix train again.") from error


def kept_label_map(workspace: Workspace) -> dict[str, str]:
    """The label map that a workspace's manifest was embedded with; empty without one."""
    record = records.read_record(workspace.manifest)
    return {} if record is None else dict(record.details.get(LABEL_MAP, {}))
