"""Ten visitors at once, each with a checkpoint and a missing pattern of their own, get right and undisturbed answers.

AppTest puts a runtime of its own in place of the global one while a script runs, so that two cannot run at once; the
threads here call what pages call: the cached functions behind `PageView` and the passes behind Robustness.
"""

import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
import pytest
from page_cases import write_case
from streamlit.delta_generator import DeltaGenerator

from comp_viz.analysis.inside import look_inside
from comp_viz.analysis.prediction import predict_conversation
from comp_viz.analysis.robustness.drawings import Drawing, evaluate_drawing
from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.data.batch import Stream
from comp_viz.data.conversation import Conversation
from comp_viz.data.dataset import Utterances
from comp_viz.data.patterns.pattern import Pattern
from comp_viz.data.source import data_root, open_data
from comp_viz.network.intervention import AS_TRAINED, Intervention
from comp_viz.ui.cache import checkpoints, data_sets, predictions, split_stream
from comp_viz.ui.frame.page_view import PageView
from comp_viz.ui.robustness import measurement
from comp_viz.ui.robustness.measurement import measured_scores, split_scores

CASES = (
    "usual",
    "six classes",
    "four modalities",
    "two modalities",
    "without prompting",
    "one block",
    "without coordination",
)
VISITORS, ROUNDS = 10, 4  # more checkpoints than are kept, so that some are dropped and loaded again meanwhile


@dataclass(frozen=True)
class Visitor:
    """What one visitor looks at, and what the library says of it when nobody else asks."""

    name: str
    conversation: Conversation
    observed: np.ndarray
    changed: Intervention
    one: Drawing
    expected: dict[str, np.ndarray]


@pytest.fixture
def visitors(tmp_path, monkeypatch):
    """Ten visitors over seven checkpoints; answers computed alone, from checkpoints loaded for that and no other use."""
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "data").mkdir()
    for case in CASES:
        (tmp_path / case).mkdir()
        write_case(case, tmp_path / case)
        shutil.move(tmp_path / case / "checkpoints" / "case", tmp_path / "checkpoints" / case)
        shutil.move(tmp_path / case / "data" / "case.arrow", tmp_path / "data" / f"{case}.arrow")
    monkeypatch.setattr(checkpoints, "CHECKPOINTS", (tmp_path / "checkpoints",))
    monkeypatch.setenv("COMP_VIZ_DATA", str(tmp_path / "data"))
    for cache in (
        checkpoints._checkpoint,
        data_sets._data_set,
        predictions.cached_prediction,
        predictions.cached_inside,
        measurement._measured,
        split_stream.split_stream,
    ):
        cache.clear()
    return [visitor(tmp_path, number) for number in range(VISITORS)]


def visitor(root, number: int) -> Visitor:
    """Visitor `number`: no two have the same checkpoint and pattern."""
    name = CASES[number % len(CASES)]
    checkpoint, data = load_checkpoint(root / "checkpoints" / name), open_data(str(root / "data" / f"{name}.arrow"))
    conversation = data.split("test")[number % 2]
    pattern = Pattern.parse(f"uniform(0.{number % 7 + 1})")
    observed = pattern(Utterances.of([conversation]), data.task, np.random.default_rng(number))
    changed = Intervention(momentum=0.05 + number / 20) if checkpoint.config.prompting else AS_TRAINED
    one, stream = (
        Drawing(str(pattern), number),
        Stream(data.split("test"), checkpoint.standardise, checkpoint.bank.device),
    )
    expected = read(
        predict_conversation(checkpoint, conversation, observed),
        look_inside(checkpoint, conversation, observed, changed),
        evaluate_drawing(checkpoint, data.task, stream, one),
    )
    return Visitor(name, conversation, observed, changed, one, expected)


def read(prediction, inside, drawn) -> dict[str, np.ndarray]:
    """Everything an answer consists of, by name."""
    result = {"fused": prediction.fused, "coordinator": prediction.coordinator}
    result |= {f"head {u}": y for u, y in prediction.heads.items()}
    result |= {f"inside {u}": y for u, y in inside.prediction.heads.items()} | {"inside fused": inside.prediction.fused}
    return result | {f"{u} {m}": v for u, metrics in drawn.values.items() for m, v in metrics.items()}


def visit(begin: threading.Barrier, one: Visitor) -> list[dict[str, np.ndarray]]:
    """Ask for everything, several times over, at the same moment as everybody else; caches lose entries meanwhile."""
    answers = []
    for _ in range(ROUNDS):
        begin.wait(60)
        checkpoint, data = (
            checkpoints.open_checkpoint(one.name, "cpu"),
            data_sets.open_data_set(f"{one.name}.arrow", str(data_root())),
        )
        view = PageView(
            one.name,
            checkpoint,
            "cpu",
            f"{one.name}.arrow",
            data,
            data.find(one.conversation.id),
            one.observed,
            DeltaGenerator(),
        )
        scores = split_scores(view, "test", [one.one])
        scores.add(one.one)
        drawn = scores.values[one.one]
        answers.append(read(view.predict(one.observed), view.inside(changed=one.changed), drawn))
        if begin.wait(60) == 0:  # one of them, whichever
            for cache in (predictions.cached_prediction, predictions.cached_inside, measurement._measured):
                cache.clear()
    return answers


def test_ten_visitors_at_once_get_what_the_library_says_to_each_alone(visitors):
    begin = threading.Barrier(VISITORS)
    with ThreadPoolExecutor(VISITORS) as threads:
        result = list(threads.map(partial(visit, begin), visitors))
    told_apart = set()
    for one, answers in zip(visitors, result, strict=True):
        assert len(answers) == ROUNDS
        for answer in answers:
            assert answer.keys() == one.expected.keys()
            for name, value in one.expected.items():
                np.testing.assert_allclose(answer[name], value, atol=1e-5, err_msg=f"{one.name}: {name}")
        told_apart.add(one.expected["fused"].tobytes())
    assert len(told_apart) == VISITORS  # a visitor given another's answer would have been noticed


def test_two_visitors_with_the_same_question_have_it_measured_once(visitors, monkeypatch):
    one, made, original = visitors[0], [], measurement.evaluate_drawing
    monkeypatch.setattr(
        measurement, "evaluate_drawing", lambda *args, **named: (made.append(args[3]), original(*args, **named))[1]
    )
    measurement._measured.clear()
    begin = threading.Barrier(VISITORS)
    data = data_sets.open_data_set(f"{one.name}.arrow", str(data_root()))
    view = PageView(
        one.name,
        checkpoints.open_checkpoint(one.name, "cpu"),
        "cpu",
        f"{one.name}.arrow",
        data,
        one.conversation,
        one.observed,
        DeltaGenerator(),
    )
    passes = [Drawing("uniform(0.5)", seed) for seed in range(5)]

    def ask(_: int) -> int:
        begin.wait(60)
        for each in passes:
            split_scores(view, "test", passes).add(each)
        return len(measured_scores(view, "test"))

    with ThreadPoolExecutor(VISITORS) as threads:
        assert list(threads.map(ask, range(VISITORS))) == [len(passes)] * VISITORS
    assert sorted(made, key=lambda p: p.seed) == passes


ON_ONE_THREAD = """
from threadpoolctl import threadpool_info

import comp_viz.ui.cache.inference

print(*(library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"))
"""


def test_the_server_computes_on_one_thread_at_a_time():
    """Threads of a BLAS that wait for each other take the processor from visitors. Asked of a fresh process: others load more."""
    threads = subprocess.run([sys.executable, "-c", ON_ONE_THREAD], capture_output=True, text=True, check=True)
    assert set(threads.stdout.split()) == {"1"}
