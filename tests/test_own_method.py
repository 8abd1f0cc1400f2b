"""A method added by following docs/own-method.md, from training to what the library makes of its checkpoint."""

import re
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from runs import CPU, RECIPE, log, loss

from comp_viz import methods
from comp_viz.analysis.inside import look_inside
from comp_viz.analysis.prediction import predict_conversation
from comp_viz.analysis.why.coalitions import predict_coalitions
from comp_viz.checkpoint.card import read_card
from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.commands.train import chosen_settings
from comp_viz.errors import CompVizError
from comp_viz.export.file import export_whole
from comp_viz.methods import registry
from comp_viz.methods.contract import check_method
from comp_viz.methods.contract_record import check_record
from comp_viz.methods.learning import Learning, Objective, StagePredictions
from comp_viz.methods.method import absence
from comp_viz.methods.registry import find_method, method_names
from comp_viz.training.contenders import find_contender
from comp_viz.training.run import train

GUIDE = Path(__file__).parents[1] / "docs" / "own-method.md"


@pytest.fixture(scope="module")
def average(tmp_path_factory):
    """The example of the guide, in a folder of its own beside the methods that ship."""
    root = tmp_path_factory.mktemp("methods")
    (root / "average").mkdir()
    (root / "average" / "__init__.py").write_text('"""The mean of what is observed."""\n')
    code = re.search(r"```python\n(.*?)```", GUIDE.read_text(), re.S).group(1)
    (root / "average" / "method.py").write_text(code)
    methods.__path__.append(str(root))
    yield find_method("average")
    methods.__path__.remove(str(root))
    registry.load_method.cache_clear()


@pytest.fixture(scope="module")
def trained(average, small_lab, tmp_path_factory):
    """A short training of it."""
    out = tmp_path_factory.mktemp("average") / "run"
    config = average.config(small_lab.modalities, small_lab.dims, max_length=10, hidden=8)
    train(small_lab, config, replace(RECIPE, second_epochs=12, learning_rate=0.02), out, CPU)
    return out


def test_a_folder_is_a_method(average):
    assert method_names()[0] == "comp"
    assert "average" in method_names()
    assert find_contender("average").method is average


def test_it_learns_and_its_card_names_it(trained):
    rows = log(trained)
    assert loss(rows[-1]) < 0.9 * loss(rows[0])
    assert {row["stage"] for row in rows} == {2}
    card = read_card(trained / "config.json")
    assert (card.method, card.architecture.hidden) == ("average", 8)
    assert "Average: a network" in (trained / "README.md").read_text()
    assert {m.predictor for m in card.measurements} == {"fused", "audio", "text", "video"}


def test_its_checkpoint_predicts_and_says_what_it_has_not(trained, small_lab):
    checkpoint, conversation = load_checkpoint(trained), small_lab.split("test")[0]
    observed = conversation.observed.copy()
    observed[0] = [True, False, False]
    prediction = predict_conversation(checkpoint, conversation, observed)
    np.testing.assert_allclose(prediction.coordinator[0], [1, 0, 0])
    assert prediction.modalities == small_lab.modalities
    coalitions = predict_coalitions(checkpoint, conversation, observed)
    np.testing.assert_allclose(coalitions.predictions["fused"][-1], prediction.fused, atol=1e-6)
    assert absence(checkpoint.method, "trace") == "Average has no trace of prompts and attention."
    assert not absence(checkpoint.method, "heads")
    with pytest.raises(CompVizError, match="Average has no trace"):
        look_inside(checkpoint, conversation, observed)
    with pytest.raises(CompVizError, match=r"is of Average: it has no prompts.*Choose a checkpoint of ComP"):
        _ = checkpoint.comp


def test_it_can_be_exported_as_the_guide_writes_it(trained, small_lab):
    pytest.importorskip("onnxscript")
    runtime = pytest.importorskip("onnxruntime")
    checkpoint, conversation = load_checkpoint(trained), small_lab.split("test")[0]
    session = runtime.InferenceSession(export_whole(checkpoint), providers=["CPUExecutionProvider"])
    shown = conversation.observed.copy()
    shown[0] = [True, False, False]
    inputs = {f"features.{u}": x for u, x in conversation.features.items()} | {"observed": shown}
    answer = dict(zip([one.name for one in session.get_outputs()], session.run(None, inputs), strict=True))
    there = predict_conversation(checkpoint, conversation, shown)
    np.testing.assert_allclose(answer["fused"], there.fused, atol=1e-4)
    np.testing.assert_allclose(answer["head.text"], there.heads["text"], atol=1e-4)


def test_its_options_are_its_own(average, small_lab):
    config, _ = chosen_settings(small_lab, "average", "ours", {"hidden": 5, "max_length": 20})
    assert config == average.config(small_lab.modalities, small_lab.dims, max_length=20, hidden=5)
    with pytest.raises(CompVizError, match=r"--prompt: Average has no such part, only .*hidden"):
        chosen_settings(small_lab, "average", "ours", {"prompt": 5})
    with pytest.raises(CompVizError, match="--preset: Average has ours, got 'published'"):
        chosen_settings(small_lab, "average", "published", {})
    with pytest.raises(CompVizError, match="hidden: expected 1 to"):
        average.config(small_lab.modalities, small_lab.dims, hidden=0)


def test_the_term_of_the_guide_rebuilds(average, small_lab, tmp_path):
    term = re.search(r"```py\n(.*?)```", GUIDE.read_text(), re.S).group(1)
    names = {"torch": torch, "Learning": Learning, "Objective": Objective, "StagePredictions": StagePredictions}
    exec(term, names)

    @dataclass(frozen=True)
    class Config(average.config):
        rebuilding: float = 0.1

        def __post_init__(self):
            super().__post_init__()
            self.check_weight("rebuilding")

    class Rebuilding(average.build):
        def __init__(self, config):
            super().__init__(config)
            self.decoder = torch.nn.ModuleList(torch.nn.Linear(config.outputs, width) for width in config.dims)

        def forward(self, features, observed, valid, *, trace=False):
            out = super().forward(features, observed, valid)
            decoded = (layer(out.fused) for layer in self.decoder)
            return replace(out, reconstruction=dict(zip(self.config.modalities, decoded, strict=True)))

    method = replace(
        average,
        config=Config,
        build=Rebuilding,
        learning=names["RebuildingAverage"],
        capabilities=average.capabilities | {"reconstruction"},
    )
    check_record("average", method)
    config = Config(small_lab.modalities, small_lab.dims, max_length=10, hidden=8)
    check_method(method, config, small_lab.task, RECIPE)
    with pytest.raises(CompVizError, match="rebuilding: expected a weight from 0 to 1000, got nan"):
        replace(config, rebuilding=float("nan"))


def test_an_unknown_method_is_refused_with_those_there_are(trained):
    with pytest.raises(CompVizError, match=r"no method 'better', only comp, average"):
        find_method("better")
    text = (trained / "config.json").read_text().replace('"average"', '"better"')
    other = trained.parent / "other.json"
    other.write_text(text)
    with pytest.raises(CompVizError, match="'better'"):
        read_card(other)


def test_a_card_without_a_method_is_of_comp(small_checkpoint):
    path = small_checkpoint / "config.json"
    text = path.read_text()
    assert '"method": "comp"' in text
    path.write_text(re.sub(r',\s*"method": "comp"', "", text))
    assert read_card(path).method == "comp"
    assert load_checkpoint(small_checkpoint).method.name == "comp"


def test_every_method_owns_each_of_its_parameters(small_lab):
    for name in method_names():
        method = find_method(name)
        config = method.config(small_lab.modalities, small_lab.dims)
        with torch.device("meta"):
            network = method.build(config)
        for key, parameter in network.named_parameters():
            its = method.ownership(key)
            assert its.module, key
            assert its.owner in ("every modality", "shared", 0, 1, 2), key
            if its.owner == "every modality":
                assert parameter.shape[0] == 3, (name, key)
