"""Charts, subtitles and sentences of a clip say what the clip holds."""

from dataclasses import replace

import numpy as np
import pytest
from clip_cases import EMOTIONS, make_clip, make_face
from page_cases import array

from comp_viz.analysis.clips.prediction import clip_change, join_predictions
from comp_viz.analysis.live.change import change
from comp_viz.analysis.prediction import Prediction
from comp_viz.clips.analyse import envelope
from comp_viz.clips.span import Span, Word
from comp_viz.data.conversation import Task
from comp_viz.figures.clips.before_after import (
    AFTER,
    before_after_chart,
    before_after_title,
    degradation_details,
    degradation_heading,
)
from comp_viz.figures.clips.face import marked_crop, strongest_blendshapes
from comp_viz.figures.clips.heading import clip_heading
from comp_viz.figures.clips.quality import quality_chart, quality_title
from comp_viz.figures.clips.reasons import reasons_chart, reasons_title
from comp_viz.figures.clips.subtitles import cue_time, webvtt
from comp_viz.figures.clips.waveform import waveform_chart, waveform_title
from comp_viz.figures.live.timeline import timeline
from comp_viz.figures.predictions import likeliest_text
from comp_viz.figures.style import DARK, LIGHT
from comp_viz.ui.clips.player import probability_bands
from comp_viz.wording import decimal, percent

NAMES = ("audio", "text", "video")


def predicted(task=EMOTIONS, S=4, seed=0, gone=()):
    rng = np.random.default_rng(seed)
    x = rng.random((S, task.outputs)).astype(np.float32)
    fused = x / x.sum(1, keepdims=True) if task.classes else x * 4 - 2
    observed = np.ones((S, 3), bool)
    for place in gone:
        observed[place] = False
    weights = rng.dirichlet(np.ones(3), S).astype(np.float32)
    return Prediction(task, observed, fused, dict.fromkeys(NAMES, fused), weights, NAMES)


def test_the_waveform_has_a_bar_for_every_utterance_and_a_tick_for_every_word(tmp_path):
    clip = make_clip(tmp_path)
    sound = envelope(clip.media.sound)
    figure = waveform_chart(sound, clip.media.duration, clip.spans, ["hover"] * 4, 2, LIGHT, "title")
    bars = [trace for trace in figure.data if trace.customdata is not None]
    assert [trace.customdata[0] for trace in bars] == [0, 1, 2, 3]
    assert [(trace.x[0], trace.x[-1]) for trace in bars] == [(span.start, span.end) for span in clip.spans]
    assert len(figure.data[-1].x) == sum(len(span.words) for span in clip.spans)
    assert "word&lt;b&gt;" in figure.data[-1].hovertext[0]
    assert (figure.layout.shapes[0].x0, figure.layout.shapes[0].x1) == (3.0, 4.5)
    top = np.array(figure.data[0].y)[: len(sound)]
    np.testing.assert_allclose(top, (sound[:, 1] / np.abs(sound).max()).round(3), atol=1e-6)


def test_a_clip_without_sound_has_a_waveform_with_nothing_in_it():
    figure = waveform_chart(np.zeros((0, 2), np.float32), 2.0, [Span(0, 2)], [""], 0, DARK, "No sound")
    assert len(figure.data[0].x) == 0


def test_filled_and_hatched_boxes_are_the_observed_and_missing_entries(tmp_path):
    clip = make_clip(tmp_path)
    observed = clip.conversation.observed
    figure = reasons_chart(observed, clip.reasons, [span.text for span in clip.spans], 0, LIGHT, "title")
    for row, name in enumerate(clip.reasons):
        filled, hatched, points = figure.data[3 * row : 3 * row + 3]
        assert len(array(filled.x)) == 5 * observed[:, row].sum()
        assert len(array(hatched.x)) == 5 * (~observed[:, row]).sum()
        for s, why in enumerate(clip.reasons[name]):
            assert (why or "observed") in points.hovertext[s]


def test_quality_is_drawn_as_measured_with_its_thresholds(tmp_path):
    clip = make_clip(tmp_path)
    figure = quality_chart(clip.quality, {"confidence": 0.4, "faces": 0.25}, 0, LIGHT, "title")
    for trace, what in zip(figure.data, ("voice", "confidence", "faces"), strict=True):
        np.testing.assert_allclose(array(trace.y), clip.quality[what], atol=1e-3)
    assert [shape.y0 for shape in figure.layout.shapes if shape.xref == "paper"] == [0.4, 0.25]


@pytest.mark.parametrize("task", [EMOTIONS, Task("sentiment")])
def test_before_and_after_are_the_two_predictions(task):
    before, after = predicted(task), predicted(task, seed=1, gone=[(2, 0)])
    figure = before_after_chart(before, after, 2, LIGHT, "title")
    drawn = [array(trace.y) for trace in figure.data]
    for found, expected in zip(
        drawn, (before.fused[2], after.fused[2], before.coordinator[2], after.coordinator[2]), strict=True
    ):
        np.testing.assert_allclose(found, expected)
    weights = next(trace for trace in figure.data if trace.name == AFTER and trace.xaxis == "x2")
    assert "now missing" in weights.x[0]
    assert "missing" not in weights.x[1]


def test_what_moved_is_total_variation_flips_and_lost_entries():
    before, after = predicted(), predicted(seed=1, gone=[(1, 0), (1, 2)])
    found = clip_change(before, after)
    np.testing.assert_allclose(
        found.distance, [0.5 * sum(abs(a - b)) for a, b in zip(before.fused, after.fused, strict=True)], rtol=1e-5
    )
    assert found.distance.max() <= 1
    assert found.flipped.tolist() == [
        bool(a.argmax() != b.argmax()) for a, b in zip(before.fused, after.fused, strict=True)
    ]
    assert found.lost.sum() == 2
    flips, far = found.flipped.sum(), found.distance.argmax()
    assert degradation_heading(found, before.modalities) == (
        f"{flips} of 4 decisions {'flips' if flips == 1 else 'flip'}; now missing: audio in 1, video in 1"
    )
    details = degradation_details(found, before, after, 1)
    assert details.startswith("1 of 4 utterances is degraded. ")
    assert f"in utterance {far + 1}: the probabilities change by {found.distance[far]:.2f}" in details
    u = abs(after.coordinator[far] - before.coordinator[far]).argmax()
    old, new = before.coordinator[far, u], after.coordinator[far, u]
    way = "rises" if new > old else "falls"
    assert f"coordinator weight of {before.modalities[u]} {way} from {old:.2f} to {new:.2f}." in details
    same = clip_change(before, before)
    assert not same.distance.any()
    assert degradation_heading(same, before.modalities) == "None of 4 decisions flip; nothing more is missing"


def test_titles_give_the_numbers_that_are_drawn_and_fit_a_heading(tmp_path):
    clip = make_clip(tmp_path)
    read = {u: sum(not why for why in reasons) for u, reasons in clip.reasons.items()}
    assert reasons_title(clip.reasons) == (
        f"Of 4 utterances, audio could be read in {read['audio']}, text in {read['text']}, video in {read['video']}"
    )
    assert reasons_title({"audio": [""] * 2, "text": [""] * 2}) == "All modalities of all 2 utterances could be read"
    assert reasons_title({"audio": [""], "text": [""]}) == "All modalities of the one utterance could be read"
    words = sum(len(span.words) for span in clip.spans)
    assert waveform_title(clip).startswith(f"{words} words recognised in {clip.media.duration:.1f} s, 4 utterances")
    lowest = clip.quality["confidence"].argmin()
    assert quality_title(clip.quality) == (
        f"Word probability is lowest in utterance {lowest + 1}, {clip.quality['confidence'][lowest]:.2f}; "
        f"{percent(float(clip.quality['faces'].mean()))} of pictures have a face"
    )
    for task in (EMOTIONS, Task("sentiment")):
        before, after = predicted(task), predicted(task, seed=1)
        title = before_after_title(before, after, 2)
        assert f"Utterance 3: {likeliest_text(task, before.fused[2], 1)}" in title
        for text in (title, clip_heading(before), waveform_title(clip), quality_title(clip.quality)):
            assert len(text) <= 90


def test_the_heading_gives_the_mean_over_the_clip():
    one = predicted()
    mean = one.fused.mean(0)
    name, share = one.task.classes[mean.argmax()], percent(float(mean.max()))
    assert clip_heading(one) == f"Over 4 utterances, {name} has the highest mean probability, {share}"
    short = predicted(S=1)
    name, share = short.task.classes[short.fused[0].argmax()], percent(float(short.fused.max()))
    assert clip_heading(short) == f"In its one utterance, {name} has the highest probability, {share}"
    score = predicted(Task("sentiment"))
    value = decimal(float(score.fused.mean()))
    assert clip_heading(score) == f"Over 4 utterances, the mean predicted sentiment is {value}"


def test_where_the_truth_is_unknown_heads_show_the_class_predicted_as_recorded():
    complete, other = predicted(), predicted(seed=2)
    here = replace(
        predicted(seed=1), heads=dict(zip(NAMES, (complete.fused, other.fused, 1 - other.fused), strict=True))
    )
    labels = np.array([np.nan, 2, np.nan, 0], np.float32)
    shown = np.where(np.isnan(labels), complete.fused.argmax(1), labels).astype(int)
    figure = timeline(here, complete, change(here, complete, labels), labels, [""] * 4, 0, LIGHT)
    filled = [trace for trace in figure.data if trace.yaxis == "y2" and trace.fill == "toself"]
    assert len(filled) == len(NAMES)
    for name, trace in zip(NAMES, filled, strict=True):
        outlines = np.split(np.asarray(trace.y, float), np.flatnonzero(np.isnan(np.asarray(trace.y, float))))
        middles = [(np.nanmin(y) + np.nanmax(y)) / 2 for y in outlines if not np.isnan(y).all()]
        np.testing.assert_allclose(middles, (here.heads[name] - here.fused)[range(4), shown], atol=0.03)
    assert figure.layout.yaxis2.title.text.endswith("P(true class)")
    unknown = np.full(4, np.nan, np.float32)
    figure = timeline(here, complete, change(here, complete, unknown), unknown, [""] * 4, 0, LIGHT)
    assert figure.layout.yaxis2.title.text.endswith("P(decision)")


def test_parts_joined_are_the_whole():
    whole = predicted(S=7)
    parts = [
        Prediction(
            whole.task,
            whole.observed[a:b],
            whole.fused[a:b],
            {u: x[a:b] for u, x in whole.heads.items()},
            whole.coordinator[a:b],
            NAMES,
        )
        for a, b in ((0, 3), (3, 6), (6, 7))
    ]
    np.testing.assert_array_equal(join_predictions(parts).fused, whole.fused)
    np.testing.assert_array_equal(join_predictions(parts).coordinator, whole.coordinator)
    assert clip_heading(join_predictions(parts)) == clip_heading(whole)


def test_subtitles_are_valid_whatever_was_said():
    spans = [Span(0.0, 61.5, (Word("a-->b<i>&", 0, 1, 1),)), Span(3661.0625, 3662.0)]
    lines = webvtt(spans, ["happy 40%", ""]).splitlines()
    assert lines[0] == "WEBVTT"
    assert "00:00:00.000 --> 00:01:01.500" in lines
    assert "01:01:01.062 --> 01:01:02.000" in lines
    assert sum("-->" in line for line in lines) == 2
    assert "(no words)" in lines
    assert cue_time(59.9996) == "00:01:00.000"


def test_bands_of_the_player_are_the_probabilities():
    prediction = predicted()
    for row, drawn in zip(prediction.fused, probability_bands(prediction, LIGHT), strict=True):
        np.testing.assert_allclose([share for share, _ in drawn], row, atol=1e-3)
    for value, ((rest, _), (share, tone)) in zip(
        predicted(Task("x")).fused[:, 0], probability_bands(predicted(Task("x")), LIGHT), strict=True
    ):
        assert share == pytest.approx(abs(value) / 3, abs=1e-3)
        assert rest + share == pytest.approx(1)
        assert tone == (LIGHT.positive if value > 0 else LIGHT.negative)


def test_predictions_in_words_are_probabilities():
    assert likeliest_text(EMOTIONS, np.array([0.1, 0.5, 0.15, 0.25])) == f"happy {percent(0.5)}, angry {percent(0.25)}"
    assert likeliest_text(Task("sentiment"), np.array([-1.234])) == "sentiment −1.23"


def test_landmarks_are_drawn_where_they_are():
    face = make_face(0.0)
    drawn = marked_crop(face, LIGHT)
    changed = np.argwhere((drawn != face.crop).any(-1))
    expected = {(int(y * 224), int(x * 224)) for x, y in face.crop_landmarks}
    assert {tuple(place) for place in changed} == expected
    assert strongest_blendshapes(face, tuple(f"s{i}" for i in range(52)))[0] == ("s51", 1.0)
