"""The options of the embed stage, and of an encoder that it trains."""

import math
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from labelfix.errors import InputError
from labelfix.option_checks import (
    DEFAULT_SEED,
    check_choice,
    check_device,
    check_least,
    check_probability,
    check_seed,
)

ENCODED_AT_ONCE = 32
"""Images, unless --batch-size says how many; part of the result."""
RATE_BATCH = 256
"""Images in a step to which a learning rate refers."""


@dataclass(frozen=True)
class EmbedOptions:
    """The embed stage.

    Attributes:
        encoder: KIND[:MODEL][@WEIGHTS].
        device: `auto`, `cpu` or `cuda`.
        batch_size: images encoded at once; part of the result, for a matrix product's last
            bits depend on it. Where the encoder is trained: images in a step of its training.
            None takes the encoder's own.
        workers: threads that decode ahead; 0 takes one per core. Not part of the result.
        precision: `auto`, `float32` or `bfloat16`; auto takes bfloat16 where the device has it.
        part_rows: images in one Parquet part, the most that a killed run does again.
        epochs: of an encoder that is trained: passes over the images; None takes its own.
        image_size: of an encoder that is trained: the side of what it sees, in px; None takes
            the median of the images.
        seed: of an encoder that is trained; the others draw nothing.
        prompts: what a text tower reads of the classes: `auto` (their labels, where the encoder
            has one), `none`, or a CSV file of names and prompts.
        class_vectors: a Parquet file with a vector for each class, instead of a text tower.
        more_encoders: others whose vectors stand beside those of `encoder`.
    """

    encoder: str = "clip:ViT-B-32@laion2b_s34b_b79k"
    device: str = "auto"
    batch_size: int | None = None
    workers: int = 0
    precision: str = "auto"
    part_rows: int = 4096
    epochs: int | None = None
    image_size: int | None = None
    seed: int = DEFAULT_SEED
    prompts: str = "auto"
    class_vectors: Path | None = None
    more_encoders: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_device(self.device)
        self._check_encoders()
        check_choice("--precision", self.precision, ("auto", "float32", "bfloat16"))
        if self.class_vectors is not None and self.prompts not in ("auto", "none"):
            raise InputError(
                f"--class-vectors: expected no prompts beside it, found --prompts {self.prompts}",
                "Leave one of them out.",
            )
        check_least(
            "--batch-size", ENCODED_AT_ONCE if self.batch_size is None else self.batch_size, 1
        )
        check_least("--workers", self.workers, 0)
        check_least("--part-rows", self.part_rows, 1)
        if self.trains_encoder:
            self.simclr()
            return
        for option, value in (("--encoder-epochs", self.epochs), ("--image-size", self.image_size)):
            if value is not None:
                raise InputError(
                    f"{option}: expected --encoder simclr, which is trained, found "
                    f"--encoder {self.encoder!r}, which is not",
                    f"Leave {option} out, or train an encoder with --encoder simclr.",
                )

    def _check_encoders(self) -> None:
        for position, encoder in enumerate(self.encoders):
            if encoder in self.encoders[:position]:
                raise InputError(
                    f"--encoder: expected encoders that differ, found {encoder!r} twice",
                    "Leave one of them out.",
                )
        trained = [encoder for encoder in self.encoders if _is_trained(encoder)]
        if len(trained) > 1:
            raise InputError(
                f"--encoder: expected at most one that is trained on the images, found "
                f"{' and '.join(trained)}",
                "Train one in a workspace of its own, and name its file here: simclr@FILE.",
            )

    @property
    def encoders(self) -> tuple[str, ...]:
        """All of them, in the order in which their vectors stand side by side."""
        return (self.encoder, *self.more_encoders)

    def each(self) -> "tuple[EmbedOptions, ...]":
        """For several encoders the options of each one alone, without class names."""
        common: dict[str, Any] = {"more_encoders": (), "prompts": "none", "class_vectors": None}
        untrained = {**common, "epochs": None, "image_size": None}
        if self.trains_encoder:
            untrained["batch_size"] = None  # it was said of the training
        return tuple(
            replace(self, encoder=encoder, **(common if _is_trained(encoder) else untrained))
            for encoder in self.encoders
        )

    @property
    def trains_encoder(self) -> bool:
        """Whether an encoder is trained on the images of the run before it embeds them."""
        return any(map(_is_trained, self.encoders))

    @property
    def encoded_at_once(self) -> int:
        """Images; a training's batch says nothing of it."""
        return ENCODED_AT_ONCE if self.trains_encoder else self.batch_size or ENCODED_AT_ONCE

    def simclr(self) -> "SimclrOptions":
        """The options of the encoder that is trained; what is left out is its own."""
        trained = next(filter(_is_trained, self.encoders), "")
        named = {
            "backbone": trained.partition(":")[2] or None,
            "epochs": self.epochs,
            "batch_size": self.batch_size,
            "image_size": self.image_size,
        }
        given: dict[str, Any] = {name: value for name, value in named.items() if value is not None}
        return SimclrOptions(
            seed=self.seed,
            device=self.device,
            precision=self.precision,
            workers=self.workers,
            **given,
        )


def _is_trained(encoder: str) -> bool:
    """Whether an encoder's name is of one that is trained on the images of the run."""
    return re.fullmatch(r"simclr(:[^@]*)?", encoder) is not None


@dataclass(frozen=True)
class SimclrOptions:
    """Training an encoder on images without labels (SimCLR, Chen et al., ICML 2020).

    Attributes:
        backbone: any model of timm, without a tag of weights: it begins from random ones.
        seed: the same seed gives the same weights on the same machine.
        device: `auto`, `cpu` or `cuda`.
        precision: `auto`, `float32` or `bfloat16`; auto takes bfloat16 where the device has it.
        workers: threads that decode; 0 takes one per core. Not part of the result.
        epochs: passes over the images.
        batch_size: images in a step at the most; None takes a sixteenth of the images, at least
            64 and at most 512, so that few images still make many steps.
        image_size: side of the square that the encoder sees, in px; None takes the median of the
            images' short sides, 16 to 224.
        temperature: that similarities are divided by in the loss.
        projection_width: values of the projection that the loss is computed on.
        optimiser: `adamw`, or `lars` for batches of thousands.
        learning_rate: None takes the optimiser's own, 1e-3 (`adamw`) or 1.2 (`lars`) at
            `RATE_BATCH` images; it grows with a batch's square root.
        weight_decay: of the weights that are matrices.
        warmup_share: share of the steps in which the rate rises from 0.
        smallest_crop: share of the square's area that a crop has at the least.
        flip_share: of the views that are mirrored.
        jitter_share: of the views whose colours change.
        colour_strength: how much: 0.8 times it in brightness, contrast and saturation, 0.2 times
            it in hue (Chen et al., appendix A).
        grey_share: of the views that are made grey.
        blur_share: of the views that are blurred.
        agreement_epochs: passes between two looks at how neighbours agree. Not part of the result.
        agreement_rows: images at the most that are looked at. Not part of the result.
        checkpoint_s: seconds between checkpoints. Not part of the result.
    """

    backbone: str = "resnet18"
    seed: int = DEFAULT_SEED
    device: str = "auto"
    precision: str = "auto"
    workers: int = 0
    epochs: int = 100
    batch_size: int | None = None
    image_size: int | None = None
    temperature: float = 0.2
    projection_width: int = 128
    optimiser: str = "adamw"
    learning_rate: float | None = None
    weight_decay: float = 1e-4
    warmup_share: float = 0.1
    smallest_crop: float = 0.2
    flip_share: float = 0.5
    jitter_share: float = 0.8
    colour_strength: float = 0.5
    grey_share: float = 0.2
    blur_share: float = 0.5
    agreement_epochs: int = 5
    agreement_rows: int = 2000
    checkpoint_s: float = 60.0

    def __post_init__(self) -> None:
        check_device(self.device)
        check_seed(self.seed)
        check_choice("--precision", self.precision, ("auto", "float32", "bfloat16"))
        check_choice("optimiser", self.optimiser, ("adamw", "lars"))
        check_least("--encoder-epochs", self.epochs, 1)
        if self.batch_size is not None:
            check_least("--batch-size", self.batch_size, 2)
        if self.image_size is not None:
            check_least("--image-size", self.image_size, 8)
        check_least("--workers", self.workers, 0)
        check_least("projection_width", self.projection_width, 1)
        check_least("agreement_epochs", self.agreement_epochs, 1)
        if not self.temperature > 0:
            raise InputError(f"temperature: expected more than 0, found {self.temperature}")
        for name in ("smallest_crop", "flip_share", "jitter_share", "grey_share", "blur_share"):
            check_probability(name, getattr(self, name))

    def batch_for(self, images: int) -> int:
        """Images in a step, never more than there are: as even as can be, so that few are left.

        The images of a pass that make no whole batch are left out of it.
        """
        most = self.batch_size or min(max(images // 16, 64), 512)
        return max(2, images // -(-images // most))

    def rate_for(self, batch: int) -> float:
        """The learning rate after the warm-up (Chen et al., appendix B.1, for its growth)."""
        rate = self.learning_rate
        if rate is None:
            rate = 1e-3 if self.optimiser == "adamw" else 1.2
        return rate * math.sqrt(batch / RATE_BATCH)
