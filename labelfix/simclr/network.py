"""The network that is trained: a backbone, and a projection that is thrown away afterwards."""

import torch
from torch import Tensor, nn

from labelfix.encoders.backbone import make_backbone


class SimclrNetwork(nn.Module):
    """Backbone and projection head (Chen et al., ICML 2020, section 2.1 and appendix B.9).

    Args:
        backbone: (B, 3, S, S) to (B, D), with D in `num_features`.
        width: P, values of the projection.
    """

    def __init__(self, backbone: nn.Module, width: int) -> None:
        super().__init__()
        self.backbone = backbone
        features = int(backbone.num_features)  # type: ignore[arg-type]
        self.projection = nn.Sequential(
            nn.Linear(features, features, bias=False),
            nn.BatchNorm1d(features),
            nn.ReLU(),
            nn.Linear(features, width),
        )

    def forward(self, pixels: Tensor) -> Tensor:
        """The projections that the loss is computed on: (B, 3, S, S) to (B, P)."""
        projected: Tensor = self.projection(self.backbone(pixels))
        return projected


def build_network(
    backbone: str, image_size: int, width: int, *, seed: int, channels_last: bool
) -> SimclrNetwork:
    """A network with fresh weights; the same seed gives the same ones.

    Raises:
        InputError: timm knows no such backbone, or it cannot take images of this size.
    """
    made = make_backbone(backbone, image_size, seed=seed, channels_last=channels_last)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return SimclrNetwork(made, width)
