"""ComP Viz: Cross-modal Prompting for incomplete multi-modal emotion recognition, as a library.

The names below are all that a notebook needs; each is imported, and PyTorch with it, when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from comp_viz.errors import CompVizError
from comp_viz.resources import shipped
from comp_viz.versions import VERSION as __version__

if TYPE_CHECKING:  # for type checkers, editors and the reference
    from comp_viz.analysis.results import read_results, summarise
    from comp_viz.analysis.robustness.measure import robustness_table as robustness
    from comp_viz.checkpoint.folder import Checkpoint, load_checkpoint
    from comp_viz.data.lab.settings import LabSettings
    from comp_viz.data.patterns.pattern import Pattern
    from comp_viz.data.source import open_data
    from comp_viz.methods.recipe import Recipe
    from comp_viz.network.config import ComPConfig
    from comp_viz.network.model import ComP
    from comp_viz.network.published import load_published
    from comp_viz.network.trace import Output, Trace
    from comp_viz.training.run import train
    from comp_viz.view import View
    from comp_viz.view_figures import figure

MODULES = {  # public name -> module, and the name there where it is another
    "Checkpoint": "checkpoint.folder",
    "ComP": "network.model",
    "ComPConfig": "network.config",
    "LabSettings": "data.lab.settings",
    "Output": "network.trace",
    "Pattern": "data.patterns.pattern",
    "Recipe": "methods.recipe",
    "Trace": "network.trace",
    "View": "view",
    "figure": "view_figures",
    "load_checkpoint": "checkpoint.folder",
    "load_published": "network.published",
    "open_data": "data.source",
    "read_results": "analysis.results",
    "robustness": "analysis.robustness.measure:robustness_table",
    "summarise": "analysis.results",
    "train": "training.run",
}
__all__ = [
    "Checkpoint",
    "ComP",
    "ComPConfig",
    "CompVizError",
    "LabSettings",
    "Output",
    "Pattern",
    "Recipe",
    "Trace",
    "View",
    "__version__",
    "figure",
    "load_checkpoint",
    "load_published",
    "open_data",
    "read_results",
    "robustness",
    "shipped",
    "summarise",
    "train",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name not in MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _, there = MODULES[name].partition(":")
    value = globals()[name] = getattr(import_module(f"{__name__}.{module}"), there or name)
    return value


def __dir__() -> list[str]:
    """Public names, whether they are imported yet or not."""
    return sorted({*globals(), *__all__})
