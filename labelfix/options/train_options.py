"""The options of the train stage, with what both methods share."""

from dataclasses import dataclass
from typing import Any

from labelfix.errors import OptionError
from labelfix.options.cross_fit_options import CrossFitOptions
from labelfix.options.diffusion_options import (
    EMBED_AGAIN,
    LARGEST_VALIDATION_SHARE,
    NEVER,
    NO_BRANCH,
    PRESETS,
    WEIGHTINGS,
    DiffusionOptions,
    find_preset,
    preset_settings,
)
from labelfix.options.option import (
    TRAIN_PANEL,
    at_least,
    check_options,
    device_option,
    either,
    option,
    seed_option,
)

PAPER_PANEL = "Method of the paper"

NOISE_AWARE = "noise-aware"
PAPER = "paper"
METHODS = (NOISE_AWARE, PAPER)
IMAGE_BRANCH_EPOCHS = 100
"""Passes over the images where an image encoder is trained too, which learns more slowly."""


@dataclass(frozen=True, kw_only=True)
class TrainOptions:
    """The train stage, with what both methods share; `None` takes the method's own default.

    Attributes:
        method: `noise-aware`, or `paper` (LRA-diffusion, Chen et al., NeurIPS 2023).
        fast: noise-aware with smaller networks and fewer folds.
        seed: the same seed gives the same weights on the same machine.
        epochs: passes of the denoisers' training over the images, unless the method's least steps
            ask for more.
        learning_rate: of Adam, after the warm-up; it falls to 0 along a cosine.
        width: of the network's hidden layers.
        preset: settings of the method `paper` for a data set of the paper; an option that is
            given beside it wins.
        image_branch: a backbone of timm through which the denoiser of the method `paper` sees
            the images, trained with it; `none` for a denoiser that sees the embeddings alone,
            None for the preset's.
        image_size: side in px of what the image branch sees; None measures the images.
        branch_weights: what the image branch begins with: a .safetensors file, `pretrained` for
            timm's own, or `none`.
        weighting: of a drawn label, in the method `paper`: `count` or `uniform`.
        embed_again: whether varied images are embedded again: `never`, `simclr` or `always`.
        validation_share: of the images, held out to choose the best pass by their given labels.
        timesteps: T of the method `paper`.
        neighbours: K that the neighbours must have been found with; None takes the preset's, or
            any where there is no preset.
        device: `auto`, `cpu` or `cuda`.
    """

    method: str = option(
        NOISE_AWARE,
        "noise-aware, or paper: LRA-diffusion; --preset takes the settings of its paper.",
        panel=TRAIN_PANEL,
        choices=METHODS,
    )
    fast: bool = option(
        False,
        "Faster: smaller denoisers and fewer folds; with --method noise-aware.",
        panel=TRAIN_PANEL,
    )
    seed: int = seed_option()
    epochs: int | None = option(
        None,
        "Passes of the denoisers' training over the images; default: the method's own.",
        name="denoiser_epochs",
        panel=TRAIN_PANEL,
    )
    learning_rate: float | None = option(
        None, "Learning rate of the optimiser; default: the method's own.", panel=TRAIN_PANEL
    )
    width: int | None = option(
        None, "Width of the denoiser's layers; default: the method's own.", panel=TRAIN_PANEL
    )
    preset: str | None = option(
        None,
        f"With --method paper: the paper's settings for {either(PRESETS)}; an option that you "
        "give wins.",
        panel=PAPER_PANEL,
        suggestions=tuple(PRESETS),
    )
    image_branch: str | None = option(
        None,
        "With --method paper: a backbone of timm, such as resnet34, trained with the denoiser so "
        "that it sees the images too; none switches off the preset's.",
        panel=PAPER_PANEL,
    )
    image_size: int | None = option(
        None,
        "With --image-branch: side in pixels of what it sees; default: measured on the images.",
        panel=TRAIN_PANEL,
    )
    branch_weights: str | None = option(
        None,
        "Initial weights of the image branch: a .safetensors file, pretrained (timm's own, "
        "downloaded once) or none (random); default: "
        f"{DiffusionOptions.branch_weights}, or the preset's.",
        panel=PAPER_PANEL,
    )
    weighting: str | None = option(
        None,
        "Weights of the neighbours' labels: count (by how often each occurs) or uniform; default: "
        f"{DiffusionOptions.weighting}, or the preset's.",
        panel=PAPER_PANEL,
        choices=WEIGHTINGS,
    )
    embed_again: str | None = option(
        None,
        "Whether augmented images are embedded again: never, simclr (if that is the encoder) or "
        f"always; default: {DiffusionOptions.embed_again}, or the preset's.",
        panel=PAPER_PANEL,
        choices=EMBED_AGAIN,
    )
    validation_share: float | None = option(
        None,
        f"Share of the images, at most {LARGEST_VALIDATION_SHARE}, held out to choose the best "
        f"epoch by; default: {DiffusionOptions.validation_share:g}, or the "
        "preset's.",
        panel=PAPER_PANEL,
    )
    timesteps: int | None = option(
        None,
        f"Timesteps of the diffusion; default: {DiffusionOptions.timesteps}.",
        panel=PAPER_PANEL,
    )
    neighbours: int | None = option(
        None,
        "Neighbours that index must have found; default: the preset's, or any number.",
        short="-k",
        panel=PAPER_PANEL,
        range=at_least(1),
    )
    device: str = device_option()

    def __post_init__(self) -> None:
        if self.method == NOISE_AWARE:
            for name in _OF_PAPER:
                if getattr(self, name) is not None:
                    raise self._of_other_method(name, PAPER)
        if self.fast and self.method == PAPER:
            raise self._of_other_method("fast", NOISE_AWARE)
        check_options(self)
        self.of_method()

    def _of_other_method(self, name: str, method: str) -> OptionError:
        """The error for an option that only the other method has."""
        return OptionError(
            f"{{{name}}}: expected {{method}} {method}, found {{_found!r}}", _found=self.method
        )

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
            given["least_steps"] = 1  # then the user wants these passes, however few
        chosen = {**(preset_settings(self.preset) if self.preset else {}), **given}
        if chosen.get("image_branch") == NO_BRANCH:
            del chosen["image_branch"]
        if "image_branch" not in chosen:
            if self.branch_weights is not None:
                raise OptionError(
                    "{branch_weights}: expected an image branch, found {_found!r} without one",
                    "Name its backbone: {image_branch} resnet50.",
                    _found=self.branch_weights,
                )
            chosen.pop("branch_weights", None)
        elif self.preset is None:
            chosen = {"epochs": IMAGE_BRANCH_EPOCHS, **chosen}
        return DiffusionOptions(seed=self.seed, device=self.device, **chosen)

    def _given(self, *names: str) -> dict[str, Any]:
        """Those of the options that have a value."""
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
"""Options that only the method `paper` has."""
