"""A clip while it is analysed: it plays, and words and what could be read appear as they are worked out."""

import pandas as pd
import streamlit as st

from comp_viz.clips.file_kinds import MEDIA_TYPES
from comp_viz.clips.progress import Draft
from comp_viz.errors import CompVizError
from comp_viz.figures.style import Palette
from comp_viz.ui.cache.session_clips import PendingClip, session_clips
from comp_viz.ui.clips.player import player
from comp_viz.ui.frame.analysis_state import progress_text, work_share
from comp_viz.ui.frame.errors_in_words import errors_in_words
from comp_viz.ui.frame.finished_upload import SETTLE
from comp_viz.ui.frame.text import escape_markdown
from comp_viz.ui.widgets.media import media_url
from comp_viz.ui.widgets.written import draw_table
from comp_viz.wording import first_upper

REFRESH = 1.0  # seconds; each time takes the server a tenth of a second of a core, which the analysis would use


def draw_pending(each: PendingClip, palette: Palette, again: bool) -> None:
    """A clip that is not ready; one that is read `again` is on the page already, and is not drawn twice.

    The address of its file is asked for once a run: that reads the whole file.
    """
    mimetype = MEDIA_TYPES.get(each.path.suffix, "video/mp4")
    try:
        url = "" if again else media_url(each.path, mimetype, each.path.stem)
    except (OSError, CompVizError):
        url = ""
    with st.container(border=True, key=f"pending {each.path.stem}"):
        follow_analysis(each, url, not mimetype.startswith("audio/"), again, palette)


@st.fragment(run_every=REFRESH)
@errors_in_words()
def follow_analysis(each: PendingClip, url: str, picture: bool, again: bool, palette: Palette) -> None:
    """How far it is, and what is known so far; drawn anew every second."""
    if each.job.settled and not session_clips().paused:
        st.session_state[SETTLE] = True
        st.rerun()
    draft = each.job.progress.draft if each.job.progress else Draft()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(
            work_share(each.job), f"**{escape_markdown(each.name)}**: {progress_text(each.job)}", width="stretch"
        )
        st.button("Stop", icon=":material/stop_circle:", on_click=each.job.cancel, key=f"stop {each.path.stem}")
    if again:
        return
    left, right = st.columns([2.3, 2.9], gap="medium")
    with left:
        draw_preview(each, draft, url, picture, palette)
    with right:
        draw_draft(draft)


def draw_preview(each: PendingClip, draft: Draft, url: str, picture: bool, palette: Palette) -> None:
    """The clip itself, or where the browser does not play it, a picture of it."""
    unplayable, media = f"unplayable {each.path.stem}", draft.media
    if url and not st.session_state.get(unplayable):

        def note() -> None:
            st.session_state[unplayable] = True

        duration = media.duration if media else 0.0
        player(url, picture, duration, draft.spans, None, None, palette, note, key=f"player {each.path.stem}")
        return
    st.caption("The browser does not play this file itself. Once it is analysed, what was read of it plays here.")
    if media and media.picture_times:
        st.image(media.pictures([len(media.picture_times) // 2])[0], width="stretch")


def draw_draft(draft: Draft) -> None:
    """The utterances so far, and for each what could be read."""
    if not draft.spans:
        what = "The words appear here as they are recognised." if draft.media else "The file is being read."
        st.caption(what)
    else:
        st.markdown("**So far**")  # and room for the table's own buttons, which would cover the one to stop
        columns: dict[str, list[object]] = {
            "": list(range(1, len(draft.spans) + 1)),
            "from, s": [span.start for span in draft.spans],
            "words": [span.text or "(no words)" for span in draft.spans],
        }
        for modality in sorted(draft.reasons):
            reasons = draft.reasons[modality]
            states = [f"missing: {reason}" if reason else "read" for reason in reasons]
            columns[modality] = [*states, *[""] * (len(draft.spans) - len(states))]
        draw_table(
            pd.DataFrame(columns), height=min(430, 38 + 35 * len(draft.spans)),
            column_config={
                "": st.column_config.NumberColumn(width=36), "from, s": st.column_config.NumberColumn(format="%.2f", width=60),
                "words": st.column_config.TextColumn(width="large"),
            },
        )  # fmt: skip
    for note in draft.media.notes if draft.media else ():
        st.caption(f":material/info: {escape_markdown(first_upper(note))}.")
