"""The contrastive loss of SimCLR."""

import torch
from torch import Tensor
from torch.nn import functional


def nt_xent(projections: Tensor, temperature: float) -> Tensor:
    """How badly each view finds the other view of its image (Chen et al., ICML 2020, eq. 1).

    The mean over all 2B views of the cross-entropy of their similarities to the 2B - 1 others,
    where the right answer is the other view of the same image.

    Args:
        projections: (2B, P) float32 of any length; rows i and B + i are views of one image.
        temperature: more than 0, that cosine similarities are divided by.

    Returns:
        The loss, a scalar.
    """
    units = functional.normalize(projections, dim=1)
    similarities = units @ units.T / temperature  # (2B, 2B)
    similarities.fill_diagonal_(-torch.inf)  # no view is compared to itself
    views = len(projections)
    partners = torch.arange(views, device=projections.device).roll(views // 2)
    return functional.cross_entropy(similarities, partners)
