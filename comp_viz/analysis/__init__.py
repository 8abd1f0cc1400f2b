"""Pure functions from a model's output to numbers worth showing; no Plotly, no Streamlit.

From outside, begin with `comp_viz.view.View` (one conversation), `robustness_table` (a whole split), and `read_results` and
`summarise` (tables of sweeps). All give DataFrames; the modules are what they and the pages are made of.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # for type checkers, editors and the reference
    from comp_viz.analysis.results import read_published_results, read_results, summarise
    from comp_viz.analysis.robustness.measure import robustness_table

MODULES = {
    "read_published_results": "results",
    "read_results": "results",
    "robustness_table": "robustness.measure",
    "summarise": "results",
}
__all__ = ["read_published_results", "read_results", "robustness_table", "summarise"]


def __getattr__(name: str) -> Any:
    """A public name, imported when it is first used: what needs no PyTorch does not wait for it."""
    if name not in MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{MODULES[name]}"), name)
