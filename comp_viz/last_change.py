"""When a file or folder was last changed, by which a file that was replaced is told from the one before."""

from pathlib import Path


def last_change(path: Path) -> int:
    """In nanoseconds since 1970; 0 where there is nothing."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
