"""What a clip may be at most, checked before and while it is decoded; each breach is a sentence for people."""

from dataclasses import dataclass
from pathlib import Path

from comp_viz.errors import CompVizError


@dataclass(frozen=True)
class Limits:
    """Bounds on a clip and on the process that decodes it."""

    megabytes: float = 100.0  # of the file
    seconds: float = 600.0  # of the clip
    pixels: int = 4096 * 2304  # of one picture, 4K with room; larger video tracks are left unread
    rate: float = 5.0  # pictures taken per second of video
    pictures: int = 1500  # at most: longer clips are sampled less often
    side: int = 720  # longer side that pictures are scaled down to, pixels
    wall: float = 240.0  # seconds that decoding may take
    processor: int = 480  # seconds of processor time that decoding may take, over all threads
    memory: int = 3 << 30  # bytes of address space of the decoding process
    written: int = 256 << 20  # bytes of the largest file that it may write


LIMITS = Limits()


def check_file(path: Path, limits: Limits, name: str) -> None:
    """Raise `CompVizError`, which calls the file by its `name`, unless `path` is a file of a size worth opening."""
    if not path.is_file():
        raise CompVizError(f"{name} is not a file.")
    size = path.stat().st_size
    if size == 0:
        raise CompVizError(f"{name} is empty (0 bytes). Copy or record it again.")
    if size > limits.megabytes * 1e6:
        raise CompVizError(
            f"{name} has {size / 1e6:.0f} MB, at most {limits.megabytes:g} MB can be analysed. "
            "Cut it, or save it at a lower resolution."
        )


def printable_name(name: str) -> str:
    """A file's name for a message: control characters made visible, and no longer than a line."""
    name = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name)
    return name if len(name) <= 80 else f"{name[:60]}…{name[-16:]}"
