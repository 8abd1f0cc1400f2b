"""What `torch.save` wrote, read without running anything, and the line that mends a file that asks for more."""

import pickle
import pickletools
import re
import zipfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import torch

from comp_viz.data.memory_budget import check_archive_size
from comp_viz.errors import UNREADABLE, CompVizError
from comp_viz.wording import shortened

TORCH_SAVE = b"\x80"  # how a file begins that torch.save wrote before it wrote ZIP archives, and any other pickle
MAGIC = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"  # how it begins where torch.save wrote it
REFUSED = re.compile(r"GLOBAL ([\w.]+)")  # how PyTorch's restricted loader names what it does not make
CONTROL = re.compile(r"\x1b\[[0-9;]*[A-Za-z]|[\x00-\x1f\x7f]")  # what terminals take for commands
USUAL_KEYS = ("state_dict", "model_state_dict", "model_state", "model", "net")
MOST_STEPS = 200_000  # of a pickle that are looked through for the names in it


def load_plain(path: Path) -> Any:
    """Tensors and plain containers that `torch.save` wrote, through PyTorch's restricted loader.

    Raises `CompVizError` that names an object in the file, and the line that saves its tensors alone.
    """
    if zipfile.is_zipfile(path) and any(name.endswith("/constants.pkl") for name in archive_names(path)):
        raise CompVizError(
            f"{path} cannot be read as tensors: it is a TorchScript program, which is never run. Save its weights alone, "
            f'`torch.save(torch.jit.load("{path.name}").state_dict(), "weights.pt")`, and give that file.'
        )
    if not was_saved_by_torch(path):
        raise objects_inside(path, "")
    if zipfile.is_zipfile(path):
        check_archive_size(path)
    try:
        with path.open("rb") as file:  # not by its name, which PyTorch would go by
            return torch.load(file, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise objects_inside(path, str(error)) from None
    except UNREADABLE:
        raise CompVizError(
            f"{path} cannot be read as tensors: PyTorch's reader finds it damaged. It may be truncated; get it again."
        ) from None


def unreadable_tensors(path: Path, error: BaseException, where: str = "") -> CompVizError:
    """The error for a file that no reader accepts, with the first sentence of the reader's own."""
    reason = CONTROL.sub(" ", (str(error).splitlines() or [type(error).__name__])[0]).strip()
    reason = reason if len(reason) <= 200 else reason[:200].rsplit(" ", 1)[0] + " …"
    return CompVizError(
        f"{path} cannot be read as tensors ({where}{reason}). "
        "It may be truncated, renamed, or hold objects, which are never loaded."
    )


def archive_names(path: Path) -> list[str]:
    """Names of what lies in a ZIP archive."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.namelist()
    except UNREADABLE as error:
        raise unreadable_tensors(path, error) from None


def objects_inside(path: Path, complaint: str) -> CompVizError:
    """The error for a file that asks for an object: its name, and the line that mends it."""
    whole, keys, classes = outline(path)
    refused = REFUSED.search(complaint)
    name = refused[1] if refused else next((c for c in classes if not c.startswith(("torch.", "collections."))), "")
    what = f"it holds an object, {shortened(name, 100)}" if name else "it holds more than tensors and plain containers"
    loaded = f'torch.load("{path.name}", map_location="cpu", weights_only=False)'
    if not was_saved_by_torch(path):
        what, loaded = f"{what}, and was not written by torch.save", f'pickle.load(open("{path.name}", "rb"))'
    key = next((key for key in USUAL_KEYS if key in keys), "")
    weights = f"{loaded}.state_dict()" if whole else f'{loaded}["{key}"]' if key else loaded
    return CompVizError(
        f"{path} cannot be read as tensors: {what}. Objects are never loaded, as they can run code. If you trust the file, save its "
        f'weights alone where it was made, `torch.save({weights}, "weights.pt")`, and give that file.'
    )


def was_saved_by_torch(path: Path) -> bool:
    """Whether `torch.save` wrote a file, as it does today or as it did before."""
    with path.open("rb") as file:
        return zipfile.is_zipfile(path) or file.read(len(MAGIC)) == MAGIC


def outline(path: Path) -> tuple[bool, set[str], list[str]]:
    """Of a pickle, without loading it: whether it is one object, texts that may be keys, and the classes it names."""
    first, texts, classes = "", list[str](), list[str]()
    try:
        for name, argument in islice(steps(path), MOST_STEPS):
            if "UNICODE" in name or "STRING" in name:
                texts.append(str(argument))
            if name == "GLOBAL":
                classes.append(str(argument).replace(" ", "."))
            if name == "STACK_GLOBAL":
                classes.append(".".join(texts[-2:]))
            if not first and name in ("GLOBAL", "STACK_GLOBAL", "EMPTY_DICT", "EMPTY_LIST"):
                first = classes[-1] if classes else name
    except UNREADABLE:
        pass  # a damaged pickle tells as much as stands before the damage
    return "." in first and first != "collections.OrderedDict", set(texts), classes


def steps(path: Path) -> Iterator[tuple[str, object]]:
    """The steps of the pickle of what was saved."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            name = next(name for name in archive.namelist() if name.endswith("data.pkl"))
            with archive.open(name) as file:
                yield from pickle_steps(file)
        return
    with path.open("rb") as file:
        if was_saved_by_torch(path):
            for _ in range(3):  # before what was saved: a mark, the version and the machine
                for _ in pickletools.genops(file):
                    pass
        yield from pickle_steps(file)


def pickle_steps(file: Any) -> Iterator[tuple[str, object]]:
    """Name and argument of every step of one pickle."""
    for step, argument, _ in pickletools.genops(file):
        yield step.name, argument
