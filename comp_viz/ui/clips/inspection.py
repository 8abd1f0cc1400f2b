"""What was read from a clip, to look at: availability with reasons, sound, words, faces, quality, and facts of the file."""

from functools import partial

import streamlit as st

from comp_viz.analysis.clips.batch import NOTHING_OBSERVED
from comp_viz.analysis.clips.tables import quality_table, reason_table, recognised_words
from comp_viz.clips.analyse import envelope
from comp_viz.clips.clip import Clip
from comp_viz.clips.faces import BLENDSHAPES
from comp_viz.clips.progress import STAGES
from comp_viz.figures.clips.face import marked_crop, strongest_blendshapes
from comp_viz.figures.clips.quality import ABOUT_QUALITY, quality_chart, quality_title
from comp_viz.figures.clips.reasons import ABOUT_REASONS, reasons_chart, reasons_title
from comp_viz.figures.clips.waveform import ABOUT_WAVEFORM, utterance_hover, waveform_chart, waveform_title
from comp_viz.figures.style import Palette
from comp_viz.ui.frame.text import escape_markdown
from comp_viz.ui.widgets.chart_panel import chart_panel
from comp_viz.ui.widgets.written import draw_table
from comp_viz.wording import first_upper, how_many, number_list, signed


def draw_reasons(clip: Clip, selected: int, palette: Palette, key: str = "availability") -> None:
    """The availability matrix with the reasons, as a chart and as a table."""
    words = [span.text for span in clip.spans]
    title = reasons_title(clip.reasons)
    figure = reasons_chart(clip.conversation.observed, clip.reasons, words, selected, palette, title)
    chart_panel(figure, key, ABOUT_REASONS, partial(reason_table, clip), selects=True)
    table = reason_table(clip)
    if len(missing := table[table["reason"] != ""]):
        entries = "1 entry is" if len(missing) == 1 else f"{len(missing):,} entries are"
        with st.expander(f"{entries} missing, and why"):
            draw_table(missing, key=f"{key} table")


def draw_waveform(clip: Clip, selected: int, palette: Palette) -> None:
    """The sound with utterances and words."""
    sound, title = envelope(clip.media.sound), waveform_title(clip)
    figure = waveform_chart(sound, clip.media.duration, clip.spans, utterance_hover(clip), selected, palette, title)
    chart_panel(figure, "waveform", ABOUT_WAVEFORM, partial(recognised_words, clip), selects=True)


def confident_words(clip: Clip, selected: int) -> None:
    """The words of an utterance, with the probability that the recogniser gives to the doubtful ones."""
    span = clip.spans[selected]
    if not span.words:
        st.caption(f"No words in utterance {selected + 1}.")
        return
    marked = [
        escape_markdown(word.text)
        if word.probability >= 0.8
        else f":{'orange' if word.probability >= 0.5 else 'red'}-background[{escape_markdown(word.text)} {word.probability:.2f}]"
        for word in span.words
    ]
    st.markdown(" ".join(marked))
    st.caption(
        f"Mean probability {span.confidence:.2f}. Marked: words below 0.80, with their probability; red below 0.50."
    )


def draw_faces(clip: Clip, selected: int, palette: Palette) -> None:
    """Some of the faces found in an utterance, with landmarks."""
    look = clip.looked[selected]
    if not look.gallery:
        reason = clip.reasons["video"][selected] if "video" in clip.reasons else ""
        st.caption(f"No faces to show: {escape_markdown(reason) or 'none was kept of this utterance'}.")
        return
    for place, face in zip(st.columns(max(3, len(look.gallery))), look.gallery, strict=False):
        shapes = ", ".join(f"{name} {value:.2f}" for name, value in strongest_blendshapes(face, BLENDSHAPES))
        turned, up, tilted = map(float, face.pose)
        place.image(marked_crop(face, palette), f"{face.time:.2f} s, {face.size} px: {shapes}", width="stretch")
        place.caption(f"head {signed(turned, 0)}° right, {signed(up, 0)}° up, {signed(tilted, 0)}° tilted")
    st.caption(
        f"A face was found in {look.with_face} of {look.pictures} pictures, median {look.size:.0f} pixels. Under each: its time, size and "
        "strongest blendshapes, 0 to 1."
    )


def draw_quality(clip: Clip, selected: int, palette: Palette) -> None:
    """How well each modality of each utterance could be read."""
    wanted = clip.settings.thresholds
    levels = {"voice": wanted.voice, "confidence": wanted.confidence, "faces": wanted.face_share}
    lines = {what: level for what, level in levels.items() if level > 0}
    figure = quality_chart(clip.quality, lines, selected, palette, quality_title(clip.quality))
    chart_panel(figure, "quality", ABOUT_QUALITY, partial(quality_table, clip), selects=True)


def file_notes(clip: Clip) -> None:
    """What was odd in the file and was mended, what it lacks, and where nothing is observed: before anything is believed."""
    media, empty = clip.media, [s + 1 for s, seen in enumerate(clip.conversation.recorded) if not seen]
    notes = [note for note in (*media.notes, media.sound_problem, media.video_problem) if note]
    if empty:
        notes.append(f"{NOTHING_OBSERVED}: {how_many(len(empty), 'utterance')} ({number_list(empty)})")
    for note in notes:
        st.caption(f":material/info: {escape_markdown(first_upper(note))}.")


def file_facts(clip: Clip) -> None:
    """What the file was, how long each stage took, which features were made."""
    media = clip.media
    shape = (
        f"{media.width} × {media.height}, {media.picture_rate:g} pictures a second, {len(media.picture_times):,} looked at"
        if media.width
        else "no video"
    )
    st.markdown(
        f"**File** {escape_markdown(media.container)}, {media.duration:.2f} s, {shape}. SHA-256 `{clip.digest[:16]}…`"
    )
    took = [f"{STAGES[stage].lower()} {seconds:.1f} s" for stage, seconds in clip.seconds.items()]
    st.markdown(f"**Took** {sum(clip.seconds.values()):.1f} s: {', '.join(took)}")
    made = [
        f"{escape_markdown(u)}: {escape_markdown(source)}, {clip.features[u].shape[1]} features"
        for u, source in clip.sources.items()
    ]
    st.markdown("**Features** " + "; ".join(made))
