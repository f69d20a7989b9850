"""How many image views a second does SimCLR train on, in which precision and order of memory?

    OMP_NUM_THREADS=1 python benchmarks/simclr_rate.py [--backbone resnet18] [--image-size 32]

Whole steps as `embed --encoder simclr` does them: two views of each image of a batch, forward,
loss, backward, optimiser. On the CPU both orders of memory and both precisions are measured in
turn, twice, and the better of each two is kept; on a GPU what the product does there.
"""

import argparse
import time

import numpy as np
import torch
from measuring import save

from labelfix.config import SimclrOptions
from labelfix.device import resolve_device
from labelfix.images.pixels import Pixels
from labelfix.simclr.contrastive_network import (
    build_network,
    make_optimizer,
    nt_xent,
    set_learning_rate,
)
from labelfix.simclr.views import Batches

IMAGES = 4096


def rate(options: SimclrOptions, size: int, batch: int, *, channels_last: bool, s: float) -> float:
    random = np.random.default_rng(0)
    values = random.integers(0, 256, (IMAGES, 3, size, size), dtype=np.uint8)
    batches = Batches(
        Pixels(images=[""] * IMAGES, values=values), options, options.device, options.precision
    )
    network = build_network(options.backbone, size, 128, seed=0, channels_last=channels_last)
    network.to(options.device).train()
    optimizer = make_optimizer(network, options)
    set_learning_rate(optimizer, 0, 100, batch, options)

    def step() -> torch.Tensor:
        with batches.autocast():
            views = batches.two_views(torch.randint(0, IMAGES, (batch,)))
            order = torch.channels_last if channels_last else torch.contiguous_format
            views = views.contiguous(memory_format=order)
            projections = network(views)
        loss = nt_xent(projections.float(), options.temperature)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        return loss.detach()

    for _ in range(2):
        float(step())
    steps, started = 0, time.perf_counter()
    while time.perf_counter() - started < s:
        last = step()
        steps += 1
    float(last)  # waits until a GPU has done it
    return 2 * batch * steps / (time.perf_counter() - started)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backbone", default="resnet18")
    parser.add_argument("--image-size", type=int, default=32)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=5.0)
    chosen = parser.parse_args()
    device = resolve_device("auto")
    kinds = [
        (precision, channels_last)
        for precision in ("float32", "bfloat16")
        for channels_last in (False, True)
        if device == "cpu" or channels_last
    ]
    best = dict.fromkeys(kinds, 0.0)
    for _ in range(2):
        for precision, channels_last in kinds:
            options = SimclrOptions(chosen.backbone, device=device, precision=precision)
            found = rate(
                options,
                chosen.image_size,
                chosen.batch_size,
                channels_last=channels_last,
                s=chosen.seconds,
            )
            best[precision, channels_last] = max(best[precision, channels_last], found)
    save(
        f"simclr_rate_{device}_{torch.get_num_threads()}",
        {
            "backbone": chosen.backbone,
            "image_size": chosen.image_size,
            "batch_size": chosen.batch_size,
            "device": torch.cuda.get_device_name() if device == "cuda" else "cpu",
            "threads": torch.get_num_threads(),
            "views_per_s": {
                f"{precision}, {'channels last' if channels_last else 'channels first'}": round(
                    views, 1
                )
                for (precision, channels_last), views in best.items()
            },
        },
    )


if __name__ == "__main__":
    main()
