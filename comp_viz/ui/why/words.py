"""Words of clips on the Why page: the effect of each, and of another sentence. Text features are extracted anew."""

import streamlit as st

from comp_viz.analysis.clips.prediction import predict_clip
from comp_viz.analysis.prediction import Prediction
from comp_viz.analysis.query import Query
from comp_viz.analysis.why.words import WordEffects, word_effect_table, word_effects
from comp_viz.clips.clip import Clip
from comp_viz.clips.degradation import words_from_text
from comp_viz.clips.degrade import replaced_words
from comp_viz.clips.extractors import registry
from comp_viz.figures.predictions import likeliest_text
from comp_viz.figures.style import Palette
from comp_viz.figures.why.words import ABOUT_WORDS, words_chart
from comp_viz.ui.cache.checkpoints import open_checkpoint
from comp_viz.ui.cache.inference import INFERENCE
from comp_viz.ui.cache.per_session import is_clip, keep_data
from comp_viz.ui.cache.session_clips import DEGRADED, session_clip
from comp_viz.ui.frame.compare_mode import Side
from comp_viz.ui.frame.page_view import PageView
from comp_viz.ui.frame.text import escape_markdown
from comp_viz.ui.frame.theme import for_projector
from comp_viz.ui.widgets.chart import CONFIG
from comp_viz.ui.widgets.chart_panel import chart_heading

LONGEST = 500  # characters of a sentence


def words_part(side: Side, selected: int, palette: Palette) -> None:
    """The effect of each word of a clip's utterance; nothing for data whose text features cannot be made anew."""
    place = clip_of(side.view, selected)
    if place is None:
        return
    clip, utterance = place
    if problem := unreadable(clip, utterance):
        st.info(escape_markdown(problem), icon=":material/text_fields:")
        return
    effects = _effects(side.view.query(), utterance)
    figure, key = words_chart(effects, palette), f"word_effects{side.key}"
    title = str(figure.layout.meta)
    # No `chart_panel`, which puts it into reports: each word on it was spoken in the clip.
    chart_heading(title, key, ABOUT_WORDS, lambda: word_effect_table(effects))
    st.plotly_chart(for_projector(figure), theme=None, key=key, config=CONFIG, alt=f"{title}. {ABOUT_WORDS.shows}")


def rewriting(side: Side, selected: int) -> None:
    """Another sentence for a clip's utterance, and the prediction with it."""
    place = clip_of(side.view, selected)
    if place is None:
        return
    clip, utterance = place
    st.markdown("**What if other words were said?**")
    if clip.reasons.get("text", ("",) * len(clip.spans))[utterance] and not clip.spans[utterance].words:
        st.caption("No words were recognised in this utterance; write some.")
    if problem := missing_extractor(clip):
        st.info(escape_markdown(problem), icon=":material/text_fields:")
        return
    text = st.text_input(
        "Sentence", value=clip.spans[utterance].text, max_chars=LONGEST, key=f"rewritten {clip.digest} {utterance}{side.key}",
        help="Only the text features are made anew; sound and face stay as recorded. Press Enter to predict again.",
    )  # fmt: skip
    before, after = rewritten(side.view, clip, utterance, text)
    task = side.view.data.task
    flips = before.decisions()[utterance] != after.decisions()[utterance]
    others = int((before.decisions() != after.decisions()).sum()) - int(flips)
    st.markdown(
        f"As recorded: {escape_markdown(likeliest_text(task, before.fused[utterance]))}. With this sentence: "
        f"**{escape_markdown(likeliest_text(task, after.fused[utterance]))}**{', the decision flips' if flips else ''}. "
        f"{others} of {len(before.fused) - 1} other decisions change."
    )


def clip_of(view: PageView, selected: int) -> tuple[Clip, int] | None:
    """The clip that a conversation is of, and the number of the utterance in it; None for other data."""
    if not is_clip(view.data_name):
        return None
    each = session_clip(view.data_name)
    degraded = view.conversation.id.startswith(DEGRADED) and each.degraded is not None
    first = [row for row, name in enumerate(view.data.utterances.ids) if name.startswith(DEGRADED)]
    part = view.data.rows[view.conversation.id] - (first[0] if degraded and first else 0)
    before = part * view.checkpoint.config.max_length
    return (each.degraded if degraded and each.degraded else each.clip), before + selected


def unreadable(clip: Clip, utterance: int) -> str:
    """Why words cannot be left out one by one, "" where they can."""
    if not clip.spans[utterance].words:
        return f"No words were recognised in utterance {utterance + 1}, so none can be left out."
    return missing_extractor(clip)


def missing_extractor(clip: Clip) -> str:
    """Why text features cannot be made anew, "" where they can."""
    return registry.extractors_missing(dict(clip.settings.extractors).get("text", ()))


@keep_data(max_entries=64, show_spinner="Leaving out one word after the other …")
def _effects(query: Query, utterance: int) -> WordEffects:
    each = session_clip(query.data)
    clip = each.degraded if query.conversation.startswith(DEGRADED) and each.degraded else each.clip
    with INFERENCE:
        return word_effects(open_checkpoint(query.checkpoint, query.device), clip, utterance)


def rewritten(view: PageView, clip: Clip, utterance: int, text: str) -> tuple[Prediction, Prediction]:
    """Predictions for a clip as it is and with another sentence."""
    words = words_from_text(text, clip.spans[utterance])
    with INFERENCE:
        before = predict_clip(view.checkpoint, clip.conversation)
        return before, predict_clip(view.checkpoint, replaced_words(clip, utterance, words).conversation)
