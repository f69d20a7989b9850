"""The training loop of the paper's denoiser."""

import time
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor, nn

from labelfix.errors import InputError
from labelfix.methods.paper.branch_weights import begin_with, load_branch_weights
from labelfix.methods.paper.denoiser import Denoiser
from labelfix.methods.paper.denoiser_batches import Batches, TrainingData
from labelfix.methods.paper.denoiser_network import DenoiserNetwork, NetworkShape, build_network
from labelfix.methods.paper.image_branch import ImageBranchShape
from labelfix.methods.paper.validation import LOOKS, BestPass, read_labels
from labelfix.methods.training_course import TimeEstimate, TrainingReport, learning_rate_at
from labelfix.options.diffusion_options import PAPER_DDIM_STEPS, DiffusionOptions
from labelfix.runtime.checkpoint import Checkpoints
from labelfix.runtime.progress import Progress
from labelfix.runtime.seeds import repeatable_convolutions

REPORT_STEPS = 50
REPORT_STEPS_WITH_IMAGES = 5
"""With an image branch, whose steps are slow."""


class TrainedNetwork(NamedTuple):
    """A network in evaluation mode, its shape, and its best pass if one was chosen."""

    network: DenoiserNetwork
    shape: NetworkShape
    best: BestPass | None


@repeatable_convolutions()
def train_network(
    data: TrainingData,
    options: DiffusionOptions,
    device: str,
    progress: Progress,
    *,
    checkpoints: Checkpoints | None = None,
    report: Callable[[TrainingReport], None] = lambda _: None,
) -> TrainedNetwork:
    """Train a denoiser on retrieved labels (Chen et al., NeurIPS 2023, algorithm 1).

    Every step has its own generator, seeded by the step, so a training resumed from a checkpoint
    makes the same draws.

    Args:
        data: embeddings and retrieved labels.
        options: of the training.
        device: `cpu` or `cuda`.
        progress: reports progress every few steps.
        checkpoints: to resume from and to save the state in.
        report: receives loss and learning rate every few steps.

    Raises:
        InputError: the image branch has no pixels, or its weights do not fit.
        WeightsUnavailableError: the image branch's weights are unavailable.
    """
    steps = options.steps_for(data.learned_from)
    schedule = options.schedule_steps_for(data.learned_from)
    network, shape = _begin(data, options, device)
    optimizer = torch.optim.Adam(network.parameters(), lr=options.learning_rate, fused=True)
    batches = Batches.of(data, options, device)
    best = _best_pass(data, network, shape, steps, device)
    sees_images = shape.image_branch is not None or data.encode is not None
    report_steps = REPORT_STEPS_WITH_IMAGES if sees_images else REPORT_STEPS
    first = checkpoints.restore(network, optimizer) if checkpoints else 0
    if best and checkpoints and first:
        best.restore(checkpoints.read()[1])
    passes = steps * options.batch_size / max(1, data.learned_from)
    progress.say(
        f"Training the denoiser: {steps:,} steps, about {passes:,.0f} passes over "
        f"{data.learned_from:,} images (--denoiser-epochs)."
    )
    progress.begin("training the denoiser", steps, "steps", first)
    left = TimeEstimate(progress, "the training of the denoiser", steps - first)
    if first:
        progress.say(f"continuing after step {first} of an earlier run")
    losses: list[Tensor] = []
    clock = time.perf_counter()
    for step in range(first, steps):
        rate = learning_rate_at(step, schedule, options)
        for group in optimizer.param_groups:
            group["lr"] = rate
        loss = batches.loss(network, step)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(network.parameters(), options.largest_gradient_norm)
        optimizer.step()
        losses.append(loss.detach())
        done = step + 1
        if best:
            best.look(network, done, steps)
        if done % report_steps == 0 or done == steps:
            mean = float(torch.stack(losses).mean())
            speed = len(losses) * options.batch_size / (time.perf_counter() - clock)
            report(TrainingReport(done, mean, rate, speed))
            left.done(len(losses))
            progress.advance(len(losses), f"loss {mean:.4f}")
            losses.clear()
            clock = time.perf_counter()
        if checkpoints and done % options.checkpoint_steps == 0 and done < steps:
            checkpoints.save(done, network, optimizer, best.tensors() if best else None)
    if best:
        network.load_state_dict(best.weights)
    return TrainedNetwork(network.eval(), shape, best)


def _begin(
    data: TrainingData, options: DiffusionOptions, device: str
) -> tuple[DenoiserNetwork, NetworkShape]:
    """A network before its first step, on the device and in training mode."""
    branch, pretrained = None, None
    if options.image_branch is not None:
        if data.pixels is None:
            raise InputError(
                f"image_branch {options.image_branch}: expected the pixels of the images, "
                "found embeddings alone",
                "labelfix train and labelfix run read them from the image folder.",
            )
        pretrained = load_branch_weights(options)
        scaling = (pretrained.mean, pretrained.std) if pretrained else (None, None)
        branch = ImageBranchShape(options.image_branch, data.pixels.shape[-1], *scaling)
    dimension = data.vectors.shape[1]
    shape = NetworkShape(data.classes, dimension, options.width, options.timesteps, branch)
    network = build_network(shape, options.seed)
    if pretrained and network.image_branch is not None:
        begin_with(network.image_branch.backbone, pretrained, options)
    return network.to(device).train(), shape


def _best_pass(
    data: TrainingData, network: DenoiserNetwork, shape: NetworkShape, steps: int, device: str
) -> BestPass | None:
    """The selection of the best pass; None if no image is held out."""
    held_out = data.held_out
    if not len(held_out):
        return None
    pixels = None
    if data.pixels is not None and shape.image_branch is not None:
        pixels = data.pixels[held_out]
    ddim_steps = min(PAPER_DDIM_STEPS, shape.timesteps)
    read = partial(
        read_labels,
        Denoiser(network, shape, []),
        data.vectors[held_out],
        pixels,
        ddim_steps,
        device,
    )
    return BestPass(read, data.retrieved[held_out, -1], max(1, -(-steps // LOOKS)))
