"""The options of training as in LRA-diffusion, and its settings for the paper's data sets."""

from dataclasses import dataclass, fields
from typing import Any

from labelfix.options.option import (
    BETWEEN_0_AND_1,
    Range,
    at_least,
    check_options,
    device_option,
    option,
    refused,
    seed_option,
)

BY_COUNT, UNIFORM = "count", "uniform"
WEIGHTINGS = (BY_COUNT, UNIFORM)
NEVER, WITH_SIMCLR, ALWAYS = "never", "simclr", "always"
EMBED_AGAIN = (NEVER, WITH_SIMCLR, ALWAYS)
NO_BRANCH = "none"
FROM_NOTHING, PRETRAINED = "none", "pretrained"
LARGEST_VALIDATION_SHARE = 0.5
VALIDATION_SHARES = Range(
    least=0, most=LARGEST_VALIDATION_SHARE, expected=f"0 to {LARGEST_VALIDATION_SHARE}"
)
PAPER_DDIM_STEPS = 10
"""Steps from label_T to label_0 in which the method `paper` is read, as published."""
LEAST_DIFFUSION_STEPS = 1000
"""Each of the 1,000 timesteps has scales of its own in every layer: with batches of 512 they are
learned from about 512 labels then."""


@dataclass(frozen=True, kw_only=True)
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
        preset: where the other settings are from; None for none.
        schedule_epochs: passes over which the learning rate would fall to 0, where training ends
            before; None takes the passes that are made.
        weighting: of a drawn label: `count`, as often as it was retrieved, or `uniform`.
        branch_weights: what the image branch begins with: a .safetensors file, `pretrained` for
            timm's own, or `none`.
        embed_again: whether varied images are embedded again: `never`, `simclr` (where that is
            the encoder) or `always`.
        validation_share: of the images, held out to choose the best pass by their given labels;
            0 takes the last pass.
    """

    seed: int = seed_option()
    device: str = device_option()
    epochs: int = option(30, range=at_least(1))
    least_steps: int = LEAST_DIFFUSION_STEPS
    batch_size: int = option(512, range=at_least(2))
    width: int = option(256, range=at_least(1))
    learning_rate: float = option(1e-3, range=BETWEEN_0_AND_1)
    warmup_share: float = 0.05
    timesteps: int = option(1000, range=at_least(10))
    largest_gradient_norm: float = 1.0
    checkpoint_steps: int = 250
    image_branch: str | None = None
    image_size: int | None = option(None, range=at_least(8))
    preset: str | None = None
    schedule_epochs: int | None = None
    weighting: str = option(BY_COUNT, choices=WEIGHTINGS)
    branch_weights: str = FROM_NOTHING
    embed_again: str = option(NEVER, choices=EMBED_AGAIN)
    validation_share: float = option(0.0, range=VALIDATION_SHARES)

    def __post_init__(self) -> None:
        check_options(self)

    def steps_for(self, images: int) -> int:
        """The optimisation steps for a number of images."""
        return max(self.least_steps, -(-images * self.epochs // self.batch_size))

    def schedule_steps_for(self, images: int) -> int:
        """The steps over which the learning rate would fall to 0."""
        longer = max(1.0, (self.schedule_epochs or self.epochs) / self.epochs)
        return round(longer * self.steps_for(images))


@dataclass(frozen=True, kw_only=True)
class Preset:
    """The settings of one data set.

    Attributes:
        neighbours: K.
        width: of the denoiser's layers.
        epochs: passes over the images.
        schedule_epochs: passes over which the learning rate would fall to 0.
        warmup_epochs: passes over which it rises.
        batch_size: images in a step.
        weighting: of a drawn label: `count` or `uniform`.
        image_branch: a backbone of timm.
        branch_weights: `none` or `pretrained`.
        embed_again: whether varied images are embedded again: `never`, `simclr` (where that is
            the encoder) or `always`.
        validation_share: of the images, held out to choose the best pass by their given labels.
    """

    neighbours: int
    width: int
    epochs: int = 200
    schedule_epochs: int | None = None
    warmup_epochs: int = 1
    batch_size: int = 200
    weighting: str = BY_COUNT
    image_branch: str = "resnet50"
    branch_weights: str = PRETRAINED
    embed_again: str = NEVER
    validation_share: float = 0.1

    @property
    def warmup_share(self) -> float:
        """Of the schedule's steps."""
        return self.warmup_epochs / (self.schedule_epochs or self.epochs)


_CIFAR = Preset(
    neighbours=10,
    width=512,
    schedule_epochs=1000,
    warmup_epochs=5,
    image_branch="resnet34",
    branch_weights=FROM_NOTHING,
    embed_again=WITH_SIMCLR,
)

PRESETS = {
    "cifar10": _CIFAR,
    "cifar100": _CIFAR,
    "food101n": Preset(neighbours=10, width=1024, warmup_epochs=10),
    "clothing1m": Preset(
        neighbours=20, width=1024, batch_size=256, weighting=UNIFORM, embed_again=ALWAYS
    ),
    "webvision": Preset(
        neighbours=50,
        width=1024,
        epochs=300,
        batch_size=256,
        weighting=UNIFORM,
        embed_again=ALWAYS,
    ),
}


def find_preset(name: str) -> Preset:
    """The preset of a name.

    Raises:
        OptionError: there is none.
    """
    if name not in PRESETS:
        raise refused(
            "preset",
            f"one of {', '.join(PRESETS)}",
            repr(name),
            "They are the data sets of the paper; for others leave {preset} out, or take the one "
            "most like yours.",
        )
    return PRESETS[name]


def preset_settings(name: str) -> dict[str, Any]:
    """What a preset sets of `DiffusionOptions`.

    Raises:
        OptionError: there is no such preset.
    """
    preset = find_preset(name)
    names = {field.name for field in fields(preset)} - {"neighbours", "warmup_epochs"}
    return {
        **{field: getattr(preset, field) for field in names},
        "warmup_share": preset.warmup_share,
    }
