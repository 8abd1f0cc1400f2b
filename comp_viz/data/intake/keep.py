"""A data set saved into the data root, where all pages find it."""

import re
from dataclasses import replace
from pathlib import Path

from comp_viz.data.dataset import DataSet
from comp_viz.data.table.writer import write_table
from comp_viz.errors import CompVizError
from comp_viz.wording import shortened

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,79}")


def save_data(root: Path, name: str, data: DataSet, licence: str = "") -> str:
    """Write a data set as Arrow under a new name; returns the file's. Raises `CompVizError` for a name that cannot be one."""
    name = name.strip().removesuffix(".arrow")
    if not NAME.fullmatch(name) or name == "lab":
        raise CompVizError(
            f"The name {shortened(name, 90)!r} cannot be a file's: letters, digits, blanks, dots and lines, up to 80, beginning with one of the first two."
        )
    path = root / f"{name}.arrow"
    if path.exists():
        raise CompVizError(f"There is a data set {path.name} already. Give another name, or remove that one first.")
    write_table(path, replace(data, name=name, licence=licence or data.licence))
    return path.name
