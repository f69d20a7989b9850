"""The options of the embed stage."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from labelfix.errors import OptionError
from labelfix.options.option import at_least, check_options, device_option, option, seed_option
from labelfix.options.simclr_options import PRECISIONS, SimclrOptions

EMBED_PANEL = "Embedding"
ENCODER_KINDS = ("clip", "timm:", "hog", "simclr", "precomputed:")
"""What an encoder's name begins with; a colon where more has to follow."""
ENCODED_AT_ONCE = 32
"""Images encoded together unless `batch_size` says how many; part of the result."""


def _encoders(texts: Sequence[str]) -> dict[str, Any]:
    """The fields that `--encoder`, given once or several times, sets."""
    return {"encoder": texts[0], "more_encoders": tuple(texts[1:])} if texts else {}


@dataclass(frozen=True, kw_only=True)
class EmbedOptions:
    """The embed stage.

    Attributes:
        encoder: KIND[:MODEL][@WEIGHTS].
        batch_size: images encoded at once; part of the result, for a matrix product's last
            bits depend on it. Where the encoder is trained: images in a step of its training.
            None takes the encoder's own.
        workers: threads that decode ahead; 0 takes one per core. Not part of the result.
        precision: `auto`, `float32` or `bfloat16`; auto takes bfloat16 where the device has it.
        prompts: what a text tower reads of the classes: `auto` (their labels, where the encoder
            has one), `none`, or a CSV file of names and prompts.
        class_vectors: a Parquet file with a vector for each class, instead of a text tower.
        epochs: of an encoder that is trained: passes over the images; None takes its own.
        image_size: of an encoder that is trained: the side of what it sees, in px; None takes
            the median of the images.
        seed: of an encoder that is trained; the others use no random numbers.
        device: `auto`, `cpu` or `cuda`.
        part_rows: images in one Parquet part, the most that a killed run does again.
        more_encoders: others whose vectors stand beside those of `encoder`.
    """

    encoder: str = option(
        "clip:ViT-B-32@laion2b_s34b_b79k",
        "clip, timm, hog, simclr or precomputed:FILE; a model of clip or timm as in "
        "clip:MODEL@WEIGHTS, where WEIGHTS is a tag or a .safetensors file. simclr is trained on "
        "your images, simclr:MODEL with that backbone of timm; simclr@FILE was trained before. "
        "Give it several times to judge labels by several encoders side by side.",
        short="-e",
        metavar="<str>",
        panel=EMBED_PANEL,
        suggestions=ENCODER_KINDS,
        kind=list[str],
        to_line=lambda encoder: [encoder],
        from_line=_encoders,
    )
    batch_size: int | None = option(
        None,
        f"Images encoded at once; default: {ENCODED_AT_ONCE}. With --encoder simclr: images in a "
        "training step; default: depends on the number of images.",
        panel=EMBED_PANEL,
        range=at_least(1),
    )
    workers: int = option(
        0, "Threads that decode images; 0: one per core.", panel=EMBED_PANEL, range=at_least(0)
    )
    precision: str = option(
        "auto",
        "{choices}; auto takes bfloat16 where the device has it.",
        panel=EMBED_PANEL,
        choices=PRECISIONS,
    )
    prompts: str = option(
        "auto",
        "Class names for CLIP's text encoder, as a second view of the classes: auto (the labels "
        "themselves), none, or a CSV file with a column label and a column name or prompt.",
        panel=EMBED_PANEL,
    )
    class_vectors: Path | None = option(
        None,
        "Parquet with a label and an embedding for each class, instead of class names.",
        metavar="FILE",
        panel=EMBED_PANEL,
    )
    epochs: int | None = option(
        None,
        "With --encoder simclr: passes of the encoder's training over the images; default: "
        f"{SimclrOptions.epochs}.",
        name="encoder_epochs",
        panel=EMBED_PANEL,
    )
    image_size: int | None = option(
        None,
        "With --encoder simclr: side in pixels of the images it sees; default: the images' "
        "median, at most 224.",
        panel=EMBED_PANEL,
    )
    seed: int = seed_option()
    device: str = device_option()
    part_rows: int = option(4096, range=at_least(1))
    more_encoders: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_options(self)
        self._check_encoders()
        if self.class_vectors is not None and self.prompts not in ("auto", "none"):
            raise OptionError(
                "{class_vectors} cannot be combined with {prompts} {_found}",
                "Leave one of them out.",
                _found=self.prompts,
            )
        if self.trains_encoder:
            self.simclr()
            return
        for name in ("epochs", "image_size"):
            if getattr(self, name) is not None:
                raise OptionError(
                    f"{{{name}}}: expected {{encoder}} simclr, which is trained, found {{encoder}} "
                    "{_found!r}, which is not",
                    f"Leave {{{name}}} out, or train an encoder with {{encoder}} simclr.",
                    _found=self.encoder,
                )

    def _check_encoders(self) -> None:
        for position, encoder in enumerate(self.encoders):
            if encoder in self.encoders[:position]:
                raise OptionError(
                    "{encoder}: expected encoders that differ, found {_found!r} twice",
                    "Leave one of them out.",
                    _found=encoder,
                )
        trained = [encoder for encoder in self.encoders if _is_trained(encoder)]
        if len(trained) > 1:
            raise OptionError(
                "{encoder}: expected at most one that is trained on the images, found {_found}",
                "Train one in a workspace of its own, and name its file here: simclr@FILE.",
                _found=" and ".join(trained),
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
            untrained["batch_size"] = None  # it was meant for the training
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
        """Images encoded together; the batch of a training does not count here."""
        return ENCODED_AT_ONCE if self.trains_encoder else self.batch_size or ENCODED_AT_ONCE

    def simclr(self) -> SimclrOptions:
        """The options of the encoder that is trained, with its own defaults."""
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
