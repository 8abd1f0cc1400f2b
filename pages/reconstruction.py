"""Reconstruction: what a method makes of missing entries, against what was recorded."""

from comp_viz.figures.reconstruction.heading import ENTRIES_TERMS, RATES_TERMS, SAMPLES_TERMS
from comp_viz.ui.frame.heading import empty_state
from comp_viz.ui.frame.sidebar import current_view
from comp_viz.ui.reconstruction.by_rate import by_rate_part
from comp_viz.ui.reconstruction.entries import entries_part
from comp_viz.ui.reconstruction.samples import samples_part
from comp_viz.ui.widgets.tabbed_page import tabbed_page

ENTRIES, RATES, SAMPLES = "This conversation", "By missing rate", "Samples"
TABS = {ENTRIES: entries_part, RATES: by_rate_part, SAMPLES: samples_part}
TERMS = dict(zip(TABS, (ENTRIES_TERMS, RATES_TERMS, SAMPLES_TERMS), strict=True))
HELP = (
    "This conversation: every missing entry against its own features. By missing rate: over a whole split, by modality. Samples: of a method that generates, "
    "whether its samples spread as widely as they err."
)


if view := current_view("pages/reconstruction.py"):
    tabs = {name: tab for name, tab in TABS.items() if name != SAMPLES or view.checkpoint.has("samples")}
    tabbed_page(view, "reconstruction", tabs, HELP, TERMS, need="reconstruction")
else:
    empty_state()
