"""`doctor`: what is on this machine, as text to paste into an issue; the exit status says whether the dashboard would start."""

import argparse
import logging
import os
import platform
import re
import socket
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from comp_viz.errors import CompVizError
from comp_viz.resources import INSTALLED, PRODUCT, places, shipped
from comp_viz.versions import VERSION
from comp_viz.wording import how_many

EXTRAS = {
    "formats": "h5py", "hub": "huggingface_hub", "mlflow": "mlflow-skinny", "published": "transformers", "sweep": "ray",
    "tensorboard": "tensorboard", "wandb": "wandb",
}  # fmt: skip
SETTINGS = ("COMP_VIZ_DATA", "COMP_VIZ_DEVICE", "COMP_VIZ_ONLINE", "COMP_VIZ_WEIGHTS", "OMP_NUM_THREADS")
APP = "comp_viz.ui.frame.sidebar"  # which imports all that the dashboard cannot start without
PORT = 8501
NONE = "not installed"


def add(commands: Any) -> None:
    """Add this command to the parser."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "doctor", help="say what is installed and found here; exit status 1 when the dashboard would not start"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print all sections; 1 when the dashboard would not start."""
    problem = start_problem()
    sections = {
        "This": this,
        "Libraries": libraries,
        "Extras": extras,
        "Device": devices,
        "Clips": clips,
        "Data": data,
        "Checkpoints": checkpoints,
        "Dashboard": lambda: [problem or "would start", port()],
    }
    for title, section in sections.items():
        print(f"{title}\n" + "".join(f"  {anonymous(line)}\n" for line in lines_of(section)))
    return 1 if problem else 0


def lines_of(section: Callable[[], Iterable[str]]) -> Iterator[str]:
    """The lines of a section, as far as it comes: what is broken here must not keep the rest from being said."""
    try:
        yield from section()
    except Exception as error:
        yield f"unknown: {type(error).__name__}: {error}"


def anonymous(line: str) -> str:
    """A line without the name of who asks: their home folder is `~`."""
    home = str(Path.home())
    return re.sub(rf"{re.escape(home)}(?![\w.-])", "~", line) if home != os.sep else line


def start_problem() -> str | None:
    """Why the dashboard would not start; None when it would."""
    if absent := [
        name for name in ("app.py", "pages/live.py", ".streamlit/config.toml") if not shipped(name).is_file()
    ]:
        return f"WOULD NOT START: {', '.join(absent)} is not in {PRODUCT}. Install the package again."
    logging.disable(logging.WARNING)  # Streamlit warns that nothing is served yet
    try:
        import_module(APP)
    except Exception as error:  # a library that is absent, broken, or of another version than was tried
        return f"WOULD NOT START: {type(error).__name__}: {error}. Run pip install -r requirements.txt."
    finally:
        logging.disable(logging.NOTSET)
    return None


def this() -> Iterator[str]:
    """Package, Python, system, settings."""
    yield f"comp-viz {VERSION}, {'installed' if INSTALLED else 'a checkout'} in {PRODUCT}"
    yield f"Python {platform.python_version()} on {platform.platform()}, {os.cpu_count()} processors"
    yield from (f"{name}={os.environ[name]}" for name in SETTINGS if name in os.environ)


def libraries() -> Iterator[str]:
    """What the dashboard needs, with the version that was tried where it is another."""
    for line in shipped("requirements.txt").read_text(encoding="utf-8").split():
        name, _, tried = line.partition("==")
        here = installed(name)
        yield f"{name} {here}" + ("" if here.split("+")[0] == tried else f" (tried with {tried})")


def extras() -> Iterator[str]:
    """Libraries that only some commands need."""
    return (f"{extra}: {name} {installed(name)}" for extra, name in EXTRAS.items())


def installed(name: str) -> str:
    """The version of a package, or that there is none."""
    try:
        return version(name)
    except PackageNotFoundError:
        return NONE


def devices() -> Iterator[str]:
    """Where the network would run."""
    from comp_viz.device import available_devices, choose_device

    yield f"{choose_device()}, of {', '.join(available_devices())}"


def clips() -> Iterator[str]:
    """What reads clips: whether it could, extractor by extractor, with the command that mends it."""
    from comp_viz.clips import decode, faces, whisper
    from comp_viz.clips.extractors.registry import EXTRACTORS

    parts = {"decoding": decode.decoder_missing, "speech": whisper.whisper_missing, "faces": faces.faces_missing}
    for name, problem in (parts | {e.name: e.ready for e in EXTRACTORS.values()}).items():
        yield f"{name}: {problem() or 'ready'}"


def data() -> Iterator[str]:
    """The data root and what lies in it."""
    from comp_viz.data.source import data_files, data_root, peek_data

    root = data_root()
    names = data_files()
    yield f"{root}: {'no such folder' if not root.is_dir() else how_many(len(names), 'data set')}"
    for name in names:
        try:
            header = peek_data(root / name)
            yield f"{name}: {', '.join(f'{u} {d}' for u, d in header.widths.items()) if header else 'UNREADABLE'}"
        except CompVizError as error:
            yield f"{name}: UNREADABLE: {error}"


def checkpoints() -> Iterator[str]:
    """Checkpoints by folder, and what is wrong with them."""
    from comp_viz.checkpoint.card import read_card

    for folder in places("checkpoints"):
        yield str(folder)
        for config in sorted(folder.glob("*/config.json")):
            try:
                card = read_card(config)
                yield f"  {config.parent.name}: {', '.join(f'{u} {d}' for u, d in card.architecture.widths.items())}"
            except (CompVizError, OSError) as error:
                yield f"  {config.parent.name}: UNREADABLE: {error}"


def port() -> str:
    """Whether the usual port is free."""
    with socket.socket() as probe:
        busy = probe.connect_ex(("localhost", PORT)) == 0
    return f"port {PORT}: {'in use; choose another with --server.port' if busy else 'free'}"
