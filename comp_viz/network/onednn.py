"""oneDNN's product, an optional backend for speed: float32 on AMD processors with AVX-512, where PyTorch's own choice is slow.

MKL, which PyTorch uses for float32 products, keeps its AVX-512 kernels to Intel's processors: 120 GFLOP/s a core of an AMD
Zen 5 where oneDNN, which comes with PyTorch as well, reaches 270. PyTorch offers it under one private name only; where that is
gone, or on another processor, `KERNEL` is None and `network/product.py` does without.
"""

from pathlib import Path

import torch
from torch import Tensor


def slow_without() -> bool:
    """Whether this is an AMD processor with AVX-512, where PyTorch's own choice for float32 runs at half speed."""
    info = Path("/proc/cpuinfo")
    return info.is_file() and "AuthenticAMD" in info.read_text() and torch.backends.cpu.get_cpu_capability() == "AVX512"


KERNEL = getattr(torch.ops.mkldnn, "_linear_pointwise", None) if slow_without() else None


def onednn_product(x: Tensor, y: Tensor, bias: Tensor | None = None) -> Tensor:
    """`x yᵀ + b`, modality after modality, `[M, N, k] · [M, n, k] -> [M, N, n]`; only where there is a `KERNEL`."""
    assert KERNEL
    biases = [None] * len(x) if bias is None else bias.flatten(1)
    products = [KERNEL(dense(a), dense(b), c, "none", [], "") for a, b, c in zip(x, y, biases, strict=True)]
    return torch.stack(products)


def dense(matrix: Tensor) -> Tensor:
    """A matrix without gaps between its rows or columns; with them oneDNN falls back to a kernel a hundred times slower."""
    return matrix if matrix.mT.is_contiguous() else matrix.contiguous()
