"""Temporary folders for uploaded clips: one for each visit, under generated names, gone with the visit or the server."""

import atexit
import fcntl
import secrets
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import IO

PREFIX, MARK = "comp-viz-clips-", "in-use"
held: list[
    IO[str]
] = []  # the open mark of this process's root, whose lock falls when the process ends, however it ends


@cache
def root() -> Path:
    """This process's folder for all visits; those of servers that were killed are removed on the way."""
    for old in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        if not in_use(old):
            shutil.rmtree(old, ignore_errors=True)
    unmarked = Path(tempfile.mkdtemp(prefix=f".{PREFIX}"))  # that another server would take for a killed one's
    mark = (unmarked / MARK).open("w")
    fcntl.flock(mark, fcntl.LOCK_EX)
    held.append(mark)
    folder = unmarked.rename(unmarked.with_name(unmarked.name[1:]))
    return folder


@atexit.register
def remove_uploads() -> None:
    """Remove this process's folder, at the end of the server."""
    if root.cache_info().currsize:
        shutil.rmtree(root(), ignore_errors=True)
        root.cache_clear()


def in_use(folder: Path) -> bool:
    """Whether the process that made the folder still runs, by its lock on the mark inside."""
    try:
        with (folder / MARK).open("r+") as mark:
            fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # no mark: not made by us to the end, or another user's
        return not folder.is_dir() or folder.stat().st_uid != folder.parent.stat().st_uid
    return False


def new_upload_folder() -> Path:
    """A fresh folder for one visit, readable by this user only."""
    return Path(tempfile.mkdtemp(dir=root()))


def write_upload(place: Path, content: bytes | memoryview, suffix: str) -> Path:
    """Write an upload into a visit's folder under a generated name; `suffix` is one of ours, never the visitor's."""
    path = place / f"{secrets.token_hex(16)}{suffix}"
    path.write_bytes(content)
    return path
