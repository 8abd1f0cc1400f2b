"""Reads files of tensors from anywhere without ever running what is in them."""

from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from comp_viz.checkpoint.state_dict import find_state_dict
from comp_viz.checkpoint.torch_file import TORCH_SAVE, archive_names, load_plain, unreadable_tensors
from comp_viz.data.memory_budget import check_archive_size
from comp_viz.errors import UNREADABLE, CompVizError
from comp_viz.wording import shortened

KINDS = ".safetensors, .npz, or what torch.save writes (.pt, .pth, .ckpt and others)"
# First bytes of files that are no tensors, and what they are called.
OTHER_FILES = {b"\x89HDF": "an HDF5 file", b"\x1f\x8b": "a gzip archive", b"Rar!": "a RAR archive"}


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Named tensors of a `.safetensors`, an `.npz` or a state dict that `torch.save` wrote (tensors only, no objects).

    Which of them it is follows from what the file holds, whatever it is called. A state dict may lie inside the containers
    of a training's file. Raises `CompVizError` when the file is absent, damaged, of another kind, or holds objects.
    """
    if not path.is_file():
        raise CompVizError(f"{path} is a folder; expected a file." if path.is_dir() else f"There is no file {path}.")
    kind = tensor_file_kind(path)
    if kind == "torch":
        return find_state_dict(path, load_plain(path))
    if kind == "npz":
        return npz_tensors(path)
    if kind == "safetensors":
        return read_safetensors(path)
    raise CompVizError(
        f"{path} cannot be read as tensors: expected {KINDS}, got {kind}. It may be truncated or renamed; get it again, or save "
        "the weights anew with torch.save(model.state_dict(), ...)."
    )


def tensor_file_kind(path: Path) -> str:
    """`torch`, `npz` or `safetensors`, by what the file holds; for another file what it is, in words."""
    with path.open("rb") as file:
        head = file.read(16)
    if head[8:9] == b"{" and int.from_bytes(head[:8], "little") < path.stat().st_size:  # the length of a header in JSON
        return "safetensors"
    if head.startswith(b"PK\x03\x04"):
        names = archive_names(path)
        if any(name.endswith("data.pkl") for name in names):
            return "torch"
        return "npz" if any(name.endswith(".npy") for name in names) else "a ZIP archive of something else"
    if head.startswith(TORCH_SAVE):
        return "torch"
    return next(
        (name for start, name in OTHER_FILES.items() if head.startswith(start)), "something else" if head else "nothing"
    )


def read_safetensors(path: Path) -> dict[str, Tensor]:
    """Named tensors of a `.safetensors`. Raises `CompVizError` when it is damaged or something else."""
    try:
        return load_file(path)
    except (*UNREADABLE, SafetensorError) as error:
        raise unreadable_tensors(path, error) from None


def npz_tensors(path: Path) -> dict[str, Tensor]:
    """The arrays of an `.npz` as tensors. Raises `CompVizError` naming the array that holds no numbers."""
    name, tensors = "", {}
    try:
        check_archive_size(path)
        with np.load(path, allow_pickle=False) as archive:
            for name in archive.files:
                tensors[name] = torch.from_numpy(archive[name])
    except CompVizError:
        raise
    except UNREADABLE as error:
        raise unreadable_tensors(path, error, f"array {shortened(name, 80)!r}: " if name else "") from None
    return tensors
