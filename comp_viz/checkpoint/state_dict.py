"""Finds the weights in what people save with `torch.save`: alone, or beside epochs, scores and optimizers."""

import warnings
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor

from comp_viz.errors import CompVizError
from comp_viz.wording import how_many

DEEPEST = 6  # containers within containers
SECOND_COPIES = ("optim", "ema", "swa", "teacher")  # what keys of weights are called that are not the model's own


def find_state_dict(path: Path, content: object) -> dict[str, Tensor]:
    """The state dict in what a file held: of all its dicts of tensors the one with most of them.

    Warns of others that are as large, and of values in it that are no tensors. Raises `CompVizError` where there is none,
    and for a tensor that has no plain values.
    """
    candidates = list(tensor_dicts(content, (), set()))
    if not candidates:
        raise CompVizError(
            f"{path}: expected a state_dict (names and tensors), got {describe_content(content)}. "
            'Save `torch.save(model.state_dict(), "weights.pt")`.'
        )
    most = max(len(tensors) for _, tensors, _ in candidates)
    copies = sorted(
        (candidate for candidate in candidates if len(candidate[1]) == most),
        key=lambda candidate: any(word in candidate[0].lower() for word in SECOND_COPIES),
    )
    key, tensors, others = copies[0]
    if len(copies) > 1:
        warnings.warn(
            f"{path.name} holds weights several times: took {key or 'the first'!r}, left "
            f"{', '.join(repr(other) for other, _, _ in copies[1:4])} aside.",
            stacklevel=2,
        )
    if others:
        warnings.warn(f"{path.name}: left {', '.join(map(repr, others[:5]))} aside, no tensors.", stacklevel=2)
    for name, tensor in tensors.items():
        check_plain(path, name, tensor)
    return tensors


def tensor_dicts(
    content: object, keys: tuple[str, ...], seen: set[int]
) -> Iterator[tuple[str, dict[str, Tensor], list[str]]]:
    """Dicts with tensors under names, wherever they are: their key, their tensors, and their other names."""
    if id(content) in seen or len(keys) > DEEPEST:
        return
    seen.add(id(content))
    if isinstance(content, dict):
        tensors = {
            name: value for name, value in content.items() if isinstance(name, str) and isinstance(value, Tensor)
        }
        if tensors:
            yield ".".join(keys), tensors, [str(name) for name in content if name not in tensors]
        for name, value in content.items():
            if not isinstance(value, Tensor):
                yield from tensor_dicts(value, (*keys, str(name)), seen)
    elif isinstance(content, list | tuple):
        for i, value in enumerate(content):
            yield from tensor_dicts(value, (*keys, str(i)), seen)


def check_plain(path: Path, name: str, tensor: Tensor) -> None:
    """Raise for a tensor whose values do not lie one beside the other in memory."""
    kinds = {
        "on no device (meta), without values": tensor.is_meta,
        "sparse": tensor.layout != torch.strided,
        "quantized": tensor.is_quantized,
        "nested": tensor.is_nested,
    }
    for kind, it_is in kinds.items():
        if it_is:
            raise CompVizError(
                f"{path} cannot be read as tensors: {name!r} is {kind}, expected plain numbers. Save `to_dense()` or "
                "`dequantize()` of it, from a model that is in memory."
            )


def describe_content(content: object) -> str:
    """What a file held, in a few words."""
    if isinstance(content, dict):
        names = ", ".join(repr(str(name)[:40]) for name in list(content)[:5])
        return f"a dict of {how_many(len(content), 'key')}" + (f" without tensors ({names})" if names else "")
    return "a single tensor" if isinstance(content, Tensor) else f"{type(content).__name__}"
