"""How much memory one file may take, and what archives say of that before anything in them is read."""

import os
import zipfile
from collections.abc import Container
from contextlib import suppress
from pathlib import Path

from comp_viz.errors import CompVizError

SHARE = 0.5  # of what the machine has free


def memory_budget() -> int:
    """Bytes that one file may take: a share of what this machine, or the container it is, has free now."""
    try:
        rows = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
        free = int(rows["MemAvailable"].split()[0]) * 1024
    except (OSError, ValueError, KeyError):  # not on Linux
        free = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 8 << 30
    with suppress(OSError, ValueError):  # no container, or one without a limit
        free = min(free, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    return int(free * SHARE)


def check_archive_size(path: Path, names: Container[str] | None = None) -> None:
    """Raise `CompVizError` when what a ZIP archive holds, or those of `names` in it, would take more than one file may.

    Sizes are those of the archive's directory; nothing is decompressed, and no reader takes more than is stated there.
    """
    with zipfile.ZipFile(path) as archive:
        parts = [part for part in archive.infolist() if names is None or part.filename in names]
    needed, budget = sum(part.file_size for part in parts), memory_budget()
    if needed > budget:
        largest = max(parts, key=lambda part: part.file_size)
        raise CompVizError(
            f"{path.name} takes {in_gigabytes(needed)} of memory once it is read ({path.stat().st_size / 1e6:.1f} MB on disk), most of it "
            f"for {largest.filename!r:.60}; one file may take {in_gigabytes(budget)}, {SHARE:.0%} of what this machine has free. Read it "
            "on a larger machine, or store it in parts."
        )


def in_gigabytes(count: int) -> str:
    """Bytes as people read them."""
    return f"{count / 1e9:.1f} GB"
