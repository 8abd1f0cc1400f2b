"""Training that is killed, runs out of room, or gets data of the most awkward kinds: a clear message or a sound result."""

import multiprocessing
import resource
import signal
import sys
import time
from dataclasses import replace
from types import ModuleType

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.data.batch import Stream
from comp_viz.data.conversation import Task
from comp_viz.data.dataset import DataSet
from comp_viz.errors import CompVizError
from comp_viz.evaluation.evaluate import predict
from comp_viz.methods.comp.method import METHOD
from comp_viz.training import run as runs
from comp_viz.training.resolve import ResolvedRecipe
from comp_viz.training.run import train
from comp_viz.training.telemetry import TABLES, read_telemetry

CPU = torch.device("cpu")
RECIPE = ResolvedRecipe(first_epochs=6, second_epochs=14, batch=3, bank=4, selection=("uniform(0.3)",))


PROCESSES = multiprocessing.get_context("forkserver")  # a fork of this process, with its threads, may hang for ever
PROCESSES.set_forkserver_preload(["comp_viz.training.run"])


def work(data, config, out, room):
    """What runs in a process of its own: a training that saves often, with room for files of so many bytes."""
    torch.set_num_threads(1)  # as here: threads change the order of sums
    runs.SAVE_EPOCHS, runs.SHOW_SECONDS = 2, 0.0
    if room:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
    try:
        train(data, config, RECIPE, out, CPU)
    except CompVizError as error:
        (out.parent / "said").write_text(str(error), encoding="utf-8")
        sys.exit(7)


@pytest.fixture(autouse=True)
def without_a_main(monkeypatch):
    """A page that was tested here before left itself as the main module, which every new process would run."""
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))


def in_a_process(*arguments, room=0):
    """Start `work` in a process of its own that can be killed."""
    child = PROCESSES.Process(target=work, args=(*arguments, room))
    child.start()
    return child


def same(first, second):
    """Whether two runs left the same weights, card and telemetry."""
    one, other = (load_file(folder / "model.safetensors") for folder in (first, second))
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert (first / "config.json").read_text() == (second / "config.json").read_text()
    for name in TABLES:
        assert read_telemetry(first / "telemetry", name).equals(read_telemetry(second / "telemetry", name)), name
    assert sorted(p.name for p in first.rglob("*")) == sorted(p.name for p in second.rglob("*"))
    return True


def test_a_run_killed_five_times_gives_the_numbers_of_one_that_was_not(small_lab, small_config, tmp_path):
    start = time.monotonic()
    child = in_a_process(small_lab, small_config, tmp_path / "whole")  # other tests may have left threads here
    child.join(120)
    assert child.exitcode == 0
    whole = time.monotonic() - start
    out, kills, random = tmp_path / "killed", 0, np.random.default_rng(time.time_ns())
    while True:
        child = in_a_process(small_lab, small_config, out)
        if kills < 5:
            time.sleep(random.uniform(0, whole / 3))
            child.kill()
            kills += 1
        child.join(120)
        for name in TABLES:  # whatever there is can be read
            read_telemetry(out / "running" / "telemetry", name)
        if kills == 5 and child.exitcode == 0:
            break
        assert child.exitcode in (0, -signal.SIGKILL)
    assert same(out, tmp_path / "whole")


def test_without_room_a_run_ends_in_words_and_goes_on_when_there_is_some(
    small_lab, small_config, tmp_path, monkeypatch
):
    train(small_lab, small_config, RECIPE, tmp_path / "whole", CPU)
    monkeypatch.setattr(runs, "SAVE_EPOCHS", 2)
    out = tmp_path / "full"

    def stop(epoch, of, _):
        if epoch == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(small_lab, small_config, RECIPE, out, CPU, stop)
    state = out / "running" / "resume.pt"
    before, names = state.read_bytes(), {path.name for path in (out / "running").iterdir()}

    child = in_a_process(small_lab, small_config, out, room=len(before) // 2)
    child.join(120)
    assert child.exitcode == 7
    message = (tmp_path / "said").read_text(encoding="utf-8")
    assert "cannot be written to" in message
    assert "MB are free there" in message
    assert "repeat the command" in message
    assert state.read_bytes() == before
    assert {path.name for path in (out / "running").iterdir()} == names  # no half-written file is left
    train(small_lab, small_config, RECIPE, out, CPU)
    assert same(out, tmp_path / "whole")


# Awkward data


def changed(data, change, task=None):
    """The data set with every conversation changed by `change(index within its split, conversation)`."""
    seen = dict.fromkeys(("train", "validation", "test"), 0)
    conversations = []
    for c in data.conversations:
        conversations.append(change(seen[c.split], c))
        seen[c.split] += 1
    return DataSet("Awkward", task or data.task, tuple(conversations), data.sources, data.licence, "")


def nothing_observed(i, c):
    return replace(c, observed=np.zeros_like(c.observed)) if i == 0 else c


def no_video(i, c):
    return replace(c, observed=c.observed & np.array([True, True, False]))


def video_only_in_test(i, c):
    return c if c.split == "test" else no_video(i, c)


def all_positive(i, c):
    return replace(c, labels=np.ones_like(c.labels))


def all_neutral(i, c):
    return replace(c, labels=np.zeros_like(c.labels))


def short(i, c):
    return c.window(0, 1)


def constant_features(i, c):
    return replace(c, features={u: np.ones_like(x) for u, x in c.features.items()})


@pytest.mark.parametrize(
    "change", [nothing_observed, no_video, video_only_in_test, all_positive, all_neutral, short, constant_features]
)
@pytest.mark.parametrize("preset", ["ours", "published"])
def test_awkward_data_gives_a_sound_model(small_lab, small_config, tmp_path, change, preset):
    data = changed(small_lab, change)
    recipe = replace(METHOD.presets[preset].recipe, first_epochs=2, second_epochs=2, batch=3, bank=4)
    card = train(data, small_config, recipe, tmp_path / "run", CPU)
    assert sound(tmp_path / "run", data)
    assert {m.predictor for m in card.measurements} == {"fused", "audio", "text", "video"}


@pytest.mark.parametrize("preset", ["ours", "published"])
def test_one_class_only_gives_a_sound_model(small_lab, small_config, tmp_path, preset):
    def only(i, c):
        return replace(c, labels=np.ones_like(c.labels))

    data = changed(small_lab, only, Task("emotion", ("sad", "happy", "angry")))
    recipe = replace(METHOD.presets[preset].recipe, first_epochs=2, second_epochs=2, batch=3, bank=4)
    card = train(data, replace(small_config, outputs=3), recipe, tmp_path / "run", CPU)
    assert sound(tmp_path / "run", data)
    assert all(m.mean["UA"] is not None for m in card.measurements)


def sound(folder, data):
    """Whether the saved model answers every test utterance with finite numbers, and telemetry has no infinite one."""
    saved = load_checkpoint(folder)
    stream = Stream(data.split("test"), saved.standardise, CPU)
    predictions = predict(saved.model, stream, stream.utterances.observed)
    losses = read_telemetry(folder / "telemetry", "epochs").to_pylist()
    assert all(np.isfinite(row["value"]) for row in losses if row["quantity"] == "loss")
    norms = read_telemetry(folder / "telemetry", "gradients")["norm"].to_numpy()
    return np.isfinite(norms).all() and all(np.isfinite(y).all() for y in predictions.values())
