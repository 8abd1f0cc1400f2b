"""The shipped checkpoints of the compared methods: small, what their cards say they are, and open on every page."""

from pathlib import Path

import pytest
from page_cases import dashboard

from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.data.dataset import DataSet
from comp_viz.data.patterns.pattern import PROTOCOL
from comp_viz.data.source import open_data
from comp_viz.data.table.writer import write_table
from comp_viz.evaluation.evaluate import evaluate
from comp_viz.methods.method import absence
from comp_viz.methods.registry import FIRST, find_method, method_names
from comp_viz.training.telemetry import read_telemetry
from comp_viz.ui.cache import checkpoints as cached
from comp_viz.ui.compare.controls import usual_predictors

CHECKPOINTS = Path(__file__).parents[1] / "checkpoints"
SHIPPED = {name: f"hazumi-{name}" for name in method_names() if (CHECKPOINTS / f"hazumi-{name}").is_dir()}
# Each method on one of the pages, so that each page is opened: what they need of a method is tested on small ones.
PAGES = ("live", "why", "robustness", "compare", "coordinator", "imbalance", "overview", "modulation", "prototypes", "propagation", "data")  # fmt: skip
OPENED = [(name, PAGES[place % len(PAGES)]) for place, name in enumerate(SHIPPED)]


@pytest.fixture(scope="module")
def hazumi(real_data):
    return open_data(str(real_data / "hazumi_online.npz"))


@pytest.fixture(scope="module")
def excerpt(hazumi, tmp_path_factory):
    """A folder with the shortest dialogue of each split as a data set of its own."""
    shortest = tuple(min(hazumi.split(split), key=len) for split in ("train", "validation", "test"))
    folder = tmp_path_factory.mktemp("excerpt")
    write_table(
        folder / "excerpt.arrow", DataSet(hazumi.name, hazumi.task, shortest, dict(hazumi.sources), hazumi.licence)
    )
    return folder


def test_most_methods_are_there_and_all_together_are_small():
    assert {"momke", "gcnet", "mmin", "hcam", "mctn"} <= set(SHIPPED)
    files = [path for name in SHIPPED.values() for path in (CHECKPOINTS / name).rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 40_000_000


@pytest.mark.parametrize("name", SHIPPED)
def test_each_is_of_its_method_trained_like_the_others(name):
    card = load_checkpoint(CHECKPOINTS / SHIPPED[name]).card
    first = load_checkpoint(CHECKPOINTS / "hazumi").card
    assert card.method == name != FIRST
    assert card.data == first.data
    assert card.training.selection == first.training.selection
    shared = ("missing", "seed", "first_epochs", "second_epochs", "batch", "learning_rate", "feature_noise", "average")
    assert {key: card.training.recipe[key] for key in shared} == {key: first.training.recipe[key] for key in shared}
    predictors = {"fused", *(card.architecture.modalities if "heads" in find_method(name).capabilities else ())}
    assert {(m.pattern, m.predictor) for m in card.measurements} == {(str(p), u) for p in PROTOCOL for u in predictors}
    epochs = read_telemetry(CHECKPOINTS / SHIPPED[name] / "telemetry", "epochs")["epoch"]
    assert len(epochs.unique()) == card.training.recipe["first_epochs"] + card.training.recipe["second_epochs"]


@pytest.mark.parametrize("name", SHIPPED)
def test_each_reaches_what_its_card_says_with_nothing_missing(name, hazumi):
    checkpoint = load_checkpoint(CHECKPOINTS / SHIPPED[name])
    now = evaluate(checkpoint.model, hazumi.task, checkpoint.standardise, hazumi.split("test"), "test", PROTOCOL[:1], 1)
    then = [m for m in checkpoint.card.measurements if m.pattern == str(PROTOCOL[0])]
    assert [m.predictor for m in now] == [m.predictor for m in then]
    for one, promised in zip(now, then, strict=True):
        assert one.mean == pytest.approx(promised.mean, abs=2e-3)  # another processor rounds otherwise


@pytest.mark.parametrize(("name", "page"), OPENED, ids=[f"{name}-{page}" for name, page in OPENED])
def test_each_opens(name, page, excerpt, monkeypatch):
    app = dashboard(monkeypatch, CHECKPOINTS, excerpt)
    app.query_params.update({"checkpoint": SHIPPED[name], "data": "excerpt.arrow", "pattern": "uniform(0.5)"})
    app.switch_page(f"pages/{page}.py").run()
    assert not app.exception
    assert not app.error
    assert app.subheader or app.main.info  # its finding, or a line on what the method has not
    if page in ("prototypes", "propagation"):
        assert absence(find_method(name), "prototypes") in {one.value.split(" What needs")[0] for one in app.main.info}


def test_the_compare_page_begins_with_checkpoints_of_the_same_method(monkeypatch):
    monkeypatch.setattr(cached, "CHECKPOINTS", (CHECKPOINTS,))
    names = ["hazumi", *SHIPPED.values(), "hazumi-no-prompting", "lab"]
    usual = usual_predictors({name: (name, "fused") for name in names}, "cpu")
    assert usual[:2] == ["hazumi", "hazumi-no-prompting"]
    assert usual[2] in SHIPPED.values()
    first = SHIPPED["gcnet"]
    others = [name for name in names if name != first]
    assert usual_predictors({name: (name, "fused") for name in [first, *others]}, "cpu")[0] == first
