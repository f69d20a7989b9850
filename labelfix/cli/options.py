"""The options that several commands have, each written once."""

from pathlib import Path
from typing import Annotated

import typer

from labelfix.cli.manifest_options import AnnotatorColumn as AnnotatorColumn
from labelfix.cli.manifest_options import Audited as Audited
from labelfix.cli.manifest_options import Columns as Columns
from labelfix.cli.manifest_options import Delimiter as Delimiter
from labelfix.cli.manifest_options import Encoding as Encoding
from labelfix.cli.manifest_options import ImageColumn as ImageColumn
from labelfix.cli.manifest_options import LabelColumn as LabelColumn
from labelfix.cli.manifest_options import LabelPattern as LabelPattern
from labelfix.cli.manifest_options import Missing as Missing
from labelfix.cli.manifest_options import NoHeader as NoHeader
from labelfix.cli.manifest_options import VerifiedColumn as VerifiedColumn
from labelfix.cli.manifest_options import column_names as column_names
from labelfix.cli.paper_options import BranchWeights as BranchWeights
from labelfix.cli.paper_options import EmbedAgain as EmbedAgain
from labelfix.cli.paper_options import ImageBranch as ImageBranch
from labelfix.cli.paper_options import NeighbourCountOfTrain as NeighbourCountOfTrain
from labelfix.cli.paper_options import PresetName as PresetName
from labelfix.cli.paper_options import Timesteps as Timesteps
from labelfix.cli.paper_options import ValidationShare as ValidationShare
from labelfix.cli.paper_options import Weighting as Weighting
from labelfix.config import EmbedOptions
from labelfix.paper_config import PAPER_DDIM_STEPS

EMBED_PANEL = "Embedding"
INDEX_PANEL = "Neighbours"
TRAIN_PANEL = "Training"
DECISION_PANEL = "Decision"

Images = Annotated[
    Path, typer.Argument(metavar="IMAGES", help="The image folder.", show_default=False)
]
ManifestFile = Annotated[
    Path | None,
    typer.Argument(
        metavar="MANIFEST",
        help="CSV or Parquet with an image and a label column; left out: one folder per class.",
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

WorkspaceFolder = Annotated[
    Path,
    typer.Option(
        "--workspace",
        "-w",
        envvar="LABELFIX_WORKSPACE",
        help="The folder that the stages work in.",
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but the result.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Force = Annotated[bool, typer.Option("--force", help="Run again what is up to date.")]
Frozen = Annotated[
    bool,
    typer.Option(
        "--frozen", help="Stop instead of replacing what other inputs or options have made."
    ),
]
Device = Annotated[str, typer.Option("--device", help="auto, cpu or cuda.")]

DEFAULT_ENCODERS = [EmbedOptions.encoder]
EncoderTexts = Annotated[
    list[str],
    typer.Option(
        "--encoder",
        "-e",
        metavar="<str>",
        help="clip, timm, hog, simclr or precomputed:FILE; a model of clip or timm as in "
        "clip:MODEL@WEIGHTS, where WEIGHTS is a tag or a .safetensors file. simclr is trained on "
        "the images, simclr:MODEL with that backbone of timm; simclr@FILE was trained before. "
        "May be given several times: labels are judged by all of them side by side.",
        rich_help_panel=EMBED_PANEL,
    ),
]
BatchSize = Annotated[
    int | None,
    typer.Option(
        "--batch-size",
        help="Images encoded at once; left out: 32. With --encoder simclr: images in a step of "
        "its training; left out: by how many there are.",
        show_default=False,
        rich_help_panel=EMBED_PANEL,
    ),
]
EncoderEpochs = Annotated[
    int | None,
    typer.Option(
        "--encoder-epochs",
        help="With --encoder simclr: passes over the images; left out: 100.",
        show_default=False,
        rich_help_panel=EMBED_PANEL,
    ),
]
EncoderEpochsOfEmbed = Annotated[
    int | None,
    typer.Option(
        "--epochs",
        "--encoder-epochs",
        help="With --encoder simclr: passes over the images; left out: 100.",
        show_default=False,
        rich_help_panel=EMBED_PANEL,
    ),
]
ImageSize = Annotated[
    int | None,
    typer.Option(
        "--image-size",
        help="With --encoder simclr: the side in pixels of what it sees; left out: the median "
        "of the images, at most 224.",
        show_default=False,
        rich_help_panel=EMBED_PANEL,
    ),
]
Workers = Annotated[
    int,
    typer.Option(
        "--workers",
        help="Threads that decode ahead; 0 takes one per core.",
        rich_help_panel=EMBED_PANEL,
    ),
]
Precision = Annotated[
    str,
    typer.Option(
        "--precision",
        help="auto, float32 or bfloat16; auto takes bfloat16 where the device has it.",
        rich_help_panel=EMBED_PANEL,
    ),
]
Prompts = Annotated[
    str,
    typer.Option(
        "--prompts",
        help="auto, none or a FILE: what CLIP's text tower reads of the classes, as a second view; "
        "auto reads the labels themselves, FILE is a CSV with the column label and name or prompt.",
        rich_help_panel=EMBED_PANEL,
    ),
]
ClassVectors = Annotated[
    Path | None,
    typer.Option(
        "--class-vectors",
        metavar="FILE",
        help="Parquet with a label and an embedding for each class, instead of a text tower.",
        show_default=False,
        rich_help_panel=EMBED_PANEL,
    ),
]

EngineName = Annotated[
    str,
    typer.Option(
        "--engine",
        help="exact, ivf or hnsw (for more rows), or torch.",
        rich_help_panel=INDEX_PANEL,
    ),
]
NeighbourCount = Annotated[
    int,
    typer.Option(
        "--neighbours", "-k", help="Neighbours of each image.", rich_help_panel=INDEX_PANEL
    ),
]
NeighbourCountOfRun = Annotated[
    int | None,
    typer.Option(
        "--neighbours",
        "-k",
        help="Neighbours of each image; left out: 10, or the preset's.",
        show_default=False,
        rich_help_panel=INDEX_PANEL,
    ),
]

Method = Annotated[
    str,
    typer.Option(
        "--method",
        help="noise-aware, or paper: LRA-diffusion; --preset takes the settings of its paper.",
        rich_help_panel=TRAIN_PANEL,
    ),
]
Fast = Annotated[
    bool,
    typer.Option(
        "--fast",
        help="Noise-aware with smaller denoisers and fewer folds.",
        rich_help_panel=TRAIN_PANEL,
    ),
]
Seed = Annotated[
    int,
    typer.Option("--seed", help="Of all that is drawn.", rich_help_panel=TRAIN_PANEL),
]
Epochs = Annotated[
    int | None,
    typer.Option(
        "--epochs",
        help="Passes over the images; left out: the method's own.",
        show_default=False,
        rich_help_panel=TRAIN_PANEL,
    ),
]
LearningRate = Annotated[
    float | None,
    typer.Option(
        "--learning-rate",
        help="Of the optimiser; left out: the method's own.",
        show_default=False,
        rich_help_panel=TRAIN_PANEL,
    ),
]
Width = Annotated[
    int | None,
    typer.Option(
        "--width",
        help="Of the denoiser's layers; left out: the method's own.",
        show_default=False,
        rich_help_panel=TRAIN_PANEL,
    ),
]
BranchImageSize = Annotated[
    int | None,
    typer.Option(
        "--image-size",
        help="With --image-branch: px of a side of what it sees; left out: measured.",
        show_default=False,
        rich_help_panel=TRAIN_PANEL,
    ),
]
MovedImages = Annotated[
    Path | None,
    typer.Option(
        "--images",
        metavar="DIR",
        help="With --image-branch: where the image folder is now, if it has moved since embed.",
        show_default=False,
        rich_help_panel=TRAIN_PANEL,
    ),
]

MinPrecision = Annotated[
    float | None,
    typer.Option(
        "--min-precision",
        help="Change so many labels that the new ones are expected right with at least this "
        "probability; left out: as many as make the expected number of right labels largest.",
        show_default=False,
        rich_help_panel=DECISION_PANEL,
    ),
]
MinConfidence = Annotated[
    float,
    typer.Option(
        "--min-confidence",
        help="Change a label only to one of at least this probability.",
        rich_help_panel=DECISION_PANEL,
    ),
]
DdimSteps = Annotated[
    int | None,
    typer.Option(
        "--ddim-steps",
        help="Denoising steps in which labels are read; left out: what held-out given labels "
        f"choose, or {PAPER_DDIM_STEPS} with --method paper.",
        show_default=False,
        rich_help_panel=DECISION_PANEL,
    ),
]
