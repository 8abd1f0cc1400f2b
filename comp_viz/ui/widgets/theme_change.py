"""Draw the page anew when its theme changes: Streamlit tells the server of it only with the next run, whenever that is.

Until then charts would keep the colours of the ground that was, black on black.
"""

from comp_viz.ui.widgets.component import component


def follow_theme() -> None:
    """Have the page follow its theme; takes no room itself."""
    component(__file__, isolated=False)(key="theme-change", on_ground_change=lambda: None)
