"""Utterances of which nothing was recorded have no prediction; those that a pattern empties are predicted from the neighbours."""

import numpy as np
import pytest
from page_cases import array, figures

from comp_viz.analysis.inside import look_inside
from comp_viz.analysis.live.change import change
from comp_viz.analysis.live.tables import prediction_table, timeline_table
from comp_viz.analysis.prediction import predict_conversation
from comp_viz.analysis.why.coalitions import predict_coalitions
from comp_viz.analysis.why.context import context
from comp_viz.analysis.why.contribution import contribution, contribution_table
from comp_viz.analysis.why.fragile import fragile_table, fragility
from comp_viz.analysis.why.leave_one_out import losses
from comp_viz.analysis.why.masking import Masked
from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.figures.predictions import CONTEXT_ONLY, NO_PREDICTION

GONE, EMPTIED = 2, 4  # utterances, counted from 0: of the first nothing is in the recording of the cases
PATTERN = " + ".join(f"outage({u}, {EMPTIED + 1}, 1)" for u in ("audio", "text", "video"))


@pytest.fixture
def case(open_case, tmp_path):
    """The checkpoint and the conversation that a page opens first."""

    def opened(name):
        _, data = open_case("live", name)
        chosen = next(c for c in data.conversations if c.split == "test")
        return load_checkpoint(tmp_path / "checkpoints" / "case"), chosen

    return opened


@pytest.mark.parametrize("name", ["usual", "six classes"])
def test_such_an_utterance_neither_changes_nor_counts(case, name):
    checkpoint, conversation = case(name)
    labels = conversation.labels.copy()
    labels[GONE] = checkpoint.card.task.high if name == "usual" else 0
    observed = conversation.observed.copy()
    observed[EMPTIED] = False
    complete, here = (
        predict_conversation(checkpoint, conversation, seen) for seen in (conversation.observed, observed)
    )
    changed = change(here, complete, labels)
    assert changed.predicted.tolist() == [s != GONE for s in range(len(labels))]
    assert np.flatnonzero(changed.from_context).tolist() == [EMPTIED]
    assert changed.difference[GONE] == 0
    assert not changed.flipped[GONE]
    others = np.arange(len(labels)) != GONE
    known = others & ~np.isnan(labels)
    if name == "usual":
        known &= labels != 0
        right = (here.fused[:, 0] > 0) == (labels > 0)
    else:
        right = here.fused.argmax(1) == np.nan_to_num(labels)
    assert changed.accuracy == pytest.approx(right[known].mean())
    expected = complete.coordinator[others].mean(0)
    assert [before for before, _ in changed.weight_shift.values()] == pytest.approx(expected.tolist())
    for table in (
        prediction_table(here, complete, conversation),
        timeline_table(here, complete, changed, conversation),
    ):
        row, other = table.iloc[GONE], table.iloc[EMPTIED]
        about = [c for c in table if c.startswith(("fused", "as recorded", "P(", "audio head")) or c.endswith("weight")]
        assert about
        assert row[about].isna().all()
        assert other[about].notna().all()


def test_nothing_explains_a_prediction_that_is_not_there(case):
    checkpoint, conversation = case("usual")
    result = contribution(predict_coalitions(checkpoint, conversation, conversation.observed))
    assert (result.values[:, GONE] == 0).all()
    assert GONE + 1 not in set(contribution_table(result)["utterance"])
    assert sum(result.relation_counts.values()) == len(conversation) - 1
    np.testing.assert_allclose(result.values.sum(0), result.whole - result.empty, atol=1e-5)
    masked = Masked.of(checkpoint, conversation, conversation.observed)
    fragile = fragility(losses(masked))
    assert np.isnan(fragile.margin[GONE])
    assert fragile.flips[GONE] == 0
    assert GONE + 1 not in set(fragile_table(fragile, conversation.words)["utterance"])
    assert len(fragile_table(fragile, conversation.words)) == len(conversation) - 1
    inside = look_inside(checkpoint, conversation, conversation.observed)
    effects = context(losses(masked, modalities=False), inside).effects
    assert (effects[GONE] == 0).all()
    assert effects.any()


@pytest.mark.parametrize("name", ["usual", "six classes"])
def test_live_shows_a_reason_in_place_of_a_prediction(open_case, name):
    app, _ = open_case("live", name, utterance=str(GONE + 1), pattern=PATTERN if name == "usual" else "as recorded")
    assert not app.exception
    metrics = {metric.label: metric.value for metric in app.metric}
    assert metrics["Fused"] == "none"
    assert "As recorded" not in metrics
    assert any("nothing is predicted for it" in text.value for text in app.caption)
    transcript = next(frame.value for frame in app.dataframe if "predicted as recorded" in frame.value)
    assert transcript["predicted as recorded"].tolist().count(NO_PREDICTION) == 1
    traces = {trace.get("name"): trace for trace in figures(app)["timeline"]["data"]}
    assert array(traces[NO_PREDICTION]["x"]).tolist() == [GONE + 1]
    assert "nothing was recorded" in traces[NO_PREDICTION]["hovertext"][0]
    fused = traces["◆ fused prediction"]
    if name == "usual":
        assert np.flatnonzero(np.isnan(array(fused["y"]).astype(float))).tolist() == [GONE]
        assert array(traces[CONTEXT_ONLY]["x"]).tolist() == [EMPTIED + 1]
        assert "from its neighbours only" in traces[CONTEXT_ONLY]["hovertext"][0]
        app.query_params["utterance"] = str(EMPTIED + 1)
        app.number_input(key="utterance").set_value(EMPTIED + 1).run()
        assert any("from its neighbours only" in text.value for text in app.caption)
        assert {metric.label: metric.value for metric in app.metric}["Fused"] != "none"
    else:
        assert GONE + 1 not in array(fused["x"]).tolist()


def test_why_says_that_there_is_nothing_to_explain(open_case):
    app, _ = open_case("why", "usual", utterance=str(GONE + 1), pattern=PATTERN)
    for part in ("Contributions", "Features", "Context", "Counterfactuals"):
        app.segmented_control(key="why").set_value(part).run()
        assert not app.exception
        assert app.subheader[0].value == f"Utterance {GONE + 1}: no prediction, so nothing to explain"
        assert "nothing was recorded of this utterance" in app.info[0].value.lower()
        assert not figures(app)
    app.number_input(key="utterance").set_value(EMPTIED + 1).run()
    assert figures(app)
    assert any("from its neighbours only" in text.value for text in app.caption)
