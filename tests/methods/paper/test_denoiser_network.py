"""The denoiser network: its shapes, its formula in numpy, its seed."""

import numpy as np
import pytest
import torch

from labelfix.methods.paper.denoiser_network import NetworkShape, build_network
from labelfix.methods.paper.image_branch import ImageBranchShape

SHAPE = NetworkShape(classes=3, dimension=5, width=4, timesteps=20)
WITH_IMAGES = NetworkShape(3, 5, 4, 20, ImageBranchShape("test_resnet", 16))


def inputs(count=6, seed=0):
    generator = torch.Generator().manual_seed(seed)
    label_t = torch.randn(count, SHAPE.classes, generator=generator)
    embedding = torch.randn(count, SHAPE.dimension, generator=generator)
    return label_t, embedding, torch.arange(count) * 3


@pytest.mark.parametrize("count", [1, 6])
def test_forward__shape(count):
    with torch.inference_mode():
        noise = build_network(SHAPE, 0).eval()(*inputs(count))
    assert noise.shape == (count, 3)
    assert noise.dtype == torch.float32


def test_build_network__parameters_by_hand():
    """gate 5*4+4, 3 layers of (8|4|4)*4+4, 20*4 and 2*4, gate norm 2*4, output 4*3+3."""
    counted = sum(parameter.numel() for parameter in build_network(SHAPE, 0).parameters())
    assert counted == 24 + (36 + 80 + 8) + 2 * (20 + 80 + 8) + 8 + 15


def test_forward__same_as_in_numpy():
    network = build_network(SHAPE, 0)
    label_t, embedding, timesteps = inputs()
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():  # nothing at its starting value, so that every term shows
        for parameter in network.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator))
    for name, buffer in network.named_buffers():
        if "running" in name:
            buffer.copy_(torch.rand(buffer.shape, generator=generator) + 0.5)
    state = {name: tensor.double().numpy() for name, tensor in network.state_dict().items()}

    def linear(name, values):
        return values @ state[f"{name}.weight"].T + state[f"{name}.bias"]

    def norm(name, values):
        spread = np.sqrt(state[f"{name}.running_var"] + 1e-5)
        centred = (values - state[f"{name}.running_mean"]) / spread
        return centred * state[f"{name}.weight"] + state[f"{name}.bias"]

    def layer(number, values):
        name = f"layers.{number}"
        scale = state[f"{name}.timestep_scale.weight"][timesteps.numpy()]
        scaled = scale * linear(f"{name}.linear", values)
        return np.logaddexp(0, norm(f"{name}.norm", scaled))  # softplus

    hidden = layer(0, np.concatenate([label_t.numpy(), embedding.numpy()], axis=1))
    hidden = hidden * norm("gate_norm", linear("gate", embedding.double().numpy()))
    by_hand = linear("output", layer(2, layer(1, hidden)))
    with torch.inference_mode():
        noise = network.eval()(label_t, embedding, timesteps)
    assert np.allclose(noise.numpy(), by_hand, rtol=1e-4, atol=1e-4)


def test_build_network__timestep_vectors_start_at_one():
    state = build_network(SHAPE, 0).state_dict()
    scales = [tensor for name, tensor in state.items() if "timestep_scale" in name]
    assert [tuple(scale.shape) for scale in scales] == [(20, 4)] * 3
    assert all((scale == 1).all() for scale in scales)


def test_build_network__the_seed_decides():
    first, again, other = (build_network(SHAPE, seed).state_dict() for seed in (5, 5, 6))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["output.weight"], other["output.weight"])


def test_build_network__global_random_state_is_untouched():
    before = torch.get_rng_state()
    build_network(SHAPE, 0)
    assert torch.equal(torch.get_rng_state(), before)


def names(*layers):
    """A layer's tensors, by their names in the state."""
    parts = {
        "linear": ["weight", "bias"],
        "scale": ["weight"],
        "norm": ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"],
    }
    return [f"{layer}.{part}" for kind, layer in layers for part in parts[kind]]


def test_build_network__without_image_branch_nothing_of_it():
    state = build_network(SHAPE, 0).state_dict()
    layers = [
        layer
        for number in range(3)
        for layer in (
            ("linear", f"layers.{number}.linear"),
            ("scale", f"layers.{number}.timestep_scale"),
            ("norm", f"layers.{number}.norm"),
        )
    ]
    gate = [("linear", "gate"), ("norm", "gate_norm")]
    assert list(state) == names(*gate, *layers, ("linear", "output"))
    assert state["gate.weight"].shape == (4, 5)


def test_build_network__image_branch_beside_the_same_other_weights():
    plain, network = build_network(SHAPE, 0), build_network(WITH_IMAGES, 0)
    state = network.state_dict()
    assert state["gate.weight"].shape == (4, network.image_branch.features)
    others = [name for name in state if not name.startswith("image_branch.backbone.")]
    assert others == list(plain.state_dict())
    backbones = [
        {name: tensor for name, tensor in build_network(WITH_IMAGES, seed).state_dict().items()
         if "backbone" in name}
        for seed in (0, 0, 1)
    ]  # fmt: skip
    assert all(torch.equal(backbones[0][name], backbones[1][name]) for name in backbones[0])
    assert not all(torch.equal(backbones[0][name], backbones[2][name]) for name in backbones[0])


def test_forward__the_gate_is_what_the_image_branch_sees():
    network = build_network(WITH_IMAGES, 0).eval()
    label_t, embedding, timesteps = inputs()
    with torch.inference_mode():
        seen = torch.randn(6, network.image_branch.features)
        noise = network(label_t, embedding, timesteps, seen)
        other = network(label_t, embedding, timesteps, seen.flip(0))
        first = network.layers[0](torch.cat([label_t, embedding], dim=1), timesteps)
        gated = first * network.gate_norm(network.gate(seen))
        second, third = network.layers[1:]
        by_hand = network.output(third(second(gated, timesteps), timesteps))
    assert torch.equal(noise, by_hand)
    assert (noise - other).abs().amax(dim=1).min() > 1e-4


@pytest.mark.parametrize(("shape", "seen"), [(SHAPE, torch.zeros(6, 5)), (WITH_IMAGES, None)])
def test_forward__image_branch_and_what_it_sees_go_together(shape, seen):
    with pytest.raises(ValueError, match="what the image branch sees, if there is one"):
        build_network(shape, 0)(*inputs(), seen)
