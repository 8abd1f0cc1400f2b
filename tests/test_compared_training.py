"""The compared methods learn, are saved and loaded, and predict the same afterwards."""

from dataclasses import replace

import numpy as np
import pytest
from runs import CPU, HALF, RECIPE, log
from test_compared_networks import SMALL

from comp_viz.analysis.prediction import predict_conversation
from comp_viz.analysis.reconstruction.by_rate import ERROR, rebuilding_table
from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.data.batch import Standardiser, Stream
from comp_viz.data.lab.make import lab
from comp_viz.data.lab.settings import LabSettings
from comp_viz.errors import CompVizError
from comp_viz.evaluation.evaluate import predict
from comp_viz.evaluation.metrics import metrics
from comp_viz.methods.registry import find_method
from comp_viz.training import finish
from comp_viz.training.loop import Trainer
from comp_viz.training.run import train

TERMS = {  # of the loss, beside the task loss
    "gcnet": {"reconstruction"},
    "sdr_gnn": {"reconstruction"},
    "mmin": {"imagination", "cycle"},
    "dicmor": {"reconstruction", "transfer"},
    "imder": {"reconstruction", "transfer"},
    "mctn": {"translation", "cycle", "second translation"},
    "hcam": {"contrast"},
    "mmqnet": {"reconstruction", "apart"},
}
LEARNING = replace(
    RECIPE, first_epochs=4, second_epochs=12, batch=8, learning_rate=0.01, feature_noise=0.1, average=0.5
)


@pytest.fixture(scope="module")
def learnable():
    """Enough conversations to do better than chance on others."""
    return lab(LabSettings(conversations=(24, 8, 8), lengths=(6, 9)))


@pytest.fixture(scope="module", params=SMALL)
def trained(request, learnable, tmp_path_factory):
    """A short training of each."""
    out = tmp_path_factory.mktemp(request.param) / "run"
    config = find_method(request.param).config(
        learnable.modalities, learnable.dims, max_length=12, **SMALL[request.param] | {"dropout": 0.1}
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(finish, "MEASURED_PATTERNS", HALF)
        patch.setattr(finish, "MEASURED_SEEDS", 1)
        card = train(learnable, config, LEARNING, out, CPU)
    return request.param, out, card


def test_it_learns_better_than_chance(trained):
    name, out, card = trained
    complete = next(m for m in card.measurements if m.predictor == "fused" and m.pattern == str(HALF[0]))
    assert complete.mean["ACC"] > 0.6, complete.mean
    terms = {key[2] for row in log(out) for key in row if key[:2] == ("training", "loss")}
    assert terms >= TERMS[name] | {"fused", "all"}


def test_its_checkpoint_predicts_the_same(trained, learnable):
    name, out, card = trained
    checkpoint, conversation = load_checkpoint(out), learnable.split("test")[0]
    assert (checkpoint.method.name, card.method) == (name, name)
    first, again = (predict_conversation(load_checkpoint(out), conversation, conversation.observed) for _ in range(2))
    np.testing.assert_array_equal(first.fused, again.fused)
    stream = Stream(learnable.split("test"), checkpoint.standardise, CPU)
    together = predict(checkpoint.model, stream, stream.utterances.observed)
    np.testing.assert_allclose(together["fused"][: len(conversation)], first.fused, rtol=1e-3, atol=1e-4)
    measured = next(m for m in card.measurements if m.predictor == "fused" and m.pattern == str(HALF[0]))
    again = metrics(learnable.task, together["fused"], stream.utterances.labels)
    assert again["MAE"] == pytest.approx(measured.mean["MAE"], rel=1e-3)


def test_the_second_stage_of_mmin_begins_at_its_teacher(learnable):
    method = find_method("mmin")
    config = method.config(learnable.modalities, learnable.dims, max_length=12, **SMALL["mmin"])
    standardise = Standardiser.fit(learnable.split("train"))
    streams = [Stream(learnable.split(split), standardise, CPU) for split in ("train", "validation")]
    trainer = Trainer(learnable.task, config, replace(LEARNING, first_epochs=1, second_epochs=1), *streams, CPU)
    epochs = trainer.run()
    next(epochs)
    taught = {key: value.clone() for key, value in trainer.best.state.items() if key.startswith("teacher.")}
    next(epochs)
    after = trainer.model.state_dict()
    assert all(after[key].equal(value) for key, value in taught.items())  # a teacher does not learn
    key = "encoders.modalities.0.0.weight"
    moved = (after[key] - taught[f"teacher.{key}"]).norm() / taught[f"teacher.{key}"].norm()
    assert 0 < moved < 0.2


def test_what_is_rebuilt_is_measured_alike_for_all(trained, learnable):
    _, out, _ = trained
    checkpoint = load_checkpoint(out)
    if "reconstruction" not in checkpoint.method.capabilities:
        with pytest.raises(CompVizError, match=r"has no reconstruction of what is missing\..*Choose a checkpoint"):
            rebuilding_table(checkpoint, learnable)
        return
    table = rebuilding_table(checkpoint, learnable, ["uniform(0)", "uniform(0.5)"])
    some, nothing = (table[table["pattern"] == pattern] for pattern in ("uniform(0.5)", "uniform(0)"))
    assert nothing["value"].isna().all()
    assert (some["entries"] > 5).all()
    assert some["value"].notna().all()
    assert (some[some["measure"] == ERROR]["value"] > 0).all()
