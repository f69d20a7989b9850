"""The settings of LRA-diffusion for each data set of its paper, for `--preset`.

They are those of the paper (Chen et al., NeurIPS 2023) and of its public code; docs/how-it-works.md
has the table of both beside ours.
"""

from dataclasses import dataclass

from labelfix.errors import InputError

BY_COUNT, UNIFORM = "count", "uniform"
WEIGHTINGS = (BY_COUNT, UNIFORM)
NEVER, WITH_SIMCLR, ALWAYS = "never", "simclr", "always"
EMBED_AGAIN = (NEVER, WITH_SIMCLR, ALWAYS)
NO_BRANCH = "none"
FROM_NOTHING, PRETRAINED = "none", "pretrained"


@dataclass(frozen=True)
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
        InputError: there is none.
    """
    if name not in PRESETS:
        raise InputError(
            f"--preset: expected one of {', '.join(PRESETS)}, found {name!r}",
            "They are the data sets of the paper; for others leave --preset out, or take the one "
            "most like yours.",
        )
    return PRESETS[name]
