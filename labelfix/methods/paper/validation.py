"""Selection of a training's best pass by the given labels of held-out images."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from labelfix.data.neighbours import Neighbours
from labelfix.methods.paper.denoiser import Denoiser
from labelfix.methods.paper.label_reading import class_probabilities
from labelfix.runtime.checkpoint import below
from labelfix.runtime.seeds import seed_of

LARGEST_HELD_OUT = 5000
"""Images: as many as the public code holds out of CIFAR; the agreement is then known to 0.7 %."""
LOOKS = 40
"""Evaluations per training: every fifth of 200 passes, as in the public code on CIFAR."""
AT_ONCE = 512
"""Images in one pass of the network."""
BEST = "best"


def hold_out(count: int, share: float, seed: int) -> npt.NDArray[np.int64]:
    """Draw the held-out images out of N: none for a share of 0, otherwise at least 1.

    At least two images are left to train on.

    Args:
        count: N.
        share: of the images, 0 to 1.
        seed: of the draw.

    Returns:
        (H,) int64 in ascending order.
    """
    wanted = min(max(1, round(share * count)), LARGEST_HELD_OUT, count - 2) if share else 0
    random = np.random.default_rng(seed_of("validation", seed, ""))
    drawn = random.permutation(count)[: max(0, wanted)]
    return np.sort(drawn).astype(np.int64)


def retrieve_without(
    labels: npt.NDArray[np.int64], neighbours: Neighbours, held_out: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """The labels that each image retrieves, without those of held-out images.

    Gaps are filled with the other labels of the row, in order, repeated as needed.

    Args:
        labels: (N,) the given class of each image.
        neighbours: of the same N images.
        held_out: (H,) positions of the held-out images.

    Returns:
        (N, K + 1) int64, the image's own label last. Rows of held-out images are complete, and
        must not be trained on.
    """
    count = len(labels)
    images = np.concatenate([neighbours.indices, np.arange(count)[:, None]], axis=1)  # (N, K + 1)
    is_out = np.zeros(count, dtype=bool)
    is_out[held_out] = True
    left_out = is_out[images]
    order = np.argsort(left_out, axis=1, kind="stable")  # what is left first
    left = np.maximum(1, (~left_out).sum(axis=1, keepdims=True))
    own_places = np.arange(images.shape[1])[None, :]
    fillers = np.take_along_axis(order, own_places % left, axis=1)
    places = np.where(left_out, fillers, own_places)
    filled: npt.NDArray[np.int64] = labels[np.take_along_axis(images, places, axis=1)]
    filled[held_out] = labels[images[held_out]]
    return filled


@dataclass
class BestPass:
    """Evaluates a denoiser at intervals, and keeps the weights with the highest agreement.

    Attributes:
        read: returns label_0 (H, C) of the held-out images.
        given: (H,) int64, their given labels.
        every: steps between two evaluations.
        step: of the kept weights; 0 for none yet.
        agreement: share of the held-out given labels that they predict, 0 to 1.
    """

    read: Callable[[], npt.NDArray[np.float32]]
    given: npt.NDArray[np.int64] = field(repr=False)
    every: int
    step: int = 0
    agreement: float = -1.0
    weights: dict[str, Tensor] = field(default_factory=dict, repr=False)

    def look(self, network: torch.nn.Module, step: int, steps: int) -> None:
        """Evaluate if it is due; ties keep the earlier weights."""
        if step % self.every and step != steps:
            return
        network.eval()
        classes = class_probabilities(self.read()).argmax(axis=1)
        network.train()
        agreement = float(np.mean(classes == self.given))
        if agreement > self.agreement:
            self.step, self.agreement = step, agreement
            self.weights = {
                name: value.detach().cpu().clone() for name, value in network.state_dict().items()
            }

    def tensors(self) -> dict[str, Tensor]:
        """The state for a checkpoint."""
        kept = {f"{BEST}.{name}": value for name, value in self.weights.items()}
        if kept:
            kept[f"{BEST}_found"] = torch.tensor([self.step, self.agreement], dtype=torch.float64)
        return kept

    def restore(self, tensors: dict[str, Tensor]) -> None:
        """Restore the state from a checkpoint."""
        if f"{BEST}_found" in tensors:
            step, self.agreement = tensors[f"{BEST}_found"].tolist()
            self.step, self.weights = int(step), below(BEST, tensors)


def read_labels(
    denoiser: Denoiser,
    vectors: npt.NDArray[np.float32],
    pixels: npt.NDArray[np.uint8] | None,
    steps: int,
    device: str,
) -> npt.NDArray[np.float32]:
    """(H, C) label_0 of some images, batch by batch."""
    blocks = [slice(start, start + AT_ONCE) for start in range(0, len(vectors), AT_ONCE)]
    return np.concatenate(
        [
            denoiser.label_0(
                vectors[block],
                None if pixels is None else pixels[block],
                steps=steps,
                batch_size=AT_ONCE,
                device=device,
            )
            for block in blocks
        ]
    )
