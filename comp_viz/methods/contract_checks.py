"""How a method's mistakes are put into words: what was wrong, what was expected, what came, and how to mend it."""

import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from torch import Tensor

from comp_viz.errors import CompVizError
from comp_viz.wording import shortened


@contextmanager
def speaking_of(name: str) -> Iterator[None]:
    """Say of every problem which method has it, and where that lies."""
    try:
        yield
    except CompVizError as error:
        raise CompVizError(f"Method {name!r} (comp_viz/methods/{name}): {error}") from error


@contextmanager
def running(name: str, when: str, advice: str) -> Iterator[None]:
    """Say of an exception in a method's own code when it was raised, at which line, and what to do."""
    try:
        yield
    except CompVizError:
        raise
    except Exception as error:
        raise CompVizError(f"{when} raised {described(name, error)}. {advice}") from error


def described(name: str, error: BaseException) -> str:
    """An exception as its kind, its message, and the line of the method's folder that it came from."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f"/{name}/" in Path(f.filename).as_posix()]
    line = error.lineno if isinstance(error, SyntaxError) else frames[-1].lineno if frames else None
    file = Path(frames[-1].filename).name if frames else "method.py"
    words = " ".join(str(error.msg if isinstance(error, SyntaxError) else error).split()).rstrip(".")
    place = f" ({file}, line {line})" if line else ""
    return f"{type(error).__name__}{': ' if words else ''}{shortened(words, 300)}{place}"


def check_kind(what: str, value: object, kind: type) -> None:
    """Raise `CompVizError` unless a value is of a class of ours."""
    if not isinstance(value, kind):
        raise CompVizError(f"{what}: expected {kind.__name__} of {kind.__module__}, got {type(value).__name__}.")


def check_shape(what: str, value: object, shape: tuple[int, ...], axes: str) -> None:
    """Raise `CompVizError` unless something is a tensor of floats in this shape."""
    if not isinstance(value, Tensor) or not value.is_floating_point():
        kind = value.dtype if isinstance(value, Tensor) else type(value).__name__
        raise CompVizError(f"{what}: expected a tensor of floats {list(shape)} ({axes}), got {kind}.")
    if value.shape != shape:
        raise CompVizError(
            f"{what}: expected {list(shape)} ({axes}), got {list(value.shape)}. "
            "`rows.pad` brings [utterances, k] back to [conversations, utterances, k]."
        )


def check_entry_names(what: str, named: object, modalities: tuple[str, ...]) -> None:
    """Raise `CompVizError` unless something has one entry for each modality, in their order."""
    keys = list(named) if isinstance(named, Mapping) else type(named).__name__
    if keys != list(modalities):
        raise CompVizError(
            f"{what}: expected one entry for each modality, {list(modalities)} in this order, got {keys}."
        )
