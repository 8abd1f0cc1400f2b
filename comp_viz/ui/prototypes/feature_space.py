"""Feature space on the Prototypes page: encoded, propagated and fused utterances in one picture, the paper's Figure 4."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import cast

import numpy as np
import pandas as pd
import streamlit as st

from comp_viz.analysis.inside import Inside
from comp_viz.analysis.prediction import true_decisions
from comp_viz.analysis.prototypes.colouring import BY, Colouring, colouring, observed
from comp_viz.analysis.prototypes.embedding import FEWEST, METHODS, Method
from comp_viz.analysis.prototypes.feature_space import Cloud, Space, agreements, spaces
from comp_viz.analysis.query import Query
from comp_viz.figures.chart import About
from comp_viz.figures.prototypes.feature_space import Drawing, Extent, extent, space_chart, space_title
from comp_viz.ui.cache.per_session import keep_resource
from comp_viz.ui.cache.predictions import cached_inside
from comp_viz.ui.frame.compare_mode import Side, row_of_sides
from comp_viz.ui.frame.page_view import PageView
from comp_viz.ui.frame.selected_utterance import selected_utterance
from comp_viz.ui.frame.theme import palette
from comp_viz.ui.frame.warm_up import wait_for_umap
from comp_viz.ui.widgets.chart_panel import chart_panel
from comp_viz.ui.widgets.choices import one_of

ALL = "all modalities"
ALIGNED = "aligned"
PROJECTION = (
    "PCA keeps the directions of largest variance. UMAP and t-SNE keep who is near whom; below "
    f"{FEWEST} different points PCA stands in for them. Seeds are fixed: the same points always come out the same."
)
SHARED = (
    "Turn, shift and scale Z̄ as a whole towards Z (Procrustes), which changes no neighbourhood. What is left of a way is "
    "the utterance's own."
)
WAYS = ("utterance in hand", "all", "nobody")
ABOUT = About(
    "Every utterance of the conversation three times: as the encoder gives it (Z, with the modality's own prototypes A), after all "
    "blocks (Z̄), and fused (F). A, Z and Z̄ have the same width and are drawn by one embedding, fitted once on all of them together, so "
    "that a way from Z to Z̄ is a way in one space. F is as wide as all modalities together and has an embedding of its own. The "
    "numbers of the title are measured in all dimensions.",
    "How much a way means: the first layer of a block is a general linear map, so a part of every way is a turn, shift and scale that "
    "all utterances share; \"Take out what all share\" removes it. Distances in UMAP and t-SNE mean little beyond who is near whom. Axes have no unit.",
    r"A^u = \mathrm{MLP}(Z^{u\top}),\quad F = [\bar\omega_a \bar Z^a, \bar\omega_t \bar Z^t, \bar\omega_v \bar Z^v] \quad (6, 14)",
)  # fmt: skip


@keep_resource(max_entries=32, show_spinner=False)
def _spaces(
    queries: tuple[Query, ...], modalities: tuple[str, ...], method: str, dims: int, aligned: bool
) -> tuple[Space, ...]:
    return spaces([cached_inside(one) for one in queries], modalities, cast("Method", method), dims, aligned)


@dataclass(frozen=True)
class Choice:
    """What is looked at in this section, and how."""

    modalities: tuple[str, ...]
    method: str
    dims: int
    by: str
    ways: str
    aligned: bool


def space_controls(view: PageView) -> Choice:
    """Whose features, projection, dimensions, colour, and ways from Z to Z̄."""
    modalities = view.checkpoint.config.modalities
    with st.container(horizontal=True, vertical_alignment="bottom"):
        whose = one_of(
            "Features of", [*modalities, ALL], "features", "Fused features belong to all modalities.", buttons=True
        )
        method = one_of("Projection", METHODS, "method", PROJECTION, buttons=True)
        dims = one_of("Dimensions", ("2-D", "3-D"), "dimensions", "Drag to turn the picture in 3-D.", buttons=True)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        by = one_of("Colour", BY, "colour", "Prediction and correctness are those of the fused prediction.")
        ways = one_of(
            "Ways from Z to Z̄", WAYS, "ways", "Lines from where an utterance was encoded to where propagation takes it."
        )
        aligned = st.toggle("Take out what all share", key=ALIGNED, bind="query-params", help=SHARED)
    return Choice(modalities if whose == ALL else (whose,), method, int(dims[0]), by, ways, aligned)


def space_section(sides: list[Side], choice: Choice) -> None:
    """Draw the feature space of every side."""
    found = placed([side.view for side in sides], choice)
    ends = [extent(found)] * 2 if one_network([side.view for side in sides]) else [extent([space]) for space in found]
    for side, place, space, reach in zip(sides, row_of_sides(sides), found, ends, strict=False):
        with place:
            drawn(side, space, choice, reach, len(sides) == 1)
    for side, place, space in zip(sides, row_of_sides(sides, charts=False), found, strict=True):
        place.caption(said(space, len(side.view.conversation)))


def one_network(views: list[PageView]) -> bool:
    """Whether all views are of one network, whose features can share a picture."""
    return len({view.checkpoint.digest for view in views}) == 1


def placed(views: list[PageView], choice: Choice) -> tuple[Space, ...]:
    """The space of every view, by one embedding where they are of one network."""
    queries = tuple(view.query() for view in views)
    together = [queries] if one_network(views) else [(one,) for one in queries]
    if choice.method == "UMAP":
        wait_for_umap()
    with st.spinner("Projecting …"):
        groups = [_spaces(each, choice.modalities, choice.method, choice.dims, choice.aligned) for each in together]
    return tuple(space for group in groups for space in group)


def drawn(side: Side, space: Space, choice: Choice, reach: Extent, wide: bool) -> None:
    """One side's picture."""
    view, inside = side.view, side.view.inside()
    conversation, here = view.conversation, inside.prediction

    def told(cloud: Cloud) -> Colouring:
        return colouring(choice.by, cloud, here, conversation.labels, conversation.speakers)

    drawing = Drawing(told, conversation.words, selected_utterance(view), choice.ways, reach, wide, palette())
    measured = agreements(inside, choice.modalities, true_decisions(here.task, conversation.labels))
    title = space_title(measured, choice.modalities[0] if len(choice.modalities) == 1 else "")
    figure = space_chart(space, here, drawing, title)
    chart_panel(
        figure, f"space{side.key}", ABOUT, partial(space_numbers, space, inside, told), selects=choice.dims == 2
    )


def said(space: Space, utterances: int) -> str:
    """What must be known of a picture: what it keeps, what was left out, what fell back."""
    words = [kept(name, each.method, each.kept) for name, each in (("A, Z and Z̄", space.shared), ("F", space.fused))]
    words.append(
        f"{space.common:.0%} of the squared way from Z to Z̄ is a turn, shift and scale that all utterances share"
    )
    shown = len(space.of("fused")[0].numbers)
    if shown < utterances:
        words.append(f"{shown} of {utterances} utterances are drawn, evenly spaced")
    return ". ".join(words) + "."


def kept(name: str, method: Method, share: float) -> str:
    """How far a projection can be trusted, in words."""
    if method == "PCA":
        return f"{name}: by PCA, which keeps {share:.0%} of the variance"
    return f"{name}: by {method}, trustworthiness {share:.2f} (1: who is near in the picture is near in all dimensions)"


def space_numbers(space: Space, inside: Inside, told: Callable[[Cloud], Colouring]) -> pd.DataFrame:
    """Everything drawn as a table."""
    frames = []
    for cloud in space.clouds:
        frame = pd.DataFrame({f"{axis}": cloud.at[:, i] for i, axis in enumerate("xyz"[: cloud.at.shape[1]])})
        frame.insert(0, "number", cloud.numbers + 1)
        frame.insert(0, "modality", cloud.modality or "fused")
        frame.insert(0, "stage", cloud.stage)
        if cloud.stage != "prototypes":
            colour = told(cloud)
            frame["observed"] = observed(inside.prediction, cloud)
            frame[colour.by if colour.by != "modality" else "kind"] = (
                colour.scores if colour.scores is not None else np.array(colour.names, dtype=object)[colour.kinds]
            )
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)
