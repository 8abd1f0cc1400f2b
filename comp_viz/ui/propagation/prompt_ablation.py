"""The part of the Propagation page about cross-modal flow: what each prompt is worth, measured by taking it away."""

from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from comp_viz.analysis.propagation.prompt_ablation import WHERE, Flow, describe
from comp_viz.analysis.propagation.tables import flow_along_table, flow_table
from comp_viz.figures.chart import About
from comp_viz.figures.propagation.prompt_ablation import flow_along, flow_chart, highest, total
from comp_viz.figures.style import Palette
from comp_viz.ui.cache.predictions import cached_flow
from comp_viz.ui.frame.compare_mode import Side, row_of_sides
from comp_viz.ui.widgets.chart_panel import chart_panel
from comp_viz.ui.widgets.choices import one_of

NONE = (
    "This network was built without prompts: its modalities meet only in the coordinator and the fused head, and nothing flows between "
    "them before."
)
ON = {"propagated features": "features", "each modality's head": "heads", "fused prediction": "fused"}
SANKEY = About(
    "From left to right: what a receiver's output owes to its own features (same colour) and to each prompt it is delivered. A link is as "
    "wide as the change when exactly that is taken away and the model runs again: zeros for the prompt in every block, or for the own "
    "features where they enter the first. When two are compared, both are drawn to one scale.",
    "Parts of a whole: sources act together and can stand in for each other, so the changes need not add up to anything. Zeros are "
    "something the model hardly met in training. Own features still reach the others as prompts, and those return in later blocks.",
    r"\frac{\lVert \bar Z^u - \bar Z^u_{\text{without } P^{vu}} \rVert}{\lVert \bar Z^u \rVert},\qquad "
    r"G_0 = \mathrm{Linear}([Z^u, P^{vu}, P^{wu}])\ \text{(eq. 3)}",
)  # fmt: skip
ALONG = About(
    "The same changes utterance by utterance, one row a receiver, hatched where it is missing: solid for its own features, dotted for "
    "prompts, in colour and mark of the sender. A click takes an utterance in hand.",
    "Where a change comes from along the conversation: a prompt of another utterance reaches this one by attention and counts here too.",
)


def flow_part(sides: list[Side], selected: int, palette: Palette) -> str:
    """Draw it for one side or two; returns the finding for the head of the page."""
    on = one_of("Measured on", list(ON), "flow_on", "Where the change is read off when a source is taken away.")
    where = one_of("Utterances", WHERE, "flow_where", "Over which utterances the change is averaged.")
    measure = ON[on]
    flows = {side.key: cached_flow(side.view.query()) for side in sides}
    found = {key: one for key, one in flows.items() if one}
    whole = max((total(one, measure, where) for one in found.values()), default=0)
    top = highest(list(found.values()), measure)
    places = zip(
        row_of_sides(sides, charts=len(found) == len(sides)),
        row_of_sides(sides, charts=False),
        row_of_sides(sides),
        strict=True,
    )
    for side, mine in zip(sides, places, strict=True):
        if side.key not in found:
            mine[0].info(NONE, icon=":material/block:")
            continue
        draw(side, found[side.key], measure, where, (whole, top), selected, palette, mine)
    main = flows[sides[0].key]
    return describe(main, measure, where) if main else "No flow here: a network without prompts"


def draw(
    side: Side,
    found: Flow,
    measure: str,
    where: str,
    scales: tuple[float, float],
    selected: int,
    palette: Palette,
    places: tuple[DeltaGenerator, ...],
) -> None:
    """The charts and the table of one side, each at its place."""
    words, key = side.view.conversation.words, side.key
    with places[0]:
        figure = flow_chart(found, measure, where, scales[0], palette)
        chart_panel(figure, f"flow_links{key}", SANKEY, partial(flow_table, found, where))
    with places[1]:
        table(found, where, f"flow table{key}")
    with places[2]:
        figure = flow_along(found, measure, words, scales[1], selected, palette)
        chart_panel(figure, f"flow_along{key}", ALONG, partial(flow_along_table, found), selects=True)


def table(found: Flow, where: str, key: str) -> None:
    """Everything measured, averaged, with its units."""
    form, unit = ("percent", "probability that moves to other classes") if found.task.classes else ("%.2f", f"points of {found.task.name}")  # fmt: skip
    columns = {
        "features": ("features", "percent", "Change of the receiver's propagated features as a share of their length; 0 % is no change."),
        "cosine": ("cosine", "%.2f", "Between the receiver's propagated features before and after, -1 to 1; 1 is no change."),
        "head": ("own head", form, f"Change of the receiver's own prediction, in {unit}."),
        "fused": ("fused", form, f"Change of the fused prediction, in {unit}."),
        "flips": ("flips", "percent", "Share of fused decisions that become others."),
    }  # fmt: skip
    config = {name: st.column_config.NumberColumn(label, format=f, help=h) for name, (label, f, h) in columns.items()}
    st.dataframe(flow_table(found, where).round(2), hide_index=True, key=key, column_config=config)
