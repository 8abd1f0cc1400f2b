"""A chart of a page in one call: the numbers of the view, the finding as title, and errors that name what there is."""

import numpy as np
import pytest
import torch

import comp_viz
from comp_viz.checkpoint.card import CHECKPOINT_FORMAT, Card
from comp_viz.checkpoint.folder import Checkpoint, load_checkpoint
from comp_viz.data.batch import Standardiser
from comp_viz.errors import CompVizError
from comp_viz.figures.style import DARK
from comp_viz.network.config import ComPConfig
from comp_viz.network.model import ComP
from comp_viz.versions import versions
from comp_viz.view_figures import FIGURES


@pytest.fixture
def view(small_checkpoint, small_lab):
    return view_of(load_checkpoint(small_checkpoint), small_lab)


def view_of(checkpoint, data, pattern="uniform(0.5)"):
    return comp_viz.View.of(checkpoint, data, data.split("test")[0].id, pattern=pattern)


@pytest.mark.parametrize("name", FIGURES)
def test_every_chart_says_what_it_finds(view, name):
    chart = comp_viz.figure(view, name, utterance=2)
    title = chart.layout.title.text.replace("<br>", " ")
    assert title == chart.layout.meta
    assert title[:1].isupper()
    assert len(title.split()) > 4
    assert len(chart.data) > 0
    assert chart.layout.margin.t >= 40  # room for it


def lines(chart):
    """Values of everything that has one for each utterance."""
    return [np.asarray(trace.y, float) for trace in chart.data if trace.type == "scatter"]


def drawn(values, chart):
    return any(len(y) == len(values) and np.allclose(y, values, atol=1e-5) for y in lines(chart))


def test_charts_hold_the_numbers_of_the_view(view):
    weights = comp_viz.figure(view, "coordinator weights")
    for u in range(len(view.prediction.modalities)):
        assert drawn(view.prediction.coordinator[:, u], weights)
    matrix = next(t for t in comp_viz.figure(view, "attention", "text").data if t.type == "heatmap")
    table = view.attention("text").pivot(index="query", columns="key", values="weight").to_numpy()
    shown = np.asarray(matrix.z, float) / 100  # drawn in percent
    known = np.isfinite(shown)
    np.testing.assert_allclose(shown[known], table[known], atol=1e-6)
    assert known.sum() > len(table)
    assert drawn(view.predictions()["fused"].to_numpy(), comp_viz.figure(view, "timeline"))


def test_the_modality_and_the_selected_utterance_are_those_asked_for(view):
    audio, text = (comp_viz.figure(view, "attention", name) for name in ("audio", "text"))
    assert audio.layout.meta != text.layout.meta
    first, second = (comp_viz.figure(view, "contribution steps", utterance=s) for s in (1, 2))
    assert first.layout.meta.startswith("Utterance 1")
    assert second.layout.meta.startswith("Utterance 2")


def test_dark_charts_stand_on_a_dark_ground(view):
    chart = comp_viz.figure(view, "coordinator weights", dark=True)
    assert chart.layout.paper_bgcolor == DARK.ground
    assert chart.layout.font.color == DARK.ink


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"name": "timelines"}, "expected one of timeline, attention, .*context map, got 'timelines'"),
        ({"name": "attention", "modality": "smell"}, "expected a modality of audio, text, video, got 'smell'"),
        ({"name": "attention", "utterance": 0}, r"expected an utterance from 1 to \d+, got 0"),
    ],
)
def test_what_is_asked_wrongly_is_named_with_what_there_is(view, options, problem):
    with pytest.raises(CompVizError, match=problem):
        comp_viz.figure(view, **options)


def test_nothing_is_reconstructed_where_nothing_is_missing(small_checkpoint, small_lab):
    complete = view_of(load_checkpoint(small_checkpoint), small_lab, "found")
    with pytest.raises(CompVizError, match="nothing is taken away, so nothing is reconstructed"):
        comp_viz.figure(complete, "reconstruction")


@pytest.mark.parametrize(
    ("part", "off", "names"),
    [
        ("propagation", "propagation", ["attention", "attention row", "attention entropy"]),
        ("prompting", "prompting", ["prompt ablation", "prompt ablation along", "assignment", "explained variance"]),
        ("a coordinator", "coordination", ["coordinator weights", "weight simplex", "other weights"]),
    ],
)
def test_a_network_without_a_part_says_so(small_lab, part, off, names):
    torch.manual_seed(3)
    shape = {"max_length": 10, "hidden": 8, "prompt": 3, "prototypes": 4, "heads": 2, off: False}
    config = ComPConfig(small_lab.modalities, small_lab.dims, **shape)
    card = Card(CHECKPOINT_FORMAT, "Bare", config, small_lab.task, dict(small_lab.sources), None, None, (), versions())
    standardise = Standardiser.fit(small_lab.split("train"))
    bare = view_of(Checkpoint(ComP(config).eval().requires_grad_(False), card, standardise, ""), small_lab)
    for name in names:
        with pytest.raises(CompVizError, match=f"checkpoint 'Bare' was built without {part}"):
            comp_viz.figure(bare, name)
    assert comp_viz.figure(bare, "timeline").data
