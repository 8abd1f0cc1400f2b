"""Leaving out transcripts: a report may go further than the recordings may."""

import re
from collections.abc import Iterable
from typing import Any

import pandas as pd

from comp_viz.data.conversation import Conversation
from comp_viz.figures.along import escape

LEFT_OUT = "…"
TRANSCRIPT_COLUMNS = ("words", "word", "said before")  # of tables, which hold nothing but transcripts
ON_HOVER = ("hovertext", "hovertemplate", "hoverinfo", "customdata", "meta", "ids")
SHORT = 8  # letters up to which a transcript may be a word of ours by chance; then only the end of a label is taken
SHORTENED = 15  # letters at least that a chart leaves of a long transcript

Figure = dict[str, Any]  # as Plotly writes it


def transcripts(conversations: Iterable[Conversation]) -> frozenset[str]:
    """Everything that is spoken in some conversations."""
    return frozenset(text for c in conversations for text in (*c.words, *c.context) if text.strip())


class Redaction:
    """Takes transcripts out of anything that a section holds."""

    def __init__(self, sentences: frozenset[str]) -> None:
        forms = sorted({form for one in sentences for form in (one, escape(one, len(one)))}, key=len, reverse=True)
        long, short = ([f for f in forms if (len(f) > SHORT) == wanted] for wanted in (True, False))
        cut = [f[:SHORTENED] for f in long if len(f) > SHORTENED]
        self.long = any_of([re.escape(f) for f in long] + [f"{re.escape(f)}[^<…]*…" for f in dict.fromkeys(cut)])
        self.short = any_of([rf"(?:(?<=\s)|^){re.escape(f)}$" for f in short])

    def text(self, words: str) -> str:
        """A sentence or label without transcripts."""
        return self.short.sub(LEFT_OUT, self.long.sub(LEFT_OUT, words))

    def table(self, numbers: pd.DataFrame) -> pd.DataFrame:
        """A table without columns of words, and without transcripts elsewhere."""
        kept = numbers.drop(columns=[name for name in TRANSCRIPT_COLUMNS if name in numbers])
        for name in kept:
            if kept[name].dtype == object or pd.api.types.is_string_dtype(kept[name]):
                kept[name] = [self.text(cell) if isinstance(cell, str) else cell for cell in kept[name]]
        return kept

    def figure(self, figure: Figure) -> Figure:
        """A chart without hover labels and pictures, without labels that only hovers would show, and without transcripts."""
        layout = {key: value for key, value in figure["layout"].items() if key not in ("images", "meta")}
        hidden = {
            key.replace("axis", "") for key, axis in layout.items() if "axis" in key and axis.get("visible") is False
        }
        traces = [self.trace(trace, hidden) for trace in figure["data"] if trace.get("type") != "image"]
        cleaned: Figure = self.within({"data": traces, "layout": layout})
        return cleaned

    def trace(self, trace: Figure, hidden: set[str]) -> Figure:
        """One trace; `hidden` names the axes whose labels are not shown, such as `x2`."""
        kept = {key: value for key, value in trace.items() if key not in ON_HOVER}
        if trace.get("hoverinfo") in ("skip", "none"):
            kept["hoverinfo"] = trace["hoverinfo"]
        visible = (
            "text" in str(trace.get("mode", ""))
            or trace.get("textposition") not in (None, "none")
            or "texttemplate" in trace
        )
        if not visible:
            kept.pop("text", None)
        for letter in "xy":
            values = kept.get(letter)
            if kept.get(f"{letter}axis", letter) in hidden and isinstance(values, list):
                kept[letter] = [str(i) if isinstance(one, str) else one for i, one in enumerate(values, start=1)]
        return kept

    def within(self, value: Any) -> Any:
        """The same value with every text in it redacted."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.within(one) for one in value]
        if isinstance(value, dict):
            return {key: one if key in ("bdata", "dtype") else self.within(one) for key, one in value.items()}
        return value


def any_of(forms: list[str]) -> re.Pattern[str]:
    """A pattern that finds any of the forms, or nothing where there are none."""
    return re.compile("|".join(forms) or r"(?!)")
