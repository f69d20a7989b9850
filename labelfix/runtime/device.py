"""Where a stage computes, and what its processor can do.

torch takes over a second to load, so it is asked only where the system does not already say that
there is no CUDA device, or no bfloat16.
"""

import ctypes
import platform
import sys
from pathlib import Path

from labelfix.errors import OptionError

CPU_INFO = Path("/proc/cpuinfo")
ROCM_DEVICE = Path("/dev/kfd")
CUDA_DRIVER = "libcuda.so.1"
BFLOAT16_FLAGS = {"avx512_bf16", "amx_bf16"}
"""What Linux and torch call a processor's bfloat16 instructions."""


def resolve_device(wanted: str) -> str:
    """`cpu` or `cuda` for `auto`, `cpu` or `cuda`.

    Raises:
        OptionError: CUDA is wanted and there is none.
    """
    if wanted == "cpu" or (wanted == "auto" and _has_no_driver()):
        return "cpu"
    import torch

    if torch.cuda.is_available():
        return "cuda"
    if wanted == "cuda":
        raise OptionError("{device} cuda: no CUDA device was found", "Use {device} auto or cpu.")
    return "cpu"


def resolve_precision(wanted: str, device: str) -> str:
    """`float32` or `bfloat16`; `auto` takes bfloat16 where the device computes in it."""
    if wanted != "auto":
        return wanted
    if device == "cpu" and "torch" not in sys.modules:
        flags = _processor_flags()
        if flags is not None:
            return "bfloat16" if flags & BFLOAT16_FLAGS else "float32"
    import torch

    if device == "cuda":
        return "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float32"
    capabilities = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    has_bfloat16 = any(capabilities.get(flag) for flag in BFLOAT16_FLAGS)
    return "bfloat16" if has_bfloat16 else "float32"


def _has_no_driver() -> bool:
    """Whether the system alone tells that torch can find no CUDA device."""
    if "torch" in sys.modules or sys.platform != "linux" or ROCM_DEVICE.exists():
        return False
    try:
        ctypes.CDLL(CUDA_DRIVER)
    except OSError:
        return True
    return False


def _processor_flags() -> set[str] | None:
    """The instruction sets of the processor as Linux names them; None where it does not say."""
    if platform.machine() != "x86_64":
        return None
    try:
        text = CPU_INFO.read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    for line in text.splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "flags":
            return set(value.split())
    return None
