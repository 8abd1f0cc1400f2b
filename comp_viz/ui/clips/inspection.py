"""What was read from a clip, to look at: availability with reasons, sound, words, faces, quality, and the thresholds."""

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from comp_viz.clips.analyse import envelope
from comp_viz.clips.clip import Clip
from comp_viz.clips.faces import BLENDSHAPES
from comp_viz.clips.progress import STAGES
from comp_viz.clips.settings import Thresholds
from comp_viz.figures.chart import About
from comp_viz.figures.clips.clip import quality_chart, reasons_chart, waveform_chart
from comp_viz.figures.clips.face import marked_crop, strongest_blendshapes
from comp_viz.figures.style import Palette
from comp_viz.ui.cache.session_clips import SessionClip
from comp_viz.ui.clips.upload import analyse_again
from comp_viz.ui.frame.text import escape_markdown
from comp_viz.ui.widgets.chart_panel import chart_panel
from comp_viz.wording import how_many

AVAILABLE = About(
    "Which modality of which utterance could be read: filled where it was, hatched where it is missing. Hover for the reason. A modality "
    "that cannot be read is no error here; it is a missing modality, which ComP is made for.",
    "Whether what was read is right: a recogniser may be sure of the wrong words. Confidence and faces are below.",
    r"o_i^u \in \{0, 1\}",
)
SOUND = About(
    "Loudness over time, scaled to its own peak; below, the utterances that the clip was cut into, to click, and every recognised word at its "
    "time, the fainter the less sure.",
    "Who speaks: all utterances count as one speaker's. Where no word was recognised there may still be a voice.",
)
QUALITY = About(
    "For each utterance the share of its time with voice, the mean probability of its words, and the share of its pictures with a face large "
    "enough. Dashed: the thresholds below which a modality counts as missing.",
    "How well features fit the model: clear speech in a language it never heard is clear all the same.",
)


def draw_availability(clip: Clip, selected: int, palette: Palette, key: str = "availability") -> None:
    """The availability matrix with the reasons, as a chart and as a table."""
    observed = clip.conversation.observed
    words = [span.text for span in clip.spans]
    figure = reasons_chart(observed, clip.reasons, words, selected, palette, available_title(clip))
    chart_panel(figure, key, AVAILABLE, partial(reason_table, clip), selects=True)
    table = reason_table(clip)
    if len(table := table[table["reason"] != ""]):
        with st.expander(f"{len(table)} entries are missing, and why"):
            st.dataframe(table, hide_index=True, key=f"{key} table")


def available_title(clip: Clip) -> str:
    """How much of each modality could be read, in a sentence."""
    S = len(clip.spans)
    read = {u: sum(not why for why in reasons) for u, reasons in clip.reasons.items()}
    if all(n == S for n in read.values()):
        return f"All modalities of all {how_many(S, 'utterance')} could be read"
    return f"Read of {how_many(S, 'utterance')}: " + ", ".join(f"{u} {n}" for u, n in read.items())


def reason_table(clip: Clip) -> pd.DataFrame:
    """One row for each entry: utterance, modality, why it is missing ("" where observed)."""
    return pd.DataFrame(
        [
            {
                "utterance": s + 1,
                "modality": u,
                "reason": why,
                "from, s": clip.spans[s].start,
                "words": clip.spans[s].text,
            }
            for u, reasons in clip.reasons.items()
            for s, why in enumerate(reasons)
        ]
    )


def draw_waveform(clip: Clip, selected: int, palette: Palette) -> None:
    """The sound with utterances and words."""
    hover = [
        f"utterance {i}: {span.start:.2f} to {span.end:.2f} s<br>voice {voice:.0%} of the time, {level:.0f} dBFS"
        for i, (span, voice, level) in enumerate(
            zip(clip.spans, clip.quality["voice"], clip.quality["level"], strict=True), 1
        )
    ]
    words = sum(len(span.words) for span in clip.spans)
    heard = f" in {clip.language!r}" if clip.language else ""
    title = f"{clip.media.duration:.1f} s, {how_many(len(clip.spans), 'utterance')}, {how_many(words, 'word')} recognised{heard}"
    if clip.media.sound_problem:
        title = f"No sound: {clip.media.sound_problem}"
    figure = waveform_chart(
        envelope(clip.media.sound), clip.media.duration, clip.spans, hover, selected, palette, title
    )
    chart_panel(figure, "waveform", SOUND, partial(recognised_words, clip), selects=True)


def recognised_words(clip: Clip) -> pd.DataFrame:
    """Every word with its times and probability."""
    rows = [
        {"utterance": s, "word": word.text, "from, s": word.start, "to, s": word.end, "probability": word.probability}
        for s, span in enumerate(clip.spans, 1)
        for word in span.words
    ]
    return pd.DataFrame(rows, columns=["utterance", "word", "from, s", "to, s", "probability"])


def confident_words(clip: Clip, selected: int) -> None:
    """The words of an utterance, each marked by how sure the recogniser was."""
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
        st.caption(
            f"No faces to show: {escape_markdown(dict(clip.reasons).get('video', [''] * (selected + 1))[selected]) or 'none was kept of this utterance'}."
        )
        return
    for place, face in zip(st.columns(max(3, len(look.gallery))), look.gallery, strict=False):
        shapes = ", ".join(f"{name} {value:.2f}" for name, value in strongest_blendshapes(face, BLENDSHAPES))
        turned, up, tilted = face.pose
        place.image(marked_crop(face, palette), f"{face.time:.2f} s, {face.size} px: {shapes}", width="stretch")
        place.caption(f"head {turned:+.0f}° right, {up:+.0f}° up, {tilted:+.0f}° tilted")
    st.caption(
        f"A face was found in {look.found} of {look.pictures} pictures, median {look.size:.0f} pixels. Under each: its time, size and "
        "strongest blendshapes, 0 to 1."
    )


def draw_quality(clip: Clip, selected: int, palette: Palette) -> None:
    """How well each modality of each utterance could be read."""
    t = clip.settings.thresholds
    lowest = int(np.argmin(clip.quality["confidence"]))
    title = f"Words least sure at utterance {lowest + 1} ({clip.quality['confidence'][lowest]:.2f}); faces in {clip.quality['faces'].mean():.0%} of pictures"
    lines = {"voice": t.voice, "confidence": t.confidence, "faces": t.face_share}
    figure = quality_chart(clip.quality, {k: v for k, v in lines.items() if v > 0}, selected, palette, title)
    table = pd.DataFrame(
        {"utterance": range(1, len(clip.spans) + 1)} | {k: np.asarray(v) for k, v in clip.quality.items()}
    )
    chart_panel(figure, "quality", QUALITY, lambda: table, selects=True)


def threshold_controls(each: SessionClip) -> None:
    """When something counts as missing; read again with other values, without decoding again."""
    now = each.clip.settings.thresholds
    left, right = st.columns(2)
    level = left.slider(
        "Silence below, dBFS",
        -110.0,
        -20.0,
        now.level,
        1.0,
        key="threshold level",
        help="Root mean square of the utterance.",
    )
    voice = left.slider(
        "Voice, least share of time",
        0.0,
        1.0,
        now.voice,
        0.05,
        key="threshold voice",
        help="0 takes any sound as it is.",
    )
    speech = left.slider(
        "Speech above, probability",
        0.1,
        0.95,
        now.speech,
        0.05,
        key="threshold speech",
        help="Of the detector of voice.",
    )
    confidence = right.slider(
        "Words, least mean probability", 0.0, 1.0, now.confidence, 0.05, key="threshold confidence"
    )
    share = right.slider("Face, least share of pictures", 0.0, 1.0, now.face_share, 0.05, key="threshold face share")
    size = right.slider(
        "Face, least size in pixels",
        8,
        400,
        now.face_size,
        4,
        key="threshold face size",
        help="Shorter side, in the picture scaled to at most 720 pixels.",
    )
    wanted = Thresholds(level, voice, speech, confidence, share, size)
    st.button(
        "Read the clip again", icon=":material/restart_alt:", disabled=wanted == now, key="read again",
        on_click=lambda: analyse_again(each.path, each.clip.name, replace(each.clip.settings, thresholds=wanted)),
        help="Everything but decoding is done anew, degradations are taken back.",
    )  # fmt: skip


def file_facts(clip: Clip) -> None:
    """What the file was, how long each stage took, which features were made."""
    media = clip.media
    shape = (
        f"{media.width} × {media.height}, {media.picture_rate:g} pictures a second, {len(media.picture_times)} looked at"
        if media.width
        else "no video"
    )
    st.markdown(
        f"**File** {escape_markdown(media.container)}, {media.duration:.2f} s, {shape}. SHA-256 `{clip.digest[:16]}…`"
    )
    for note in (*media.notes, media.sound_problem, media.video_problem):
        if note:
            st.caption(escape_markdown(note))
    took = [f"{STAGES[stage][0].lower()} {seconds:.1f} s" for stage, seconds in clip.seconds.items()]
    st.markdown(f"**Took** {sum(clip.seconds.values()):.1f} s: {', '.join(took)}")
    made = [f"{u}: {source}, {clip.features[u].shape[1]} features" for u, source in clip.sources.items()]
    st.markdown("**Features** " + "; ".join(made))
