"""The options of a training as in LRA-diffusion, and what a preset sets of them."""

from dataclasses import dataclass, fields
from typing import Any

from labelfix.errors import InputError
from labelfix.option_checks import DEFAULT_SEED, check_choice, check_least, check_training
from labelfix.presets import (
    BY_COUNT,
    EMBED_AGAIN,
    FROM_NOTHING,
    NEVER,
    WEIGHTINGS,
    find_preset,
)

LARGEST_VALIDATION_SHARE = 0.5
PAPER_DDIM_STEPS = 10
"""Steps from label_T to label_0 in which the method `paper` is read, as published."""
LEAST_DIFFUSION_STEPS = 1000
"""Each of the 1,000 timesteps has scales of its own in every layer: with batches of 512 they are
learned from about 512 labels then."""


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

    seed: int = DEFAULT_SEED
    device: str = "auto"
    epochs: int = 30
    least_steps: int = LEAST_DIFFUSION_STEPS
    batch_size: int = 512
    width: int = 256
    learning_rate: float = 1e-3
    warmup_share: float = 0.05
    timesteps: int = 1000
    largest_gradient_norm: float = 1.0
    checkpoint_steps: int = 250
    image_branch: str | None = None
    image_size: int | None = None
    preset: str | None = None
    schedule_epochs: int | None = None
    weighting: str = BY_COUNT
    branch_weights: str = FROM_NOTHING
    embed_again: str = NEVER
    validation_share: float = 0.0

    def __post_init__(self) -> None:
        check_training(self)
        check_least("--timesteps", self.timesteps, 10)
        check_choice("--weighting", self.weighting, WEIGHTINGS)
        check_choice("--embed-again", self.embed_again, EMBED_AGAIN)
        if not 0 <= self.validation_share <= LARGEST_VALIDATION_SHARE:
            raise InputError(
                f"--validation-share: expected 0 to {LARGEST_VALIDATION_SHARE}, "
                f"found {self.validation_share}"
            )
        if self.image_size is not None:
            check_least("--image-size", self.image_size, 8)

    def steps_for(self, images: int) -> int:
        """The optimisation steps for a number of images."""
        return max(self.least_steps, -(-images * self.epochs // self.batch_size))

    def schedule_steps_for(self, images: int) -> int:
        """The steps over which the learning rate would fall to 0."""
        longer = max(1.0, (self.schedule_epochs or self.epochs) / self.epochs)
        return round(longer * self.steps_for(images))


def preset_settings(name: str) -> dict[str, Any]:
    """What a preset sets of `DiffusionOptions`.

    Raises:
        InputError: there is no such preset.
    """
    preset = find_preset(name)
    names = {field.name for field in fields(preset)} - {"neighbours", "warmup_epochs"}
    return {
        **{field: getattr(preset, field) for field in names},
        "warmup_share": preset.warmup_share,
    }
