"""The Coordinator page: its charts show the library's numbers, and everything on it answers."""

import numpy as np
import pytest
from page_cases import array, figures

from comp_viz.analysis.coordinator.groups import by_availability, by_emotion, emotion_labels, kept_subsets, left_with
from comp_viz.analysis.coordinator.reweighting import (
    BY_HAND,
    EQUAL,
    LEARNED,
    compare_weightings,
    fixed_weights,
    normalised_weights,
)
from comp_viz.analysis.coordinator.trust import trust_in_heads
from comp_viz.analysis.inside import look_inside
from comp_viz.analysis.prediction import predict_conversation
from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.figures.coordinator.accuracy import accuracy_chart
from comp_viz.figures.coordinator.by_availability import by_availability_chart
from comp_viz.figures.coordinator.reweighting import prediction_span, weighting_looks, weightings_along
from comp_viz.figures.coordinator.simplex import Points, simplex
from comp_viz.figures.coordinator.strips import strips
from comp_viz.figures.coordinator.weights_along import WHOLE, weights_along
from comp_viz.figures.emotions import emotion_looks
from comp_viz.figures.style import DARK, LIGHT
from comp_viz.network.intervention import Intervention

SHAPE = {"two modalities": "line", "four modalities": "paths"}
PATTERN = "only(audio, text)"
GROUPS, OTHER = "By group", "Other weights"


@pytest.fixture
def shown(open_case, tmp_path):
    """Open the page on a case; returns the dashboard, the checkpoint, the conversation and the matrix in force."""

    def opened(case="usual", **address):
        app, data = open_case("coordinator", case, **address)
        checkpoint = load_checkpoint(tmp_path / "checkpoints" / "case")
        conversation = next(c for c in data.conversations if c.split == "test")
        observed = conversation.observed.copy()
        if address.get("pattern") == PATTERN:
            observed &= np.isin(data.modalities, ["audio", "text"])
        return app, checkpoint, conversation, observed

    return opened


def all_parts(app):
    """The charts of the learned weights, those by group, and those of other weights."""
    result = figures(app)
    for part in (GROUPS, OTHER):
        app.segmented_control(key="weighing").set_value(part).run()
        result |= figures(app)
    return result


def dots(spec):
    """Data traces of a chart: those that select an utterance."""
    return [trace for trace in spec["data"] if "customdata" in trace]


@pytest.mark.parametrize("case", ["usual", "two modalities", "four modalities", "six classes", "two utterances"])
@pytest.mark.parametrize("pattern", ["found", PATTERN])
def test_weights_on_the_page_are_those_of_the_forward_pass(case, pattern, shown):
    app, checkpoint, conversation, observed = shown(case, pattern=pattern)
    inside = look_inside(checkpoint, conversation, observed)
    weights = inside.prediction.coordinator
    charts = all_parts(app)
    along = dots(charts["weights"])
    assert len(along) == weights.shape[1]
    for u, trace in enumerate(along):
        np.testing.assert_allclose(array(trace["y"]), weights[:, u], atol=1e-6)
        opened = ["open" in symbol for symbol in trace["marker"]["symbol"]]
        assert opened == (~observed[:, u]).tolist()
    of = emotion_labels(inside.prediction.task, conversation.labels)
    for chart in (SHAPE.get(case, "triangle"), "emotions"):
        assert dots(charts[chart])
    for u, trace in enumerate(dots(charts["emotions"])):
        members = array(trace["customdata"])
        assert sorted(members) == list(range(len(of)))
        np.testing.assert_allclose(array(trace["y"]), weights[members, u], atol=1e-6)
    for u, trace in enumerate(dots(charts["correctness"])):
        each = trust_in_heads(inside.prediction, conversation.labels)[inside.modalities[u]]
        assert array(trace["customdata"]).tolist() == [*each.wrong, *each.right]


@pytest.mark.parametrize("case", ["usual", "two modalities", "four modalities"])
def test_every_utterance_is_one_point_or_path(case, shown):
    app, checkpoint, conversation, observed = shown(case)
    weights = predict_conversation(checkpoint, conversation, observed).coordinator
    drawn = {}
    for trace in dots(figures(app)[SHAPE.get(case, "triangle")]):
        numbers = array(trace["customdata"])
        if case == "usual":
            for i, s in enumerate(numbers):
                drawn[int(s)] = [array(trace[letter])[i] for letter in "abc"]
        elif case == "two modalities":
            drawn |= {int(s): [x, 1 - x] for s, x in zip(numbers, array(trace["x"]), strict=True)}
        else:
            for start in range(0, len(numbers), 5):
                drawn[int(numbers[start])] = array(trace["y"])[start : start + 4]
    for s, row in enumerate(weights):
        np.testing.assert_allclose(drawn[s], row, atol=1e-6)


@pytest.mark.parametrize("case", ["usual", "four modalities"])
def test_fixed_patterns_are_really_run(case, shown):
    app, checkpoint, conversation, observed = shown(case, pattern=PATTERN, weighing=GROUPS)
    names = checkpoint.config.modalities
    chart = figures(app)["availability"]
    fixed = [trace for trace in chart["data"] if trace.get("xaxis") == "x2"]
    here = [trace for trace in chart["data"] if trace.get("xaxis") == "x" and trace.get("y") not in ([None], None)]
    for row, kept in enumerate(kept_subsets(names)):
        matrix = left_with(names, conversation.observed, kept)
        mean = predict_conversation(checkpoint, conversation, matrix).coordinator.mean(0)
        np.testing.assert_allclose([array(trace["x"])[row] for trace in fixed], mean, atol=1e-6)
    groups = by_availability(predict_conversation(checkpoint, conversation, observed))
    assert len(array(here[0]["x"])) == len(groups)
    np.testing.assert_allclose(array(here[1]["x"]), [each.mean[1] for each in groups.values()], atol=1e-6)


def test_other_weights_on_the_page_are_the_model_run_again(shown):
    app, checkpoint, conversation, observed = shown(
        "six classes", weighing=OTHER, weight_audio="1.0", weight_text="0.0"
    )
    trained = predict_conversation(checkpoint, conversation, observed)
    given = fixed_weights(trained.modalities) | {BY_HAND: normalised_weights((1.0, 0.0, 0.5))}
    runs = {
        name: predict_conversation(checkpoint, conversation, observed, Intervention(weights=weights))
        for name, weights in given.items()
    }
    result = compare_weightings({LEARNED: trained} | runs, conversation.labels)
    lines = predicted(app)
    moved = {trace["name"]: trace for trace in figures(app)["other weights"]["data"] if trace.get("yaxis") == "y3"}
    assert set(moved) == set(result) - {LEARNED}
    assert list(lines) == list(reversed(result))
    for name, each in result.items():
        np.testing.assert_allclose(array(lines[name]["y"]), each.followed, atol=1e-6)
        if name in moved:
            np.testing.assert_allclose(array(moved[name]["y"]), each.followed - result[LEARNED].followed, atol=1e-6)
    accuracy = figures(app)["accuracy"]["data"][0]
    np.testing.assert_allclose(array(accuracy["x"]), [each.accuracy for each in result.values()])


def test_sliders_rerun_the_model_and_say_their_weights(shown):
    app, *_ = shown(weighing=OTHER)
    before = lines_by_hand(app)
    app.slider(key="weight_audio").set_value(1.0).run()
    app.slider(key="weight_text").set_value(0.0).run()
    app.slider(key="weight_video").set_value(0.0).run()
    assert not app.exception
    after = lines_by_hand(app)
    assert np.abs(after - before).max() > 1e-4
    np.testing.assert_allclose(after, array(predicted(app)["only audio"]["y"]), atol=1e-6)
    assert any("audio **1.00**, text **0.00**, video **0.00**" in each.value for each in app.caption)
    app.slider(key="weight_audio").set_value(0.0).run()
    np.testing.assert_allclose(lines_by_hand(app), array(predicted(app)[EQUAL]["y"]), atol=1e-6)
    assert any("All at 0 counts as equal" in each.value for each in app.caption)


def predicted(app):
    """The traces of the first row of the chart of other weights, by weighting."""
    traces = figures(app)["other weights"]["data"]
    return {t["name"]: t for t in traces if t["mode"] == "lines+markers" and "yaxis" not in t}


def lines_by_hand(app):
    return array(predicted(app)[BY_HAND]["y"])


@pytest.mark.parametrize("wrong", ["abc", "7", "-1", ""])
def test_an_address_with_nonsense_opens_all_the_same(wrong, shown):
    app, *_ = shown(weight_audio=wrong, fitted=wrong, utterance=wrong)
    assert not app.exception
    assert not app.error
    assert app.subheader[0].value.startswith("Coordinator weights are ")


def test_axes_are_whole_unless_asked_and_then_say_so(shown):
    app, checkpoint, conversation, observed = shown()
    weights = predict_conversation(checkpoint, conversation, observed).coordinator
    whole = figures(app)["weights"]["layout"]["yaxis"]
    assert whole["range"][0] <= 0
    assert whole["range"][1] >= 1
    app.toggle(key="fitted").set_value(True).run()
    fitted = figures(app)
    axis = fitted["weights"]["layout"]["yaxis"]
    assert "only 0." in axis["title"]["text"]
    assert axis["range"][0] <= weights.min()
    assert weights.max() <= axis["range"][1] < 1
    for letter, low in zip("abc", weights.min(0), strict=True):
        assert 0 < fitted["triangle"]["layout"]["ternary"][f"{letter}axis"]["min"] <= low


@pytest.mark.parametrize("fitted", ["true", "false"])
def test_compared_sides_share_their_axes(fitted, shown):
    app, *_ = shown(compare="another missing pattern", compare_pattern="only(video)", fitted=fitted, pattern="found")
    charts = all_parts(app)
    for name, axis in (
        ("weights", "yaxis"),
        ("emotions", "yaxis"),
        ("correctness", "yaxis"),
        ("other weights", "yaxis"),
    ):
        assert charts[f"{name}left"]["layout"][axis]["range"] == charts[f"{name}right"]["layout"][axis]["range"]
    for side in "abc":
        ends = [charts[f"triangle{which}"]["layout"]["ternary"][f"{side}axis"]["min"] for which in ("left", "right")]
        assert ends[0] == ends[1]
    assert dots(charts["weightsleft"])[0]["y"] != dots(charts["weightsright"])[0]["y"]


def test_a_network_without_a_coordinator_says_so_and_still_takes_weights(shown):
    app, checkpoint, conversation, observed = shown("without coordination")
    assert "without a coordinator" in app.subheader[0].value
    charts = figures(app)
    assert set(charts) == {"other weights", "accuracy"}
    assert LEARNED not in predicted(app)
    trained = predict_conversation(checkpoint, conversation, observed)
    np.testing.assert_allclose(array(predicted(app)[EQUAL]["y"]), trained.fused.max(1), atol=1e-6)


@pytest.mark.parametrize("case", ["usual", "six classes"])
def test_the_selected_utterance_is_marked_everywhere(case, shown):
    app, checkpoint, conversation, observed = shown(case)
    app.number_input(key="utterance").set_value(4).run()
    weights = predict_conversation(checkpoint, conversation, observed).coordinator
    charts = all_parts(app)
    for name in ("weights", "other weights"):
        assert 4 in [shape["x0"] for shape in charts[name]["layout"]["shapes"]]
    ring = charts["triangle"]["data"][-1]
    np.testing.assert_allclose([array(ring[letter])[0] for letter in "abc"], weights[3], atol=1e-6)
    for trace in dots(charts["emotions"]):
        sizes = array(trace["marker"]["size"])
        assert array(trace["customdata"])[sizes == sizes.max()].tolist() == [3]


@pytest.mark.parametrize("palette", [LIGHT, DARK])
@pytest.mark.parametrize("labelled", [True, False])
def test_charts_of_a_conversation_without_labels_or_a_modality(palette, labelled, small_checkpoint, small_lab):
    checkpoint = load_checkpoint(small_checkpoint)
    conversation = small_lab.conversations[0]
    observed = conversation.observed & [True, False, True]
    labels = conversation.labels if labelled else np.full_like(conversation.labels, np.nan)
    here = predict_conversation(checkpoint, conversation, observed)
    hover = list(map(str, range(len(labels))))
    assert len(dots(weights_along(here, hover, WHOLE, 0, palette, "t").to_plotly_json())) == 3
    groups = by_emotion(here, labels)
    points = Points(here, groups, emotion_looks(palette, here.task.classes), hover, 0)
    figure = simplex(points, WHOLE, (0.0, 0.0, 0.0), palette, "t")
    assert sum(len(trace.a) for trace in figure.data if trace.customdata is not None) == len(labels)
    result = trust_in_heads(here, labels)
    columns = [(name, {name: each.right}) for name, each in result.items()]
    assert strips(here, columns, hover, WHOLE, 0, palette, "t").data
    fixed = by_availability(here)
    rows = by_availability_chart(fixed, fixed, here.modalities, WHOLE, palette, "t").layout.yaxis.ticktext
    assert rows == (f"audio + video ({len(labels)})",)
    under = compare_weightings({LEARNED: here, EQUAL: here}, labels)
    span = prediction_span((under, labels))
    assert weightings_along(under, labels, conversation.words, span, 0, palette, "t").data
    assert accuracy_chart(under, palette, "t").layout.annotations[0].text.startswith("no label") is not labelled


def test_decisions_that_change_are_marked_by_what_becomes_of_them(small_checkpoint, small_lab):
    checkpoint, conversation = load_checkpoint(small_checkpoint), max(small_lab.conversations, key=len)
    here = predict_conversation(checkpoint, conversation, conversation.observed)
    runs = {
        f"only {name}": predict_conversation(checkpoint, conversation, conversation.observed & (np.arange(3) == u))
        for u, name in enumerate(here.modalities)
    }
    labels = np.where(np.arange(len(conversation)) % 3 == 0, np.nan, conversation.labels).astype(np.float32)
    result = compare_weightings({LEARNED: here} | runs, labels)
    figure = weightings_along(result, labels, conversation.words, prediction_span((result, labels)), 0, LIGHT, "t")
    marked = {trace.name: trace for trace in figure.data if trace.yaxis == "y2"}
    where = {(row, s): kind for kind, trace in marked.items() for row, s in zip(trace.y, trace.customdata, strict=True)}
    for row, (_, each) in enumerate(result.items()):
        for s in range(len(labels)):
            expected = None
            if row == 0:
                expected = "wrong as trained" if each.judged[s] and not each.right[s] else None
            elif each.differs[s]:
                was, now = result[LEARNED].right[s], each.right[s]
                expected = "becomes right" if now else "becomes wrong" if was else "other change"
            assert where.get((row, s)) == expected
    assert len(set(weighting_looks(result, LIGHT).values())) == len(weighting_looks(result, LIGHT))
