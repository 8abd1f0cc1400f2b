"""The types of number in which weights may be stored."""

import torch
from torch import Tensor

FLOAT_TYPES = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
FLOAT_NAMES = ", ".join(str(kind).removeprefix("torch.") for kind in FLOAT_TYPES)


def in_single_precision(tensor: Tensor) -> Tensor:
    """The tensor in single precision; as it is where its type is none that weights have."""
    return tensor.float() if tensor.dtype in FLOAT_TYPES else tensor


def value_problem(tensor: Tensor) -> str:
    """What is wrong with the values of weights, such as `holds int64, expected …`; "" where they can be used.

    Give them in the precision that they are used in: what is finite in another one may not be so there.
    """
    if tensor.dtype not in FLOAT_TYPES:
        kind = str(tensor.dtype).removeprefix("torch.")
        return f"holds {kind}, expected floating-point numbers of the types {FLOAT_NAMES}"
    count = int((~tensor.isfinite()).sum())
    kind = str(tensor.dtype).removeprefix("torch.")
    return f"holds NaN or infinite numbers ({count} of {tensor.numel()} values, read as {kind})" if count else ""
