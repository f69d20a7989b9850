"""The training loop, in one piece."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from labelfix.config import DiffusionOptions
from labelfix.errors import InputError
from labelfix.methods.paper.denoiser_loss import draw_labels, noise_loss
from labelfix.methods.paper.denoiser_network import DenoiserNetwork, NetworkShape, build_network
from labelfix.methods.paper.image_branch import ImageBranchShape, vary
from labelfix.methods.paper.noise_schedule import (
    NoiseSchedule,
    antithetic_timesteps,
    cosine_schedule,
)
from labelfix.methods.training_course import TrainingReport, learning_rate_at
from labelfix.progress import Progress
from labelfix.training.checkpoint import Checkpoints
from labelfix.training.repeatable import repeatable, repeatable_convolutions, seed_of

REPORT_STEPS = 50
REPORT_STEPS_WITH_IMAGES = 5
"""Of a training with an image branch, whose steps take long."""


@dataclass(frozen=True)
class TrainingData:
    """What the denoiser learns from.

    Attributes:
        vectors: (N, D) float32 of length 1.
        retrieved: (N, K + 1) int64, the labels of each image's neighbours and its own.
        classes: C.
        pixels: (N, 3, S, S) uint8, the images themselves, for the image branch.
    """

    vectors: npt.NDArray[np.float32] = field(repr=False)
    retrieved: npt.NDArray[np.int64] = field(repr=False)
    classes: int
    pixels: npt.NDArray[np.uint8] | None = field(default=None, repr=False)


@repeatable_convolutions()
def train_network(
    data: TrainingData,
    options: DiffusionOptions,
    device: str,
    progress: Progress,
    *,
    checkpoints: Checkpoints | None = None,
    report: Callable[[TrainingReport], None] = lambda _: None,
) -> tuple[DenoiserNetwork, NetworkShape]:
    """Train a denoiser on retrieved labels (Chen et al., NeurIPS 2023, algorithm 1).

    Every step draws from a generator of its own, seeded by the step: a training that goes on
    from a checkpoint draws what it would have drawn.

    Args:
        data: embeddings and retrieved labels.
        options: of the training.
        device: `cpu` or `cuda`.
        progress: is told of every few steps.
        checkpoints: where to go on from, and to keep the state in.
        report: is given the loss and the rate every few steps.

    Returns:
        The network in evaluation mode, and its shape.

    Raises:
        InputError: there is to be an image branch, and there are no pixels for it.
    """
    steps = options.steps_for(len(data.vectors))
    shape = _shape_for(data, options)
    network = build_network(shape, options.seed).to(device).train()
    optimizer = torch.optim.Adam(network.parameters(), lr=options.learning_rate, fused=True)
    batches = _Batches.of(data, options, device)
    report_steps = REPORT_STEPS_WITH_IMAGES if shape.image_branch else REPORT_STEPS
    first = checkpoints.restore(network, optimizer) if checkpoints else 0
    progress.begin("training the denoiser", steps, "steps", first)
    if first:
        progress.say(f"going on after step {first} of an earlier run")
    losses: list[Tensor] = []
    clock = time.perf_counter()
    for step in range(first, steps):
        rate = learning_rate_at(step, steps, options)
        for group in optimizer.param_groups:
            group["lr"] = rate
        loss = batches.loss(network, step)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(network.parameters(), options.largest_gradient_norm)
        optimizer.step()
        losses.append(loss.detach())
        done = step + 1
        if done % report_steps == 0 or done == steps:
            mean = float(torch.stack(losses).mean())
            speed = len(losses) * options.batch_size / (time.perf_counter() - clock)
            report(TrainingReport(done, mean, rate, speed))
            progress.advance(len(losses), f"loss {mean:.4f}")
            losses.clear()
            clock = time.perf_counter()
        if checkpoints and done % options.checkpoint_steps == 0 and done < steps:
            checkpoints.save(done, network, optimizer)
    return network.eval(), shape


def _shape_for(data: TrainingData, options: DiffusionOptions) -> NetworkShape:
    branch = None
    if options.image_branch is not None:
        if data.pixels is None:
            raise InputError(
                f"image_branch {options.image_branch}: expected the pixels of the images, "
                "found embeddings alone",
                "labelfix train and labelfix run read them from the image folder.",
            )
        branch = ImageBranchShape(options.image_branch, data.pixels.shape[-1])
    dimension = data.vectors.shape[1]
    return NetworkShape(data.classes, dimension, options.width, options.timesteps, branch)


@dataclass(frozen=True)
class _Batches:
    """Draws a batch for each step; all but the pixels and the retrieved labels on the device."""

    data: TrainingData
    options: DiffusionOptions
    device: str
    schedule: NoiseSchedule
    vectors: Tensor
    retrieved: Tensor

    @classmethod
    def of(cls, data: TrainingData, options: DiffusionOptions, device: str) -> "_Batches":
        return cls(
            data,
            options,
            device,
            cosine_schedule(options.timesteps).to(device),
            torch.from_numpy(data.vectors).to(device),
            torch.from_numpy(data.retrieved),
        )

    def loss(self, network: DenoiserNetwork, step: int) -> Tensor:
        """The loss of the batch that belongs to a step."""
        options, device, classes = self.options, self.device, self.data.classes
        seed = seed_of("train", options.seed, str(step))
        generator = torch.Generator().manual_seed(seed)
        rows = torch.randint(0, len(self.vectors), (options.batch_size,), generator=generator)
        drawn = draw_labels(self.retrieved[rows], generator)
        timesteps = antithetic_timesteps(len(rows), options.timesteps, generator).to(device)
        noise = torch.randn(len(rows), classes, generator=generator).to(device)
        label_0 = functional.one_hot(drawn.labels, classes).float().to(device)  # (B, C)
        label_t = self.schedule.diffuse(label_0, timesteps, noise)
        seen = None
        if network.image_branch is not None and self.data.pixels is not None:
            pixels = torch.from_numpy(self.data.pixels[rows.numpy()]).to(device)
            with repeatable(device, seed):
                seen = network.image_branch(vary(pixels, generator))  # (B, F)
        predicted = network(label_t, self.vectors[rows.to(device)], timesteps, seen)
        return noise_loss(predicted, noise, drawn.weights.to(device))
