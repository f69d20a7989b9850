"""The same bits from the same seed, on the same machine."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def repeatable(device: str, seed: int) -> Iterator[None]:
    """Give torch's own generators a seed for a while; libraries and dropout draw from them."""
    devices = [torch.cuda.current_device()] if device == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed)
        yield


@contextmanager
def repeatable_convolutions() -> Iterator[None]:
    """Let cuDNN take no algorithm whose sums come in another order each time."""
    before = torch.backends.cudnn.deterministic
    torch.backends.cudnn.deterministic = True
    try:
        yield
    finally:
        torch.backends.cudnn.deterministic = before
