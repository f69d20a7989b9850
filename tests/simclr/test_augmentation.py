"""Random views: each image by itself, the same from the same seed, and off where it is off."""

import pytest
import torch

from labelfix.options.simclr_options import SimclrOptions
from labelfix.simclr.augmentation import Augmentation

OFF = {
    "smallest_crop": 1.0,
    "flip_share": 0.0,
    "jitter_share": 0.0,
    "grey_share": 0.0,
    "blur_share": 0.0,
}


@pytest.fixture
def pixels():
    """Eight images of noise."""
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (8, 3, 16, 16), dtype=torch.uint8, generator=generator)


def draw(pixels, seed=1, **options):
    torch.manual_seed(seed)
    return Augmentation(pixels.shape[-1], SimclrOptions(**options)).two_views(pixels)


def test_two_views__form_and_range(pixels):
    views = draw(pixels)
    assert views.shape == (16, 3, 16, 16)
    assert views.dtype == torch.float32
    assert float(views.min()) >= 0
    assert float(views.max()) <= 1
    assert not views.requires_grad


def test_two_views__seed_decides(pixels):
    assert torch.equal(draw(pixels, 1), draw(pixels, 1))
    assert not torch.equal(draw(pixels, 1), draw(pixels, 2))


def test_two_views__each_image_by_itself(pixels):
    """Eight copies of one image become sixteen different views."""
    views = draw(pixels[:1].repeat(8, 1, 1, 1))
    assert len({view.numpy().tobytes() for view in views}) == 16


def test_two_views__none_where_all_is_off(pixels):
    """Crops of nearly the whole image remain, for their shape is drawn too."""
    flat = torch.full((4, 3, 16, 16), 51, dtype=torch.uint8)
    assert torch.allclose(draw(flat, **OFF), torch.tensor(0.2), atol=1e-6)
    assert not torch.allclose(draw(flat, **{**OFF, "jitter_share": 1.0}), torch.tensor(0.2))


@pytest.mark.parametrize("views", ["first", "second"])
def test_two_views__row_and_row_plus_b_are_of_one_image(views):
    """Images of one grey each keep their grey in both halves of the batch."""
    greys = torch.tensor([0, 50, 100, 200], dtype=torch.uint8)
    made = draw(greys.view(4, 1, 1, 1).expand(4, 3, 16, 16), **{**OFF, "flip_share": 1.0})
    half = made[:4] if views == "first" else made[4:]
    assert torch.allclose(half.mean(dim=(1, 2, 3)), greys / 255, atol=1e-5)


def test_two_views__grey(pixels):
    views = draw(pixels, **{**OFF, "grey_share": 1.0})
    assert torch.allclose(views[:, 0], views[:, 1], atol=1e-6)
    coloured = draw(pixels, **OFF)
    assert not torch.allclose(coloured[:, 0], coloured[:, 1], atol=0.1)


def test_two_views__blur_smooths(pixels):
    def roughness(**options):
        views = draw(pixels, **{**OFF, **options})
        return float((views[..., 1:] - views[..., :-1]).abs().mean())

    assert roughness(blur_share=1.0) < 0.8 * roughness()


@pytest.mark.parametrize(("size", "kernel"), [(8, 3), (32, 3), (64, 7), (224, 23)])
def test_augmentation__blur_is_a_tenth_of_the_side(size, kernel):
    """Chen et al., appendix A; never less than 3, which is the least that blurs."""
    blur = Augmentation(size, SimclrOptions())._steps[-1]
    assert tuple(blur.flags["kernel_size"]) == (kernel, kernel)
