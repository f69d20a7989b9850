"""Where a stage computes, and what its processor can do."""

from labelfix.errors import OptionError


def resolve_device(wanted: str) -> str:
    """`cpu` or `cuda` for `auto`, `cpu` or `cuda`.

    Raises:
        OptionError: CUDA is wanted and there is none.
    """
    if wanted == "cpu":
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
    import torch

    if device == "cuda":
        return "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float32"
    capabilities = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    has_bfloat16 = capabilities.get("avx512_bf16") or capabilities.get("amx_bf16")
    return "bfloat16" if has_bfloat16 else "float32"
