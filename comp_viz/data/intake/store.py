"""Files handed over, written into a folder of their own under names made safe; archives are taken apart there."""

import re
import stat
import zipfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO

from comp_viz.errors import UNREADABLE, CompVizError
from comp_viz.wording import shortened

MOST_FILES = 20_000  # in one archive or one upload
MOST_UNPACKED = 4 << 30  # bytes of all of them together
DEEPEST = 6  # folders within folders
LONGEST_NAME = 120
AT_ONCE = 1 << 20


def store_files(files: Iterable[tuple[str, BinaryIO]], folder: Path) -> Path:
    """Write files by their names into an empty folder; returns what is to be opened: the only file or folder in it, or itself.

    An archive (.zip) is taken apart. Raises `CompVizError` when it is too much, damaged, or names what it must not.
    """
    folder.mkdir(parents=True, mode=0o700)
    left = [MOST_FILES, MOST_UNPACKED]
    for name, content in files:
        if name.lower().endswith(".zip"):
            unpack(name, content, folder, left)
        else:
            write_part(folder / safe_path(name), content, left)
    inside = sorted(folder.iterdir())
    if not inside:
        raise CompVizError("Nothing was handed over, or only an empty archive.")
    while len(inside) == 1 and inside[0].is_dir():
        folder, inside = inside[0], sorted(inside[0].iterdir())
    return inside[0] if len(inside) == 1 else folder


def unpack(name: str, content: BinaryIO, folder: Path, left: list[int]) -> None:
    """Write all files of an archive."""
    try:
        with zipfile.ZipFile(content) as archive:
            for member in archive.infolist():
                if member.is_dir() or PurePosixPath(member.filename).parts[:1] == ("__MACOSX",):
                    continue
                if stat.S_ISLNK(member.external_attr >> 16):
                    raise CompVizError(
                        f"{shortened(name, 60)} holds a link, {shortened(member.filename, 60)!r}. Pack files themselves."
                    )
                with archive.open(member) as part:
                    write_part(folder / safe_path(member.filename), part, left)
    except CompVizError:
        raise
    except UNREADABLE as error:
        raise CompVizError(
            f"{shortened(name, 60)} cannot be taken apart ({shortened(str(error), 100)}). Pack it again, as an ordinary .zip."
        ) from None


def write_part(path: Path, content: IO[bytes], left: list[int]) -> None:
    """Write one file, `left` files and bytes being allowed. Raises `CompVizError` when they are used up."""
    left[0] -= 1
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        raise CompVizError(
            f"Two files have the name {shortened(path.name, 60)}. Hand them over as a folder, or one of them."
        )
    with path.open("xb") as out:
        while block := content.read(AT_ONCE):
            left[1] -= len(block)
            if min(left) < 0:
                raise CompVizError(
                    f"That is more than {MOST_FILES:,} files or {MOST_UNPACKED >> 30} GB. Put it into the data folder instead, "
                    "or import it with comp-viz data import."
                )
            out.write(block)


def safe_path(name: str) -> PurePosixPath:
    """A relative path of letters, digits, dots and lines, as like the given one as that allows; never upwards, never hidden."""
    parts = [part for part in re.split(r"[/\\]+", name) if part.strip(". ")]
    if not parts or len(parts) > DEEPEST:
        raise CompVizError(f"{shortened(name, 60)!r} is no name of a file within at most {DEEPEST} folders.")
    return PurePosixPath(*map(safe_name, parts))


def safe_name(name: str) -> str:
    """A name of letters, digits, dots and lines, its ending kept."""
    plain = re.sub(r"[^\w.=$\[\]-]", "_", name, flags=re.ASCII).lstrip(".-")
    stem, dot, suffix = plain.rpartition(".")
    short = f"{stem[: LONGEST_NAME - 20]}{dot}{suffix[:19]}" if len(plain) > LONGEST_NAME else plain
    return short or "_"
