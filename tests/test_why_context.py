"""Why: what the other utterances change, and the headings that say so."""

from dataclasses import replace

import numpy as np
import pytest

from comp_viz.analysis.inside import look_inside
from comp_viz.analysis.prediction import predict_conversation
from comp_viz.analysis.stats.ranks import rank_correlation
from comp_viz.analysis.why.attribution import (
    ATTRIBUTION_METHODS,
    attribute,
)
from comp_viz.analysis.why.context import context, context_table
from comp_viz.analysis.why.leave_one_out import losses
from comp_viz.figures.why.attribution import attribution_facts, cells_title
from comp_viz.figures.why.context import context_map_title, context_title, rollout_facts
from comp_viz.figures.why.heading import (
    context_heading,
    features_heading,
)
from comp_viz.wording import HEADING, decimal, percent


def test_context_is_the_change_without_an_utterance(checkpoint, conversation, observed, masked):
    inside = look_inside(checkpoint, conversation, observed)
    result = context(losses(masked, modalities=False), inside)
    without = observed.copy()
    without[4] = False
    expected = (
        predict_conversation(checkpoint, conversation, observed).fused
        - predict_conversation(checkpoint, conversation, without).fused
    )[:, 0]
    np.testing.assert_allclose(result.effects[:, 4], expected, atol=1e-5)
    others = np.arange(len(observed)) != 1
    mean = np.mean(result.rolled, axis=0)
    assert result.agreement(1) == pytest.approx(rank_correlation(np.abs(result.effects[1, others]), mean[1, others]))
    assert len(context_table(result)) == len(observed) ** 2


def test_headings_and_titles_fit_and_hold_their_numbers(checkpoint, conversation, observed, masked):
    inside = look_inside(checkpoint, conversation, observed)
    result = context(losses(masked, modalities=False), inside)
    others = np.where(np.arange(len(result.effects)) == 2, -1, result.sizes[2])
    mean = np.where(np.arange(len(result.effects)) == 2, -1, result.mean_rollout[2])
    assert context_title(result, 2).startswith(f"Utterance {others.argmax() + 1} affects utterance 3 most (")
    assert context_title(result, 2).endswith("rollout names it too") == (others.argmax() == mean.argmax())
    assert rollout_facts(result, 2).endswith(f"over the other utterances: {decimal(result.agreement(2))}.")
    own, agree = np.nanmean(result.own), np.nanmean(result.agreements)
    assert context_heading(result) == (
        f"Predictions depend {percent(own)} on their own utterance; rank correlation with rollout is {decimal(agree)}"
    )
    assert context_map_title(result).startswith(f"Utterance {result.influences.argmax() + 1} affects the others most: ")
    assert rollout_facts(replace(result, rolled=None), 2) == ""
    for method in ATTRIBUTION_METHODS:
        each = attribute(checkpoint, conversation, observed, 2, method)
        size = np.abs(each.cells)
        s, u = np.unravel_index(size.argmax(), size.shape)
        cell = each.modalities[u].capitalize()
        start = f"Utterance 3's own {cell.lower()} matters most for its prediction: "
        assert features_heading(each).startswith(
            start if s == 2 else f"{cell} of utterance {s + 1} matters most for utterance 3: "
        )
        assert percent(float(size[2].sum() / size.sum())) in cells_title(each)
        assert attribution_facts(each).startswith(("✓", "✗", "The attributions sum to"))
        assert len(features_heading(each)) <= HEADING
        assert len(cells_title(each)) <= HEADING
