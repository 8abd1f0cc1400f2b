import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from page_cases import APP, mend_navigation
from streamlit.testing.v1 import AppTest

from comp_viz.analysis.example.answers import Answer, Example, ExampleUtterance, effect_of, read_example
from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.clips.analyse import file_digest
from comp_viz.data.source import EXAMPLE, open_data
from comp_viz.errors import CompVizError
from comp_viz.figures.example.words import happening
from comp_viz.resources import shipped
from recipes.clips.example import example_facts


@pytest.fixture(scope="module")
def example() -> Example:
    return read_example(shipped("examples/example.json"))


def test_the_answers_that_ship_are_the_checkpoints(example):
    checkpoint = load_checkpoint(shipped("checkpoints/clips"))
    data = open_data(EXAMPLE)
    assert data.sources == checkpoint.card.sources
    facts = example_facts(checkpoint, data.conversations[0], example.utterances, example.clip)
    assert example.checkpoint == checkpoint.digest, "make the answers again with python -m recipes.clips.example"
    assert len(facts["answers"]) == len(example.answers) == 8
    for one in facts["answers"]:
        shown = example.answers[tuple(one["kept"])]
        np.testing.assert_allclose(shown.probabilities, one["fused"], atol=2e-4)
        np.testing.assert_allclose(shown.weights, one["weights"], atol=2e-4)


def test_times_and_words_are_of_the_clip_that_ships(example):
    assert example.clip == file_digest(shipped("examples/example.mp4"))
    assert tuple(one.words for one in example.utterances) == open_data(EXAMPLE).conversations[0].words
    times = [time for one in example.utterances for time in (one.start, one.end)]
    assert times == sorted(times)


def small_example() -> Example:
    probabilities = {
        ("audio", "text"): [[0.7, 0.3], [0.6, 0.4], [0.2, 0.8]],
        ("audio",): [[0.6, 0.4], [0.4, 0.6], [0.45, 0.55]],
        ("text",): [[0.7, 0.3], [0.6, 0.4], [0.2, 0.8]],
        (): [[0.5, 0.5]] * 3,
    }
    weights = np.array([[0.3, 0.7], [0.5, 0.5], [0.4, 0.6]])
    answers = {kept: Answer(np.array(rows), weights) for kept, rows in probabilities.items()}
    spoken = tuple(ExampleUtterance(i, i + 0.5, "word") for i in range(3))
    return Example("", "", ("audio", "text"), ("sad", "happy"), spoken, answers)


def test_an_effect_counts_changes_certainty_and_the_weight_of_what_is_missing():
    effect = effect_of(small_example(), ("audio",))
    assert (effect.missing, effect.changed, effect.utterances) == (("text",), 1, 3)
    assert effect.before == pytest.approx(0.7)
    assert effect.after == pytest.approx((0.6 + 0.6 + 0.55) / 3)
    assert effect.weight == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("kept", "sentence"),
    [
        (("audio", "text"), "Nothing is taken away. The likeliest emotion has a probability of 70 % on average; guessing among 2 would be 50 %."),
        (("audio",), "Without the words, 1 of 3 predictions change, and the mean probability of the likeliest emotion goes from 70 % to 58 %. The coordinator still gives what is missing 0.60 of its weight."),
        ((), "Everything is taken away: 1 of 3 predictions change, and the mean probability of the likeliest emotion goes from 70 % to 50 %. What is predicted now says nothing of the clip."),
    ],
    ids=["all", "without words", "nothing left"],
)  # fmt: skip
def test_the_sentence_says_what_happened(kept, sentence):
    assert happening(effect_of(small_example(), kept), 2).replace("\u202f", " ") == sentence


@pytest.mark.parametrize("content", ["", "[]", '{"checkpoint": ""}'], ids=["empty", "list", "half"])
def test_a_damaged_file_says_how_to_make_it_again(tmp_path, content):
    (tmp_path / "example.json").write_text(content)
    with pytest.raises(CompVizError, match=r"recipes\.clips\.example"):
        read_example(tmp_path / "example.json")


def test_the_first_screen_does_not_wait_for_pytorch():
    loaded = "import sys; import app; print('torch' in sys.modules)"
    imports = [
        line.split()[1] for line in Path(shipped("pages/example.py")).read_text().splitlines() if line.startswith("from comp_viz")
    ]  # fmt: skip
    code = "; ".join([*(f"import {name}" for name in imports), loaded])
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=shipped("."))
    assert done.stdout.split()[-1] == "False"


def test_a_visitor_arrives_on_the_example_and_one_with_an_address_on_live(monkeypatch, tmp_path):
    mend_navigation(monkeypatch)
    monkeypatch.setenv("COMP_VIZ_DATA", str(tmp_path))
    app = AppTest.from_file(APP, default_timeout=300).run()
    assert not app.exception
    assert app.subheader[0].value.startswith("Take the voice")
    assert not app.sidebar.children
    other = AppTest.from_file(APP, default_timeout=300)
    other.query_params.update({"checkpoint": "clips", "pattern": "only(audio)"})
    other.run()
    assert other.subheader[0].value == "Without text and video, 4 of 7 predictions flip"
    assert other.selectbox(key="conversation").value == "example"
