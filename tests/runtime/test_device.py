"""Where a stage computes, and in which precision."""

import builtins
import sys
from pathlib import Path

import pytest
import torch

from labelfix.errors import InputError
from labelfix.runtime import device
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


@pytest.fixture
def without_torch(monkeypatch):
    """As if torch was not loaded: to load it is an error."""
    monkeypatch.delitem(sys.modules, "torch")
    monkeypatch.setattr(builtins, "__import__", refusing("torch", builtins.__import__))


def refusing(name, importing):
    def load(wanted, *more, **named):
        assert wanted != name
        return importing(wanted, *more, **named)

    return load


def test_resolve_device__without_a_driver_torch_is_not_loaded(without_torch, monkeypatch):
    monkeypatch.setattr(device, "CUDA_DRIVER", "no-such-library.so")
    monkeypatch.setattr(device, "ROCM_DEVICE", Path("/no/such/device"))
    assert resolve_device("auto") == "cpu"


def test_resolve_device__with_a_driver_torch_decides(cuda, monkeypatch):
    cuda(True)
    monkeypatch.setattr(device, "ROCM_DEVICE", Path("/"))
    monkeypatch.setattr(device, "_has_no_driver", lambda: False)
    assert resolve_device("auto") == "cuda"


@pytest.mark.parametrize(
    ("flags", "precision"),
    [
        ("fpu avx512f avx512_bf16", "bfloat16"),
        ("fpu amx_bf16", "bfloat16"),
        ("fpu avx512f", "float32"),
    ],
)
def test_resolve_precision__without_torch_as_linux_says(
    without_torch, monkeypatch, tmp_path, flags, precision
):
    (tmp_path / "cpuinfo").write_text(f"processor\t: 0\nflags\t\t: {flags}\nbugs\t: none\n")
    monkeypatch.setattr(device, "CPU_INFO", tmp_path / "cpuinfo")
    monkeypatch.setattr(device.platform, "machine", lambda: "x86_64")
    assert resolve_precision("auto", "cpu") == precision


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_resolve_precision__linux_and_torch_agree():
    flags = device._processor_flags()
    has = torch.cpu.get_capabilities()
    assert flags is None or bool(flags & device.BFLOAT16_FLAGS) == bool(
        has.get("avx512_bf16") or has.get("amx_bf16")
    )


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
