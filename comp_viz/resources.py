"""Where things that ship with the package lie, and where what its users make is kept: the only module that knows.

In an installed package the repository's folders lie in `comp_viz/_product` (pyproject.toml says which), and what users make
goes to the folder they work in. In a checkout both are the repository.
"""

from importlib.resources import files
from pathlib import Path

PACKAGE = Path(str(files("comp_viz")))
INCLUDED = PACKAGE / "_product"  # only in an installed package
INSTALLED = INCLUDED.is_dir()
PRODUCT = INCLUDED if INSTALLED else PACKAGE.parent


def shipped(name: str) -> Path:
    """A file or folder that ships, by its path in the repository: `app.py`, `checkpoints/lab`, `results`."""
    return PRODUCT / name


def working(name: str) -> Path:
    """Where something of the user's is kept, such as `data`: in the folder they work in; in a checkout in the repository."""
    return (Path.cwd() if INSTALLED else PRODUCT) / name


def places(name: str) -> tuple[Path, ...]:
    """Folders of one kind, such as `checkpoints`: the user's, then the shipped one; in a checkout these are one."""
    return tuple(dict.fromkeys((working(name), shipped(name))))


def find(path: str | Path) -> Path:
    """The file or folder at a path, else what ships under that path in the repository; the path itself where neither exists."""
    own = Path(path)
    return shipped(str(path)) if not own.exists() and shipped(str(path)).exists() else own


def guide(page: str) -> str:
    """Where a page of the documentation lies, as shown to people: `docs/sweeps.md`, in an installed package with its folder."""
    path = shipped(f"docs/{page}.md")
    return str(path if INSTALLED else path.relative_to(PRODUCT))
