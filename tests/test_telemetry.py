"""Telemetry: what it says is what happened, it can be read at any time, and going back cuts it cleanly."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from comp_viz.data.batch import Standardiser, Stream
from comp_viz.data.conversation import Task
from comp_viz.errors import CompVizError
from comp_viz.training.loop import Trainer
from comp_viz.training.resolve import ResolvedRecipe
from comp_viz.training.telemetry import TABLES, Telemetry, read_telemetry, thinned

CPU = torch.device("cpu")
NAMES = ["audio", "text", "video"]
RECIPE = ResolvedRecipe(first_epochs=2, second_epochs=3, batch=3, bank=4, missing="uniform(0.4)")


@pytest.fixture(params=["scores", "classes"])
def run(request, small_lab, small_config):
    """A short training: the trainer, its epochs, and the steps of each."""
    train, selection = small_lab.split("train"), small_lab.split("validation")
    task = small_lab.task
    neutral = np.float32(0.5)
    if request.param == "classes":
        task = Task("emotion", ("low", "middle", "high"))
        train, selection = (
            [replace(c, labels=np.digitize(c.labels, [-0.5, 0.5]).astype(np.float32)) for c in part]
            for part in (train, selection)
        )
    else:  # some utterances exactly neutral, some without a label
        task = replace(task, neutral=0.5)
        train = [
            replace(c, labels=np.where(np.arange(len(c)) % 4 == 1, neutral, np.where(np.arange(len(c)) % 4 == 3, np.nan, c.labels)))
            for c in train
        ]  # fmt: skip
    standardise = Standardiser.fit(train)
    config = replace(small_config, outputs=task.outputs)
    made = Trainer(task, config, RECIPE, *(Stream(part, standardise, CPU) for part in (train, selection)), CPU)
    steps, real = [], made.one_epoch
    made.one_epoch = lambda first: steps.append(real(first)) or steps[-1]
    return made, list(made.run()), steps


def frame(epochs, name):
    """A table of all epochs, words as plain strings."""
    result = pa.concat_tables([epoch.tables[name] for epoch in epochs]).to_pandas()
    return result.astype(dict.fromkeys(result.select_dtypes("category"), object))


def test_every_table_has_the_columns_it_promises(run):
    _, epochs, _ = run
    for epoch in epochs:
        assert epoch.tables.keys() == TABLES.keys()
        for name, table in epoch.tables.items():
            assert table.schema == TABLES[name]
            table.validate(full=True)


def test_every_training_utterance_is_there_once_for_every_epoch_and_modality(run):
    made, epochs, _ = run
    rows = frame(epochs, "utterances")
    key = ["epoch", "conversation", "utterance", "modality"]
    assert not rows.duplicated(key).any()
    expected = {(c.id, i, u) for c in made.train.conversations for i in range(len(c)) for u in NAMES}
    for _, part in rows.groupby("epoch"):
        assert set(map(tuple, part[key[1:]].itertuples(index=False))) == expected


def test_utterances_say_what_the_steps_saw(run):
    """Coefficient, error, correctness and availability, looked up one by one in the steps' tensors."""
    made, epochs, steps = run
    classes = bool(made.task.classes)
    for epoch, done in zip(epochs, steps, strict=True):
        rows = frame([epoch], "utterances").set_index(["conversation", "utterance", "modality"])
        for step in done:
            for b, number in enumerate(step.conversations):
                conversation = made.train.conversations[number]
                for s, label in enumerate(conversation.labels):
                    for u, name in enumerate(NAMES):
                        row = rows.loc[conversation.id, s, name]
                        prediction = step.predictions[name][b, s]
                        assert row["observed"] == step.observed[b, s, u].item()
                        if np.isnan(label):
                            assert row[["error", "correct", "coefficient"]].isna().all()
                            continue
                        target = label - made.task.neutral
                        error = 1 - prediction.softmax(0)[int(label)] if classes else abs(prediction[0] - target)
                        assert row["error"] == pytest.approx(error.item(), rel=2e-3, abs=1e-3)
                        if not classes and target == 0:
                            assert row[["correct", "coefficient"]].isna().all()
                            continue
                        right = prediction.argmax() == int(label) if classes else (prediction[0] > 0) == (target > 0)
                        assert row["correct"] == right.item()
                        if epoch.stage == 1:
                            assert pd.isna(row["coefficient"])
                        else:
                            result = step.modulation.coefficients[u, b, s].item()
                            assert row["coefficient"] == pytest.approx(result, rel=1e-3)


def test_steps_hold_the_coefficients_by_position_and_the_guard(run):
    _, epochs, steps = run
    rows = frame(epochs, "steps")
    assert set(rows["epoch"]) == {2, 3, 4}
    for epoch in (2, 3, 4):
        for i, step in enumerate(steps[epoch]):
            for u, name in enumerate(NAMES):
                at = (rows["epoch"] == epoch) & (rows["step"] == i) & (rows["modality"] == name)
                (row,) = rows[at].itertuples()
                np.testing.assert_array_equal(row.coefficients, step.modulation.by_position[u].numpy())
                assert row.guarded == pytest.approx(step.modulation.clipped[u].item())


def test_gradient_norms_are_those_of_the_parameters(run):
    made, _, _ = run
    made.recipe = replace(made.recipe, gradient_norm=None)
    made.optimizer.step = lambda: None
    made.model.train()
    step = made.step([0, 1, 2], np.random.default_rng(0), made.stages[1])
    result = dict(zip(made.gradient_norms.names, step.gradients, strict=True))
    named = dict(made.model.named_parameters())
    assert set(result) == {
        "projection", "encoder", "prototypes", "prompts", "propagation", "modality heads", "coordinator", "fused head",
    }  # fmt: skip

    def norm(keys, u=None):
        parts = [named[key].grad if u is None else named[key].grad[u] for key in keys]
        return torch.cat([part.flatten() for part in parts]).norm().item()

    for u in range(3):
        assert result["projection"][u].item() == pytest.approx(norm([f"input.{u}.weight", f"input.{u}.bias"]), rel=1e-5)
        for module, part in (("encoder", "encoder."), ("prototypes", "compressor."), ("propagation", ".layers.")):
            expected = norm([key for key in named if part in key], u)
            assert result[module][u].item() == pytest.approx(expected, rel=1e-5)
        prompts = [key for key in named if any(part in key for part in ("from_", "inject", "expand"))]
        assert result["prompts"][u].item() == pytest.approx(norm(prompts, u), rel=1e-5)
    assert result["fused head"][3].item() == pytest.approx(
        norm([key for key in named if key.startswith("fus")]), rel=1e-5
    )
    assert result["fused head"][:3].isnan().all()
    assert result["projection"][3].isnan()


def test_the_first_stage_has_no_gradients_of_prompts_and_the_coordinator(run):
    _, epochs, _ = run
    rows = frame(epochs, "gradients")
    first = set(rows[rows["epoch"] < 2]["module"])
    assert first == {"projection", "encoder", "propagation", "modality heads"}
    assert set(rows[rows["epoch"] >= 2]["module"]) > first
    assert rows["norm"].notna().all()


def test_an_epoch_s_numbers_follow_from_its_steps_and_utterances(run):
    _, epochs, steps = run
    for epoch, done in zip(epochs, steps, strict=True):
        values, rows = epoch.values, frame([epoch], "utterances")
        assert epoch.loss == pytest.approx(np.mean([step.losses["loss"].item() for step in done]), rel=1e-5)
        for name in NAMES:
            correct = rows[rows["modality"] == name]["correct"].dropna().astype(float)
            assert values["training", "ACC", name] == pytest.approx(correct.mean())
            assert 0 <= values["selection", "ACC", name] <= 1
        assert ("training", "ACC", "fused") in values or epoch.stage == 1
        assert (("selection", "coordinator", "audio") in values) == (epoch.stage == 2)
        if epoch.stage == 2:
            for split in ("training", "selection"):
                assert sum(values[split, "coordinator", u] for u in NAMES) == pytest.approx(1, abs=1e-4)
            means = [step.modulation.by_position[1].mean().item() for step in done]
            assert values["training", "coefficient", "text"] == pytest.approx(np.mean(means), rel=1e-4)
        table = frame([epoch], "epochs")
        for row in table.itertuples():
            assert row.value == pytest.approx(values[row.split, row.quantity, row.of], nan_ok=True)
        assert len(table) == len(values)


def test_prototypes_drift_from_the_second_epoch_of_stage_two_on(run):
    _, epochs, _ = run
    drifts = [[epoch.values.get(("training", "drift", u)) for u in NAMES] for epoch in epochs]
    assert drifts[:3] == [[None] * 3] * 3
    assert all(0 < value < 2 for row in drifts[3:] for value in row)


# Files


def some(epoch, rows=2):
    """A `gradients` table of one epoch."""
    words = pa.array(["m"] * rows, pa.string()).dictionary_encode()
    norms = pa.array(np.arange(rows, dtype=np.float32) + epoch)
    columns = [pa.array([epoch] * rows, pa.int32()), pa.array(range(rows), pa.int32()), words, words, norms]
    return pa.table([pa.array(c) if isinstance(c, list) else c for c in columns], TABLES["gradients"])


@settings(deadline=None)
@given(st.lists(st.sampled_from(["add", "flush", "save", "kill"]), max_size=25))
def test_what_was_saved_is_there_and_nothing_twice(tmp_path_factory, moves):
    """Any order of epochs, flushes, saved states and kills leaves the epochs of an uninterrupted run."""
    folder = tmp_path_factory.mktemp("run")
    telemetry, epoch, flushed, saved = Telemetry(folder), 0, 0, 0
    for move in moves:
        if move == "add":
            telemetry.add({"gradients": some(epoch)})
            epoch += 1
        elif move in ("flush", "save"):
            telemetry.flush()
            flushed = epoch
            saved = epoch if move == "save" else saved
        else:  # what waited is lost, and the run goes on from the saved state
            telemetry, epoch, flushed = Telemetry(folder), saved, saved
            telemetry.cut(saved)
        assert read_telemetry(folder, "gradients")["epoch"].to_pylist() == [e for e in range(flushed) for _ in range(2)]
    telemetry.join(folder / "whole")
    assert read_telemetry(folder / "whole", "gradients")["epoch"].to_pylist() == [
        e for e in range(epoch) for _ in range(2)
    ]
    assert len(read_telemetry(folder / "whole", "steps")) == 0


def test_what_a_killed_run_was_about_to_write_is_removed(tmp_path):
    for place in (tmp_path / "gradients", tmp_path / "whole"):
        place.mkdir()
        (place / ".000000.123.parquet").write_bytes(b"half")
    telemetry = Telemetry(tmp_path)
    telemetry.add({"gradients": some(0)})
    telemetry.flush()
    telemetry.cut(1)
    assert [path.name for path in (tmp_path / "gradients").iterdir()] == ["000000.parquet"]
    telemetry.join(tmp_path / "whole")
    assert sorted(path.name for path in (tmp_path / "whole").iterdir()) == sorted(f"{name}.parquet" for name in TABLES)


def test_a_damaged_part_is_named(tmp_path):
    telemetry = Telemetry(tmp_path)
    telemetry.add({"gradients": some(0)})
    telemetry.flush()
    (part,) = (tmp_path / "gradients").iterdir()
    whole = part.read_bytes()
    for content in (b"", whole[:-9], b"PAR1" + bytes(60) + b"PAR1"):
        part.write_bytes(content)
        with pytest.raises(CompVizError, match=r"000000\.parquet is no telemetry that can be read"):
            read_telemetry(tmp_path, "gradients")
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"other": [1]}), part)
    with pytest.raises(CompVizError, match="no telemetry"):
        read_telemetry(tmp_path, "gradients")


def test_thinning_keeps_the_first_and_the_last_epoch_and_evenly_between():
    table = pa.concat_tables([some(epoch) for epoch in range(100)])
    whole = {"epochs": table, "gradients": table, "steps": table.slice(0, 0), "utterances": table.slice(100)}
    few = thinned(whole, 5)
    assert few["epochs"] is table
    assert few["gradients"]["epoch"].to_pylist() == [e for e in (0, 25, 50, 74, 99) for _ in range(2)]
    assert few["utterances"]["epoch"].unique().to_pylist() == [50, 74, 99]
    assert len(few["steps"]) == 0
    assert thinned(whole, 1)["gradients"]["epoch"].unique().to_pylist() == [0]
    assert thinned(whole, 1000)["gradients"].equals(table)


def test_the_documentation_names_every_table_and_column():
    text = (Path(__file__).parents[1] / "docs" / "telemetry.md").read_text()
    for name, schema in TABLES.items():
        section = text.split(f"\n## {name}\n")[1].split("\n## ")[0]
        assert not [column for column in schema.names if f"`{column}`" not in section]
