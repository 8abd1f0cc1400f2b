"""Why: the smallest sets of cells that flip a decision, against trying all, and decisions that hang on one cell."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from comp_viz.analysis.prediction import predict_conversation
from comp_viz.analysis.why.counterfactual import counterfactual_table, smallest_loss, smallest_return
from comp_viz.analysis.why.fragile import fragile_table, fragility
from comp_viz.analysis.why.leave_one_out import Losses, losses
from comp_viz.analysis.why.masking import Masked
from comp_viz.analysis.why.smallest_set import IRREDUCIBLE, SMALLEST, smallest_set
from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.data.conversation import Task
from comp_viz.data.source import open_data
from comp_viz.figures.style import LIGHT
from comp_viz.figures.why.amounts import explained_amount
from comp_viz.figures.why.counterfactual import counterfactual_facts, counterfactual_title, reservation
from comp_viz.figures.why.fragility import fragility_chart, fragility_title
from comp_viz.figures.why.heading import (
    counterfactuals_heading,
)
from comp_viz.wording import decimal


def test_a_typical_decision_that_a_loss_flips_is_not_at_a_negative_distance(masked):
    result = fragility(losses(masked))
    distance, left = (decimal(float(np.median(x))) for x in (result.margin, np.abs(result.left)))
    chart = fragility_chart(result, [""] * len(result.flips), (-1, 1), 0, LIGHT)
    named = {one.name: one.marker for one in chart.data if one.showlegend is not False}
    grey = next(one.error_y.color for one in chart.data if one.error_y.color)
    assert named["± uncertainty"].line.color == grey
    spared = fragility_title(replace(result, left=np.abs(result.left)))
    assert spared == f"The median decision is {distance} from flipping, {left} after the worst single loss"
    flipped = fragility_title(replace(result, left=np.full_like(result.left, -0.25)))
    assert flipped == f"The median decision is {distance} from flipping; for half or more, one loss changes it"


def naive_smallest(goal, players):
    for size in range(1, players + 1):
        sets = np.zeros((0, players), bool)
        for chosen in combinations(range(players), size):
            row = np.zeros((1, players), bool)
            row[0, list(chosen)] = True
            sets = np.concatenate([sets, row])
        if goal(sets)[0].any():
            return size
    return None


@settings(max_examples=60, deadline=None)
@given(arrays.arrays(np.float64, st.integers(1, 8), elements=st.floats(-3, 3)), st.floats(0.1, 6))
def test_the_smallest_set_is_smallest_where_it_says_so(parts, wanted):
    def goal(sets):
        total = sets @ parts
        return total >= wanted, (wanted - total).astype(np.float32)

    result, size = smallest_set(goal, len(parts)), naive_smallest(goal, len(parts))
    if result is None:
        assert size is None or size > 3  # an additive goal is found greedily whenever a set reaches it
        assert size is None
        return
    chosen = np.zeros(len(parts), bool)
    chosen[list(result.players)] = True
    assert goal(chosen[None])[0][0]
    if result.proof == SMALLEST:
        assert len(result.players) == size
    else:
        assert result.proof == IRREDUCIBLE
        for i in result.players:
            fewer = chosen.copy()
            fewer[i] = False
            assert not goal(fewer[None])[0][0]


def test_a_pair_is_smallest_though_not_all_pairs_were_tried():
    """Of 30 players not all pairs are tried, but every single one is."""

    def goal(sets):
        reached = sets[:, 28] & sets[:, 29]
        lack = np.where(reached, 0, 10 - sets[:, :28].sum(1) / 28 + sets[:, 28:].sum(1))
        return reached, lack.astype(np.float32)

    result = smallest_set(goal, 30)
    assert (result.players, result.proof) == ((28, 29), SMALLEST)


def test_a_set_is_found_where_all_players_together_miss_the_goal():
    def goal(sets):
        total = sets @ np.array([1.0, 1.0, 1.0, -5.0])
        return total >= 3, (3 - total).astype(np.float32)

    assert smallest_set(goal, 4).players == (0, 1, 2)


def test_losing_the_found_cells_flips_the_decision_and_no_single_one_would(checkpoint, conversation, masked, observed):
    single = losses(masked)
    before = predict_conversation(checkpoint, conversation, observed).decisions()
    for target in range(len(conversation)):
        result = smallest_loss(masked, single, target)
        assert len(counterfactual_table(result)) == len(result.cells)
        if not result.cells:
            continue
        assert predict_conversation(checkpoint, conversation, result.changed).decisions()[target] != before[target]
        for s, u in result.cells if len(result.cells) > 1 else ():
            fewer = result.changed.copy()
            fewer[s, u] = True
            assert predict_conversation(checkpoint, conversation, fewer).decisions()[target] == before[target]


def test_a_search_says_when_it_looked_only_at_near_cells(masked, monkeypatch):
    monkeypatch.setattr("comp_viz.analysis.why.leave_one_out.PASSES", 3)
    single, cells = losses(masked), int(masked.observed.sum())
    for target in range(len(masked.observed)):
        result = smallest_loss(masked, single, target)
        assert (result.searched, result.possible) == (3, cells)
        assert f"Searched among 3 cells, the nearest of {cells}," in counterfactual_facts(result)
        whole = np.ones_like(result.observed)
        many = replace(result, observed=whole, cells=((0, 0), (0, 1)), proof=SMALLEST)
        amount = explained_amount(many.task, many.crossing[1])
        assert counterfactual_title(many) == (
            f"Losing 2 cells flips the decision for utterance {target + 1}, by {amount}; no smaller set does"
        )
        assert counterfactual_facts(many).startswith("The set: audio of 1, text of 1. Searched among 3 cells")
        assert counterfactual_facts(many).endswith(": every smaller set was tried.")
        assert counterfactual_facts(replace(many, searched=cells)).endswith(
            f"Searched among {cells} cells: every smaller set was tried."
        )
        one, none = replace(result, cells=((0, 1),)), replace(result, cells=(), proof="")
        one = replace(one, observed=whole)
        assert counterfactual_title(one) == (
            f"Losing text of utterance 1 flips the decision for utterance {target + 1}, by {amount}"
        )
        assert counterfactual_title(none) == (
            f"Losing cells does not flip the decision for utterance {target + 1}, as far as searched"
        )


def test_returning_the_found_cells_restores_the_decision():
    checkpoint, data = load_checkpoint("checkpoints/lab"), open_data("lab")
    talk = data.split("test")[0]
    pattern = talk.observed & (np.random.default_rng(0).random(talk.observed.shape) < 0.3)
    whole = predict_conversation(checkpoint, talk, talk.observed).decisions()
    here = predict_conversation(checkpoint, talk, pattern).decisions()
    masked = Masked.of(checkpoint, talk, talk.observed)
    changed = np.flatnonzero(whole != here)
    assert len(changed)
    for target in range(len(talk)):
        result = smallest_return(masked, pattern, target)
        assert result.needed == (target in changed)
        if result.needed:
            assert result.cells
            assert predict_conversation(checkpoint, talk, result.changed).decisions()[target] == whole[target]
            assert (result.changed >= pattern).all()


def test_fragility_counts_the_single_losses_that_flip(checkpoint, conversation, observed, masked):
    result = fragility(losses(masked))
    before = predict_conversation(checkpoint, conversation, observed).decisions()
    flips = np.zeros(len(observed), int)
    for s, u in np.argwhere(observed):
        without = observed.copy()
        without[s, u] = False
        flips += predict_conversation(checkpoint, conversation, without).decisions() != before
    np.testing.assert_array_equal(result.crossed, flips)
    assert (result.flips <= flips).all()
    table = fragile_table(result, conversation.words)
    assert table["hangs on"].is_monotonic_decreasing
    one = np.arange(len(flips)) == 2
    assert counterfactuals_heading(replace(result, flips=one.astype(int))) == (
        f"1 of {len(flips)} decisions hangs on one cell, utterance 3's most of all"
    )
    within = counterfactuals_heading(replace(result, flips=0 * flips, crossed=2 * one))
    assert within.startswith(f"None of {len(flips)} decisions hangs on one cell; 1 could change, but not surely")
    steady = counterfactuals_heading(replace(result, flips=0 * flips, crossed=0 * flips, left=np.abs(result.left)))
    closest = int(np.nanargmin(np.abs(result.left)))
    assert steady.startswith(
        f"None of {len(flips)} decisions hangs on one cell; utterance {closest + 1} comes closest ("
    )


def lone_losses(margins, observed):
    """Losses of a score, neutral at 0: `margins [1 + P]` of the last utterance as observed, and without each cell in turn."""
    players = np.arange(observed.size).reshape(observed.shape)
    scores = np.ones((observed.size + 1, len(observed), 1), np.float32)
    scores[:, -1, 0] = margins
    task = Task("sentiment", (), -3.0, 3.0, 0.0)
    recorded = np.ones(len(observed), bool)
    return Losses(task, ("audio", "text"), observed, players, 1, scores[0], scores[1:], recorded)


@pytest.mark.parametrize(
    ("kept", "margins", "flips", "crossed"),
    [
        pytest.param([1, 1], [0.5, 0.5, 0.5, 0.5, -0.4], 1, 1, id="it hangs on its text"),
        pytest.param([0, 1], [0.5, 0.5, 0.5, 0.5, -0.4], 0, 1, id="nothing else of it is left"),
        pytest.param([1, 1], [0.5, 0.5, 0.5, 0.5, -0.008], 0, 1, id="beyond neutral by next to nothing"),
        pytest.param([1, 1], [0.01, 0.06, 0.01, 0.01, -0.4], 0, 1, id="it was hardly a decision"),
        pytest.param([1, 1], [0.5, 0.5, 0.5, 1.2, -0.4], 0, 1, id="other losses move it as far"),
        pytest.param([1, 1], [0.5, 0.5, 0.5, 0.5, 0.4], 0, 0, id="no loss changes it"),
    ],
)
def test_a_decision_hangs_on_a_cell_only_beyond_its_uncertainty(kept, margins, flips, crossed):
    if margins[-1] == -0.008:
        margins[1] = 0.52  # something else moves it by 0.02
    observed = np.array([[True, True], np.array(kept, bool)])
    result = fragility(lone_losses(margins, observed))
    assert (result.flips[-1], result.crossed[-1]) == (flips, crossed)
    others = [m - margins[0] for m in margins[1:4]]  # the last loss, that of its text, is the worst
    if kept[0]:
        assert result.uncertainty[-1] == pytest.approx(np.sqrt(np.square(others).sum()), abs=1e-6)


def test_a_set_that_leaves_nothing_or_hardly_crosses_says_so(masked):
    s, whole = 2, np.ones_like(masked.observed)
    found = smallest_loss(masked, losses(masked), s)
    before, after = np.full_like(found.before, 0.5), np.full_like(found.after, -0.01)
    task = Task("sentiment", (), -3.0, 3.0, 0.0)
    all_of_it = replace(found, task=task, observed=whole, cells=tuple((s, u) for u in range(whole.shape[1])))
    assert reservation(all_of_it, 0.0).startswith("They are all that was observed of the utterance")
    assert counterfactual_title(all_of_it).endswith(f"flips the decision for utterance {s + 1}, leaving nothing of it")
    one = replace(found, task=task, observed=whole, cells=((s, 1),), before=before, after=after)
    assert reservation(one, 0.02).startswith("It crosses within its uncertainty: 0.010 against 0.02")
    assert reservation(one, 0.005) == ""
    assert (
        counterfactual_title(one)
        == f"Losing text of utterance {s + 1} flips the decision for utterance {s + 1}, by 0.010"
    )


def test_long_conversations_lose_neighbours_together(masked, monkeypatch):
    monkeypatch.setattr("comp_viz.analysis.why.leave_one_out.PASSES", 9)
    result = losses(masked)
    assert result.together == -(-len(masked.observed) // 3)
    shown = masked.observed & (result.players != 4)
    np.testing.assert_allclose(result.after[4], masked.fused(shown[None])[0], atol=1e-6)
