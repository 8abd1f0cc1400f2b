"""oneDNN's product, an optional backend for speed: float32 on AMD's Zen 5 and later, where PyTorch's own choice is slow.

MKL, which PyTorch uses for float32 products, keeps its AVX-512 kernels to Intel's processors: 120 GFLOP/s a core of a
Zen 5 where oneDNN, which comes with PyTorch as well, reaches 270. A Zen 4 has AVX-512 too, but halves of 256 bits: 107
against 100, less than it costs to put products together again. PyTorch offers oneDNN under one private name only; where that
is gone, or on another processor, `KERNEL` is None and `network/product.py` does without.
"""

import re
from pathlib import Path

import torch
from torch import Tensor

ZEN_5 = 26  # the family; Zen 3 and 4 are 25


def slow_without(processor: str) -> bool:
    """Whether PyTorch's own choice for float32 runs at half speed on a processor, by its `/proc/cpuinfo`."""
    families = re.findall(r"^cpu family\s*: (\d+)$", processor, re.MULTILINE)
    wide = "AuthenticAMD" in processor and "avx512f" in processor
    return wide and max(map(int, families), default=0) >= ZEN_5


def this_processor() -> str:
    """Its `/proc/cpuinfo`; empty where there is none."""
    info = Path("/proc/cpuinfo")
    return info.read_text() if info.is_file() else ""


KERNEL = getattr(torch.ops.mkldnn, "_linear_pointwise", None) if slow_without(this_processor()) else None


def onednn_product(x: Tensor, y: Tensor, bias: Tensor | None = None) -> Tensor:
    """`x yᵀ + b`, modality after modality, `[M, N, k] · [M, n, k] -> [M, N, n]`; only where there is a `KERNEL`."""
    assert KERNEL
    biases = [None] * len(x) if bias is None else bias.flatten(1)
    products = [KERNEL(dense(a), dense(b), c, "none", [], "") for a, b, c in zip(x, y, biases, strict=True)]
    return torch.stack(products)


def dense(matrix: Tensor) -> Tensor:
    """A matrix without gaps between its rows or columns; with them oneDNN falls back to a kernel a hundred times slower."""
    return matrix if matrix.mT.is_contiguous() else matrix.contiguous()
