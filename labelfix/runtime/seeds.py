"""Seeds: the same bits from the same seed, on the same machine."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

import torch


def seed_of(training: str, seed: int, what: str) -> int:
    """A seed of 63 bits for one step of a training, or for another use in it."""
    digest = hashlib.sha256(f"{training}/{seed}/{what}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


@contextmanager
def repeatable(device: str, seed: int) -> Iterator[None]:
    """Seed torch's own generators for a while; dropout and libraries use them."""
    devices = [torch.cuda.current_device()] if device == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed)
        yield


@contextmanager
def repeatable_convolutions() -> Iterator[None]:
    """Keep cuDNN from algorithms that add up in another order each time."""
    before = torch.backends.cudnn.deterministic
    torch.backends.cudnn.deterministic = True
    try:
        yield
    finally:
        torch.backends.cudnn.deterministic = before
