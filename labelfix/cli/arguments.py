"""The arguments of several commands that belong to no stage's options."""

from pathlib import Path
from typing import Annotated

import typer

from labelfix.cli.signature import only
from labelfix.errors import InputError
from labelfix.options.manifest_options import MANIFEST_PANEL, ManifestOptions
from labelfix.options.option import TRAIN_PANEL

Images = Annotated[
    Path, typer.Argument(metavar="IMAGES", help="The image folder.", show_default=False)
]
ManifestFile = Annotated[
    Path | None,
    typer.Argument(
        metavar="MANIFEST",
        help="CSV, Parquet, Excel or JSON with an image and a label column; default: one folder "
        "per class, split/class/image, or Parquet files with the images.",
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
TableColumns = Annotated[
    ManifestOptions,
    only(
        "image_column",
        "label_column",
        "annotator_column",
        "delimiter",
        "encoding",
        "has_header",
        "columns",
    ),
]
"""How a table is read that needs no images."""
MovedImages = Annotated[
    Path | None,
    typer.Option(
        "--images",
        metavar="DIR",
        help="Where the image folder is now, if it has moved since embed.",
        show_default=False,
    ),
]
NoDecisions = Annotated[
    bool,
    typer.Option(
        "--no-decisions",
        help="Leave out what people have decided in labelfix review; by default these decisions "
        "are verified labels.",
        rich_help_panel=MANIFEST_PANEL,
    ),
]
PlainEpochs = Annotated[
    int | None,
    typer.Option(
        "--epochs",
        help="The same as --denoiser-epochs; where an encoder is trained too, name "
        "--encoder-epochs or --denoiser-epochs instead.",
        show_default=False,
        rich_help_panel=TRAIN_PANEL,
    ),
]


def denoiser_epochs(
    plain: int | None, named: int | None, *, trains_encoder: bool = False
) -> int | None:
    """The passes of the denoisers' training; None where nobody gave them.

    Args:
        plain: of `--epochs`.
        named: of `--denoiser-epochs`.
        trains_encoder: whether the command trains an encoder as well.

    Raises:
        InputError: both options were given, or `--epochs` could be meant for the encoder.
    """
    if plain is None:
        return named
    if trains_encoder:
        raise InputError(
            "--epochs: expected --encoder-epochs or --denoiser-epochs, because --encoder simclr "
            f"is trained before the denoisers are, found --epochs {plain}",
            f"For the encoder write --encoder-epochs {plain}, for the denoisers "
            f"--denoiser-epochs {plain}.",
        )
    if named is not None:
        raise InputError(
            f"--epochs: expected it without --denoiser-epochs, found {plain} beside {named}",
            "Both set the same passes: leave --epochs out.",
        )
    return plain
