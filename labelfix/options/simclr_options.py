"""The options of an encoder that is trained on the user's images."""

import math
from dataclasses import dataclass

from labelfix.options.option import (
    PROBABILITY,
    Range,
    at_least,
    check_options,
    device_option,
    option,
    seed_option,
)

PRECISIONS = ("auto", "float32", "bfloat16")
RATE_BATCH = 256
"""Images in a step to which a learning rate refers."""


@dataclass(frozen=True, kw_only=True)
class SimclrOptions:
    """Training an encoder on images without labels (SimCLR, Chen et al., ICML 2020).

    Attributes:
        backbone: any model of timm, without a tag of weights: it begins from random ones.
        seed: the same seed gives the same weights on the same machine.
        device: `auto`, `cpu` or `cuda`.
        precision: `auto`, `float32` or `bfloat16`; auto takes bfloat16 where the device has it.
        workers: threads that decode; 0 takes one per core. Not part of the result.
        epochs: passes over the images.
        batch_size: most images in a step; None takes a sixteenth of the images, at least 64 and
            at most 512, so that few images still make many steps.
        image_size: side of the square that the encoder sees, in px; None takes the median of the
            images' short sides, 16 to 224.
        temperature: similarities are divided by it in the loss.
        projection_width: values of the projection that the loss is computed on.
        optimiser: `adamw`, or `lars` for batches of thousands.
        learning_rate: None takes the optimiser's own, 1e-3 (`adamw`) or 1.2 (`lars`) at
            `RATE_BATCH` images; it grows with a batch's square root.
        weight_decay: of the weights that are matrices.
        warmup_share: share of the steps in which the rate rises from 0.
        smallest_crop: least share of the square's area that a crop has.
        flip_share: share of the views that are mirrored.
        jitter_share: share of the views whose colours change.
        colour_strength: how much: 0.8 times it in brightness, contrast and saturation, 0.2 times
            it in hue (Chen et al., appendix A).
        grey_share: share of the views that are made grey.
        blur_share: share of the views that are blurred.
        agreement_epochs: passes between two looks at how neighbours agree. Not part of the result.
        agreement_rows: most images that are looked at. Not part of the result.
        checkpoint_s: seconds between checkpoints. Not part of the result.
    """

    backbone: str = "resnet18"
    seed: int = seed_option()
    device: str = device_option()
    precision: str = option("auto", choices=PRECISIONS)
    workers: int = option(0, range=at_least(0))
    epochs: int = option(100, range=at_least(1))
    batch_size: int | None = option(None, range=at_least(2))
    image_size: int | None = option(None, range=at_least(8))
    temperature: float = option(0.2, range=Range(least=0, is_open=True, expected="more than 0"))
    projection_width: int = option(128, range=at_least(1))
    optimiser: str = option("adamw", choices=("adamw", "lars"))
    learning_rate: float | None = None
    weight_decay: float = 1e-4
    warmup_share: float = 0.1
    smallest_crop: float = option(0.2, range=PROBABILITY)
    flip_share: float = option(0.5, range=PROBABILITY)
    jitter_share: float = option(0.8, range=PROBABILITY)
    colour_strength: float = 0.5
    grey_share: float = option(0.2, range=PROBABILITY)
    blur_share: float = option(0.5, range=PROBABILITY)
    agreement_epochs: int = option(5, range=at_least(1))
    agreement_rows: int = 2000
    checkpoint_s: float = 60.0

    def __post_init__(self) -> None:
        check_options(self)

    def batch_for(self, images: int) -> int:
        """Images in a step: at most as many as there are, and as evenly dealt as can be.

        The images of a pass that do not fill a batch are skipped in it.
        """
        most = self.batch_size or min(max(images // 16, 64), 512)
        return max(2, images // -(-images // most))

    def rate_for(self, batch: int) -> float:
        """The learning rate after the warm-up (Chen et al., appendix B.1, for its growth)."""
        rate = self.learning_rate
        if rate is None:
            rate = 1e-3 if self.optimiser == "adamw" else 1.2
        return rate * math.sqrt(batch / RATE_BATCH)
