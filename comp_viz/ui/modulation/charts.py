"""Pieces of the Modulation page: what the modulator did in training, what it would do now, hard and easy utterances."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from comp_viz.analysis.modulation.ablation import WITH, WITHOUT, effect
from comp_viz.analysis.modulation.coefficients import Tempered
from comp_viz.analysis.modulation.hard_utterances import SHOWN, with_words
from comp_viz.analysis.modulation.telemetry import Modulated
from comp_viz.figures.modulation.ablation import effect_chart
from comp_viz.figures.modulation.coefficients import tempered_chart, tempered_span
from comp_viz.figures.style import Palette, modality_marks
from comp_viz.ui.cache import training as cached_training
from comp_viz.ui.frame.compare_mode import Side, row_of_sides
from comp_viz.ui.frame.navigation import open_in_live
from comp_viz.ui.frame.page_view import PageView
from comp_viz.ui.frame.selected_utterance import select_utterance
from comp_viz.ui.modulation import words as about
from comp_viz.ui.widgets.chart_panel import chart_panel
from comp_viz.ui.widgets.choices import one_of
from comp_viz.ui.widgets.text import escape_markdown, read_label
from comp_viz.wording import how_many

HARDEST, EASIEST = "hardest", "easiest"
EFFECT = (WITH, WITHOUT)
NO_PROMPTS = (
    "**{name}** has no prompts. The modulator scales the gradient of the layer that makes prototypes, which prompts are made "
    "of: without prompting it has nothing to act on, and there are no coefficients."
)
NOT_RECORDED = (
    "Of the training of **{name}** nothing was recorded. Every `python -m comp_viz train` writes telemetry beside its "
    "checkpoint; weights that were converted, or a folder copied without `telemetry/`, have none."
)
SWITCHED_OFF = "**{name}** was trained without the modulator, so there are no coefficients of its training."


def finding(view: PageView, found: Modulated) -> str:
    """What the current picture says."""
    if found.by_epoch.empty:
        return no_coefficients(view, found).replace("**", "").split(". ")[0].rstrip(".") + "."
    return found.sentence


def trained(place_of: Sequence[Side], palette: Palette) -> None:
    """What the modulator did in training, for each side on shared axes."""
    names = tuple(side.view.name for side in place_of)
    drawn = cached_training.training_figures(names, place_of[0].view.data.modalities, palette)
    if any(found.by_epoch.empty for found, _ in drawn):
        for side, place, (found, _) in zip(place_of, row_of_sides(place_of, charts=False), drawn, strict=True):
            if found.by_epoch.empty and side.view.checkpoint.config.prompting:  # without, it was said above
                place.info(no_coefficients(side.view, found), icon=":material/info:")
    for table in dict.fromkeys(name for _, figures in drawn for name in figures):
        for side, place, (found, figures) in zip(place_of, row_of_sides(place_of), drawn, strict=True):
            if table in figures:
                with place:
                    chart_panel(
                        figures[table], f"{table}{side.key}", about.TRAINED[table], partial(getattr, found, table)
                    )


def no_coefficients(view: PageView, found: Modulated) -> str:
    """Why a checkpoint has no coefficients, in a sentence."""
    name = escape_markdown(view.name)
    if not view.checkpoint.config.prompting:
        return NO_PROMPTS.format(name=name)
    return (NOT_RECORDED if found.gradients.empty else SWITCHED_OFF).format(name=name)


def now(place_of: Sequence[Side], selected: int, palette: Palette) -> None:
    """The coefficients the open conversation would produce as a batch of its own, for each side on one axis."""
    found = [would(side.view) for side in place_of]
    shared = tempered_span([one for one in found if one])
    places = zip(row_of_sides(place_of, charts=None not in found), row_of_sides(place_of, charts=False), strict=True)
    for side, (place, below), one in zip(place_of, places, found, strict=True):
        view = side.view
        if one is None:
            place.info(nothing_now(view), icon=":material/info:")
            continue
        recorded = cached_training.hardness(view.name).of(view.conversation.id if same_data(view) else "")
        figure = tempered_chart(one, recorded, view.conversation.words, selected, shared, palette)
        with place:
            chart_panel(figure, f"now{side.key}", about.NOW, one.table, selects=True)
        with below:
            numbers(one)


def would(view: PageView) -> Tempered | None:
    """The coefficients of the open conversation now; None without prompting or without labels that count."""
    if not view.checkpoint.config.prompting:
        return None
    return cached_training.tempered_now(view.query())


def nothing_now(view: PageView) -> str:
    """Why there are no coefficients of this conversation."""
    if not view.checkpoint.config.prompting:
        return NO_PROMPTS.format(name=escape_markdown(view.name))
    return "No utterance of this conversation has a label that counts, so it produces no coefficients. Choose a labelled one."


def numbers(found: Tempered) -> None:
    """What holds of any batch, in this one's numbers."""
    with st.container(horizontal=True, gap="medium"):
        st.metric("Utterances that count", f"{found.count:,}", width="content", help=about.COUNTED)
        st.metric("Mean before the guard", f"{found.mean:.4f}", width="content", help=about.MEAN)
        st.metric("1 − 1/N", f"{found.expected_mean:.4f}", width="content", help=about.MEAN)
        limits = f"{found.clip[0]:g} to {found.clip[1]:g}" if found.clip else "none"
        held = f"{found.guarded} of {found.count * len(found.modalities)}"
        st.metric(f"Held by the guard ({limits})", held, width="content", help=about.HELD)


def same_data(view: PageView) -> bool:
    """Whether the open data are those the checkpoint was trained on."""
    trained_on = view.checkpoint.card.data
    return trained_on is not None and trained_on.digest == view.data.digest


def utterances(view: PageView) -> None:
    """Hard and easy utterances by name; choosing a row opens it in Live."""
    found = cached_training.hardness(view.name)
    if found.rows.empty:
        return
    st.markdown(f"**{found.sentence}**", help=about.HARD)
    end = one_of("Utterances", (HARDEST, EASIEST), "list", about.HARD, buttons=True)
    rows = found.ends(easiest=end == EASIEST)
    known = same_data(view)
    shown = with_words(rows, view.data) if known else rows

    def picked() -> None:
        for chosen in st.session_state["hard"].selection.rows if known else ():
            in_live(view, rows.iloc[chosen])

    st.button(
        "Open the first in Live",
        icon=":material/graphic_eq:",
        on_click=in_live,
        args=(view, rows.iloc[0]),
        disabled=not known,
    )
    st.dataframe(
        readable(shown, view), hide_index=True, height=380, key="hard", on_select=picked if known else "ignore",
        selection_mode="single-row", column_config=columns(view.data.modalities),
    )  # fmt: skip
    where = "Choose a row to open it in Live." if known else "Open the data set it was trained on to see their words."
    st.caption(
        f"The {SHOWN} {end} of {how_many(len(found.rows), 'training utterance')} with a label that counts. {where}"
    )


def in_live(view: PageView, row: pd.Series) -> None:
    """Open the utterance of a row on the Live page; to be called in a callback."""
    open_in_live(None, view.data_name, str(row["conversation"]))
    select_utterance(int(row["utterance"]))


def columns(modalities: tuple[str, ...]) -> dict[str, Any]:
    """Short heads and formats for the numbers of the table."""
    found = {"all wrong": ("percent", "all wrong"), "wrong": ("percent", "wrong, mean"), "error": ("%.2f", "error")}
    for u, mark in modality_marks(modalities).items():
        found |= {f"wrong {u}": ("percent", f"{mark} wrong"), f"coefficient {u}": ("%.3f", f"{mark} coefficient")}
    return {
        name: st.column_config.NumberColumn(label, format=format, help=name, width="small")
        for name, (format, label) in found.items()
    }


def readable(rows: pd.DataFrame, view: PageView) -> pd.DataFrame:
    """The table as people read it: utterances from 1, labels in words, words in front, no column that says nothing."""
    frame = rows.assign(utterance=rows["utterance"] + 1).dropna(axis=1, how="all")
    front = ["conversation", "utterance"]
    if "label" in frame:
        frame["label"] = [read_label(view.data.task, label) for label in frame["label"]]
        front += ["words", "label"]
    return frame[[*front, *(name for name in frame if name not in front)]]


def worth(view: PageView, palette: Palette) -> None:
    """Finished models with and without the modulator: our results table, the paper's dashed."""
    table = cached_training.table(EFFECT, view.data.digest) or cached_training.table(EFFECT, None)
    if table is None:
        st.info(about.NO_TABLE, icon=":material/table:")
        return
    ours = effect(table)
    published = cached_training.published_modulator(bool(view.data.task.classes))
    chart_panel(effect_chart(ours, published, table.name, palette), "worth", about.WORTH, lambda: ours)
    st.caption(
        f"{escape_markdown(table.protocol)}; mean over {table.seeds} seeds, paired seed by seed, with 95 % intervals."
    )
    if table.on_test:
        st.warning(about.ON_TEST, icon=":material/warning:")
