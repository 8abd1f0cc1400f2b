"""What the build reads besides pyproject.toml: requirements.txt is the one list of what the package needs."""

from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface


class Requirements(MetadataHookInterface):
    """Gives the package the pins of requirements.txt as its dependencies."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Called by the build with the fields of the project."""
        metadata["dependencies"] = (Path(self.root) / "requirements.txt").read_text(encoding="utf-8").split()
