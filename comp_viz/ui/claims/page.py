"""The Claims page put together: the verdicts, the cards, and tests on what is open."""

from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from comp_viz.analysis.claims.shipped_claims import JudgedClaim
from comp_viz.analysis.claims.verdict import Judgement
from comp_viz.errors import CompVizError
from comp_viz.figures.claims.heading import CLAIMS_HELP, claims_heading
from comp_viz.figures.style import Palette
from comp_viz.ui.claims.cached import judged_claims
from comp_viz.ui.claims.card import claim_card
from comp_viz.ui.claims.tests import chosen_tests, measurements_of, test_results, test_switch, tested_claims
from comp_viz.ui.claims.verdicts import verdict_list
from comp_viz.ui.frame.heading import page_heading
from comp_viz.ui.frame.page_view import PageView
from comp_viz.ui.frame.text import escape_markdown
from comp_viz.ui.widgets.measuring import measure_and_draw

PAGE = "claims"
EXPLANATION = (
    "Claims of the ComP paper, judged by our tables of results on Hazumi (Japanese video calls), not by the open checkpoint: test that "
    "on each card. **Report** keeps all cards as one file."
)


def claims_page(view: PageView, palette: Palette) -> None:
    """Everything on the page; measures for a moment where a test is switched on."""
    try:
        judged = judged_claims()
    except CompVizError as error:
        st.error(f"The claims cannot be judged. {escape_markdown(str(error))}", icon=":material/error:")
        return
    page_heading(claims_heading({key: one.judgement for key, one in judged.items()}), CLAIMS_HELP)
    overview = st.container()
    places: dict[str, DeltaGenerator] = {}
    for number, (key, one) in enumerate(judged.items(), 1):
        fold = claim_card(number, key, one, palette)
        if fold is not None:
            with fold:
                if test_switch(view, key):
                    places[key] = st.container()
    chosen = chosen_tests([*judged])
    progress = next(iter(places.values()), overview)
    draw = partial(draw_tests, view, judged, overview, places, chosen, palette)
    if chosen:
        measure_and_draw(PAGE, progress, measurements_of(view, chosen), "passes", draw)
    else:
        draw()


def draw_tests(
    view: PageView, judged: dict[str, JudgedClaim], overview: DeltaGenerator, places: dict[str, DeltaGenerator],
    chosen: list[str], palette: Palette,
) -> None:  # fmt: skip
    """The list of verdicts, and the results of the tests that are switched on."""
    here: dict[str, Judgement] = tested_claims(view, chosen)
    with overview:
        verdict_list(judged, here)
        st.caption(EXPLANATION)
    test_results(view, places, here, palette)
