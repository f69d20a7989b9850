"""How well an encoder tells the classes apart, and a warning where it does not."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from labelfix.data import names
from labelfix.data.shares import DECIMALS, WrongShare

LEAST_RECOGNISED = 0.9
"""A strong encoder recognises more of the images than this share, without their labels."""

WIDEST = 0.05
"""Width of the interval of the share of wrong labels up to which the result is sure enough, also
where an encoder is weak: as with many images of classes that nobody can tell apart."""

MOST_CONFUSED = 3
"""Pairs of classes that a warning names."""

ROWS_AT_ONCE = 4096

WITHOUT_LABELS, OWN_TRAINING = "clip", "simclr"


@dataclass(frozen=True, kw_only=True)
class Recognition:
    """What images alone say of their classes, out of fold.

    Attributes:
        share: of the images, in [0, 1], whose likeliest class is expected to be the true one.
        confused: (class, class, share of the images that is expected to be taken for the other),
            the most confused pairs first.
    """

    share: float
    confused: Sequence[tuple[int, int, float]]


def recognition(log_true: npt.NDArray[np.floating]) -> Recognition:
    """How well images are recognised.

    Args:
        log_true: (N, C) log p(true | image), calibrated on labels that the image did not see.
    """
    count, classes = log_true.shape
    mass = np.zeros((classes, classes))
    for start in range(0, count, ROWS_AT_ONCE):
        chances = np.exp(log_true[start : start + ROWS_AT_ONCE].astype(np.float64))
        chances /= chances.sum(axis=1, keepdims=True)
        np.add.at(mass, chances.argmax(axis=1), chances)
    mass /= max(1, count)
    both = np.triu(mass + mass.T, 1)
    ranked = np.argsort(-both, axis=None, kind="stable")[:MOST_CONFUSED].tolist()
    pairs = [(*divmod(place, classes), float(both.flat[place])) for place in ranked]
    return Recognition(share=float(mass.trace()), confused=[pair for pair in pairs if pair[2] > 0])


@dataclass(frozen=True, kw_only=True)
class EncoderStrength:
    """How far an encoder's judgement of a data set can be trusted.

    Attributes:
        encoder: as the user names it.
        recognised: the share of images, in [0, 1], that it recognises without their label.
        confused: pairs of classes that it confuses most, and the share of images in which it does.
        low, high: the 95 % interval of the share of wrong labels.
    """

    encoder: str
    recognised: float
    confused: Sequence[tuple[str, str, float]]
    low: float
    high: float

    @property
    def is_weak(self) -> bool:
        """Whether many changes may be wrong."""
        return self.recognised < LEAST_RECOGNISED and self.high - self.low > WIDEST

    def judging(self, wrong: WrongShare | None) -> "EncoderStrength":
        """The same encoder for other labels; None for an unknown share of wrong ones."""
        low, high = (0.0, 1.0) if wrong is None else (wrong.low, wrong.high)
        return replace(self, low=low, high=high)

    def warning(self) -> str:
        """What is wrong and what to do, in one line; empty where the encoder is good."""
        if not self.is_weak:
            return ""
        pairs = [
            f"{names.plain(repr(one))} with {names.plain(repr(other))}"
            for one, other, _ in self.confused
        ]
        confuses = f" and confuses {', '.join(pairs)}" if pairs else ""
        return (
            f"Weak encoder: without the label, {self.encoder} recognises only about "
            f"{self.recognised:.0%} of the images{confuses}. So {self.low:.0%} to {self.high:.0%} "
            "of the labels may be wrong, and changed labels often are. "
            f"{self._way_out()}"
        )

    def _way_out(self) -> str:
        known = [one.strip().partition(":")[0].partition("@")[0] for one in self.encoder.split("+")]
        if WITHOUT_LABELS in known:
            ways = ["a larger model of --encoder clip:MODEL@WEIGHTS", "--prompts FILE"]
        else:
            ways = ["--encoder clip, which also reads class names (--prompts FILE)"]
        if OWN_TRAINING not in known:
            ways.append("--encoder simclr, which is trained on these images")
        return (
            f"Try {', '.join(ways)}, or audit 50 rows: "
            "labelfix audit --budget 50 --out questions.csv"
        )


def strength_as_json(strength: EncoderStrength) -> dict[str, Any]:
    """A strength as JSON values, with its warning."""
    confused = [
        {"classes": [one, other], "share": round(share, DECIMALS)}
        for one, other, share in strength.confused
    ]
    numbers = {
        name: round(value, DECIMALS) if isinstance(value, float) else value
        for name, value in asdict(strength).items()
    }
    return {
        **numbers,
        "confused": confused,
        "is_weak": strength.is_weak,
        "warning": strength.warning(),
    }


def strength_from_json(written: Mapping[str, Any] | None) -> EncoderStrength | None:
    """The inverse of `strength_as_json`; None for None."""
    if written is None:
        return None
    return EncoderStrength(
        encoder=str(written["encoder"]),
        recognised=float(written["recognised"]),
        confused=[(*pair["classes"], float(pair["share"])) for pair in written["confused"]],
        low=float(written["low"]),
        high=float(written["high"]),
    )
