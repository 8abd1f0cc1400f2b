"""Where data sets are found on this machine: the data root, and the lab that needs none."""

import os
from pathlib import Path

from comp_viz.data.dataset import DataSet
from comp_viz.data.lab import lab
from comp_viz.data.npz import read_npz

LAB = "lab"


def data_root() -> Path:
    """The folder that holds data sets: `COMP_VIZ_DATA`, else `data/` beside the app."""
    return Path(os.environ.get("COMP_VIZ_DATA") or Path(__file__).parents[2] / "data")


def data_files() -> list[str]:
    """Names of the data sets in the data root."""
    return sorted(path.name for path in data_root().glob("*.npz"))


def open_data(name: str) -> DataSet:
    """Open `"lab"`, a file by its path, or a file by its name in the data root. Raises `CompVizError`."""
    if name == LAB:
        return lab()
    path = Path(name)
    return read_npz(path if path.is_file() else data_root() / name)
