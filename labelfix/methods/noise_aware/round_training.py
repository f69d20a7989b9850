"""Training the denoisers of one round, a fold each."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from labelfix.data.audited_labels import OTHER, is_settled
from labelfix.methods.method import GivenLabels
from labelfix.methods.noise_aware.centring import Centring
from labelfix.methods.noise_aware.effective_views import Views
from labelfix.methods.noise_aware.label_denoiser import (
    LabelDenoiser,
    build_label_denoiser,
    probabilities,
)
from labelfix.methods.noise_aware.label_draws import LabelDraws
from labelfix.methods.noise_aware.training_plan import Round, TrainingPlan
from labelfix.methods.training_course import TimeEstimate, TrainingReport, learning_rate_at
from labelfix.noise.audits import said_of
from labelfix.options.cross_fit_options import CrossFitOptions
from labelfix.runtime.checkpoint import Checkpoints
from labelfix.runtime.progress import Progress
from labelfix.runtime.seeds import seed_of

ROUNDS = ("given labels", "posteriors")
LEAST_RATE = 0.5
"""Learning rate of the smallest batches, as a share of the full rate."""
LEAST_LIKELIHOOD = 1e-6
DIFFUSED_SHARE = 0.25
"""Share of a batch whose labels are diffused."""


@dataclass(frozen=True)
class Surroundings:
    """The device, progress, checkpoints and reports of a training."""

    device: str
    progress: Progress
    checkpoints: Checkpoints | None
    report: Callable[[TrainingReport], None]

    def kept(self, of: int, fold: int) -> dict[str, Tensor]:
        """The weights of a denoiser trained in an earlier run; empty if there are none."""
        return self.checkpoints.part(f"{of}.{fold}").read()[1] if self.checkpoints else {}

    def keep(self, of: int, fold: int, network: LabelDenoiser) -> None:
        """Save the weights of a trained denoiser."""
        if self.checkpoints:
            state = {name: each.cpu() for name, each in network.state_dict().items()}
            self.checkpoints.part(f"{of}.{fold}").write(1, state)


class RoundTraining:
    """Trains the denoisers of one cross-fit; those saved by an earlier run are loaded.

    Args:
        data: embeddings, given labels and neighbours.
        options: of the training.
        fold_of: (N,) int64, the fold of each image.
        around: device, progress, checkpoints and reports.
    """

    def __init__(
        self,
        data: GivenLabels,
        options: CrossFitOptions,
        fold_of: npt.NDArray[np.int64],
        around: Surroundings,
    ) -> None:
        self.data, self.options, self.fold_of, self.around = data, options, fold_of, around
        self.folds = int(fold_of.max()) + 1
        self.vectors = torch.from_numpy(data.vectors).to(around.device)
        audited = said_of(data.audits, np.arange(len(data.labels)))
        self.settled = is_settled(audited)
        self.labels = torch.from_numpy(np.where(audited >= 0, audited, data.labels))
        self.is_verified = torch.from_numpy(audited >= 0)
        self.teaches = audited != OTHER
        self.views = Views(data.dimensions)
        self.centring = Centring.of(data.vectors, self.views.columns())
        self.steps = 0
        self.plan = TrainingPlan(options, [len(self._taught_to(of)) for of in range(self.folds)])
        self.time = TimeEstimate(around.progress, "", 0)

    def begin(self, *rounds: Round) -> None:
        """Report what will be trained."""
        kept = self.around.kept
        self.time = self.plan.begin(
            rounds, lambda number, fold: bool(kept(number, fold)), self.around.progress
        )

    def train(self, of: Round) -> list[LabelDenoiser]:
        """The denoisers of all folds of a round."""
        networks = []
        for fold in range(of.folds):
            network = build_label_denoiser(
                self.data.vectors.shape[1],
                of.width,
                self.data.classes,
                seed_of("train", self.options.seed, f"network/{of.number}/{fold}"),
            ).to(self.around.device)
            before = self.around.kept(of.number, fold)
            if before:
                network.load_state_dict(before)
                self.steps += self.plan.size_and_steps(of, fold)[1]
            else:
                self._train_fold(network, of, fold)
                self.around.keep(of.number, fold, network)
            networks.append(network.eval())
        return networks

    def out_of_fold(
        self, networks: list[LabelDenoiser]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """The images of all folds with a denoiser, and its (n, C) out-of-fold probabilities."""
        device = self.around.device
        rows = np.flatnonzero(self.fold_of < len(networks))
        found = np.empty((len(rows), self.data.classes), dtype=np.float32)
        for fold, network in enumerate(networks):
            own = self.fold_of[rows] == fold
            found[own] = probabilities(network, self.data.vectors, device, rows[own])
        return rows, found

    def _taught_to(self, fold: int) -> npt.NDArray[np.int64]:
        """The images that the denoiser of a fold learns from."""
        return np.flatnonzero((self.fold_of != fold) & self.teaches)

    def _train_fold(self, network: LabelDenoiser, of: Round, fold: int) -> None:
        options, device = self.options, self.around.device
        rows = torch.from_numpy(self._taught_to(fold))
        size, steps = self.plan.size_and_steps(of, fold)
        batches = max(1, len(rows) // size)
        generator = torch.Generator().manual_seed(
            seed_of("train", options.seed, f"batches/{of.number}/{fold}")
        )
        draws = None if of.transition is None else self._draws(of, fold)
        dropping = torch.Generator().manual_seed(
            seed_of("train", options.seed, f"views/{of.number}/{fold}")
        )
        units = max(1, round(of.width * (1 - options.dropout)))
        rate_share = max(LEAST_RATE, (size / options.batch_size) ** 0.5)
        optimizer = torch.optim.AdamW(
            network.parameters(), lr=options.learning_rate, weight_decay=0, fused=True
        )
        losses: list[Tensor] = []
        clock = time.perf_counter()
        network.train()
        for step in range(steps):
            if step % batches == 0:
                shuffled = rows[torch.randperm(len(rows), generator=generator)]
            for group in optimizer.param_groups:
                group["lr"] = rate_share * learning_rate_at(step, steps, options)
            batch = shuffled[step % batches * size :][:size]
            kept = torch.randperm(of.width, generator=generator)[:units].to(device)
            centred = self.centring.centred(self.vectors[batch.to(device)])
            seen = self.views.drop(centred, dropping)
            hidden, logits = network(seen, kept)
            loss = self._loss(logits, batch, of.transition)
            losses.append(loss.detach())
            if draws is not None:
                some = slice(0, max(1, round(size * DIFFUSED_SHARE)))
                diffused = draws.draw(batch[some])
                refined = network.refine(
                    hidden[some].detach(),
                    logits[some].detach(),
                    diffused.label_t.to(device),
                    diffused.timesteps.to(device),
                    kept,
                )
                loss = loss + self._loss(refined, diffused.sources, of.transition)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        self.centring.absorb(network)
        self.steps += steps
        mean = float(torch.stack(losses[-batches:]).mean())
        speed = steps * size / (time.perf_counter() - clock)
        self.around.report(TrainingReport(self.steps, mean, options.learning_rate, speed))
        self.time.done(self.plan.work(of, fold))
        self.around.progress.advance(1, f"{ROUNDS[of.number]}, loss {mean:.4f}")

    def _draws(self, of: Round, fold: int) -> LabelDraws:
        """The sampler of label_0 for a fold's denoiser."""
        return LabelDraws(
            self.data.neighbours,
            self.labels,
            (self.fold_of != fold) & self.teaches,
            self.data.classes,
            torch.Generator().manual_seed(
                seed_of("train", self.options.seed, f"diffusion/{of.number}/{fold}")
            ),
        )

    def _loss(self, logits: Tensor, images: Tensor, transition: Tensor | None) -> Tensor:
        """The mean of -log P(label) over some images."""
        device = self.around.device
        labels, verified = self.labels[images].to(device), self.is_verified[images].to(device)
        return _loss(logits, labels, verified, transition)


def _loss(logits: Tensor, labels: Tensor, verified: Tensor, transition: Tensor | None) -> Tensor:
    """The mean of -log P(label), forward-corrected if there is a transition matrix."""
    if transition is None:
        return functional.cross_entropy(logits, labels)
    chances = transition.to(logits.device)[:, labels].T  # (B, C), P(given | true)
    if verified.any():
        truth = functional.one_hot(labels, logits.shape[1]).to(chances.dtype)
        chances = torch.where(verified[:, None], truth, chances)
    likelihood = (torch.softmax(logits, dim=1) * chances).sum(dim=1)
    return -likelihood.clamp_min(LEAST_LIKELIHOOD).log().mean()
