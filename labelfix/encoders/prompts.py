"""The texts that a text tower reads for each class: words from labels, or the user's file."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from labelfix.data import names, tables
from labelfix.data.label_spelling import spelled_alike
from labelfix.errors import InputError

AUTO, NONE = "auto", "none"
"""Values of `--prompts` that are not a file."""
LABEL, NAME, PROMPT = "label", "name", "prompt"
"""The columns of a file of prompts."""
_WORDNET_ID = re.compile(r"n\d{8}")
_BEFORE_A_NAME = re.compile(r"^(n\d{8}|\d{3,})[-_. ]+(?=.*[^\W\d_])")
_INSIDE_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


@dataclass(frozen=True)
class ClassTexts:
    """The texts of one class.

    Attributes:
        names: names of the class; each fills every template.
        prompts: whole texts, read unchanged.
    """

    names: tuple[str, ...] = ()
    prompts: tuple[str, ...] = ()


def texts_of_labels(
    labels: Sequence[str], lookup: Callable[[str], str | None] | None = None
) -> list[ClassTexts]:
    """The names of classes, made from their labels.

    Args:
        labels: C of them.
        lookup: a WordNet id's names, separated by commas; None takes those of ImageNet.
    """
    find = lookup or _names_in_wordnet
    texts = []
    for label in labels:
        found = find(label) if _WORDNET_ID.fullmatch(label.strip()) else None
        texts.append(ClassTexts(tuple(found.split(", ")) if found else (plain_words(label),)))
    return texts


def unknown_ids(texts: Sequence[ClassTexts]) -> list[str]:
    """The WordNet ids without a name."""
    return [each.names[0] for each in texts if _WORDNET_ID.fullmatch("".join(each.names[:1]))]


def plain_words(label: str) -> str:
    """A label as a person would say it.

    >>> plain_words("GoldenRetriever"), plain_words("001.Black_footed_Albatross")
    ('golden retriever', 'black footed albatross')
    """
    text = _BEFORE_A_NAME.sub("", label.strip())
    words = _INSIDE_WORDS.sub(" ", re.sub(r"[_\s]+", " ", text)).split()
    said = [word.lower() if word[1:].islower() or len(word) == 1 else word for word in words]
    return " ".join(said) or label


def read_prompts(path: Path, class_names: Sequence[str]) -> list[ClassTexts]:
    """The texts of each class in a user's file: names, synonyms and whole prompts.

    The file is a CSV with the column `label` and one or both of `name` and `prompt`; a label may
    have many rows. Rows of other labels are skipped.

    Raises:
        InputError: no such file, missing columns, or a class without any text.
    """
    option = f"--prompts {path}"
    if not path.is_file():
        raise InputError(
            f"{option}: expected {AUTO}, {NONE} or a CSV file, found no file there",
            f"Write one with the columns {LABEL} and {NAME} or {PROMPT}.",
        )
    table = tables.read_csv(path, tables.CsvFormat())
    columns = dict(zip(table.header, table.columns, strict=True))
    if LABEL not in columns or not {NAME, PROMPT} & set(columns):
        raise InputError(
            f"{option}: expected the column {LABEL} and {NAME} or {PROMPT}, found "
            f"{', '.join(table.header) or 'none'}",
            f"{NAME} holds a name or a synonym, {PROMPT} a whole text.",
        )
    found: dict[str, dict[str, list[str]]] = {}
    for row, label in enumerate(columns[LABEL]):
        of_label = found.setdefault(label, {NAME: [], PROMPT: []})
        for column, texts in of_label.items():
            text = columns[column][row].strip() if column in columns else ""
            if text:
                texts.append(text)
    told = spelled_alike(class_names, [label for label, of in found.items() if any(of.values())])
    lost = [name for name in class_names if name not in told]
    if lost:
        raise InputError(
            f"{option}: expected a name or a prompt for each of the {len(class_names)} classes, "
            f"found none for {len(lost)}: {names.listed(lost)}",
            "Add a row for each, with the label as the manifest has it.",
        )
    return [
        ClassTexts(tuple(found[told[name]][NAME]), tuple(found[told[name]][PROMPT]))
        for name in class_names
    ]


def _names_in_wordnet(identifier: str) -> str | None:
    """ImageNet's names for a WordNet id, from timm."""
    from timm.data import ImageNetInfo

    for subset in ("imagenet-1k", "imagenet-22k"):
        known = ImageNetInfo(subset)
        if identifier in known.label_names():
            return str(known.label_name_to_description(identifier))
    return None
