"""The noise-aware method: posteriors under a noise model that is learned with the denoisers."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from labelfix.config import NOISE_AWARE, CrossFitOptions, RelabelOptions
from labelfix.methods.method import GivenLabels, Origin, Trained, UnseenEvidence
from labelfix.methods.noise_aware.cross_fit import (
    CrossFit,
    CrossFitDenoiser,
    load_cross_fit,
    save_cross_fit,
)
from labelfix.methods.noise_aware.label_denoiser import TIMESTEPS
from labelfix.methods.noise_aware.posteriors import weigh_posteriors
from labelfix.methods.noise_aware.rounds import cross_fit
from labelfix.methods.noise_aware.unseen_images import Reading, weigh_batch, weigh_unseen
from labelfix.methods.noise_schedule import check_steps
from labelfix.methods.row_evidence import RowEvidence
from labelfix.methods.rows import GivenRows, SeenRows, UnseenRows
from labelfix.methods.training_course import TrainingReport
from labelfix.noise.estimate import NoiseEstimate
from labelfix.progress import Progress
from labelfix.training.checkpoint import Checkpoints


@dataclass(frozen=True)
class CrossFitJudge:
    """The denoisers of all folds as a `Judge`; each reads only images that it never saw."""

    fit: CrossFit
    image_size: int | None = None
    learns_noise: bool = True

    def weigh(
        self,
        rows: GivenRows,
        options: RelabelOptions,
        device: str,
        progress: Progress,
    ) -> tuple[RowEvidence, NoiseEstimate]:
        """As `Judge` has it."""
        return weigh_posteriors(rows, self._read_in(options.ddim_steps), device, progress)

    def weigh_unseen(
        self,
        unseen: UnseenRows,
        seen: SeenRows,
        options: RelabelOptions,
        device: str,
        progress: Progress,
    ) -> UnseenEvidence:
        """As `Judge` has it; the noise is learned now where it was not kept."""
        learned = seen.learned or self.weigh(seen.rows, options, device, progress)[1].learned
        fit = self._read_in(learned.ddim_steps)
        reading = Reading(unseen, seen.rows, fit, learned, device)
        if unseen.expected_wrong_rate is not None:
            return weigh_batch(reading, unseen.expected_wrong_rate, progress)
        evidence, wrong, transition = weigh_unseen(unseen, reading, learned.model, progress)
        return UnseenEvidence(evidence, wrong=wrong, transition=transition)

    def _read_in(self, steps: int | None) -> CrossFit:
        """The denoisers, read in other steps than were chosen; None takes these."""
        if steps is None:
            return self.fit
        check_steps(steps, TIMESTEPS)
        return replace(self.fit, steps=steps)

    def save(self, weights: Path, config: Path, origin: Origin) -> None:
        """As `Judge` has it."""
        save_cross_fit(
            weights,
            config,
            CrossFitDenoiser(
                fit=self.fit,
                class_names=origin.class_names,
                embeddings_fingerprint=origin.embeddings_fingerprint,
                encoder=origin.encoder,
            ),
        )


class NoiseAware:
    """Cross-fitting under a noise transition matrix."""

    name = NOISE_AWARE

    def fit(
        self,
        data: GivenLabels,
        options: CrossFitOptions,
        device: str,
        progress: Progress,
        *,
        checkpoints: Checkpoints | None = None,
        report: Callable[[TrainingReport], None] = lambda _: None,
    ) -> Trained:
        """Train the denoisers of all folds."""
        fit = cross_fit(data, options, device, progress, checkpoints=checkpoints, report=report)
        details = {
            "folds": len(fit.networks),
            "ddim_steps": fit.steps,
            "effective_views": round(fit.effective_views, 3),
            "believed_noise": round(1 - float(fit.transition.diagonal().mean()), 6),
        }
        return Trained(CrossFitJudge(fit), details)

    def load(self, weights: Path, config: Path) -> CrossFitJudge:
        """As `Method` has it."""
        return CrossFitJudge(load_cross_fit(weights, config).fit)
