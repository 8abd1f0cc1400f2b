"""Fetches checkpoints from the Hugging Face hub, when the `hub` extra is installed."""

import re
from pathlib import Path

from comp_viz.errors import CompVizError

HUB_PREFIX = "hub:"


def download(source: str) -> Path:
    """Local folder of the repository `"hub:owner/name"`, downloaded unless it already is. Raises `CompVizError`."""
    name = source.removeprefix(HUB_PREFIX)
    if not re.fullmatch(r"[\w.-]{1,96}/[\w.-]{1,96}", name):
        raise CompVizError(f"hub repository: expected {HUB_PREFIX}owner/name, got {source!r}.")
    try:
        from huggingface_hub import snapshot_download
    except ImportError:
        raise CompVizError("Loading from the hub needs one more library: pip install huggingface_hub.") from None
    try:
        return Path(snapshot_download(name, allow_patterns=["config.json", "model.safetensors", "README.md"]))
    except Exception as error:  # the hub's library raises its own, its HTTP client's and the system's errors
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise CompVizError(f"The hub repository {name!r} could not be fetched ({reason}).") from None
