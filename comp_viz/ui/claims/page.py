"""The Claims page put together: the verdicts, the cards, and tests on what is open."""

from collections.abc import Mapping
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from comp_viz.analysis.claims.shipped_claims import JudgedClaim
from comp_viz.errors import CompVizError
from comp_viz.figures.claims.heading import CLAIMS_HELP, claims_heading
from comp_viz.figures.claims.testing import NOTHING_OPEN, TEST_ALL, TEST_ALL_HELP
from comp_viz.figures.style import Palette
from comp_viz.ui.claims.cached import judged_claims
from comp_viz.ui.claims.card import claim_card
from comp_viz.ui.claims.measuring import untestable
from comp_viz.ui.claims.sections import verdicts_section
from comp_viz.ui.claims.tests import measurements_of, switch_on, test_result, test_switch, tested_claims
from comp_viz.ui.claims.verdicts import verdict_list
from comp_viz.ui.frame.heading import page_heading
from comp_viz.ui.frame.page_view import PageView
from comp_viz.ui.frame.report_collector import add_section, begin_report
from comp_viz.ui.frame.text import escape_markdown
from comp_viz.ui.widgets.measuring import measure_and_draw

PAGE = "claims"
EXPLANATION = (
    "Claims of the ComP paper, judged by our tables of results on Hazumi (Japanese video calls), not by the open checkpoint: test that "
    "on each card. **Report** keeps all cards as one file."
)


def claims_page(view: PageView | None, palette: Palette) -> None:
    """Everything on the page; measures for a moment where a test is switched on. Without a view there is nothing to test."""
    try:
        judged = judged_claims()
    except CompVizError as error:
        st.error(f"The claims cannot be judged. {escape_markdown(str(error))}", icon=":material/error:")
        return
    begin_report(PAGE)  # each card names what it was measured on, which is not what is open
    page_heading(claims_heading({key: one.judgement for key, one in judged.items()}), CLAIMS_HELP)
    add_section(verdicts_section(judged))
    overview, controls = st.container(), st.container()
    tests: dict[str, DeltaGenerator] = {}  # claims that are to be tested -> where the result goes
    testable, obstacle = list[str](), untestable(view) if view else NOTHING_OPEN
    for number, (key, one) in enumerate(judged.items(), 1):
        with claim_card(number, key, one, palette):
            chosen = test_switch(view, key, obstacle)
            if chosen is not None:
                testable.append(key)
            if chosen:
                tests[key] = st.container()
    with controls:
        st.button(
            TEST_ALL,
            icon=":material/play_circle:",
            on_click=switch_on,
            args=(testable,),
            disabled=not testable,
            help=TEST_ALL_HELP,
        )
    draw = partial(draw_verdicts, view, judged, overview, tests, palette)
    if view and tests:
        measure_and_draw(PAGE, next(iter(tests.values())), measurements_of(view, [*tests]), "steps", draw)
    else:
        draw()


def draw_verdicts(
    view: PageView | None, judged: Mapping[str, JudgedClaim], overview: DeltaGenerator, tests: Mapping[str, DeltaGenerator],
    palette: Palette,
) -> None:  # fmt: skip
    """The list of verdicts, and the results of the tests that are switched on."""
    here = tested_claims(view, [*tests]) if view else {}
    with overview:
        verdict_list(judged, here)
        st.caption(EXPLANATION)
    for key, place in tests.items():
        if view:
            with place:
                test_result(view, key, here.get(key), palette)
