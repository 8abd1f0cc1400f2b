from pathlib import Path

import pytest

from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.data.patterns.pattern import PROTOCOL
from comp_viz.data.source import open_data
from comp_viz.evaluation.evaluate import evaluate
from comp_viz.training.recipe import Recipe

CHECKPOINTS = Path(__file__).parents[1] / "checkpoints"
NAMES = ("hazumi", "lab")


@pytest.mark.parametrize("name", NAMES)
def test_each_is_small_loads_and_tells_its_story(name):
    folder = CHECKPOINTS / name
    assert sum(path.stat().st_size for path in folder.iterdir()) < 20_000_000
    checkpoint = load_checkpoint(folder)
    card = checkpoint.card
    assert card.training.rounding < 0.01
    assert set(card.sources) == set(checkpoint.config.modalities)
    assert {m.pattern for m in card.measurements} == set(map(str, PROTOCOL))
    assert Recipe(**card.training.recipe).missing == card.training.missing
    assert checkpoint.bank.shape[1] == card.training.recipe["bank"]
    readme = (folder / "README.md").read_text()
    for fact in (card.data.digest, card.data.licence, "Not for"):
        assert fact in readme


def again(name: str, data: str) -> None:
    checkpoint, found = load_checkpoint(CHECKPOINTS / name), open_data(data)
    checkpoint.check(found)
    assert checkpoint.card.data.digest == found.digest
    patterns = PROTOCOL[0], PROTOCOL[2]
    measured = evaluate(checkpoint.model, found.task, checkpoint.standardise, found.split("test"), "test", patterns, 5)
    promised = [m for m in checkpoint.card.measurements if m.pattern in map(str, patterns)]
    for now, then in zip(measured, promised, strict=True):
        assert (now.predictor, now.pattern, now.realised) == (then.predictor, then.pattern, then.realised)
        assert now.mean == pytest.approx(then.mean, abs=2e-3)  # another processor rounds otherwise


def test_lab_reaches_what_its_card_says():
    again("lab", "lab")


def test_hazumi_reaches_what_its_card_says_above_the_linear_reference(real_data):
    again("hazumi", str(real_data / "hazumi_online.npz"))
    card = load_checkpoint(CHECKPOINTS / "hazumi").card
    fused = {m.pattern: m.mean["ACC"] for m in card.measurements if m.predictor == "fused"}
    linear = dict(zip(map(str, PROTOCOL), (0.892, 0.861, 0.832, 0.816), strict=True))
    assert all(fused[pattern] > linear[pattern] for pattern in linear)
