import numpy as np
import pytest
import torch

from labelfix.config import SimclrOptions
from labelfix.images.pixels import Pixels
from labelfix.simclr import views
from labelfix.simclr.contrastive_network import build_network
from labelfix.simclr.views import SMALLEST_STD, Augmentation, Batches, colour_statistics

ALL_OFF = {
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
    assert torch.allclose(draw(flat, **ALL_OFF), torch.tensor(0.2), atol=1e-6)
    assert not torch.allclose(draw(flat, **{**ALL_OFF, "jitter_share": 1.0}), torch.tensor(0.2))


@pytest.mark.parametrize("views", ["first", "second"])
def test_two_views__row_and_row_plus_b_are_of_one_image(views):
    """Images of one grey each keep their grey in both halves of the batch."""
    greys = torch.tensor([0, 50, 100, 200], dtype=torch.uint8)
    made = draw(greys.view(4, 1, 1, 1).expand(4, 3, 16, 16), **{**ALL_OFF, "flip_share": 1.0})
    half = made[:4] if views == "first" else made[4:]
    assert torch.allclose(half.mean(dim=(1, 2, 3)), greys / 255, atol=1e-5)


def test_two_views__grey(pixels):
    views = draw(pixels, **{**ALL_OFF, "grey_share": 1.0})
    assert torch.allclose(views[:, 0], views[:, 1], atol=1e-6)
    coloured = draw(pixels, **ALL_OFF)
    assert not torch.allclose(coloured[:, 0], coloured[:, 1], atol=0.1)


def test_two_views__blur_smooths(pixels):
    def roughness(**options):
        views = draw(pixels, **{**ALL_OFF, **options})
        return float((views[..., 1:] - views[..., :-1]).abs().mean())

    assert roughness(blur_share=1.0) < 0.8 * roughness()


@pytest.mark.parametrize(("size", "kernel"), [(8, 3), (32, 3), (64, 7), (224, 23)])
def test_augmentation__blur_is_a_tenth_of_the_side(size, kernel):
    """Chen et al., appendix A; never less than 3, which is the least that blurs."""
    blur = Augmentation(size, SimclrOptions())._steps[-1]
    assert tuple(blur.flags["kernel_size"]) == (kernel, kernel)


OFF = SimclrOptions(
    smallest_crop=1.0, flip_share=0.0, jitter_share=0.0, grey_share=0.0, blur_share=0.0
)


@pytest.fixture
def greys():
    """Four images of one grey each: 0, 50, 100 and 150."""
    values = np.arange(0, 200, 50, dtype=np.uint8).reshape(4, 1, 1, 1)
    return Pixels(images=list("abcd"), values=np.broadcast_to(values, (4, 3, 8, 8)).copy())


def test_colour_statistics__by_hand(greys):
    mean, std = colour_statistics(greys.values)
    assert mean == (round(75 / 255, 6),) * 3
    assert std == (round(np.std([0, 50, 100, 150]) / 255, 6),) * 3


def test_colour_statistics__each_colour_by_itself(make_pixels):
    values = make_pixels(20).values
    mean, std = colour_statistics(values)
    assert mean == pytest.approx(values.mean(axis=(0, 2, 3)) / 255, abs=1e-6)
    assert std == pytest.approx(values.std(axis=(0, 2, 3)) / 255, abs=1e-6)


def test_colour_statistics__some_of_many(make_pixels, monkeypatch):
    values = make_pixels(20).values
    monkeypatch.setattr(views, "MEASURED_IMAGES", 7)
    assert colour_statistics(values) == colour_statistics(values[::3])


def test_colour_statistics__images_of_one_colour():
    _, std = colour_statistics(np.full((3, 3, 4, 4), 7, np.uint8))
    assert std == (round(SMALLEST_STD, 6),) * 3


def test_two_views__of_the_rows_normalised(greys):
    made = Batches(greys, OFF, "cpu", "float32")
    views = made.two_views(torch.tensor([3, 1]))
    mean, std = made.mean[0], made.std[0]
    expected = (torch.tensor([150, 50, 150, 50]) / 255 - mean) / std
    assert torch.allclose(views.mean(dim=(1, 2, 3)), expected, atol=1e-4)


def test_features__of_images_as_they_are_and_the_network_as_it_was(make_pixels):
    pixels = make_pixels(10)
    made = Batches(pixels, SimclrOptions(), "cpu", "float32")
    backbone = build_network("test_resnet", 16, 4, seed=0, channels_last=False).backbone
    before = {name: value.clone() for name, value in backbone.state_dict().items()}
    together = made.features(backbone, torch.arange(10), batch=10)
    in_parts = made.features(backbone, torch.arange(10), batch=3)
    assert together.shape == (10, backbone.num_features)
    assert together.dtype == np.float32
    assert in_parts == pytest.approx(together, rel=1e-4, abs=1e-5)
    assert backbone.training
    assert all(torch.equal(value, before[name]) for name, value in backbone.state_dict().items())


@pytest.mark.parametrize(("precision", "channels_last"), [("float32", True), ("bfloat16", False)])
def test_two_views__in_the_fastest_order_of_memory(greys, precision, channels_last):
    made = Batches(greys, OFF, "cpu", precision)
    views = made.two_views(torch.arange(4))
    assert made.channels_last == channels_last
    assert views.is_contiguous(memory_format=torch.channels_last) == channels_last


def test_autocast__in_the_precision_of_the_training(greys):
    for precision, expected in (("float32", torch.float32), ("bfloat16", torch.bfloat16)):
        with Batches(greys, OFF, "cpu", precision).autocast():
            assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == expected
