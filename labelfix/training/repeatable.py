"""The same bits from the same seed, on the same machine."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

import torch


def seed_of(training: str, seed: int, what: str) -> int:
    """A seed of 63 bits for a step of a training, or for anything else in it that draws."""
    digest = hashlib.sha256(f"{training}/{seed}/{what}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


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
