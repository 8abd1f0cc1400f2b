"""Pickles of MMSA and MulT: what is read is compared with the arrays that were written."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from comp_viz.data.conversation import Task
from comp_viz.data.layouts.registry import find_layout
from comp_viz.data.published import pickle_machine
from comp_viz.data.reading import FileReading
from comp_viz.data.source import open_data, peek_data
from comp_viz.errors import CompVizError

VIDEOS = {"train": ("b_1", "a$x"), "valid": ("c",), "test": ("d",)}
NUMBERS = (10, 9, 2)  # of the clips of a video, in the order of the file
STEPS = {"text": 4, "audio": 6, "vision": 5}
WIDTHS = {"text": 7, "audio": 3, "vision": 2}


def split(rng, videos, **changes):
    """One split as MMSA writes it: padding comes last."""
    ids = [f"{video}$_${number}" for video in videos for number in NUMBERS]
    made = {
        "raw_text": np.array([f"words of {name}" for name in ids]),
        "id": ids,
        "audio_lengths": [2 + row % 3 for row in range(len(ids))],
        "vision_lengths": [1 + row % 5 for row in range(len(ids))],
        "regression_labels": rng.uniform(-3, 3, len(ids)).astype(np.float32),
        "classification_labels": np.arange(len(ids)) % 3,
        "annotations": [("Negative", "Neutral", "Positive")[row % 3] for row in range(len(ids))],
    }
    mask = (np.arange(STEPS["text"]) < 2 + np.arange(len(ids))[:, None] % 3).astype(np.float32)
    made["text_bert"] = np.stack([mask * 7, mask, mask * 0], axis=1)
    for name, width in WIDTHS.items():
        made[name] = rng.standard_normal((len(ids), STEPS[name], width)).astype(np.float32)
        lengths = mask.sum(1) if name == "text" else made[f"{name}_lengths"]
        for row, length in enumerate(lengths):
            made[name][row, int(length) :] = 0 if name != "text" else 5  # BERT has values where there are no words
    return made | changes


@pytest.fixture
def parts(rng):
    return {name: split(rng, videos) for name, videos in VIDEOS.items()}


@pytest.fixture
def stays(monkeypatch):
    """Even small arrays stay in the file."""
    monkeypatch.setattr(pickle_machine, "LARGE", 64)


@pytest.fixture
def store(tmp_path):
    def store(value, protocol=4, name="unaligned_50.pkl"):
        (tmp_path / name).write_bytes(pickle.dumps(value, protocol))
        return str(tmp_path / name)

    return store


def mean(parts, split, row, key):
    """The mean of the real steps, straight from the arrays."""
    part = parts[split]
    length = part["text_bert"][row, 1].sum() if key == "text" else part[f"{key}_lengths"][row]
    return part[key][row, : int(length)].astype(np.float64).mean(0)


@pytest.mark.usefixtures("stays")
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_mmsa(parts, store, protocol):
    data = open_data(store(parts, protocol))
    assert data.widths == {"audio": 3, "text": 7, "video": 2}
    assert data.task == Task("sentiment", low=-3, high=3)
    assert data.utterances.ids == ("b_1", "a$x", "c", "d")
    assert data.utterances.splits == ("train", "train", "validation", "test")
    assert data.findings.problems == []
    second = data.find("a$x")
    rows = [5, 4, 3]  # clips 2, 9 and 10
    assert second.words == tuple(f"words of a$x$_${number}" for number in (2, 9, 10))
    np.testing.assert_array_equal(second.labels, parts["train"]["regression_labels"][rows])
    for modality, key in (("audio", "audio"), ("text", "text"), ("video", "vision")):
        expected = [mean(parts, "train", row, key) for row in rows]
        np.testing.assert_allclose(second.features[modality], expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(data.find("d").features["video"][2], mean(parts, "test", 0, "vision"), rtol=1e-5)
    assert data.sources["audio"] == "audio in the file, 3-d of up to 6 steps, mean over the real length"


@pytest.mark.usefixtures("stays")
@pytest.mark.parametrize("protocol", [2, 4, 5])
@pytest.mark.parametrize("known", [True, False], ids=["lengths", "no lengths"])
def test_arrays_with_columns_first_big_endian_and_doubles(parts, store, protocol, known):
    expected = open_data(store(parts))
    for part in parts.values():
        part["vision"] = np.asfortranarray(part["vision"])
        part["audio"] = np.asfortranarray(part["audio"].astype(">f8"))
        for key in () if known else ("audio_lengths", "vision_lengths"):
            del part[key]
    data = open_data(store(parts, protocol))
    for conversation in expected.conversations:
        for modality, features in conversation.features.items():
            np.testing.assert_allclose(data.find(conversation.id).features[modality], features, rtol=1e-5, atol=1e-6)


@pytest.mark.usefixtures("stays")
@pytest.mark.parametrize("known", [True, False], ids=["lengths", "no lengths"])
@pytest.mark.parametrize("kind", ["padded", "front", "cut", "numbers"])
def test_lists_of_sequences_are_pooled_as_arrays_are(parts, store, kind, known):
    expected = open_data(store(parts))
    for part in parts.values():
        for key in ("audio", "vision"):
            pairs = list(zip(part[key], part[f"{key}_lengths"], strict=True))
            part[key] = {
                "padded": [steps for steps, _ in pairs],
                "front": [np.roll(steps, -length, axis=0) for steps, length in pairs],
                "cut": [steps[:length] for steps, length in pairs],
                "numbers": [steps.tolist() for steps, _ in pairs],
            }[kind]
            if not known:
                del part[f"{key}_lengths"]
    data = open_data(store(parts))
    assert "-d of up to" in data.sources["audio"]
    for conversation in expected.conversations:
        for modality, features in conversation.features.items():
            np.testing.assert_allclose(data.find(conversation.id).features[modality], features, rtol=1e-5, atol=1e-6)


POOLED = {
    "mean": lambda steps: steps.mean(0),
    "max": lambda steps: steps.max(0),
    "last": lambda steps: steps[-1],
    "first": lambda steps: steps[0],
}


@pytest.mark.parametrize("pooling", POOLED)
def test_pooling_by_choice_with_padding_first_as_in_mult(rng, store, pooling):
    vision = rng.standard_normal((2, 5, 3))
    vision[0, :2] = vision[1, :4] = 0
    vision[0, 3] = 0  # a step without a face within the utterance
    part = {"vision": vision, "text": rng.standard_normal((2, 5, 4)), "labels": np.array([[[1.5]], [[-2]]])}
    part["id"] = np.array([["v", "12.5", "20.0"], ["v", "3.25", "9.75"]], dtype="S8")
    value = {"train": part, "valid": {k: v[:1] for k, v in part.items()}, "test": {k: v[1:] for k, v in part.items()}}
    value["valid"]["id"], value["test"]["id"] = np.array([["w", "0", "1"]], "S8"), np.array([["x", "0", "1"]], "S8")
    data = open_data(store(value, 2), FileReading(choices={"pooling": pooling}))
    first = data.find("v")
    assert first.durations.tolist() == [6.5, 7.5]  # by start, not as in the file
    assert first.labels.tolist() == [-2, 1.5]
    expected = [POOLED[pooling](vision[1, 4:]), POOLED[pooling](vision[0, 2:])]
    np.testing.assert_allclose(first.features["video"], expected, rtol=1e-5)


@pytest.mark.parametrize("repair", ["zero", "leave out", "missing"])
def test_infinite_audio_is_repaired_by_choice_and_said(parts, store, repair):
    audio = parts["train"]["audio"]
    audio[0, :2] = [[1, 2, 3], [-np.inf, 4, np.nan]]
    audio[0, 2:] = np.nan  # padding, which does not matter
    data = open_data(store(parts), FileReading(choices={"infinite": repair}))
    expected = {"zero": [0.5, 3, 1.5], "leave out": [1, 2, 3], "missing": [0, 0, 0]}[repair]
    assert data.find("b_1").features["audio"][2].tolist() == expected
    assert data.find("b_1").observed[2, 0] == (repair != "missing")
    assert [p.reason for p in data.findings.problems if not p.conversation] == [
        "2 values of 1 utterance infinite or NaN, "
        + {"zero": "set to 0", "leave out": "their steps left out", "missing": "kept as missing"}[repair]
        + " (choice infinite: zero, leave out, missing)"
    ]


def test_infinite_steps_are_missing_under_any_pooling(parts, store):
    parts["train"]["audio"][0, 0] = -np.inf
    data = open_data(store(parts), FileReading(choices={"infinite": "missing", "pooling": "max"}))
    assert not data.find("b_1").observed[2, 0]


def test_labels_by_choice(parts, store):
    for part in parts.values():
        part["regression_labels_T"] = part["regression_labels"] / 4
    path = store(parts | {"train_mix": parts["train"] | {}})
    assert open_data(path, FileReading(choices={"labels": "regression_labels_T"})).task == Task(
        "sentiment", low=-1, high=1
    )
    for name in ("classification_labels", "annotations"):
        data = open_data(path, FileReading(choices={"labels": name}))
        assert data.task == Task("sentiment", ("negative", "neutral", "positive"))
        assert data.find("c").labels.tolist() == [2, 1, 0]
    frame = find_layout(Path(path)).read()
    assert {c.name: c.value for c in frame.choices} == {
        "conversations": "video", "labels": "regression_labels", "pooling": "mean", "infinite": "zero"
    }  # fmt: skip
    assert list(frame.unused)[-1] == "train_mix"
    assert sorted(frame.unused)[:4] == ["annotations", "classification_labels", "regression_labels_T", "text_bert"]
    assert peek_data(Path(path)).widths == {"audio": 3, "text": 7, "video": 2}


def test_emotions_of_mult(rng, store):
    labels = np.zeros((4, 4, 2))
    labels[range(4), [3, 0, 1, 2], 1] = 1
    labels[labels.sum(2) == 0, 0] = 1
    labels[3, :] = [[0, 1], [0, 1], [1, 0], [1, 0]]  # two emotions at once
    part = {"labels": labels, "text": rng.standard_normal((4, 3, 2)), "audio": rng.standard_normal((4, 3, 2))}
    path = store({"train": part, "valid": part, "test": part}, name="iemocap_data.pkl")
    data = open_data(path)
    assert data.task == Task("emotion", ("neutral", "happy", "sad", "angry"))
    train = [float(c.labels[0]) for c in data.conversations if c.split == "train"]
    np.testing.assert_array_equal(train, [3, 0, 1, np.nan])
    binary = open_data(path, FileReading(choices={"labels": "labels.0"}))
    assert [float(c.labels[0]) for c in binary.conversations if c.split == "test"] == [0, 1, 0, 1]


def test_a_video_in_test_and_in_another_split_is_taken_apart_and_said(parts, store):
    parts["test"]["id"] = [f"a$x$_${number}" for number in (1, 3, 5)]
    data = open_data(store(parts))
    assert data.utterances.ids == ("b_1", "a$x (train)", "c", "a$x (test)")
    assert "1 video with clips both in test and in another split, as 'a$x'" in data.findings.problems[0].reason
    assert len(open_data(store(parts), FileReading(choices={"conversations": "clip"})).conversations) == 12


def test_what_does_not_fit_is_refused_in_words(parts, store):
    parts["test"]["audio"] = parts["test"]["audio"][:2]
    with pytest.raises(CompVizError, match=r"'audio' of test has 2 entries for 3 utterances"):
        open_data(store(parts))
    with pytest.raises(CompVizError, match=r"holds a dict of 1 \('a'\) and is of no known layout.*MMSA"):
        open_data(store({"a": 1}))
    for part in parts.values():
        del part["regression_labels"], part["classification_labels"], part["annotations"]
    parts["test"]["audio"] = parts["train"]["audio"][:3]
    with pytest.raises(CompVizError, match=r"no labels in all splits, expected one of regression_labels"):
        open_data(store(parts))
