"""The options of the relabel stage."""

from dataclasses import dataclass

from labelfix.options.diffusion_options import PAPER_DDIM_STEPS
from labelfix.options.option import PROBABILITY, at_least, check_options, device_option, option

DECISION_PANEL = "Decision"


@dataclass(frozen=True, kw_only=True)
class RelabelOptions:
    """The relabel stage.

    Attributes:
        device: `auto`, `cpu` or `cuda`.
        min_precision: the labels that are changed are expected right with at least this
            probability; None changes every label that is likelier wrong than another one.
        min_confidence: a label is changed only to one of at least this probability.
        ddim_steps: DDIM steps from label_T to label_0; None takes what training chose by
            held-out given labels, and `PAPER_DDIM_STEPS` with the method `paper`.
        batch_size: images denoised at once by the method `paper`; part of the result.
    """

    device: str = device_option()
    min_precision: float | None = option(
        None,
        "Change fewer labels, the surest first, so that at least this share of the changes is "
        "expected to be right; default: change what makes the most labels right.",
        panel=DECISION_PANEL,
        range=PROBABILITY,
    )
    min_confidence: float = option(
        0.0,
        "Change a label only if the new one is right with at least this probability.",
        panel=DECISION_PANEL,
        range=PROBABILITY,
    )
    ddim_steps: int | None = option(
        None,
        "Denoising steps for each label; default: chosen on held-out labels, or "
        f"{PAPER_DDIM_STEPS} with --method paper.",
        panel=DECISION_PANEL,
        range=at_least(1),
    )
    batch_size: int = 4096

    def __post_init__(self) -> None:
        check_options(self)
