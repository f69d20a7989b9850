"""The options of every stage; with `embed_config`, the only place where defaults stand."""

from dataclasses import dataclass
from typing import Any

from labelfix.embed_config import EmbedOptions as EmbedOptions
from labelfix.embed_config import SimclrOptions as SimclrOptions
from labelfix.errors import InputError
from labelfix.option_checks import (
    DEFAULT_SEED,
    check_choice,
    check_columns,
    check_device,
    check_least,
    check_probability,
    check_seed,
    check_training,
    compiled_pattern,
)
from labelfix.paper_config import LEAST_DIFFUSION_STEPS as LEAST_DIFFUSION_STEPS
from labelfix.paper_config import DiffusionOptions as DiffusionOptions
from labelfix.paper_config import preset_settings
from labelfix.presets import NEVER, NO_BRANCH, find_preset

DEFAULT_WORKSPACE = ".labelfix"


@dataclass(frozen=True)
class ManifestOptions:
    """How the user's manifest is read.

    Attributes:
        image_column, label_column: None takes the first known name.
        annotator_column: the same; a manifest need not have one.
        verified_column: the same, of labels that a person has verified.
        delimiter, encoding: of a CSV file.
        missing: what a row without an image file or a label does: `error` or `quarantine`.
        has_header: whether a CSV file's first row names its columns.
        columns: their names where it has none; None takes `image`, `label`, `column_3` ...
        label_pattern: a regular expression that takes the label out of the image's name.
    """

    image_column: str | None = None
    label_column: str | None = None
    annotator_column: str | None = None
    delimiter: str = ","
    encoding: str = "utf-8"
    missing: str = "error"
    verified_column: str | None = None
    has_header: bool = True
    columns: tuple[str, ...] | None = None
    label_pattern: str | None = None

    def __post_init__(self) -> None:
        check_choice("--missing", self.missing, ("error", "quarantine"))
        if self.columns is not None:
            check_columns("--columns", self.columns)
        if self.label_pattern is None:
            return
        compiled_pattern("--label-pattern", self.label_pattern)
        if self.label_column is not None:
            raise InputError(
                "--label-pattern: expected no --label-column beside it, "
                f"found {self.label_column!r}",
                "Labels are either in a column or in the names: leave one of them out.",
            )


@dataclass(frozen=True)
class IndexOptions:
    """The index stage.

    Attributes:
        engine: a name from the table in `retrieval/available.py`.
        neighbours: K, the neighbours of each image.
        device: `auto`, `cpu` or `cuda`.
        recall_rows: images on which an approximate engine is measured against exact search.
    """

    engine: str = "exact"
    neighbours: int = 10
    device: str = "auto"
    recall_rows: int = 1000

    def __post_init__(self) -> None:
        check_device(self.device)
        check_least("--neighbours", self.neighbours, 1)


NOISE_AWARE = "noise-aware"
PAPER = "paper"
METHODS = (NOISE_AWARE, PAPER)
IMAGE_BRANCH_EPOCHS = 100
"""Passes over the images where an image encoder is trained too, which learns more slowly."""


@dataclass(frozen=True)
class TrainOptions:
    """The train stage, with what both methods share; `None` takes the method's own default.

    Attributes:
        method: `noise-aware`, or `paper` (LRA-diffusion, Chen et al., NeurIPS 2023).
        seed: the same seed gives the same weights on the same machine.
        device: `auto`, `cpu` or `cuda`.
        fast: noise-aware with smaller networks and fewer folds.
        epochs: passes over the images, as far as the method's least steps are reached.
        width: of the network's hidden layers.
        learning_rate: of Adam, after the warm-up; it falls to 0 along a cosine.
        image_branch: a backbone of timm that the denoiser of the method `paper` sees the images
            with, trained with it; `none` for a denoiser that sees the embeddings alone, None for
            the preset's.
        image_size: px of a side of what the image branch sees; None measures the images.
        preset: settings of the method `paper` for a data set of the paper; all that is given
            beside it wins.
        neighbours: K that the neighbours must have been found with; None takes the preset's, or
            any where there is no preset.
        branch_weights: what the image branch begins with: a .safetensors file, `pretrained` for
            timm's own, or `none`.
        weighting: of a drawn label, in the method `paper`: `count` or `uniform`.
        embed_again: whether varied images are embedded again: `never`, `simclr` or `always`.
        validation_share: of the images, held out to choose the best pass by their given labels.
        timesteps: T of the method `paper`.
    """

    method: str = NOISE_AWARE
    seed: int = DEFAULT_SEED
    device: str = "auto"
    fast: bool = False
    epochs: int | None = None
    width: int | None = None
    learning_rate: float | None = None
    image_branch: str | None = None
    image_size: int | None = None
    preset: str | None = None
    neighbours: int | None = None
    branch_weights: str | None = None
    weighting: str | None = None
    embed_again: str | None = None
    validation_share: float | None = None
    timesteps: int | None = None

    def __post_init__(self) -> None:
        check_choice("--method", self.method, METHODS)
        if self.fast and self.method != NOISE_AWARE:
            raise InputError(f"--fast: expected --method {NOISE_AWARE}, found {self.method!r}")
        for name in _OF_PAPER:
            if getattr(self, name) is not None and self.method != PAPER:
                option = name.replace("_", "-")
                raise InputError(f"--{option}: expected --method {PAPER}, found {self.method!r}")
        if self.neighbours is not None:
            check_least("--neighbours", self.neighbours, 1)
        self.of_method()

    @property
    def wanted_neighbours(self) -> int | None:
        """K that the neighbours must have been found with; None where any will do."""
        if self.neighbours is None and self.preset is not None:
            return find_preset(self.preset).neighbours
        return self.neighbours

    @property
    def branch(self) -> str | None:
        """The image branch's backbone, of the preset or as given; None for no branch."""
        return self._of_paper().image_branch if self.method == PAPER else None

    @property
    def sees_images(self) -> bool:
        """Whether the training may see the images, by an image branch or the encoder."""
        return self.branch is not None or (
            self.method == PAPER and self._of_paper().embed_again != NEVER
        )

    def of_method(self) -> "CrossFitOptions | DiffusionOptions":
        """The options of the method that is chosen."""
        given = self._given("epochs", "width", "learning_rate")
        if self.method == PAPER:
            return self._of_paper()
        smaller = {"width": 512, "folds": 4} if self.fast else {}
        return CrossFitOptions(seed=self.seed, device=self.device, **{**smaller, **given})

    def _of_paper(self) -> "DiffusionOptions":
        """What is given, over the preset's settings, over the method's own."""
        given = self._given("epochs", "width", "learning_rate", *_OF_PAPER)
        given |= self._given("image_size")
        if self.epochs is not None:
            given["least_steps"] = 1  # then it is these passes that are wanted, however few
        chosen = {**(preset_settings(self.preset) if self.preset else {}), **given}
        if chosen.get("image_branch") == NO_BRANCH:
            del chosen["image_branch"]
        if "image_branch" not in chosen:
            if self.branch_weights is not None:
                raise InputError(
                    f"--branch-weights: expected an image branch, found {self.branch_weights!r} "
                    "without one",
                    "Name its backbone: --image-branch resnet50.",
                )
            chosen.pop("branch_weights", None)
        elif self.preset is None:
            chosen = {"epochs": IMAGE_BRANCH_EPOCHS, **chosen}
        return DiffusionOptions(seed=self.seed, device=self.device, **chosen)

    def _given(self, *names: str) -> dict[str, Any]:
        """Those of the options that are not left out."""
        return {name: value for name in names if (value := getattr(self, name)) is not None}


_OF_PAPER = (
    "preset",
    "image_branch",
    "branch_weights",
    "weighting",
    "embed_again",
    "validation_share",
    "timesteps",
)
"""Options that the method `paper` alone has."""


@dataclass(frozen=True)
class CrossFitOptions:
    """Noise-aware training: denoisers that judge no image whose label they saw.

    Attributes:
        seed: the same seed gives the same weights on the same machine.
        device: `auto`, `cpu` or `cuda`.
        folds: parts of the images; each is judged by a denoiser that was trained on the others.
        epochs: passes over the images in the last round, as far as `least_steps` is reached.
        early_epochs: passes in the rounds before it, which only measure the noise.
        early_rows: images that these measure it on at the least, in whole folds.
        least_steps: optimisation steps of a denoiser at the least, for small data sets.
        batch_size: images in a step at the most.
        width: of the hidden layer in the last round; half of it in the rounds before.
        dropout: share of the hidden layer that a step leaves out.
        learning_rate: of AdamW at the full batch size; it falls with a batch's square root.
        warmup_share: share of the steps in which the rate rises from 0.
    """

    seed: int = DEFAULT_SEED
    device: str = "auto"
    folds: int = 10
    epochs: int = 5
    early_epochs: int = 4
    early_rows: int = 20_000
    least_steps: int = 100
    batch_size: int = 1024
    width: int = 1024
    dropout: float = 0.5
    learning_rate: float = 2e-3
    warmup_share: float = 0.05

    def __post_init__(self) -> None:
        check_training(self)


@dataclass(frozen=True)
class RelabelOptions:
    """The relabel stage.

    Attributes:
        device: `auto`, `cpu` or `cuda`.
        min_precision: the labels that are changed are expected right with at least this
            probability; None changes every label that is likelier wrong than another one.
        min_confidence: a label is changed only to one of at least this probability.
        ddim_steps: of DDIM from label_T to label_0; None takes what training chose by held-out
            given labels, and 10 with the method `paper`.
        batch_size: images denoised at once, of the method `paper`; part of the result.
    """

    device: str = "auto"
    min_precision: float | None = None
    min_confidence: float = 0.0
    ddim_steps: int | None = None
    batch_size: int = 4096

    def __post_init__(self) -> None:
        check_device(self.device)
        if self.ddim_steps is not None:
            check_least("--ddim-steps", self.ddim_steps, 1)
        check_probability("--min-confidence", self.min_confidence)
        if self.min_precision is not None:
            check_probability("--min-precision", self.min_precision)


@dataclass(frozen=True)
class AuditOptions:
    """Which rows a person is asked about.

    Attributes:
        budget: how many at most.
        seed: of the draw; another one asks about other rows.
    """

    budget: int = 50
    seed: int = DEFAULT_SEED

    def __post_init__(self) -> None:
        check_least("--budget", self.budget, 1)
        check_seed(self.seed)
