"""Fetches checkpoints from the Hugging Face hub, when the `hub` extra is installed."""

import re
from pathlib import Path

from comp_viz.errors import CompVizError

HUB = "hub:"


def download(source: str) -> Path:
    """Local folder of the repository `"hub:owner/name"`, downloaded unless it already is. Raises `CompVizError`."""
    name = source.removeprefix(HUB)
    if not re.fullmatch(r"[\w.-]{1,96}/[\w.-]{1,96}", name):
        raise CompVizError(f"hub repository: expected {HUB}owner/name, got {source!r}.")
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError
    except ImportError:
        raise CompVizError("Loading from the hub needs the extra: pip install 'comp-viz[hub]'.") from None
    try:
        return Path(snapshot_download(name, allow_patterns=["config.json", "model.safetensors", "README.md"]))
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        raise CompVizError(
            f"The hub repository {name!r} could not be fetched ({str(error).splitlines()[0]})."
        ) from None
