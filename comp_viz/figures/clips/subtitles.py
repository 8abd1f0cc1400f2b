"""Subtitles of a clip in WebVTT: the recognised words, and the prediction with its probability."""

from collections.abc import Sequence

from comp_viz.clips.span import Span


def webvtt(spans: Sequence[Span], predicted: Sequence[str]) -> str:
    """One cue for each utterance: its words, and below them `predicted`."""
    cues = [
        f"{i}\n{cue_time(span.start)} --> {cue_time(span.end)}\n{cue_text(span.text) or '(no words)'}\n<i>{cue_text(prediction)}</i>"
        for i, (span, prediction) in enumerate(zip(spans, predicted, strict=True), 1)
    ]
    return "\n\n".join(["WEBVTT", *cues]) + "\n"


def cue_time(seconds: float) -> str:
    """A time as WebVTT writes it, `00:01:02.345`."""
    thousandths = round(seconds * 1000)
    minutes, rest = divmod(thousandths, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}.{rest % 1000:03}"


def cue_text(text: str) -> str:
    """Words in which nothing is taken for markup or the end of a cue."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\n", " ").replace("-->", "→")
