"""Lines compared: who is ahead, by more than chance, and which method to take."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from labelfix.bench.contestants import GIVEN, Contestant
from labelfix.bench.lines import Line
from labelfix.bench.outcome import Cost
from labelfix.config import NOISE_AWARE

STANDARD_ERRORS = 2.0
"""By how many a difference has to be from 0 to count: about one in twenty is by chance."""
LEAST_WRONG = 30
"""Wrong labels below which methods cannot be told apart."""


@dataclass(frozen=True)
class Standing:
    """A contestant with an encoder, over all draws of the noise.

    Attributes:
        encoder: as the user named it.
        contestant: the method with its settings.
        right: the share of right labels after correction.
        behind: how far the best is ahead, a difference of two shares over the same rows.
        standard_error: of that difference.
        figures: the mean over the draws of each of the line's figures; None where not told.
        cost: seconds, the mean over the draws, and MiB, the most.
    """

    encoder: str
    contestant: Contestant
    right: float
    behind: float
    standard_error: float
    figures: dict[str, float | None] = field(repr=False)
    cost: Cost

    @property
    def is_level(self) -> bool:
        """Whether the best is not ahead by more than chance."""
        return self.behind <= STANDARD_ERRORS * self.standard_error


def standings(lines: Sequence[Line]) -> list[Standing]:
    """All contestants, the one with the most right labels first.

    Args:
        lines: of the same rows; every contestant with every encoder has one a draw.
    """
    of_one: dict[tuple[str, Contestant], list[Line]] = {}
    for line in lines:
        of_one.setdefault((line.encoder, line.contestant), []).append(line)
    right = {
        key: np.mean([line.is_right for line in sorted(own, key=lambda one: one.draw)], axis=0)
        for key, own in of_one.items()
    }  # by row, so that draws of one image are not taken for different images
    ranked = sorted(right, key=lambda key: -float(right[key].mean()))
    best = right[ranked[0]]
    found = []
    for encoder, contestant in ranked:
        own = of_one[encoder, contestant]
        apart = best - right[encoder, contestant]
        found.append(
            Standing(
                encoder,
                contestant,
                right=float(right[encoder, contestant].mean()),
                behind=float(apart.mean()),
                standard_error=float(apart.std(ddof=1) / np.sqrt(len(apart))),
                figures={name: _mean(own, name) for name in own[0].figures},
                cost=Cost(
                    float(np.mean([line.cost.seconds for line in own])),
                    None
                    if any(line.cost.mib is None for line in own)
                    else max(line.cost.mib or 0.0 for line in own),
                ),
            )
        )
    return found


@dataclass(frozen=True)
class Advice:
    """Which contestant to take.

    Attributes:
        take: the one.
        sentences: why, for a person.
    """

    take: Standing
    sentences: tuple[str, ...]


def advise(found: Sequence[Standing], wrong: int) -> Advice:
    """Which contestant to take, and whether a denoiser is worth its time.

    Of those that are level with the best, the default is taken where it is among them and no
    simple method is, for it says how sure it is; else the fastest.

    Args:
        found: the standings, the best first.
        wrong: labels that were made wrong.
    """
    best, level = found[0], [one for one in found if one.is_level]
    if wrong < LEAST_WRONG:
        take = next((one for one in level if one.contestant.method == NOISE_AWARE), best)
        return Advice(
            take,
            (
                f"only {wrong} labels were made wrong, as few as were estimated: methods cannot "
                f"be told apart on fewer than {LEAST_WRONG}",
            ),
        )
    simple = [one for one in level if not one.contestant.is_denoiser]
    if simple:
        take = min(simple, key=lambda one: one.cost.seconds)
        return Advice(take, (_not_worth_it(take, found),))
    default = [one for one in level if one.contestant.method == NOISE_AWARE]
    take = default[0] if default else min(level, key=lambda one: one.cost.seconds)
    rest = [one for one in found if not one.contestant.is_denoiser]
    ahead = rest[0].right - take.right if rest else 0.0
    why = f"take {title(take)}: {take.right:.2%} right"
    if take is not best:
        why += f", level with {title(best)} ({best.right:.2%}) within chance"
    if not rest:
        return Advice(take, (why,))
    return Advice(
        take,
        (
            f"{why}; the best without a denoiser, {title(rest[0])}, has {rest[0].right:.2%} "
            f"({100 * ahead:+.2f} points)",
        ),
    )


def title(one: Standing) -> str:
    """`paper, K 10, 50 steps on hog`."""
    return f"{one.contestant.name} on {one.encoder}"


def _not_worth_it(take: Standing, found: Sequence[Standing]) -> str:
    if take.contestant.method == GIVEN:
        return "leave the labels as they are: no method is ahead of them by more than chance"
    denoisers = [one for one in found if one.contestant.is_denoiser]
    if not denoisers:
        return f"take {title(take)}: {take.right:.2%} right, as much as any within chance"
    other = denoisers[0]
    return (
        f"a denoiser is not worth it here: {title(take)} has {take.right:.2%} right in "
        f"{take.cost.seconds:,.1f} s, the best denoiser, {title(other)}, {other.right:.2%} in "
        f"{other.cost.seconds:,.1f} s; the best of all is not ahead by more than chance"
    )


def _mean(lines: Sequence[Line], name: str) -> float | None:
    values = [line.figures[name] for line in lines]
    told = [value for value in values if value is not None]
    return float(np.mean(told)) if told else None
