"""Where tensors live: CUDA, then MPS, then CPU, unless told otherwise."""

import os

import torch

from comp_viz.errors import CompVizError


def choose_device(name: str = "auto") -> torch.device:
    """The device called `name`, or for `"auto"` the one in `COMP_VIZ_DEVICE`, else the best there is.

    Raises `CompVizError` when the device asked for is not on this machine.
    """
    if name == "auto":
        name = os.environ.get("COMP_VIZ_DEVICE", "auto")
    there = available_devices()
    if name == "auto":
        return torch.device(there[0])
    if name.split(":")[0] not in there:
        raise CompVizError(f"device: {name!r} is not available on this machine, only {', '.join(there)}.")
    try:
        return torch.device(name)
    except RuntimeError:
        raise CompVizError(f"device: {name!r} is not written as a device is, such as cpu or cuda:0.") from None


def available_devices() -> list[str]:
    """Kinds of device on this machine, fastest first."""
    kinds = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    return [kind for kind, there in kinds.items() if there]


def imitates_bfloat16(device: torch.device) -> bool:
    """Whether `device` computes bfloat16 by way of float32, which takes several times longer than float32 itself."""
    if device.type == "cuda":
        return not torch.cuda.is_bf16_supported(including_emulation=False)
    there = torch.cpu.get_capabilities()
    return device.type == "cpu" and not any(there.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))
