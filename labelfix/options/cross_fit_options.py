"""The options of the noise-aware training."""

from dataclasses import dataclass

from labelfix.options.option import (
    BETWEEN_0_AND_1,
    at_least,
    check_options,
    device_option,
    option,
    seed_option,
)


@dataclass(frozen=True, kw_only=True)
class CrossFitOptions:
    """Noise-aware training: denoisers that judge no image whose label they saw.

    Attributes:
        seed: the same seed gives the same weights on the same machine.
        device: `auto`, `cpu` or `cuda`.
        folds: parts of the images; each is judged by a denoiser that was trained on the others.
        epochs: passes over the images in the last round, unless `least_steps` asks for more.
        early_epochs: passes in the rounds before it, which only measure the noise.
        early_rows: least images that these measure it on, in whole folds.
        least_steps: least optimisation steps of a denoiser, for small data sets.
        batch_size: most images in a step.
        width: of the hidden layer in the last round; half of it in the rounds before.
        dropout: share of the hidden layer that a step leaves out.
        learning_rate: of AdamW at the full batch size; it falls with a batch's square root.
        warmup_share: share of the steps in which the rate rises from 0.
    """

    seed: int = seed_option()
    device: str = device_option()
    folds: int = 10
    epochs: int = option(5, range=at_least(1))
    early_epochs: int = 4
    early_rows: int = 20_000
    least_steps: int = 100
    batch_size: int = option(1024, range=at_least(2))
    width: int = option(1024, range=at_least(1))
    dropout: float = 0.5
    learning_rate: float = option(2e-3, range=BETWEEN_0_AND_1)
    warmup_share: float = 0.05

    def __post_init__(self) -> None:
        check_options(self)
