"""What a process of its own needs to run this package: that it is installed, or lies in the folder it is started in."""

import subprocess
import sys
from functools import lru_cache
from pathlib import Path

from comp_viz.errors import CompVizError

NOT_IMPORTABLE = (
    "a process of its own cannot import comp_viz here. Install the package (`pip install .` in its repository), or start in the "
    "folder of the repository."
)


def check_importable() -> None:
    """Raise `CompVizError` unless a process started here can import this package."""
    if not _importable(Path.cwd()):
        raise CompVizError(f"{NOT_IMPORTABLE[:1].upper()}{NOT_IMPORTABLE[1:]}")


@lru_cache(maxsize=4)
def _importable(folder: Path) -> bool:
    command = [sys.executable, "-c", "import comp_viz"]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode == 0
