"""The site has the icon of the dashboard."""

from typing import Any

from mkdocs.structure.files import File, Files

from comp_viz.resources import PACKAGE

ICON = PACKAGE / "ui" / "icon.svg"


def on_files(files: Files, config: Any) -> Files:
    """Add it to the files of the site."""
    files.append(File.generated(config, "assets/icon.svg", abs_src_path=str(ICON)))
    return files
