"""The options that say how the user's tables of images and labels are read."""

from pathlib import Path
from typing import Annotated

import typer

MANIFEST_PANEL = "The manifest"


def column_names(text: str | None) -> tuple[str, ...] | None:
    """The names in `image,label`; None where the option is not given."""
    return None if text is None else tuple(name.strip() for name in text.split(","))


ImageColumn = Annotated[
    str | None,
    typer.Option(
        "--image-column",
        help="The column of image paths; else the first of image, path, file, filename, "
        "image_path.",
        show_default=False,
        rich_help_panel=MANIFEST_PANEL,
    ),
]
LabelColumn = Annotated[
    str | None,
    typer.Option(
        "--label-column",
        help="The column of labels; else the first of label, given_label, class, category.",
        show_default=False,
        rich_help_panel=MANIFEST_PANEL,
    ),
]
AnnotatorColumn = Annotated[
    str | None,
    typer.Option(
        "--annotator-column",
        help="The column of who gave the label; else the first of annotator, annotator_id, "
        "worker, worker_id, if there is one.",
        show_default=False,
        rich_help_panel=MANIFEST_PANEL,
    ),
]
VerifiedColumn = Annotated[
    str | None,
    typer.Option(
        "--verified-column",
        help="The column of labels that a person has verified; else verified_label, if there is "
        "one. Blank where nobody has.",
        show_default=False,
        rich_help_panel=MANIFEST_PANEL,
    ),
]
Audited = Annotated[
    list[Path] | None,
    typer.Option(
        "--audited",
        metavar="FILE",
        help="What persons have said of some images: a table with an image column and a column "
        "verified_label, as labelfix audit writes it. May be given several times; later wins.",
        show_default=False,
        rich_help_panel=MANIFEST_PANEL,
    ),
]
Delimiter = Annotated[
    str,
    typer.Option(
        "--delimiter",
        help="Between the fields of a CSV: a character, tab or space.",
        rich_help_panel=MANIFEST_PANEL,
    ),
]
Encoding = Annotated[
    str,
    typer.Option(
        "--encoding",
        help="Of a CSV, for example cp1252 or utf-16.",
        rich_help_panel=MANIFEST_PANEL,
    ),
]
Missing = Annotated[
    str,
    typer.Option(
        "--missing",
        help="What a row without an image file or a label does: error or quarantine.",
        rich_help_panel=MANIFEST_PANEL,
    ),
]
NoHeader = Annotated[
    bool,
    typer.Option(
        "--no-header",
        help="The CSV's first row is an image already; its columns are image, label, column_3 ...",
        rich_help_panel=MANIFEST_PANEL,
    ),
]
Columns = Annotated[
    str | None,
    typer.Option(
        "--columns",
        metavar="NAMES",
        help="The names of a CSV's columns where it has no header, such as image,label; also of "
        "lists with spaces or tabs between the fields.",
        show_default=False,
        rich_help_panel=MANIFEST_PANEL,
    ),
]
LabelPattern = Annotated[
    str | None,
    typer.Option(
        "--label-pattern",
        metavar="REGEX",
        help="Take the label out of the image's path: the group named label, or the first one; "
        "with a list of images, or with the folder alone.",
        show_default=False,
        rich_help_panel=MANIFEST_PANEL,
    ),
]
