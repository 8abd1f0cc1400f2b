"""Pure functions from a model's output to numbers worth showing; no Plotly, no Streamlit.

From outside, begin with `comp_viz.view.View` (one conversation), `robustness_table` (a whole split), and `read_results` and
`summarise` (tables of sweeps). All give DataFrames; the modules are what they and the pages are made of.
"""

from comp_viz.analysis.results import read_published_results, read_results, summarise
from comp_viz.analysis.robustness.measure import robustness_table

__all__ = ["read_published_results", "read_results", "robustness_table", "summarise"]
