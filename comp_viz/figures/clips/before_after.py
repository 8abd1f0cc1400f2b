"""One utterance of a clip as recorded beside the same one degraded: probabilities and coordinator weights."""

import plotly.graph_objects as go

from comp_viz.analysis.prediction import Prediction
from comp_viz.figures.chart import base_layout
from comp_viz.figures.style import Palette, class_colours, modality_colours, modality_marks

BEFORE, AFTER = "as recorded", "degraded"


def before_after_chart(before: Prediction, after: Prediction, s: int, palette: Palette, title: str) -> go.Figure:
    """Left what is predicted for utterance `s`, right the coordinator's weights: outlined as recorded, filled degraded."""
    task, names = before.task, before.modalities
    outputs = list(task.classes) or [task.name]
    tones = list(class_colours(palette, task.classes).values()) or [palette.ink]
    colours, marks = modality_colours(palette, names), modality_marks(names)
    weighed = [
        f"{marks[name]} {name}"
        + ("" if after.observed[s, u] else "<br>missing" if not before.observed[s, u] else "<br>now missing")
        for u, name in enumerate(names)
    ]
    traces = [
        *bar_pair(outputs, before.fused[s], after.fused[s], tones, palette, "x", "y", True),
        *bar_pair(weighed, before.coordinator[s], after.coordinator[s], [colours[name] for name in names], palette, "x2", "y2", False),
    ]  # fmt: skip
    layout = base_layout(palette, title, 290, barmode="group", dragmode=False)
    fixed = {"fixedrange": True, "automargin": True}
    said = f"{task.name}, {task.low:g} to {task.high:g}" if not task.classes else "probability, 0 to 1"
    span = (
        [0, 1]
        if task.classes
        else [min(task.low, float(before.fused[s, 0])), max(task.high, float(before.fused[s, 0]))]
    )
    axis = layout["xaxis"]
    layout |= {
        "xaxis": axis | fixed | {"domain": [0, 0.56], "anchor": "y"},
        "xaxis2": axis | fixed | {"domain": [0.66, 1], "anchor": "y2"},
        "yaxis": axis | fixed | {"range": span, "title": {"text": said, "font": {"size": 12}}},
        "yaxis2": axis | fixed | {"range": [0, 1], "anchor": "x2", "title": {"text": "coordinator weight, 0 to 1", "font": {"size": 12}}},
    }  # fmt: skip
    return go.Figure(traces, layout)


def bar_pair(
    labels: list[str], before: object, after: object, tones: list[str], palette: Palette, x: str, y: str, legend: bool
) -> list[go.Bar]:
    """Two bars for each label."""
    outline = {"color": "rgba(0,0,0,0)", "line": {"color": tones, "width": 2}}
    return [
        go.Bar(
            x=labels, y=values, name=name, marker=marker, xaxis=x, yaxis=y, showlegend=legend, legendgroup=name,
            texttemplate="%{y:.2f}", textposition="outside", cliponaxis=False, textfont={"color": palette.ink, "size": 11},
            hovertemplate="%{x}: %{y:.3f}, " + name + "<extra></extra>",
        )
        for name, values, marker in ((BEFORE, before, outline), (AFTER, after, {"color": tones}))
    ]  # fmt: skip
