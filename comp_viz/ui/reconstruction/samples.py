"""The part of the Reconstruction page on samples: whether a method that generates knows where it errs."""

from functools import partial

import streamlit as st

from comp_viz.analysis.reconstruction.tables import samples_table
from comp_viz.figures.chart import share_range
from comp_viz.figures.reconstruction.heading import samples_heading
from comp_viz.figures.reconstruction.samples import ABOUT_SAMPLES, samples_chart, samples_sentence
from comp_viz.figures.style import Palette
from comp_viz.ui.frame.compare_mode import Side, row_of_sides
from comp_viz.ui.frame.text import escape_markdown
from comp_viz.ui.reconstruction.cached import cached_samples
from comp_viz.ui.reconstruction.entries import nothing_missing
from comp_viz.ui.widgets.chart_panel import chart_panel


def samples_part(sides: list[Side], selected: int, palette: Palette) -> str:
    """Draw it for one side or two; returns the finding for the head of the page."""
    drawn = {side.key: cached_samples(side.view.query()) for side in sides}
    figures = {key: samples_chart(one, palette) for key, one in drawn.items()}
    for axis in ("xaxis", "yaxis"):
        share_range([*figures.values()], axis)
    for side, place in zip(sides, row_of_sides(sides), strict=True):
        samples = drawn[side.key]
        with side.place:
            if not any(len(one.utterances) for one in samples.values()):
                nothing_missing(side)
                continue
            for one in samples.values():
                if len(one.utterances):
                    st.markdown(f"- {escape_markdown(samples_sentence(one))}")
        with place:
            chart_panel(
                figures[side.key], f"samples{side.key}", ABOUT_SAMPLES, partial(samples_table, samples), selects=True
            )
    return samples_heading(drawn[sides[0].key])
