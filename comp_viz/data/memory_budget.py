"""How much memory one file may take: a share of what the machine has free, and no more than its size on disk explains.

Readers ask with sizes that the file states in its directory, its footer or its schema, before anything in it is read.
"""

import os
import zipfile
from collections.abc import Container, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path

from comp_viz.errors import CompVizError
from comp_viz.wording import shortened

SHARE, VISITORS_SHARE = 0.5, 0.125  # of what the machine has free, for a file of its owner and of a visitor
UNSUSPICIOUS = 512 << 20  # bytes that any file may take
MOST_UNPACKED = 100  # bytes for each byte on disk, beyond these; features pack to a half, not to a hundredth
_share: ContextVar[float] = ContextVar("share of free memory", default=SHARE)


@contextmanager
def visitors_file() -> Iterator[None]:
    """Within this, files are a visitor's: many visitors share the machine, so that each gets a smaller part of it."""
    token = _share.set(VISITORS_SHARE)
    try:
        yield
    finally:
        _share.reset(token)


def memory_budget() -> int:
    """Bytes that one file may take: a share of what this machine, or the container it is, has free now."""
    try:
        rows = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
        free = int(rows["MemAvailable"].split()[0]) * 1024
    except (OSError, ValueError, KeyError):  # not on Linux
        free = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 8 << 30
    with suppress(OSError, ValueError):  # no container, or one without a limit
        free = min(free, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    return int(free * _share.get())


def check_archive_size(path: Path, names: Container[str] | None = None) -> None:
    """Raise `CompVizError` when what a ZIP archive holds, or those of `names` in it, would take more than one file may.

    Sizes are those of the archive's directory; nothing is decompressed, and no reader takes more than is stated there.
    """
    with zipfile.ZipFile(path) as archive:
        parts = [part for part in archive.infolist() if names is None or part.filename in names]
    if not parts:
        return
    largest = max(parts, key=lambda part: part.file_size)
    check_size(path.name, sum(part.file_size for part in parts), path.stat().st_size, most_of=largest.filename)


def check_size(file: str, needed: int, on_disk: int | None = None, most_of: str = "") -> None:
    """Raise `CompVizError` when a file would take so many bytes of memory and may not.

    `on_disk` is its size there, where that is known, and `most_of` what in it takes most.
    """
    allowed, reason = memory_budget(), f"{_share.get():.1%} of what this machine has free".replace(".0%", "%")
    way_out = "Read it on a larger machine, or split it into files of fewer conversations."
    if on_disk is not None and (explained := max(UNSUSPICIOUS, MOST_UNPACKED * on_disk)) < allowed:
        allowed = explained
        reason = (
            f"{MOST_UNPACKED} times its size or {in_gigabytes(UNSUSPICIOUS)}: data of people is not packed that tightly"
        )
        way_out = "Store it without compression, if it is meant to be so large."
    if needed <= allowed:
        return
    size = "" if on_disk is None else f" ({on_disk / 1e6:.1f} MB on disk)"
    where = f", most of it for {shortened(most_of, 60)!r}" if most_of else ""
    raise CompVizError(
        f"{file} would take {in_gigabytes(needed)} of memory{size}{where}; one file may take {in_gigabytes(allowed)}, {reason}. {way_out}"
    )


def bytes_on_disk(path: Path) -> int:
    """The size of a file, or of all files in a folder."""
    return (
        sum(part.stat().st_size for part in path.rglob("*") if part.is_file()) if path.is_dir() else path.stat().st_size
    )


def in_gigabytes(count: int) -> str:
    """Bytes as people read them."""
    return f"{count / 1e9:.1f} GB" if count >= 5e7 else f"{count / 1e6:.1f} MB"
