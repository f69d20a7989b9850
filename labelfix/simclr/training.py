"""SimCLR's training loop, in one piece."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from labelfix.encoders.simclr import TrainedEncoder
from labelfix.errors import InputError
from labelfix.images.pixels import Pixels
from labelfix.options.simclr_options import SimclrOptions
from labelfix.runtime.checkpoint import Checkpoints
from labelfix.runtime.device import resolve_device, resolve_precision
from labelfix.runtime.progress import Progress
from labelfix.runtime.seeds import repeatable, repeatable_convolutions, seed_of
from labelfix.simclr.contrastive_network import (
    build_network,
    make_optimizer,
    nt_xent,
    restore,
    set_learning_rate,
)
from labelfix.simclr.epoch_reports import Agreement, EpochReport, Watch
from labelfix.simclr.views import Batches

FEATURES_AT_ONCE = 256


@repeatable_convolutions()
def train_encoder(
    pixels: Pixels,
    options: SimclrOptions,
    progress: Progress,
    *,
    checkpoints: Checkpoints | None = None,
    agreement: Agreement | None = None,
    report: Callable[[EpochReport], None] = lambda _: None,
) -> tuple[nn.Module, TrainedEncoder]:
    """Train a backbone without labels (SimCLR, Chen et al., ICML 2020, algorithm 1).

    Random draws depend only on the numbers of epoch and step, so a training that resumes from a
    checkpoint draws the same as one without a stop.

    Args:
        pixels: the images, of the size to train on.
        options: of the training.
        progress: reports every step and the estimated time.
        checkpoints: where to resume from, and where to save the state.
        agreement: measured on some images every few epochs, for information only.
        report: called after each epoch.

    Returns:
        The backbone in evaluation mode, and what is needed to encode with it.

    Raises:
        InputError: fewer than 2 images, or a backbone that does not exist or cannot take the size.
    """
    if len(pixels) < 2:
        raise InputError(f"expected at least 2 images to train on, found {len(pixels)}")
    device = resolve_device(options.device)
    precision = resolve_precision(options.precision, device)
    batch = options.batch_for(len(pixels))
    epoch_steps = len(pixels) // batch
    steps = options.epochs * epoch_steps
    batches = Batches(pixels, options, device, precision)
    network = build_network(
        options.backbone,
        pixels.size,
        options.projection_width,
        seed=seed_of("simclr", options.seed, "weights"),
        channels_last=batches.channels_last,
    )
    network.to(device).train()
    optimizer = make_optimizer(network, options)
    first = restore(checkpoints, network, optimizer) if checkpoints else 0
    what = f"{options.epochs} {'epoch' if options.epochs == 1 else 'epochs'} "
    what += f"of {len(pixels):,} images"
    progress.say(
        f"Training the encoder {options.backbone}: {options.epochs:,} "
        f"{'pass' if options.epochs == 1 else 'passes'} over {len(pixels):,} images "
        "(--encoder-epochs)."
    )
    watch = Watch(progress, report, what, batch=batch, steps=steps, first=first)
    look = _Look(
        agreement=agreement,
        images=pixels.images,
        backbone=network.backbone,
        batches=batches,
        options=options,
    )
    saved = time.monotonic()
    for step in range(first, steps):
        epoch, place = divmod(step, epoch_steps)
        if place == 0 or step == first:
            order = batches.placed(_order_of(epoch, len(pixels), options.seed))
        rate = set_learning_rate(optimizer, step, steps, batch, options)
        with (
            repeatable(device, seed_of("simclr", options.seed, f"step/{step}")),
            batches.autocast(),
        ):
            views = batches.two_views(order[place * batch : (place + 1) * batch])
            projections = network(views)  # (2B, P)
        loss = nt_xent(projections.float(), options.temperature)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        watch.step_done(loss.detach())
        if place == epoch_steps - 1:
            watch.epoch_done(epoch + 1, rate, look.after)
        if checkpoints and step + 1 < steps and time.monotonic() - saved >= options.checkpoint_s:
            checkpoints.save(step + 1, network, optimizer)
            saved = time.monotonic()
    made = {"images": len(pixels), "batch_size": batch, "steps": steps, "precision": precision}
    about = TrainedEncoder(
        backbone=options.backbone,
        image_size=pixels.size,
        mean=batches.mean,
        std=batches.std,
        training=made,
    )
    return network.backbone.eval(), about


@dataclass(frozen=True, kw_only=True)
class _Look:
    """Measures the agreement of features with given labels every few epochs."""

    agreement: Agreement | None
    images: Sequence[str]
    backbone: nn.Module
    batches: Batches
    options: SimclrOptions

    def after(self, epoch: int) -> float | None:
        """The agreement after an epoch if it is due, on evenly spaced images."""
        is_due = epoch % self.options.agreement_epochs == 0 or epoch == self.options.epochs
        if self.agreement is None or not is_due:
            return None
        every = max(1, -(-len(self.images) // self.options.agreement_rows))
        rows = torch.arange(0, len(self.images), every)
        features = self.batches.features(self.backbone, rows, FEATURES_AT_ONCE)
        return self.agreement(self.images[::every], features)


def _order_of(epoch: int, images: int, seed: int) -> Tensor:
    """(N,) int64, the order of the images in an epoch."""
    generator = torch.Generator().manual_seed(seed_of("simclr", seed, f"epoch/{epoch}"))
    return torch.randperm(images, generator=generator)
