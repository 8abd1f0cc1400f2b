"""What a class chose beside what each modality contributes."""

import plotly.graph_objects as go

from comp_viz.analysis.lecture.answers import ClassAnswers, Question
from comp_viz.figures.along import escape
from comp_viz.figures.chart import About, base_layout, percent_ticks
from comp_viz.figures.style import Palette, modality_colours, modality_marks
from comp_viz.wording import first_upper, fitting, how_many, percent, signed

GAP = 0.06  # of the width, between the two charts
ABOUT_ANSWERS = About(
    "Left, how many phones chose each modality as the one that moves the prediction of this utterance most; each counts once, with its last "
    "choice. Right, what each modality contributes to it: exact Shapley values over all coalitions of modalities, from nothing observed in the "
    "conversation to the pattern of the step. Those within a tenth of the largest count as being as large.",
    "Who chose what: phones are numbers, and what they chose is forgotten with the story. Nor whether a contribution is right: a modality "
    "can carry a wrong decision.",
    r"\varphi_u = \sum_{T \not\ni u} \frac{|T|!\,(M-|T|-1)!}{M!}\,[v(T \cup u) - v(T)]",
)


def answers_title(answers: ClassAnswers) -> str:
    """How many were right, and which modality it is."""
    question = answers.question
    names = " and ".join(question.modalities[m] for m in question.strongest)
    if not names:
        return "Nothing moves this utterance"
    verb = "move" if len(question.strongest) > 1 else "moves"
    sentence = f"{first_upper(names)} {verb} utterance {question.utterance + 1} most"
    chose = f"{answers.right:,} of {how_many(answers.total, 'phone')} chose so" if answers.total else "no phone chose"
    return fitting(f"{sentence}; {chose}", sentence)


def contribution_words(question: Question, value: float) -> str:
    """A contribution with its unit."""
    return f"{signed(100 * value, 1)} points" if question.is_share else signed(value)


def answers_figure(answers: ClassAnswers, palette: Palette) -> go.Figure:
    """Bars of choices on the left, of contributions on the right, a row for each modality."""
    question = answers.question
    names = question.modalities
    colours, marks = modality_colours(palette, names), modality_marks(names)
    rows, tones = [f"{marks[name]} {escape(name)}" for name in names], [colours[name] for name in names]
    total, both = answers.total, zip(answers.counts, answers.shares, strict=True)
    counts = [f"{count:,} of {total:,} ({percent(share)})" if total else "none" for count, share in both]
    amounts = [contribution_words(question, value) for value in question.contributions]
    reach = 1.5 * max(map(abs, question.contributions), default=0) or 1.0
    look = {
        "orientation": "h", "y": rows, "marker": {"color": tones}, "textposition": "outside", "cliponaxis": False,
        "textfont": {"color": palette.ink}, "showlegend": False, "hovertemplate": "%{y}: %{text}<extra></extra>",
    }  # fmt: skip
    left = go.Bar(x=answers.shares, text=counts, **look)
    right = go.Bar(x=question.contributions, text=amounts, xaxis="x2", **look)
    layout = base_layout(palette, answers_title(answers), 105 + 26 * len(rows), dragmode=False)
    axis = layout["xaxis"] | {"fixedrange": True}
    unit = "points of probability" if question.is_share else "label units"
    layout["xaxis"] = axis | {
        "domain": [0, 0.5 - GAP],
        "range": [0, 1.35],
        **percent_ticks(0, 1),
        "title": small("share of the phones"),
    }
    layout["xaxis2"] = axis | {
        "domain": [0.5 + GAP, 1], "range": [-reach, reach], "nticks": 5, "zeroline": True, "zerolinecolor": palette.truth,
        "title": small(f"contribution to {escape(question.number)} ({unit})"),
    }  # fmt: skip
    layout["yaxis"] = layout["yaxis"] | {"categoryorder": "array", "categoryarray": rows[::-1], "fixedrange": True}
    return go.Figure([left, right], layout | {"margin": {"l": 8, "r": 8, "t": 8, "b": 8}})


def small(text: str) -> dict[str, object]:
    """The title of an axis."""
    return {"text": text, "font": {"size": 12}}
