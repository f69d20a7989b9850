"""The options of `--method paper`, each written once."""

from typing import Annotated

import typer

PAPER_PANEL = "Method of the paper"

PresetName = Annotated[
    str | None,
    typer.Option(
        "--preset",
        help="With --method paper: the paper's settings for cifar10, cifar100, food101n, "
        "clothing1m or webvision; an option that is given beside it wins.",
        show_default=False,
        rich_help_panel=PAPER_PANEL,
    ),
]
NeighbourCountOfTrain = Annotated[
    int | None,
    typer.Option(
        "--neighbours",
        "-k",
        help="Neighbours that index must have found; left out: the preset's, or any number.",
        show_default=False,
        rich_help_panel=PAPER_PANEL,
    ),
]
ImageBranch = Annotated[
    str | None,
    typer.Option(
        "--image-branch",
        help="With --method paper: a backbone of timm, for example resnet34, that the denoiser "
        "also sees the images with, trained with it; none leaves the preset's out.",
        show_default=False,
        rich_help_panel=PAPER_PANEL,
    ),
]
BranchWeights = Annotated[
    str | None,
    typer.Option(
        "--branch-weights",
        help="What the image branch begins with: a .safetensors file, pretrained (timm's own, "
        "downloaded once) or none; left out: none, or the preset's.",
        show_default=False,
        rich_help_panel=PAPER_PANEL,
    ),
]
Weighting = Annotated[
    str | None,
    typer.Option(
        "--weighting",
        help="Of a drawn label: count, as often as it was retrieved, or uniform; left out: count, "
        "or the preset's.",
        show_default=False,
        rich_help_panel=PAPER_PANEL,
    ),
]
EmbedAgain = Annotated[
    str | None,
    typer.Option(
        "--embed-again",
        help="Whether the varied images of a step are embedded again: never, simclr (where that "
        "is the encoder) or always; left out: never, or the preset's.",
        show_default=False,
        rich_help_panel=PAPER_PANEL,
    ),
]
ValidationShare = Annotated[
    float | None,
    typer.Option(
        "--validation-share",
        help="Share of the images, at most 0.5, held out to choose the best pass by their given "
        "labels; left out: 0, or the preset's.",
        show_default=False,
        rich_help_panel=PAPER_PANEL,
    ),
]
Timesteps = Annotated[
    int | None,
    typer.Option(
        "--timesteps",
        help="Timesteps of the diffusion; left out: 1000.",
        show_default=False,
        rich_help_panel=PAPER_PANEL,
    ),
]
