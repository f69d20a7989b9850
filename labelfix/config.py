"""The options of every stage; with `embed_config`, the only place where defaults stand."""

from dataclasses import dataclass

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
    compiled_pattern,
)

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
"""Passes over the images where an image encoder is trained too: it begins from nothing."""


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
            with, trained with it; None for a denoiser that sees the embeddings alone.
        image_size: px of a side of what the image branch sees; None measures the images.
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

    def __post_init__(self) -> None:
        check_choice("--method", self.method, METHODS)
        if self.fast and self.method != NOISE_AWARE:
            raise InputError(f"--fast: expected --method {NOISE_AWARE}, found {self.method!r}")
        if self.image_branch is not None and self.method != PAPER:
            raise InputError(f"--image-branch: expected --method {PAPER}, found {self.method!r}")
        self.of_method()

    def of_method(self) -> "CrossFitOptions | DiffusionOptions":
        """The options of the method that is chosen."""
        given = {
            name: value
            for name in ("epochs", "width", "learning_rate")
            if (value := getattr(self, name)) is not None
        }
        if self.method == PAPER:
            if self.image_branch is not None:
                branch = {"image_branch": self.image_branch, "image_size": self.image_size}
                given = {"epochs": IMAGE_BRANCH_EPOCHS, **branch, **given}
            return DiffusionOptions(seed=self.seed, device=self.device, **given)
        smaller = {"width": 512, "folds": 4} if self.fast else {}
        return CrossFitOptions(seed=self.seed, device=self.device, **{**smaller, **given})


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
        _check_training(self)


@dataclass(frozen=True)
class DiffusionOptions:
    """Training as in LRA-diffusion (Chen et al., NeurIPS 2023).

    Attributes:
        seed: the same seed gives the same weights on the same machine.
        device: `auto`, `cpu` or `cuda`.
        epochs: passes over the images, as far as `least_steps` is reached.
        least_steps: optimisation steps at the least, for small data sets.
        batch_size: images in a step, drawn with replacement.
        width: of the network's hidden layers.
        learning_rate: of Adam, after the warm-up; it falls to 0 along a cosine.
        warmup_share: share of the steps in which the rate rises from 0.
        timesteps: T of the diffusion.
        largest_gradient_norm: gradients are clipped to it.
        checkpoint_steps: steps between checkpoints. Not part of the result.
        image_branch: a backbone of timm that is trained with the denoiser; None for no branch.
        image_size: px of a side of what it sees; None measures the images.
    """

    seed: int = DEFAULT_SEED
    device: str = "auto"
    epochs: int = 30
    least_steps: int = 1000
    batch_size: int = 512
    width: int = 256
    learning_rate: float = 1e-3
    warmup_share: float = 0.05
    timesteps: int = 1000
    largest_gradient_norm: float = 1.0
    checkpoint_steps: int = 250
    image_branch: str | None = None
    image_size: int | None = None

    def __post_init__(self) -> None:
        _check_training(self)
        check_least("--timesteps", self.timesteps, 10)
        if self.image_size is not None:
            check_least("--image-size", self.image_size, 8)

    def steps_for(self, images: int) -> int:
        """The optimisation steps for a number of images."""
        return max(self.least_steps, -(-images * self.epochs // self.batch_size))


@dataclass(frozen=True)
class RelabelOptions:
    """The relabel stage.

    Attributes:
        device: `auto`, `cpu` or `cuda`.
        min_precision: the labels that are changed are expected right with at least this
            probability; None changes every label that is likelier wrong than another one.
        min_confidence: a label is changed only to one of at least this probability.
        ddim_steps: denoising steps from label_T to label_0, of the method `paper`.
        batch_size: images denoised at once, of the method `paper`; part of the result.
    """

    device: str = "auto"
    min_precision: float | None = None
    min_confidence: float = 0.0
    ddim_steps: int = 10
    batch_size: int = 4096

    def __post_init__(self) -> None:
        check_device(self.device)
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


def _check_training(options: CrossFitOptions | DiffusionOptions) -> None:
    check_device(options.device)
    check_seed(options.seed)
    check_least("--epochs", options.epochs, 1)
    check_least("--batch-size", options.batch_size, 2)
    check_least("--width", options.width, 1)
    if not 0 < options.learning_rate < 1:
        raise InputError(f"--learning-rate: expected 0 to 1, found {options.learning_rate}")
