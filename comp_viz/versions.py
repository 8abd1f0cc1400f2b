"""Versions that a result carries with it."""

import platform
from importlib.metadata import version

VERSION = "0.1.0"


def versions() -> dict[str, str]:
    """Of this package, Python and the libraries that numbers depend on."""
    return {"comp_viz": VERSION, "python": platform.python_version()} | {
        name: version(name) for name in ("torch", "numpy")
    }
