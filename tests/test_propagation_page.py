"""The Propagation page: every part bears every kind of data, and shows the library's numbers."""

from time import process_time

import numpy as np
import pytest
from page_cases import CASES, array, figures, on_wire
from streamlit.testing.v1 import AppTest

from comp_viz.analysis.inside import look_inside
from comp_viz.analysis.propagation.attention import MEAN_MAP, ROLLOUT_MAP, attention, entropy_by_head
from comp_viz.analysis.propagation.prompt_ablation import RECEIVER_MISSING, ablate_prompts
from comp_viz.data.dataset import Utterances
from comp_viz.data.patterns.pattern import Pattern
from comp_viz.ui.cache import checkpoints
from comp_viz.wording import HEADING

ATTENTION, ABLATION = "Attention", "Prompt ablation"
UNIFORM = "uniform(0.3)"
LESS = {  # case -> part -> what the page says such a network does not have
    "without propagation": {ATTENTION: "built without propagation"},
    "without prompting": {ABLATION: "built without prompts"},
}


@pytest.fixture
def open_part(open_case):
    """Open a part of the page; gives the dashboard, the conversation, its matrix under the pattern, and the checkpoint."""

    def opened(part, case="usual", pattern=UNIFORM, **address):
        app, data = open_case("propagation", case, pattern=pattern, propagation=part, **address)
        conversation = data.find(app.selectbox(key="conversation").value)
        observed = Pattern.parse(pattern)(Utterances.of([conversation]), data.task, np.random.default_rng(1))
        return app, conversation, observed, checkpoints.open_checkpoint("case", "cpu")

    return opened


def titles(app):
    return " ".join(m.value for m in app.markdown)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("part", [ATTENTION, ABLATION])
def test_every_part_bears_every_case_beside_the_complete_conversation(part, case, open_part):
    app, conversation, *_ = open_part(part, case, compare="nothing missing")
    assert not app.exception
    assert not app.error
    assert app.subheader[0].value
    if lack := LESS.get(case, {}).get(part):
        assert lack in app.info[0].value
        assert not figures(app)
    else:
        assert all(0 < len(figure["layout"]["meta"]) <= HEADING for figure in figures(app).values())
        assert figures(app)
    assert len(app.subheader[0].value) <= HEADING
    assert max(on_wire(app).values(), default=0) < 2_000_000
    start = process_time()
    app.number_input(key="utterance").set_value(2).run()
    assert not app.exception
    assert process_time() - start < (20 if len(conversation) > 120 else 8)  # of processor time; benchmarks measure


@pytest.mark.parametrize("name", [ROLLOUT_MAP, MEAN_MAP, "block 2, layer 1, head 2"])
def test_maps_and_arcs_show_the_models_attention(name, open_part):
    app, conversation, observed, checkpoint = open_part(ATTENTION, attention_of="text", attention_map=name)
    app.number_input(key="utterance").set_value(2).run()
    attended = attention(look_inside(checkpoint, conversation, observed), "text", name)
    charts = figures(app)
    hatch, heat, received = charts["attention_matrix"]["data"]
    shown = array(heat["z"]) / 100  # drawn in percent
    np.testing.assert_allclose(shown[attended.reachable], attended.weights[attended.reachable], atol=1e-6)
    assert np.isnan(shown[~attended.reachable]).all()
    np.testing.assert_allclose(array(received["y"]), attended.weights.mean(0), atol=1e-6)
    masked = np.flatnonzero(~observed[:, 1]) + 1
    assert len(masked)
    np.testing.assert_allclose(array(hatch["x"])[::5] + 0.45, masked, atol=1e-5)
    assert hatch["fillpattern"]["shape"] == "/"
    np.testing.assert_allclose(array(charts["attention_row"]["data"][-1]["y"]), attended.weights[1], atol=1e-6)
    assert heat["zmin"] == 0
    assert heat["zmax"] == pytest.approx(100 * attended.to_others)


def test_normalised_entropy_is_drawn_for_every_head(open_part):
    app, conversation, observed, checkpoint = open_part(ATTENTION)
    entropies = entropy_by_head(look_inside(checkpoint, conversation, observed))
    for trace, values in zip(figures(app)["attention_evenness"]["data"], entropies.values(), strict=True):
        np.testing.assert_allclose(array(trace["y"]), values.ravel(), atol=1e-6)


def test_words_in_hovers_are_no_markup(open_part):
    app, *_ = open_part(ATTENTION)
    for name in figures(app)["attention_matrix"]["data"][1]["x"]:
        assert "<b>" not in name
    assert "word *0* &lt;b&gt;" in figures(app)["attention_matrix"]["data"][1]["x"][0]


def test_a_bar_selects_its_utterance_in_every_chart(open_part):
    app, *_ = open_part(ATTENTION)
    app.session_state["attention_row"] = {"selection": {"points": [{"customdata": 4}]}}
    bars = figures(app)["attention_row"]["data"][-1]
    assert array(bars["customdata"]).tolist() == list(range(9))
    app.number_input(key="utterance").set_value(5).run()
    assert "Utterance 5 attends" in titles(app)
    for key in ("attention_row", "attention_matrix"):
        assert 5 in [shape["x0"] for shape in figures(app)[key]["layout"]["shapes"]]


@pytest.mark.parametrize(("on", "measure"), [("propagated features", "features"), ("fused prediction", "fused")])
def test_links_are_as_wide_as_the_change(on, measure, open_part):
    app, conversation, observed, checkpoint = open_part(ABLATION, flow_on=on, flow_where=RECEIVER_MISSING)
    ablation = ablate_prompts(checkpoint, conversation, observed)
    link = figures(app)["flow_links"]["data"][0]["link"]
    means = ablation.mean(ablation.changes(measure), RECEIVER_MISSING)
    for source, target, value in zip(array(link["source"]), array(link["target"]), array(link["value"]), strict=True):
        if source < 3:
            assert value == pytest.approx(means[target - 3, source], abs=1e-6)
    table = app.dataframe[0].value
    assert len(table) == 9
    np.testing.assert_allclose(
        table["features"], ablation.mean(ablation.features, RECEIVER_MISSING).ravel(), atol=0.006
    )
    lines = [trace for trace in figures(app)["flow_along"]["data"] if "name" in trace]
    np.testing.assert_allclose(
        [array(line["y"]) for line in lines], ablation.changes(measure).reshape(9, -1), atol=1e-6
    )


def test_two_sides_share_their_scales(open_part):
    app, *_ = open_part(ABLATION, compare="nothing missing")
    charts = figures(app)
    wide = [array(charts[f"flow_links{side}"]["data"][0]["link"]["value"]).sum() for side in ("left", "right")]
    assert wide[0] == pytest.approx(wide[1], rel=1e-5)
    assert charts["flow_alongleft"]["layout"]["yaxis"]["range"] == charts["flow_alongright"]["layout"]["yaxis"]["range"]
    app.segmented_control(key="propagation").set_value(ATTENTION).run()
    charts = figures(app)
    assert len({charts[f"attention_matrix{side}"]["data"][1]["zmax"] for side in ("left", "right")}) == 1
    assert (
        charts["attention_rowleft"]["layout"]["yaxis"]["range"]
        == charts["attention_rowright"]["layout"]["yaxis"]["range"]
    )


def test_an_address_that_no_longer_fits_is_brought_back(open_part):
    app, *_ = open_part("Something else", attention_of="smell", attention_map="block 7, layer 7, head 7")
    assert not app.exception
    assert "attention_matrix" in figures(app)


def test_an_address_with_the_former_name_of_a_part_opens_it(open_part):
    app, *_ = open_part("Cross-modal flow")
    assert app.segmented_control(key="propagation").value == ABLATION
    assert "flow_links" in figures(app)
    assert app.subheader[0].value.startswith("The ")


def test_a_choice_that_is_no_longer_offered_becomes_the_first():
    def script():
        import streamlit as st

        from comp_viz.ui.widgets.choices import one_of

        offered = st.session_state.get("offered", ["a", "b"])
        st.write(one_of("From a list", offered, "listed", "help"))
        st.write(one_of("With buttons", offered, "pressed", "help", buttons=True))

    app = AppTest.from_function(script).run()
    app.selectbox(key="listed").set_value("b")
    app.segmented_control(key="pressed").set_value("b").run()
    assert [m.value for m in app.markdown] == ["b", "b"]
    app.session_state["offered"] = ["c", "d"]
    app.run()
    assert not app.exception
    assert [m.value for m in app.markdown] == ["c", "c"]
