"""Which columns of a user's table hold the images, the labels, who gave and who verified them."""

import itertools
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from labelfix.data import names
from labelfix.errors import InputError

IMAGE_COLUMNS = (
    "image",
    "path",
    "file",
    "filename",
    "image_path",
    "file_name",
    "filepath",
    "file_path",
    "img",
    "img_path",
    "image_name",
    "image_file",
    "image_id",
)
LABEL_COLUMNS = (
    "label",
    "given_label",
    "class",
    "category",
    "labels",
    "class_name",
    "label_name",
    "category_name",
    "target",
    "class_id",
    "label_id",
    "category_id",
)
ANNOTATOR_COLUMNS = ("annotator", "annotator_id", "worker", "worker_id")
VERIFIED_COLUMNS = ("verified_label",)
"""Known names; case, spaces, `_` and `-` make no difference, so that `File Name` is `filename`."""

_NAMES_SHOWN = 5
_ALWAYS_NAMED = (".parquet", ".pq", ".json", ".jsonl", ".ndjson")
"""Endings of files whose columns cannot be without a name."""


@dataclass(frozen=True, kw_only=True)
class ManifestColumns:
    """The columns of a manifest; those of annotators and verified labels are optional."""

    image: str
    label: str
    annotator: str | None = None
    verified: str | None = None


def find_columns(
    path: Path,
    header: Sequence[str],
    readable: Sequence[str],
    *,
    image: str | None,
    label: str | None,
    annotator: str | None,
    verified: str | None = None,
    needs_label: bool = True,
) -> ManifestColumns:
    """Find the columns that the user named, or else the first with a known name.

    Args:
        path: of the table, for errors.
        header: every column.
        readable: the columns whose values can be written as text. Only these are searched for
            annotators and verified labels that the user did not name.
        image: what the user named; None takes the first of `IMAGE_COLUMNS`.
        label: the same, of `LABEL_COLUMNS`.
        annotator: the same, of `ANNOTATOR_COLUMNS`, if there is one.
        verified: the same, of `VERIFIED_COLUMNS`, if there is one.
        needs_label: if False and no column has a known name, the label column is the first of
            `LABEL_COLUMNS`, which the table lacks.

    Raises:
        InputError: no such column, which names all that are missing; or one column for two
            purposes.
    """
    repeated = [name for name, count in Counter(header).items() if count > 1]
    if repeated:
        raise InputError(
            f"{path}: expected every column once, found {names.listed(repeated)} more than once",
            "Give every column a name of its own.",
        )
    wanted = {"image": image, "label": label, "annotator": annotator, "verified": verified}
    kinds: dict[str, str | None] = {}
    for kind, name in wanted.items():
        if name is not None:
            kinds[kind] = _named_column(header, name)
        elif kind in _REQUIRED:
            kinds[kind] = known_column(header, _KNOWN[kind])
    if not needs_label and label is None and kinds["label"] is None:
        kinds["label"] = LABEL_COLUMNS[0]
    missing = {kind: wanted[kind] for kind, name in kinds.items() if name is None}
    if missing:
        raise _no_column(path, header, missing)
    for kind in [kind for kind in wanted if kind not in kinds]:
        free = [name for name in readable if name not in kinds.values()]
        kinds[kind] = known_column(free, _KNOWN[kind])
    in_order = [(kind, kinds[kind]) for kind in wanted]
    for (one, name), (other, other_name) in itertools.combinations(in_order, 2):
        if name is not None and name == other_name:
            raise InputError(
                f"{path}: expected {_article(one)} {one} column and {_article(other)} {other} "
                f"column, found {name!r} for both",
                f"Name two columns with --{one}-column and --{other}-column.",
            )
    return ManifestColumns(
        image=kinds["image"] or "",
        label=kinds["label"] or "",
        annotator=kinds["annotator"],
        verified=kinds["verified"],
    )


_KNOWN = {
    "image": IMAGE_COLUMNS,
    "label": LABEL_COLUMNS,
    "annotator": ANNOTATOR_COLUMNS,
    "verified": VERIFIED_COLUMNS,
}
_REQUIRED = ("image", "label")


def known_column(header: Sequence[str], known: Sequence[str]) -> str | None:
    """The column with the first known name among the user's own, or None.

    Of columns whose names differ in case alone, one as written goes first.

    Args:
        header: the columns.
        known: the names, the first of which wins.
    """
    own = [name for name in header if not _is_evidence(name, header)]
    by_key = {_key(name): name for name in reversed(own)}
    for name in known:
        if name in own:
            return name
        if _key(name) in by_key:
            return by_key[_key(name)]
    return None


def is_known(cell: str) -> bool:
    """Whether a text is a known name of an image or a label column."""
    return _key(cell) in {_key(name) for name in (*IMAGE_COLUMNS, *LABEL_COLUMNS)}


def _named_column(header: Sequence[str], wanted: str) -> str | None:
    """The column that the user named, or the only one that differs in case alone."""
    if wanted in header:
        return wanted
    alike = [name for name in header if _key(name) == _key(wanted)]
    return alike[0] if len(alike) == 1 else None


def _key(name: str) -> str:
    return re.sub(r"[\s_-]", "", name).casefold()


def _no_column(path: Path, header: Sequence[str], missing: Mapping[str, str | None]) -> InputError:
    """The error for all columns that are missing.

    Args:
        path: of the table.
        header: its columns.
        missing: the name that the user gave, or None, by what the column is for.
    """
    expected = []
    for kind, wanted in missing.items():
        which = f"one of {names.listed(_KNOWN[kind], most=_NAMES_SHOWN)}"
        expected.append(
            f"{_article(kind)} {kind} column, {which if wanted is None else repr(wanted)}"
        )
    found = f"the columns {names.listed(header, most=20)}" if header else "an empty file"
    flags = [f"--{kind}-column" for kind in missing]
    hint = f"Name the right one with {flags[0]}."
    if len(flags) > 1:
        hint = f"Name them with {' and '.join(flags)}"
        if path.suffix.lower() not in _ALWAYS_NAMED:
            further = [f"column_{place}" for place in range(3, len(header) + 1)]
            columns = ",".join([IMAGE_COLUMNS[0], LABEL_COLUMNS[0], *further])
            hint += f"; if the file has no header, name all in their order: --columns {columns}"
        hint += "."
    for delimiter, option in ((";", "';'"), ("\t", "tab"), ("|", "'|'")):
        if len(header) == 1 and delimiter in header[0]:
            hint = (
                f"The columns look separated by {option}: run it again with --delimiter {option}."
            )
    return InputError(f"{path}: expected {', and '.join(expected)}; found {found}", hint)


def _is_evidence(name: str, header: Sequence[str]) -> bool:
    """Whether a column `given_label` was written by labelfix beside the labels."""
    if name != "given_label" or not {"suggested_label", "self_confidence"}.issubset(header):
        return False
    following = header[header.index(name) + 1 :]
    # If the user's labels were in `given_label`, ours follows it with the prefix.
    return "labelfix_given_label" not in header or following[:1] == ["suggested_label"]


def _article(kind: str) -> str:
    return "a" if kind in ("label", "verified") else "an"
