"""The arguments of several commands that belong to no stage's options."""

from pathlib import Path
from typing import Annotated

import typer

from labelfix.options.manifest_options import MANIFEST_PANEL

Images = Annotated[
    Path, typer.Argument(metavar="IMAGES", help="The image folder.", show_default=False)
]
ManifestFile = Annotated[
    Path | None,
    typer.Argument(
        metavar="MANIFEST",
        help="CSV, Parquet, Excel or JSON with an image and a label column; default: one folder "
        "per class, or split/class/image.",
        show_default=False,
    ),
]
Out = Annotated[
    Path,
    typer.Option(
        "--out",
        "-o",
        help="Where the corrected table goes: .csv, .tsv, .parquet or .jsonl.",
        show_default=False,
    ),
]
Audited = Annotated[
    list[Path] | None,
    typer.Option(
        "--audited",
        metavar="FILE",
        help="Labels that people have verified: a table with an image column and a column "
        "verified_label, as labelfix audit writes it. May be given several times; later wins.",
        show_default=False,
        rich_help_panel=MANIFEST_PANEL,
    ),
]
