"""Products `x W + b` with one set of weights per modality, by the fastest kernel that the processor has."""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable


def amd() -> bool:
    """Whether this is an AMD processor with AVX-512, where PyTorch's own choice for float32 runs at half speed."""
    info = Path("/proc/cpuinfo")
    return info.is_file() and "AuthenticAMD" in info.read_text() and torch.backends.cpu.get_cpu_capability() == "AVX512"


# MKL, which PyTorch uses for float32 products, keeps its AVX-512 kernels to Intel's processors: 120 GFLOP/s a core of an AMD
# Zen 5 where oneDNN, which comes with PyTorch as well, reaches 270. PyTorch offers it under this name only.
ONEDNN = getattr(torch.ops.mkldnn, "_linear_pointwise", None) if amd() else None


def product(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """`[M, N, inputs] · [M, inputs, outputs] + [M, 1, outputs] -> [M, N, outputs]`."""
    plain = x.device.type == "cpu" and x.dtype is torch.float32 and not torch.is_autocast_enabled("cpu")
    if not ONEDNN or not plain or not x.numel() or not weight.numel():
        return torch.bmm(x, weight) if bias is None else torch.baddbmm(bias, x, weight)
    out: Tensor = OneDNN.apply(x, weight, bias)  # type: ignore[no-untyped-call]
    return out


def rows_by_rows(x: Tensor, y: Tensor, bias: Tensor | None = None) -> Tensor:
    """`x yᵀ + b` for every modality, `[M, N, k] · [M, n, k] -> [M, N, n]`."""
    assert ONEDNN
    biases = [None] * len(x) if bias is None else bias.flatten(1)
    return torch.stack([ONEDNN(dense(a), dense(b), c, "none", [], "") for a, b, c in zip(x, y, biases, strict=True)])


def dense(matrix: Tensor) -> Tensor:
    """A matrix without gaps between its rows or columns; with them oneDNN falls back to a kernel a hundred times slower."""
    return matrix if matrix.mT.is_contiguous() else matrix.contiguous()


class OneDNN(torch.autograd.Function):
    """The product and its gradients by oneDNN."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """`x W + b`."""
        ctx.save_for_backward(x, weight)
        return rows_by_rows(x, weight.mT, bias)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        """Gradients of `x`, `W` and `b`, those that are wanted."""
        x, weight = ctx.saved_tensors
        inputs, weights, biases = ctx.needs_input_grad
        return (
            rows_by_rows(gradient, weight) if inputs else None,
            rows_by_rows(x.mT, gradient.mT) if weights else None,
            gradient.sum(1, keepdim=True) if biases else None,
        )
