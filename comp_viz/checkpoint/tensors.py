"""Reads files of tensors from anywhere without ever running what is in them."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from comp_viz.errors import UNREADABLE, CompVizError

TENSOR_FILE_ERRORS = (*UNREADABLE, SafetensorError, pickle.UnpicklingError)


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Named tensors of a `.safetensors`, `.npz`, or `.pt`/`.pth`/`.bin` state dict (tensors only, no objects).

    Raises `CompVizError` when the file is absent, damaged, of another kind, or holds anything but tensors.
    """
    if not path.is_file():
        raise CompVizError(f"There is no file {path}.")
    if path.suffix in (".pt", ".pth", ".bin"):
        return state_dict(path, load_plain(path))
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        if path.suffix == ".npz":
            with np.load(path, allow_pickle=False) as archive:
                return {name: torch.from_numpy(archive[name]) for name in archive.files}
    except TENSOR_FILE_ERRORS as error:
        raise unreadable_tensors(path, error) from None
    raise CompVizError(
        f"{path}: expected a .safetensors, .npz, .pt, .pth or .bin file, got {path.suffix or 'no ending'}."
    )


def load_plain(path: Path) -> Any:
    """Tensors and plain containers from a `.pt`, through PyTorch's restricted loader. Raises `CompVizError`."""
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except TENSOR_FILE_ERRORS as error:
        raise unreadable_tensors(path, error) from None


def unreadable_tensors(path: Path, error: BaseException) -> CompVizError:
    """The error for a file that no reader accepts."""
    reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
    return CompVizError(
        f"{path} cannot be read as tensors ({reason}). "
        "It may be truncated, renamed, or hold objects, which are never loaded."
    )


def state_dict(path: Path, content: object) -> dict[str, Tensor]:
    """Make sure that what a `.pt` held is a state dict, possibly under the key `state_dict` or `model`."""
    if isinstance(content, dict):
        content = content.get("state_dict", content.get("model", content))
    if not isinstance(content, dict) or not all(isinstance(value, Tensor) for value in content.values()):
        raise CompVizError(
            f"{path}: expected a state_dict (names and tensors), got {type(content).__name__}. Save model.state_dict()."
        )
    return {str(name): value for name, value in content.items()}
