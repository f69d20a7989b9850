"""Which columns of a user's table hold the images, the labels, who gave and who verified them."""

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from labelfix.data import names
from labelfix.errors import InputError

IMAGE_COLUMNS = ("image", "path", "file", "filename", "image_path")
LABEL_COLUMNS = ("label", "given_label", "class", "category")
ANNOTATOR_COLUMNS = ("annotator", "annotator_id", "worker", "worker_id")
VERIFIED_COLUMNS = ("verified_label",)


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
        InputError: no such column, or one column for two purposes.
    """
    image = _find_column(path, header, image, IMAGE_COLUMNS, "image")
    if not needs_label and label is None and _known_column(header, LABEL_COLUMNS) is None:
        label = LABEL_COLUMNS[0]
    else:
        label = _find_column(path, header, label, LABEL_COLUMNS, "label")
    optional = {
        "annotator": (annotator, ANNOTATOR_COLUMNS),
        "verified": (verified, VERIFIED_COLUMNS),
    }
    kinds: dict[str, str | None] = {"image": image, "label": label}
    for kind, (wanted, known) in optional.items():
        if wanted is not None:
            kinds[kind] = _find_column(path, header, wanted, known, kind)
        else:
            free = [name for name in readable if name not in kinds.values()]
            kinds[kind] = next((name for name in known if name in free), None)
    for (one, name), (other, other_name) in itertools.combinations(kinds.items(), 2):
        if name is not None and name == other_name:
            raise InputError(
                f"{path}: expected {_article(one)} {one} column and {_article(other)} {other} "
                f"column, found {name!r} for both",
                f"Name two columns with --{one}-column and --{other}-column.",
            )
    return ManifestColumns(
        image=image, label=label, annotator=kinds["annotator"], verified=kinds["verified"]
    )


def _find_column(
    path: Path, header: Sequence[str], wanted: str | None, known: Sequence[str], kind: str
) -> str:
    repeated = [name for name, count in Counter(header).items() if count > 1]
    if repeated:
        raise InputError(
            f"{path}: expected every column once, found {names.listed(repeated)} more than once",
            "Give every column a name of its own.",
        )
    found_name = wanted if wanted in header else None
    if wanted is None:
        found_name = _known_column(header, known)
    if found_name is not None:
        return found_name
    expected = repr(wanted) if wanted is not None else f"one of {names.listed(known, most=9)}"
    found = f"the columns {names.listed(header, most=20)}" if header else "an empty file"
    hint = f"Name the right one with --{kind}-column."
    for delimiter, option in ((";", "';'"), ("\t", "tab"), ("|", "'|'")):
        if len(header) == 1 and delimiter in header[0]:
            hint = (
                f"The columns look separated by {option}: run it again with --delimiter {option}."
            )
    raise InputError(
        f"{path}: expected {_article(kind)} {kind} column, {expected}; found {found}", hint
    )


def _known_column(header: Sequence[str], known: Sequence[str]) -> str | None:
    """The first known name among the user's own columns."""
    own = (name for name in known if name in header and not _is_evidence(name, header))
    return next(own, None)


def _is_evidence(name: str, header: Sequence[str]) -> bool:
    """Whether a column `given_label` was written by labelfix beside the labels."""
    if name != "given_label" or not {"suggested_label", "self_confidence"}.issubset(header):
        return False
    following = header[header.index(name) + 1 :]
    # If the user's labels were in `given_label`, ours follows it with the prefix.
    return "labelfix_given_label" not in header or following[:1] == ["suggested_label"]


def _article(kind: str) -> str:
    return "a" if kind in ("label", "verified") else "an"
