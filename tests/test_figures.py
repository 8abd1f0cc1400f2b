import re

import numpy as np
import plotly.graph_objects as go
import pytest
from browsing import ROOT
from plotly.colors import hex_to_rgb, sample_colorscale, unlabel_rgb

from comp_viz.analysis.live.change import change
from comp_viz.analysis.prediction import predict_conversation
from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.figures.chart import TITLE_LETTERS, heat_of_shares, percent_ticks, wrap_axis_titles
from comp_viz.figures.live.timeline import escape, timeline
from comp_viz.figures.style import DARK, LIGHT, contrast, letters_on, luminance, sequential


@pytest.fixture
def timeline_case(small_checkpoint, small_lab):
    conversation = max(small_lab.conversations, key=len)
    observed = conversation.observed.copy()
    observed[1:4, 1] = False
    checkpoint = load_checkpoint(small_checkpoint)
    complete = predict_conversation(checkpoint, conversation, conversation.observed)
    here = predict_conversation(checkpoint, conversation, observed)
    changed = change(here, complete, conversation.labels)
    return (
        timeline(here, complete, changed, conversation.labels, conversation.words, 2, LIGHT),
        here,
        changed,
        conversation,
    )


def test_every_row_shows_the_models_numbers(timeline_case):
    figure, here, changed, conversation = timeline_case
    by_name = {trace.name: trace for trace in figure.data if trace.name}
    np.testing.assert_allclose(by_name["◆ fused prediction"].y, here.fused[:, 0])
    np.testing.assert_allclose(by_name["truth"].y[::7], conversation.labels)
    bars = [trace for trace in figure.data if trace.yaxis == "y3"]
    tops = {
        round(float(x)): float(y) for trace in bars for x, y in zip(trace.x[1::5] + 0.45, trace.y[1::5], strict=True)
    }
    for utterance, value in enumerate(changed.difference, start=1):
        if value:
            assert tops[utterance] == pytest.approx(float(value), abs=1e-5)
    coordinator = [trace for trace in figure.data if trace.yaxis == "y4"]
    heights = [trace.y[1::5] - trace.y[0::5] for trace in coordinator[:3]]
    np.testing.assert_allclose(np.stack(heights, 1), here.coordinator, atol=1e-5)


def test_missing_entries_are_hatched_and_their_heads_drawn_open(timeline_case):
    figure, here, _, _ = timeline_case
    hatched = next(trace for trace in figure.data if trace.fillpattern.shape)
    assert np.rint(hatched.x[::5] + 0.45).tolist() == [2, 3, 4]
    filled = [trace for trace in figure.data if trace.yaxis == "y2" and trace.fill == "toself"]
    marks = [int(np.isnan(trace.y).sum()) for trace in filled]
    assert marks == here.observed.sum(0).tolist()


def test_every_point_tells_its_words_and_its_weights(timeline_case):
    figure, here, _, conversation = timeline_case
    texts = next(trace for trace in figure.data if trace.hovertext is not None).hovertext
    assert len(texts) == len(conversation)
    assert escape(conversation.words[0]) in texts[0]
    assert f"text {here.coordinator[0, 1]:.2f}" in texts[0]


def test_the_line_marks_the_selected_utterance(timeline_case):
    figure = timeline_case[0]
    assert [shape.x0 for shape in figure.layout.shapes if shape.yref == "paper"] == [3]


def test_words_cannot_bring_markup_into_a_label():
    assert escape("<b>&hi</b>") == "&lt;b&gt;&amp;hi&lt;/b&gt;"
    assert len(escape("x" * 500)) == 90
    assert escape("") == "(no words)"


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0, 1, ["0", "20", "40", "60", "80", "100"]),
        (-0.06, 1.04, ["0", "20", "40", "60", "80", "100"]),
        (0, 0.11, ["0", "2", "4", "6", "8", "10"]),
        (0, 0.0042, ["0.0", "0.1", "0.2", "0.3", "0.4"]),
        (-0.31, 0.1, ["\u221230", "\u221220", "\u221210", "0", "10"]),
    ],
)
def test_ticks_of_shares_are_round_and_written_as_in_sentences(low, high, ticks):
    made = percent_ticks(low, high)
    assert made["ticktext"] == [f"{tick}\u202f%" for tick in ticks]
    assert made["tickvals"] == pytest.approx([float(tick.replace("\u2212", "-")) / 100 for tick in ticks])


def test_no_chart_lets_plotly_write_percent():
    """Its format leaves out the narrow space that percentages have on every page."""
    written = [
        f"{file.name}: {found}"
        for file in (ROOT / "comp_viz").rglob("*.py")
        for found in re.findall(r"%\{[^}]*%\}|(?:format|form\w*)\W+\.\d%", file.read_text())
    ]
    assert written == []


def test_a_heat_map_of_shares_is_drawn_in_percent():
    drawn = heat_of_shares(np.array([[0.25, np.nan]]), 0.5, 4)
    assert drawn["z"].tolist()[0] == [25, pytest.approx(np.nan, nan_ok=True)]
    assert (drawn["zmin"], drawn["zmax"]) == (0, 50)
    assert dict(zip(drawn["colorbar"]["tickvals"], drawn["colorbar"]["ticktext"], strict=True)) == {
        value: f"{value}\u202f%" for value in (0, 20, 40)
    }


def test_a_long_axis_title_is_in_lines_that_a_phone_has_room_for():
    """A phone cut the title of Claims after "in the direction of the cla"."""
    whole = "points of accuracy, in the direction of the claim"
    figure = wrap_axis_titles(
        go.Figure(layout={"xaxis": {"title": {"text": whole}}, "xaxis2": {"title": {"text": "utterance"}}})
    )
    lines = figure.layout.xaxis.title.text.split("<br>")
    assert " ".join(lines) == whole
    assert max(map(len, lines)) <= 0.6 * len(whole)  # about half each, not a last word by itself
    assert figure.layout.xaxis2.title.text == "utterance"
    once = figure.layout.xaxis.title.text
    assert wrap_axis_titles(figure).layout.xaxis.title.text == once


def test_titles_of_axes_side_by_side_have_half_of_the_letters():
    """On a phone the two titles of Compare were written over each other."""
    left, right = "ACC, share of correct decisions", "hazumi-no-prompting minus the other, points of ACC"
    axes = {
        "xaxis": {"domain": [0, 0.47], "title": {"text": left}},
        "xaxis2": {"domain": [0.53, 1], "title": {"text": right}},
    }
    figure = wrap_axis_titles(go.Figure(layout=axes))
    for axis, whole in ((figure.layout.xaxis, left), (figure.layout.xaxis2, right)):
        lines = axis.title.text.split("<br>")
        assert " ".join(lines) == whole
        assert max(map(len, lines)) <= TITLE_LETTERS / 2


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_letters_stand_out_from_every_colour_of_an_amount(palette):
    """White on pale violet had a contrast of 2.6; no tone of two has more than 4 in the middle of the scale."""
    for share in np.linspace(0, 1, 21):
        (colour,) = sample_colorscale(sequential(palette), [share])
        behind = luminance(unlabel_rgb(colour))
        chosen = contrast(luminance(hex_to_rgb(letters_on(palette, share))), behind)
        assert chosen >= 4
        assert (
            chosen >= max(contrast(luminance(hex_to_rgb(tone)), behind) for tone in (palette.ink, palette.ground)) - 0.1
        )
