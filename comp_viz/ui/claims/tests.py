"""The tests of claims on the open checkpoint and data: the switch on each card, the progress, the verdict."""

from collections.abc import Sequence

import streamlit as st

from comp_viz.analysis.claims.accuracies import ACCURACY_CLAIMS
from comp_viz.analysis.claims.shipped_claims import RULES
from comp_viz.analysis.claims.verdict import Judgement, judge_claims
from comp_viz.figures.claims.effects import about_effects, effects_table
from comp_viz.figures.claims.heading import verdict_words
from comp_viz.figures.claims.testing import ACCURACY_HELP, INSIDE_HELP, ONE_SEED, TEST_LABEL, UNFINISHED
from comp_viz.figures.style import Palette
from comp_viz.ui.cache.progressive import Measurements
from comp_viz.ui.claims.measuring import evidence_so_far, hits_measurements, inside_measurement, lacking_counterparts
from comp_viz.ui.claims.sections import effect_line, tested_section
from comp_viz.ui.frame.page_view import PageView
from comp_viz.ui.frame.report_collector import add_section
from comp_viz.ui.frame.text import escape_markdown
from comp_viz.ui.widgets.chart_panel import chart_panel

TEST = "test_"  # before a claim's key: widget key and address parameter of its switch


def test_switch(view: PageView | None, key: str, obstacle: str) -> bool | None:
    """The switch that tests a claim on what is open; None, with the reason in its place, where that cannot be.

    `obstacle` is the reason why nothing can be tested, where there is one.
    """
    if reason := obstacle or (lacking_counterparts(view, key) if view else ""):
        st.caption(f":material/block: {reason}")
        return None
    help = ACCURACY_HELP if key in ACCURACY_CLAIMS else INSIDE_HELP
    return st.toggle(TEST_LABEL, key=TEST + key, bind="query-params", help=help)


def switch_on(keys: Sequence[str]) -> None:
    """Switch the tests of some claims on; to be called in a callback."""
    for key in keys:
        st.session_state[TEST + key] = True


def measurements_of(view: PageView, keys: Sequence[str]) -> Measurements:
    """What is to be measured for some claims, each thing once."""
    inside = [inside_measurement(view)] if any(key not in ACCURACY_CLAIMS for key in keys) else []
    hits = [one for key in keys if key in ACCURACY_CLAIMS for one in hits_measurements(view, key).values()]
    return [*inside, *({id(one.measured): one for one in hits}.values())]


def tested_claims(view: PageView, keys: Sequence[str]) -> dict[str, Judgement]:
    """The verdicts of the tests that are finished."""
    evidence = {key: one for key in keys if (one := evidence_so_far(view, key)) is not None}
    return judge_claims(evidence, RULES)


def test_result(view: PageView, key: str, judgement: Judgement | None, palette: Palette) -> None:
    """The verdict of one test with its chart, or that it is still measured."""
    if judgement is None:
        st.caption(UNFINISHED)
        return
    facts = f"Checkpoint {view.name}, SHA-256 {view.checkpoint.digest}. Data {view.data_name}, test split, SHA-256 {view.data.digest}."
    section = tested_section(key, judgement, facts, palette)
    st.markdown(
        f"**{escape_markdown(view.name)} on {escape_markdown(view.data.name)}: {verdict_words(judgement.verdict)}.** {effect_line(key, judgement)}"
        + (f"\n\n{judgement.evidence.lacking}" if judgement.evidence.lacking else "")
    )
    chart_panel(section.figure, section.key, about_effects(key), lambda: effects_table(key, judgement))
    st.caption(f"{ONE_SEED} {escape_markdown(facts)}")
    add_section(section)
