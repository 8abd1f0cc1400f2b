"""Feature space on the Prototypes page: encoded, propagated and fused utterances in one picture, the paper's Figure 4."""

from dataclasses import dataclass
from functools import partial
from typing import cast

import streamlit as st

from comp_viz.analysis.prediction import true_decisions
from comp_viz.analysis.prototypes.colouring import COLOURINGS, Colouring, colouring
from comp_viz.analysis.prototypes.embedding import FEWEST_POINTS, PROJECTIONS, Projection
from comp_viz.analysis.prototypes.feature_space import (
    Cloud,
    FeatureSpace,
    NeighbourAgreement,
    Stage,
    agreement_by_stage,
    feature_spaces,
)
from comp_viz.analysis.prototypes.tables import space_table
from comp_viz.analysis.query import Query
from comp_viz.figures.prototypes.feature_space import ABOUT_SPACE, space_caption, space_chart, space_title
from comp_viz.figures.prototypes.space_layout import Extent, SpaceLook, space_extent
from comp_viz.ui.cache.per_session import keep_resource
from comp_viz.ui.cache.predictions import cached_inside
from comp_viz.ui.frame.compare_mode import Side, row_of_sides
from comp_viz.ui.frame.page_view import PageView
from comp_viz.ui.frame.selected_utterance import selected_utterance
from comp_viz.ui.frame.text import escape_markdown
from comp_viz.ui.frame.theme import palette
from comp_viz.ui.frame.warm_up import wait_for_umap
from comp_viz.ui.widgets.chart_panel import chart_panel
from comp_viz.ui.widgets.choices import one_of

ALL_MODALITIES = "all modalities"
ALIGNED = "aligned"
PROJECTION_HELP = (
    "PCA keeps the directions of largest variance. UMAP and t-SNE keep who is near whom; below "
    f"{FEWEST_POINTS} different points PCA stands in for them. Seeds are fixed: the same points always come out the same."
)
ALIGN_HELP = (
    "Bring Z̄ as a whole to Z by the best rotation, translation and scaling (Procrustes), which changes no neighbourhood. What "
    "remains of a displacement is the utterance's own."
)
DISPLACED = ("selected utterance", "all", "none")


@keep_resource(max_entries=32, show_spinner=False)
def _feature_spaces(
    queries: tuple[Query, ...], modalities: tuple[str, ...], method: str, dims: int, aligned: bool
) -> tuple[FeatureSpace, ...]:
    return feature_spaces(
        [cached_inside(one) for one in queries], modalities, cast("Projection", method), dims, aligned
    )


@dataclass(frozen=True)
class SpaceChoice:
    """What is looked at in this section, and how."""

    modalities: tuple[str, ...]
    method: str
    dims: int
    by: str
    displacements: str
    aligned: bool


def space_controls(view: PageView) -> SpaceChoice:
    """Whose features, projection, dimensions, colour, and displacements from Z to Z̄."""
    modalities = view.checkpoint.config.modalities
    whose = one_of(
        "Features of",
        [*modalities, ALL_MODALITIES],
        "features",
        "Fused features belong to all modalities.",
        width=150,
    )
    with st.popover("Drawing", icon=":material/tune:"):
        method = one_of("Projection", PROJECTIONS, "method", PROJECTION_HELP, buttons=True)
        dims = one_of("Dimensions", ("2-D", "3-D"), "dimensions", "Drag to turn the picture in 3-D.", buttons=True)
        by = one_of("Colour", COLOURINGS, "colour", "Prediction and correctness are those of the fused prediction.")
        displacements = one_of(
            "Displacement Z to Z̄",
            DISPLACED,
            "ways",
            "Lines from where an utterance was encoded to where propagation moves it.",
        )
        aligned = st.toggle("Remove common transform", key=ALIGNED, bind="query-params", help=ALIGN_HELP)
    return SpaceChoice(
        modalities if whose == ALL_MODALITIES else (whose,), method, int(dims[0]), by, displacements, aligned
    )


def space_section(sides: list[Side], choice: SpaceChoice) -> None:
    """Draw the feature space of every side."""
    spaces = place_spaces([side.view for side in sides], choice)
    ends = (
        [space_extent(spaces)] * 2
        if one_network([side.view for side in sides])
        else [space_extent([space]) for space in spaces]
    )
    for side, place, space, reach in zip(sides, row_of_sides(sides), spaces, ends, strict=False):
        with place:
            draw_space(side, space, choice, reach, len(sides) == 1)
    for side, place, space in zip(sides, row_of_sides(sides, charts=False), spaces, strict=True):
        place.caption(
            escape_markdown(space_caption(space, label_agreement(side.view, choice), len(side.view.conversation)))
        )


def label_agreement(view: PageView, choice: SpaceChoice) -> dict[Stage, NeighbourAgreement]:
    """How often neighbours have the same label, at every stage."""
    inside = view.inside()
    truth = true_decisions(inside.prediction.task, view.conversation.labels)
    return agreement_by_stage(inside, choice.modalities, truth)


def one_network(views: list[PageView]) -> bool:
    """Whether all views are of one network, whose features can share a picture."""
    return len({view.checkpoint.digest for view in views}) == 1


def place_spaces(views: list[PageView], choice: SpaceChoice) -> tuple[FeatureSpace, ...]:
    """The space of every view, by one embedding where they are of one network."""
    queries = tuple(view.query() for view in views)
    together = [queries] if one_network(views) else [(one,) for one in queries]
    if choice.method == "UMAP":
        wait_for_umap()
    with st.spinner("Projecting …"):
        groups = [
            _feature_spaces(each, choice.modalities, choice.method, choice.dims, choice.aligned) for each in together
        ]
    return tuple(space for group in groups for space in group)


def draw_space(side: Side, space: FeatureSpace, choice: SpaceChoice, reach: Extent, wide: bool) -> None:
    """One side's picture."""
    view, inside = side.view, side.view.inside()
    conversation, here = view.conversation, inside.prediction

    def colour(cloud: Cloud) -> Colouring:
        return colouring(choice.by, cloud, here, conversation.labels, conversation.speakers)

    look = SpaceLook(colour, conversation.words, selected_utterance(view), choice.displacements, reach, wide, palette())
    title = space_title(label_agreement(view, choice), choice.modalities[0] if len(choice.modalities) == 1 else "")
    figure = space_chart(space, here, look, title)
    chart_panel(
        figure, f"space{side.key}", ABOUT_SPACE, partial(space_table, space, inside, colour), selects=choice.dims == 2
    )
