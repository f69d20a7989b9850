"""The method of the paper: one denoiser, trained on the neighbours' labels."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from labelfix.methods.method import GivenLabels, Origin, Trained, UnseenEvidence
from labelfix.methods.paper.denoiser import Denoiser, load_denoiser, save_denoiser
from labelfix.methods.paper.denoiser_batches import TrainingData
from labelfix.methods.paper.denoiser_training import train_network
from labelfix.methods.paper.label_reading import weigh_denoised
from labelfix.methods.paper.validation import hold_out, retrieve_without
from labelfix.methods.row_evidence import RowEvidence
from labelfix.methods.rows import GivenRows, SeenRows, UnseenRows
from labelfix.methods.training_course import TrainingReport
from labelfix.options.diffusion_options import DiffusionOptions
from labelfix.options.relabel_options import RelabelOptions
from labelfix.options.train_options import PAPER
from labelfix.runtime.checkpoint import Checkpoints
from labelfix.runtime.progress import Progress


@dataclass(frozen=True)
class DenoiserJudge:
    """A denoiser as a `Judge`; it does not estimate noise."""

    denoiser: Denoiser
    learns_noise: bool = False

    @property
    def image_size(self) -> int | None:
        """See `Judge`."""
        branch = self.denoiser.shape.image_branch
        return branch.image_size if branch else None

    def weigh(
        self, rows: GivenRows, options: RelabelOptions, device: str, progress: Progress
    ) -> tuple[RowEvidence, None]:
        """See `Judge`."""
        return weigh_denoised(rows, self.denoiser, options, device, progress), None

    def weigh_unseen(
        self,
        unseen: UnseenRows,
        seen: SeenRows,  # noqa: ARG002 - of the protocol
        options: RelabelOptions,
        device: str,
        progress: Progress,
    ) -> UnseenEvidence:
        """See `Judge`."""
        return UnseenEvidence(weigh_denoised(unseen, self.denoiser, options, device, progress))

    def save(self, weights: Path, config: Path, origin: Origin) -> None:
        """See `Judge`."""
        named = replace(
            self.denoiser,
            class_names=origin.class_names,
            embeddings_fingerprint=origin.embeddings_fingerprint,
            encoder=origin.encoder,
        )
        save_denoiser(weights, config, named)


class Paper:
    """LRA-diffusion (Chen et al., NeurIPS 2023)."""

    name = PAPER

    def fit(
        self,
        data: GivenLabels,
        options: DiffusionOptions,
        device: str,
        progress: Progress,
        *,
        checkpoints: Checkpoints | None = None,
        report: Callable[[TrainingReport], None] = lambda _: None,
    ) -> Trained:
        """Train one denoiser on retrieved labels."""
        held_out = hold_out(len(data.vectors), options.validation_share, options.seed)
        retrieved = TrainingData(
            data.vectors,
            retrieve_without(data.labels, data.neighbours, held_out),
            data.classes,
            _pixels(data, options, progress),
            held_out,
            data.encode,
        )
        last_loss = float("nan")

        def keep_loss(now: TrainingReport) -> None:
            nonlocal last_loss
            last_loss = round(now.loss, 6)
            report(now)

        network, shape, best = train_network(
            retrieved, options, device, progress, checkpoints=checkpoints, report=keep_loss
        )
        judge = DenoiserJudge(Denoiser(network, shape, []))
        details: dict[str, Any] = {
            "steps": options.steps_for(retrieved.learned_from),
            "loss": last_loss,
        }
        if judge.image_size is not None:
            details["image_size"] = judge.image_size
        if best:
            details |= {
                "held_out": len(held_out),
                "best_step": best.step,
                "held_out_agreement": round(best.agreement, 4),
            }
        return Trained(judge, details)

    def load(self, weights: Path, config: Path) -> DenoiserJudge:
        """See `Method`."""
        return DenoiserJudge(load_denoiser(weights, config))


def _pixels(
    data: GivenLabels, options: DiffusionOptions, progress: Progress
) -> npt.NDArray[np.uint8] | None:
    """(N, 3, S, S) the pixels of the images, if the image branch needs them."""
    if data.images is None:
        return None
    size = options.image_size or data.images.side()
    progress.begin(f"reading images at {size} px", len(data.images.names), "images")
    return data.images.pixels(size, advance=progress.advance)
