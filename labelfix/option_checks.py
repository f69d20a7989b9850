"""The checks that options make of themselves; a message names the option."""

import re
from collections.abc import Sequence
from typing import Protocol

from labelfix.errors import InputError

DEFAULT_SEED = 0
LARGEST_SEED = 2**63 - 1


def check_seed(seed: int) -> None:
    """See that a seed is one that every generator takes."""
    check_least("--seed", seed, 0)
    if seed > LARGEST_SEED:
        raise InputError(f"--seed: expected at most {LARGEST_SEED}, found {seed}")


def check_probability(option: str, value: float) -> None:
    """See that a value is from 0 to 1."""
    if not 0 <= value <= 1:
        raise InputError(f"{option}: expected a probability from 0 to 1, found {value}")


def check_device(device: str) -> None:
    """See that it is a device that stages run on."""
    check_choice("--device", device, ("auto", "cpu", "cuda"))


def check_choice(option: str, value: str, choices: tuple[str, ...]) -> None:
    """See that a value is one of those that an option has."""
    if value not in choices:
        raise InputError(f"{option}: expected one of {', '.join(choices)}, found {value!r}")


def check_least(option: str, value: int, least: int) -> None:
    """See that a number is not too small."""
    if value < least:
        raise InputError(f"{option}: expected at least {least}, found {value}")


class TrainingOptions(Protocol):
    """What the trainings of both methods have."""

    @property
    def device(self) -> str:
        """`auto`, `cpu` or `cuda`."""

    @property
    def seed(self) -> int:
        """Of all draws."""

    @property
    def epochs(self) -> int:
        """Passes over the images."""

    @property
    def batch_size(self) -> int:
        """Images in a step."""

    @property
    def width(self) -> int:
        """Of the hidden layers."""

    @property
    def learning_rate(self) -> float:
        """Of the optimiser."""


def check_training(options: TrainingOptions) -> None:
    """See that a training's options are in their ranges."""
    check_device(options.device)
    check_seed(options.seed)
    check_least("--epochs", options.epochs, 1)
    check_least("--batch-size", options.batch_size, 2)
    check_least("--width", options.width, 1)
    if not 0 < options.learning_rate < 1:
        raise InputError(f"--learning-rate: expected 0 to 1, found {options.learning_rate}")


def check_columns(option: str, columns: Sequence[str]) -> None:
    """See that names of columns are not blank and different."""
    if not columns or not all(name.strip() for name in columns):
        raise InputError(
            f"{option}: expected names with commas between them, found {','.join(columns)!r}",
            f"For example {option} image,label.",
        )
    if len(set(columns)) < len(columns):
        raise InputError(f"{option}: expected different names, found {','.join(columns)!r}")


def compiled_pattern(option: str, pattern: str) -> re.Pattern[str]:
    """A regular expression with a group, from the text that a user wrote."""
    example = f"For example {option} '([^/]+)/[^/]+$', which takes the image's last folder."
    try:
        compiled = re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise InputError(
            f"{option}: expected a regular expression, found {pattern!r}: {error}", example
        ) from error
    if not compiled.groups:
        raise InputError(
            f"{option}: expected a group in parentheses for the label, found none in {pattern!r}",
            example,
        )
    return compiled
