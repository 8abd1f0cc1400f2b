"""One claim: verdict, effect, chart and caveat in sight; the rule and the data below a fold."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from comp_viz.analysis.claims.shipped_claims import RULES, JudgedClaim
from comp_viz.figures.claims.effects import about_effects, effects_table
from comp_viz.figures.claims.facts import source_facts
from comp_viz.figures.claims.heading import verdict_words
from comp_viz.figures.claims.published import published_words
from comp_viz.figures.claims.words import CLAIM_WORDS, least_words
from comp_viz.figures.style import Palette
from comp_viz.ui.claims.sections import claim_section, effect_line
from comp_viz.ui.frame.report_collector import add_section
from comp_viz.ui.frame.text import escape_markdown
from comp_viz.ui.widgets.chart_panel import chart_panel

FOLD = "claim_"  # before a claim's key: widget key and address parameter of its fold


def claim_card(number: int, key: str, judged: JudgedClaim, palette: Palette) -> DeltaGenerator:
    """Draw a card and keep it for the report; returns where its test goes."""
    words, judgement = CLAIM_WORDS[key], judged.judgement
    section = claim_section(key, judged, palette)
    with st.container(border=True, key=f"card {key}"):
        st.subheader(f"{number}. {words.name}", anchor=key)
        st.markdown(
            f"{words.sentence} *{words.where}.*\n\n**{verdict_words(judgement.verdict)}.** {effect_line(key, judgement)}"
        )
        chart_panel(section.figure, section.key, about_effects(key), lambda: effects_table(key, judgement))
        add_section(section)  # in place of the chart alone
        st.markdown(f"**What decides what it means.** {words.caveat} {words.shipped}")
        fold = st.expander(
            "Rule and data",
            key=FOLD + key,
            on_change="rerun",
            bind="query-params",
            icon=":material/unfold_more:",
        )
        if fold.open:
            with fold:
                rule_and_data(key, judged)
        return st.container()


def rule_and_data(key: str, judged: JudgedClaim) -> None:
    """How the verdict follows, what it was measured on, and the page behind it."""
    words, rule = CLAIM_WORDS[key], RULES[key]
    facts = "\n".join(f"- {name}: {escape_markdown(value)}" for name, value in source_facts(judged.source))
    st.markdown(
        f"**Primary test.** {words.test}\n\n**Why this one.** {words.reason}\n\n**Other parts.** {words.parts}\n\n"
        f"**Rule.** {rule.words(least_words(rule.least, words.unit))}\n\n"
        f"**In the paper.** {published_words(judged.published)}\n\n**Measured on**\n\n{facts}"
    )
    st.page_link(
        f"pages/{words.page}.py", label=f"Look closer on {words.page.capitalize()}", icon=":material/arrow_forward:"
    )
