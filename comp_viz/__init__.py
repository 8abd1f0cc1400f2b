"""ComP Viz: Cross-modal Prompting for incomplete multi-modal emotion recognition, as a library."""

from comp_viz.checkpoint.folder import Checkpoint, load_checkpoint
from comp_viz.data.source import open_data
from comp_viz.errors import CompVizError
from comp_viz.network.config import ComPConfig
from comp_viz.network.model import ComP
from comp_viz.network.published import load_published
from comp_viz.network.trace import Output, Trace

__all__ = [
    "Checkpoint",
    "ComP",
    "ComPConfig",
    "CompVizError",
    "Output",
    "Trace",
    "load_checkpoint",
    "load_published",
    "open_data",
]
