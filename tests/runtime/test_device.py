"""Where a stage computes, and in which precision."""

import pytest
import torch

from labelfix.errors import InputError
from labelfix.runtime.device import resolve_device, resolve_precision


@pytest.fixture
def cuda(monkeypatch):
    """Pretend that there is CUDA, with bfloat16 or without, or that there is none."""

    def pretend(available, bfloat16=True):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: available)
        monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **_: bfloat16)

    return pretend


@pytest.mark.parametrize(
    ("wanted", "available", "device"),
    [
        ("cpu", True, "cpu"),
        ("cpu", False, "cpu"),
        ("auto", True, "cuda"),
        ("auto", False, "cpu"),
        ("cuda", True, "cuda"),
    ],
)
def test_resolve_device__known_ones(cuda, wanted, available, device):
    cuda(available)
    assert resolve_device(wanted) == device


def test_resolve_device__no_cuda(cuda):
    cuda(False)
    with pytest.raises(InputError) as caught:
        resolve_device("cuda")
    assert caught.value.message == "device cuda: no CUDA device was found"
    assert caught.value.hint == "Use device auto or cpu."


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_resolve_precision__as_wanted(precision, device):
    assert resolve_precision(precision, device) == precision


@pytest.mark.parametrize(
    ("capabilities", "precision"),
    [
        ({"avx512_bf16": True, "amx_bf16": False}, "bfloat16"),
        ({"avx512_bf16": False, "amx_bf16": True}, "bfloat16"),
        ({"avx512_f": True, "avx512_bf16": False, "amx_bf16": False}, "float32"),
        ({}, "float32"),
    ],
)
def test_resolve_precision__what_the_cpu_has(monkeypatch, capabilities, precision):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities)
    assert resolve_precision("auto", "cpu") == precision


@pytest.mark.parametrize(("has", "precision"), [(True, "bfloat16"), (False, "float32")])
def test_resolve_precision__what_the_gpu_has(cuda, has, precision):
    cuda(True, bfloat16=has)
    assert resolve_precision("auto", "cuda") == precision
