"""Tables that others made: whatever may be in them, whatever is wrong with them, and what is made of it."""

import contextlib
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comp_viz.data import memory_budget
from comp_viz.data.check import check_data
from comp_viz.data.conversation import Task
from comp_viz.data.header import Header
from comp_viz.data.labels.fit import ONE_SIDED
from comp_viz.data.reading import FileReading
from comp_viz.data.source import open_data, peek_data
from comp_viz.data.tabular import columns as tabular_columns
from comp_viz.data.tabular.read import read_tabular
from comp_viz.errors import CompVizError

WIDTHS = {"audio": 3, "text": 4}
FLOATS = pa.float32()


def columns(rng, lengths=(3, 2), **changes):
    """The columns of a small good table; None leaves one out."""
    N = sum(lengths)
    made = {
        "conversation": [f"c{v}" for v, length in enumerate(lengths) for _ in range(length)],
        "position": [s for length in lengths for s in range(length)],
        "label": rng.uniform(-2, 2, N).tolist(),
        "split": ["train"] * N,
        "text": [f"words {row}" for row in range(N)],
        **{f"features.{name}": rng.standard_normal((N, width)).tolist() for name, width in WIDTHS.items()},
    }
    return {name: value for name, value in (made | changes).items() if value is not None}


@pytest.fixture
def store(rng, tmp_path):
    """Write a table with some columns changed, and give its path."""

    def write(suffix=".parquet", **changes):
        table = pa.table({name.replace("features_", "features."): value for name, value in changes.items()})
        path = tmp_path / f"made{suffix}"
        if suffix == ".parquet":
            pq.write_table(table, path)
        else:
            with pa.ipc.new_file(str(path), table.schema) as writer:
                writer.write_table(table)
        return path

    return lambda suffix=".parquet", **changes: write(suffix, **columns(rng, **changes))


def problems(data):
    """Where, and what."""
    return [(p.file, p.conversation, p.utterance, p.modality, p.reason) for p in data.findings.problems]


def put(values, row, value):
    """A copy with one row changed."""
    return [*values[:row], value, *values[row + 1 :]]


# What may be in a table


@pytest.mark.parametrize("suffix", [".parquet", ".arrow", ".feather"])
def test_the_least_a_table_must_have(store, suffix):
    path = store(suffix, split=None, text=None)
    data = open_data(str(path))
    assert (data.name, data.task.name, data.task.classes) == ("made", "score", ())
    assert (data.task.low, data.task.high) == (-2, 2)
    assert data.widths == WIDTHS
    assert data.utterances.ids == ("c0", "c1")
    assert data.utterances.splits == ("", "")
    assert data.utterances.observed.all()
    assert np.isnan(data.utterances.durations).all()
    assert data.conversations[0].words == data.conversations[0].speakers == ("",) * 3
    assert not data.findings.rows
    assert peek_data(path) == Header(WIDTHS, classes=False)


@pytest.mark.parametrize("suffix", [".parquet", ".arrow"])
@pytest.mark.parametrize("kind", [pa.list_(FLOATS), pa.list_(pa.float16()), pa.large_list(pa.float64()), pa.list_(FLOATS, 4), pa.list_(pa.int16())], ids=str)  # fmt: skip
def test_lists_of_every_kind(store, suffix, kind):
    values = [[1, 2, 3, 4], None, [5, 6, 7, 8], [0, 0, 0, 1], [1, 1, 1, 1]]
    if pa.types.is_float16(kind.value_type):
        values = [row and [np.float16(value) for value in row] for row in values]
    data = open_data(str(store(suffix, **{"features.text": pa.array(values, kind)})))
    np.testing.assert_array_equal(data.conversations[0].features["text"], [[1, 2, 3, 4], [0] * 4, [5, 6, 7, 8]])
    assert data.utterances.observed[:, 1].tolist() == [True, False, True, True, True]
    assert [(f.kind, f.conversation, f.utterance, f.reason) for f in data.findings.rows] == [
        ("missing", "c0", 2, "no features")
    ]


TEXTS = {
    "plain": pa.string(), "large": pa.large_string(), "view": pa.string_view(),
    "dictionary": pa.dictionary(pa.int8(), pa.string()),
}  # fmt: skip


@pytest.mark.parametrize("suffix", [".parquet", ".arrow"])
@pytest.mark.parametrize("kind", TEXTS.values(), ids=TEXTS)
def test_text_of_every_kind(store, suffix, kind):
    texts = {
        name: pa.array(values, pa.string()).cast(kind)
        for name, values in {
            "conversation": ["a", "b", "b", "a", "a"],
            "label": ["sad", None, "happy", "sad", ""],
            "split": ["test", "train", None, "test", "test"],
            "speaker": ["A", None, "B", "A", "B"],
        }.items()
    }
    data = open_data(str(store(suffix, position=[0, 0, 1, 1, 2], **texts)))
    assert data.utterances.ids == ("a", "b")
    assert data.utterances.splits == ("test", "train")
    assert data.task == Task("emotion", ("happy", "sad"))
    np.testing.assert_array_equal(data.utterances.labels, [1, 1, np.nan, np.nan, 0])
    assert data.utterances.speakers.tolist() == ["A", "A", "B", "", "B"]


@pytest.mark.parametrize("suffix", [".parquet", ".arrow"])
def test_names_may_be_numbers_and_columns_empty(store, suffix):
    path = store(suffix, conversation=[7, 7, 7, 8, 8], speaker=[1, None, 2, 1, 1], text=pa.nulls(5), start=pa.nulls(5))
    data = open_data(str(path))
    assert data.utterances.ids == ("7", "8")
    assert data.utterances.speakers.tolist() == ["1", "", "2", "1", "1"]
    assert data.utterances.observed.all()


def test_positions_may_have_gaps_and_be_floating(store):
    data = read_tabular(store(position=[20.0, 7.0, 9.0, -1.0, 1e15]))
    assert data.conversations[0].words == ("words 1", "words 2", "words 0")
    assert data.conversations[1].words == ("words 3", "words 4")
    assert not data.findings.rows


def test_durations_are_stated_or_from_start_to_end(store):
    data = read_tabular(store(start=[0, 1, 2, None, 4], end=[1.5, 3, 5, 1, None], duration=[None, 9, None, None, None]))
    np.testing.assert_array_equal(data.utterances.durations, np.float32([1.5, 9, 3, np.nan, np.nan]))


def test_modalities_are_in_the_order_of_the_field(store, rng):
    more = {f"features.{name}": rng.standard_normal((5, 2)).tolist() for name in ("video", "pulse", "gaze")}
    made = dict(reversed((columns(rng) | more).items()))
    assert read_tabular(store(**made)).modalities == ("audio", "text", "video", "gaze", "pulse")


@pytest.mark.parametrize(("name", "modality"), [("vision", "video"), ("Visual", "video"), ("pulse", "pulse")])
def test_features_under_the_name_that_others_have_for_a_modality(store, rng, name, modality):
    values = rng.standard_normal((5, 2)).tolist()
    path = store(**{f"features.{name}": values})
    data = read_tabular(path)
    assert data.modalities == ("audio", "text", modality)
    result = np.concatenate([c.features[modality] for c in data.conversations])
    np.testing.assert_array_equal(result, np.float32(values))
    assert peek_data(path) == Header(data.widths, classes=False)


def test_ids_are_kept_as_they_are(store):
    odd = "../a\\b.c\n\x00 " + "ü" * 500
    data = read_tabular(store(conversation=[odd] * 3 + [" "] * 2))
    assert data.utterances.ids == (odd, " ")
    assert len(data.find(odd)) == 3


def test_words_that_are_empty_mean_no_text_where_there_are_words(store):
    data = read_tabular(store(text=["a", "", None, " ", "b"]))
    assert data.utterances.observed[:, 1].tolist() == [True, False, False, False, True]
    assert data.findings.counts() == {("missing", "text", "empty transcript"): 3}
    assert not data.conversations[0].features["text"][1:].any()


def test_zeros_and_empty_lists_are_missing(store, rng):
    audio = put(put(rng.standard_normal((5, 3)).tolist(), 1, [0, 0, 0]), 4, [])
    data = read_tabular(store(**{"features.audio": audio}))
    assert data.utterances.observed[:, 0].tolist() == [True, False, True, True, False]
    assert [(f.kind, f.reason) for f in data.findings.rows] == [
        ("missing", "all features are zero"),
        ("missing", "no features"),
    ]


# Labels


@pytest.mark.parametrize(
    ("label", "given", "task", "labels"),
    [
        ([0, 2, None, 1, 0], None, Task("emotion", ("class 0", "class 1", "class 2")), [0, 2, np.nan, 1, 0]),
        ([0.0, 1.0, None, 1.0, np.nan], None, Task("score", low=-1, high=1), [0, 1, np.nan, 1, np.nan]),
        ([0.0, 1.0, None, 1.0, 0.0], Task("mood", ("a", "b")), Task("mood", ("a", "b")), [0, 1, np.nan, 1, 0]),
        ([5, 3, 1, 7, None], Task("rating", low=1, high=7, neutral=4), Task("rating", low=1, high=7, neutral=4), [5, 3, 1, 7, np.nan]),
        (["b", "a", "b", None, ""], Task("mood", ("b", "a")), Task("mood", ("b", "a")), [0, 1, 0, np.nan, np.nan]),
        ([-2.4, 1, 0, 0.5, 2], None, Task("score", low=-3, high=3), [-2.4, 1, 0, 0.5, 2]),
        (pa.nulls(5), None, Task("score", low=-1, high=1), [np.nan] * 5),
        ([0.0] * 5, None, Task("score", low=-1, high=1), [0] * 5),
    ],
)  # fmt: skip
def test_labels_and_the_task_they_set(store, label, given, task, labels):
    path = store(label=label)
    data = read_tabular(path, FileReading(given))
    assert data.task == task
    np.testing.assert_array_equal(data.utterances.labels, np.float32(labels))
    assert not [problem for problem in data.findings.problems if problem.reason not in ONE_SIDED]
    if given is None:
        assert peek_data(path) == Header(WIDTHS, classes=bool(task.classes))


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ([0.0, 1.0, None, 1.0, 0.0], ["no label is below neutral 0"]),
        ([5.0, 3.5, 1.0, 2.0, np.nan], ["no label is below neutral 0"]),
        ([0.0] * 5, ["no label is below neutral 0"]),
        ([-1.0, -2.0, 0.0, -1.0, -1.0], ["no label is above neutral 0"]),
        ([-1.0, 2.0, 0.0, 1.0, 1.0], []),
        ([0, 1, 0, 1, 1], []),
        (list("abaab"), []),
        (pa.nulls(5), []),
    ],
)
def test_scores_on_one_side_of_0_are_a_problem_until_their_scale_is_stated(store, label, expected):
    result = problems(read_tabular(store(label=label)))
    assert [reason.split(",")[0] for *_, reason in result] == expected
    for file, conversation, utterance, modality, reason in result:
        assert (file, conversation, utterance, modality) == ("made.parquet", "", None, "")
        assert "--scale LOW NEUTRAL HIGH" in reason
    if expected:
        assert not problems(read_tabular(store(label=label), FileReading(Task("rating", low=-5, high=5))))


@pytest.mark.parametrize(
    ("label", "given", "expected"),
    [
        ([1e300, 1.0, 2.0, 0.0, 1.0], Task("x"), "1 of 5 labels are none of −3 to 3, neutral 0: 1 × '1e+300'"),
        ([99, 1, 2, 0, 1], Task("x"), "1 × '99'. Give --classes or --scale that have room for them (labels run from 0 to 99), or read them as unknown: --unknown=99"),
        ([0.5, 1, 1, 0, 1], Task("x", ("a", "b")), "labels are none of a, b: 1 × '0.5'"),
        (["c", "a", "b", "c", "b"], Task("x", ("a", "b")), "2 of 5 labels are none of a, b: 2 × 'c'"),
    ],
    ids=["huge", "beyond", "no class", "no name"],
)  # fmt: skip
def test_no_label_is_dropped_without_failing(store, label, given, expected):
    path = store(label=label)
    with pytest.raises(CompVizError, match=re.escape(expected)) as caught:
        read_tabular(path, FileReading(given))
    unknown = str(caught.value).rsplit("--unknown=", 1)[1].split(". ")[0]
    data = read_tabular(path, FileReading(given, (unknown,)))  # as the error advises
    assert np.isnan(data.utterances.labels).tolist() == [value == label[0] for value in label]
    assert data.findings.counts() == {("missing", "", f"label {show(label[0])} means that there is none"): label.count(label[0])}  # fmt: skip


def show(label) -> str:
    """A label as findings write it."""
    return repr(label) if isinstance(label, str) else f"{label:g}"


def test_an_infinite_label_is_unknown_and_named(store):
    data = read_tabular(store(label=[np.inf, 1.0, -2.0, 0.0, 1.0]))
    np.testing.assert_array_equal(data.utterances.labels, [np.nan, 1, -2, 0, 1])
    assert problems(data) == [("made.parquet", "c0", 1, "", "its label is infinite, treated as unknown")]


# Rows that are wrong


def test_rows_without_a_place_are_left_out_and_listed(store):
    data = read_tabular(
        store(
            conversation=["c0", None, "c0", "c1", "c1", "c1", "", "c1"],
            position=[0, 0, 1, None, 0.5, 2, 3, 2],
            lengths=(8,),
        )
    )
    assert data.utterances.ids == ("c0", "c1")
    assert data.utterances.lengths.tolist() == [2, 1]
    assert data.find("c1").words == ("words 5",)  # the first of two
    assert problems(data) == [
        ("made.parquet row 2", "", None, "", "no conversation id, left out"),
        ("made.parquet row 7", "", None, "", "no conversation id, left out"),
        ("made.parquet row 4", "c1", None, "", "its position is not a whole number, left out"),
        ("made.parquet row 5", "c1", None, "", "its position is not a whole number, left out"),
        ("made.parquet row 8", "c1", None, "", "its position comes a second time in the conversation, left out"),
    ]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e200, None])
def test_features_that_are_not_finite_are_missing_and_named(store, rng, bad):
    audio = rng.standard_normal((5, 3)).tolist()
    audio[3][1] = bad
    data = read_tabular(store(**{"features.audio": audio}))
    assert data.utterances.observed[:, 0].tolist() == [True, True, True, False, True]
    assert problems(data) == [("made.parquet", "c1", 1, "audio", "NaN or infinite features, kept as missing")]


@pytest.mark.parametrize("bad", [-np.inf, np.inf, np.nan])
def test_a_modality_with_nothing_left_stops_and_can_be_repaired(store, rng, bad):
    audio = np.float32(rng.standard_normal((5, 3)))
    audio[:, 1] = bad  # as COVAREP has it
    path = store(**{"features.audio": audio.tolist()})
    sentence = r"nothing is left of audio in any of 5 utterances \(5 × NaN or infinite features, kept as missing\)\. --choose infinite=zero"
    with pytest.raises(CompVizError, match=sentence):
        read_tabular(path)
    data = read_tabular(path, FileReading(choices={"infinite": "zero"}))
    audio[:, 1] = 0
    np.testing.assert_array_equal(np.concatenate([c.features["audio"] for c in data.conversations]), audio)
    assert data.findings.counts() == {("problem", "audio", "NaN or infinite features, set to 0"): 5}
    assert [str(choice) for choice in data.choices] == ["infinite=zero (or missing)"]


def test_utterances_without_any_modality_are_a_problem(store, rng):
    nothing = {
        f"features.{u}": put(put(rng.standard_normal((5, D)).tolist(), 1, None), 4, [0] * D) for u, D in WIDTHS.items()
    }
    data = read_tabular(store(**nothing))
    assert problems(data) == [("made.parquet", "", None, "", "2 of 5 utterances have no modality at all")]


def test_rows_of_another_width_are_missing_and_named(store, rng):
    path = store(**{"features.audio": put(rng.standard_normal((5, 3)).tolist(), 0, [1.0] * 7)})
    data = read_tabular(path)
    assert data.widths == WIDTHS
    assert problems(data) == [("made.parquet", "c0", 1, "audio", "7 features, expected 3, kept as missing")]
    assert peek_data(path) == Header(WIDTHS, classes=False)


def test_a_split_of_another_name_is_unknown(store):
    data = read_tabular(store(split=["eval", "eval", None, "train", "holdout"]))
    assert data.utterances.splits == ("", "train")
    assert [(conversation, reason[:23]) for _, conversation, _, _, reason in problems(data)] == [
        ("c0", "split 'eval' is none we"),
        ("c1", "split 'holdout' is none"),
    ]


def test_train_and_validation_in_one_conversation_is_train(store):
    data = read_tabular(store(split=["validation", "train", None, "validation", None]))
    assert data.utterances.splits == ("train", "validation")
    assert problems(data) == [
        ("made.parquet", "c0", None, "", "its rows are in train and in validation, taken as train")
    ]


@pytest.mark.parametrize("other", ["train", "validation"])
def test_a_conversation_that_is_tested_on_and_learned_from_is_refused(store, other):
    path = store(split=["test", "test", "test", "test", other])
    with pytest.raises(CompVizError, match=f"'c1' has rows in {other} and in test"):
        read_tabular(path)


def test_durations_that_cannot_be_are_unknown(store):
    path = store(start=[0.0, 5, 2, np.inf, 0], end=[1.0, 3, 5, 1, 1e300], duration=[None, None, -1, None, None])
    data = read_tabular(path)
    np.testing.assert_array_equal(data.utterances.durations, np.float32([1, *[np.nan] * 4]))
    assert [where for _, *where, _, _ in problems(data)] == [["c0", 2], ["c0", 3], ["c1", 1], ["c1", 2]]


def test_truths_are_classes(store):
    data = read_tabular(store(label=[True, False, None, True, True]))
    assert data.task.classes == ("False", "True")
    np.testing.assert_array_equal(data.utterances.labels, [1, 0, np.nan, 1, 1])


# Tables that cannot be read


WRONG = {
    "no conversation": ({"conversation": None}, "column 'conversation' is missing, expected text or whole numbers"),
    "no position": ({"position": None}, "Say which column it is, --choose position=COLUMN, or position=\"order of rows\""),
    "no label": ({"label": None}, "column 'label' is missing, expected numbers or text; found conversation, position"),
    "ids of floats": ({"conversation": [0.5] * 5}, "'conversation' holds double, expected text or whole numbers"),
    "positions of text": ({"position": list("abcde")}, "'position' holds string, expected whole numbers"),
    "labels of lists": ({"label": [[1]] * 5}, "'label' holds list<element: int64>, expected numbers or text"),
    "splits of other numbers": ({"split": [1, 1, 1, 2, 2]}, "splits are the numbers 1, 2; expected 0 for training"),
    "splits beyond 2": ({"split": [0, 0, 0, 3, 3]}, "splits are the numbers 0, 3; expected 0 for training"),
    "splits of truths": ({"split": [True] * 5}, "'split' holds bool, expected text or 0, 1 and 2"),
    "starts of text": ({"start": ["0:01"] * 5}, "'start' holds string, expected numbers of seconds"),
    "features of text": ({"features.audio": [["a"]] * 5}, "'features.audio' holds list<element: string>, expected lists of numbers"),
    "features of numbers": ({"features.audio": [1.0] * 5}, "'features.audio' holds double, expected lists of numbers"),
    "features of nothing": ({"features.audio": pa.nulls(5)}, "'features.audio' holds null"),
    "features of empty lists": ({"features.audio": pa.array([[]] * 5, pa.list_(FLOATS))}, "no row of the column 'features.audio'"),
    "features without a name": ({"features.": [[1.0]] * 5}, "should be features.MODALITY"),
    "one modality": ({"features.audio": None}, "at least two columns of features"),
    "too wide": ({"features.audio": [[1.0] * 65_537] * 5}, "65,537 features"),
    "one class": ({"label": ["a"] * 5}, "labels are 1 different texts, such as 'a', expected the names of 2 to 1,000"),
    "one class number": ({"label": [0] * 5}, "whole numbers from 0 to 0, 1 different ones; expected class numbers"),
    "a class number missing": ({"label": [0, 1, 1, 3, 3]}, "the whole numbers 0, 1, 3, which do not count from 0 or 1 without a gap"),
    "numbers from 2": ({"label": [2, 3, 2, 3, 2]}, "name all 4 from 0 to 3 with --classes a,b,"),
    "-1 may be a score": ({"label": [-1, 0, 1, 1, 0]}, "Does -1 mean that there is no label (--unknown=-1), or are these scores (--scale -1 0 1)? These are"),
    "-1 in fractions of nothing": ({"label": [-1.0, 0.0, 1.0, 2.0, 5.0]}, "Does -1 mean that there is no label (--unknown=-1)"),
    "a mark among scores": ({"label": [-1.5, 0.5, 999.0, 2.0, 2.5]}, "999 lies far from the others"),
    "words among scores": ({"label": ["0.5", "1.5", "-1", "bad", "2"]}, "4 labels are numbers, such as '-1', and 1 are words, such as 'bad'. Say which mean that there is no label, --unknown=bad"),
    "none, perhaps": ({"label": ["none", "a", "a", "b", "b"]}, "1 labels are 'none', which may be a class or mean that there is none. Give --unknown=none"),
    "no usable row": ({"conversation": [""] * 5}, "none of its 5 rows"),
    "no row": ({"lengths": (), "label": pa.array([], FLOATS), "text": pa.array([], pa.string()), "conversation": pa.array([], pa.string()),
                "position": pa.array([], pa.int8()), "split": pa.array([], pa.string()),
                "features.audio": pa.array([], pa.list_(FLOATS, 2)), "features.text": pa.array([], pa.list_(FLOATS, 2))}, "none of its 0 rows"),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "expected"), WRONG.values(), ids=WRONG)
def test_a_table_that_cannot_be_is_refused_in_words(store, changes, expected):
    path = store(**changes)
    with pytest.raises(CompVizError, match=re.escape(expected)) as caught:
        read_tabular(path)
    assert path.name in str(caught.value)
    peek_data(path)


@pytest.mark.parametrize("count", [30, 1500])
def test_as_many_texts_as_utterances_are_no_classes(store, count):
    with pytest.raises(CompVizError, match=f"{count:,} different texts"):
        read_tabular(store(lengths=(count,), label=[f"word {row}" for row in range(count)]))


def test_names_for_scores_are_refused(store):
    with pytest.raises(CompVizError, match="labels are text, such as 'a', expected scores"):
        read_tabular(store(label=list("abcde")), FileReading(Task("sentiment")))


def test_a_column_that_is_there_twice_is_refused(tmp_path, rng):
    table = pa.table(columns(rng))
    with pa.ipc.new_file(
        str(tmp_path / "made.arrow"), (twice := table.append_column("split", table["split"])).schema
    ) as writer:
        writer.write_table(twice)
    with pytest.raises(CompVizError, match="'split' is there 2 times"):
        open_data(str(tmp_path / "made.arrow"))


def test_fixed_lists_beyond_all_reason_are_refused(store):
    kind = pa.list_(pa.float32(), 100_000)
    with pytest.raises(CompVizError, match="1 to 65,536 numbers"):
        read_tabular(store(".arrow", **{"features.audio": pa.nulls(5, kind)}))


# Sizes


def test_a_few_bytes_that_would_fill_the_memory_are_refused(store, tmp_path, monkeypatch):
    monkeypatch.setattr(memory_budget, "memory_budget", lambda: 10 << 20)
    before = pa.total_allocated_bytes()
    path = store(**{"features.audio": [np.zeros(2_000_000, np.float32)] * 5})
    assert path.stat().st_size < 50_000
    with pytest.raises(CompVizError, match=r"would take 0\.1 GB of memory.*split it"):
        read_tabular(path)
    assert peek_data(path) is None
    assert pa.total_allocated_bytes() - before < 10 << 20


def test_compressed_arrow_is_counted_before_it_is_decompressed(rng, tmp_path, monkeypatch):
    path = tmp_path / "made.feather"
    frame = pd.DataFrame(columns(rng, text=["x" * 1_000_000] * 5))
    frame.to_feather(path, compression="zstd")
    assert path.stat().st_size < 50_000
    assert len(open_data(str(path)).utterances) == 5
    monkeypatch.setattr(memory_budget, "memory_budget", lambda: 4 << 20)
    with pytest.raises(CompVizError, match="of memory"):
        open_data(str(path))
    frame.to_feather(path, compression="uncompressed")  # stays in the file
    assert len(open_data(str(path)).utterances) == 5


def test_features_that_fit_alone_but_not_together_are_refused(store, monkeypatch):
    path = store(**{"features.audio": pa.nulls(5, pa.list_(FLOATS, 60_000))})
    with pytest.raises(CompVizError, match="nothing is left of audio in any of 5 utterances"):
        read_tabular(path)
    monkeypatch.setattr(memory_budget, "memory_budget", lambda: 1 << 20)
    with pytest.raises(CompVizError, match="of memory"):
        read_tabular(path)


def test_many_rows_are_read_in_parts(store, rng, monkeypatch):
    lengths = rng.integers(1, 9, 200).tolist()
    whole = read_tabular(store(lengths=lengths))
    for suffix in (".parquet", ".arrow"):
        monkeypatch.setattr(tabular_columns, "AT_ONCE", 1000)
        path = store(suffix, lengths=lengths)
        data = open_data(str(path))
        assert data.utterances.ids == whole.utterances.ids
        table = pq.read_table(path) if suffix == ".parquet" else pa.ipc.open_file(str(path)).read_all()
        result = np.concatenate([c.features["text"] for c in data.conversations])
        np.testing.assert_array_equal(result, np.float32(table["features.text"].to_pylist()))


# Any order, any damage


@settings(max_examples=25, deadline=None)
@given(order=st.permutations(range(9)))
def test_rows_may_come_in_any_order(order, tmp_path_factory):
    made = columns(np.random.default_rng(1), lengths=(4, 3, 2), split=["test"] * 4 + ["train"] * 5)
    path = tmp_path_factory.mktemp("table") / "made.parquet"
    pq.write_table(pa.table(made), path)
    sorted_ = read_tabular(path)
    pq.write_table(pa.table(made).take(list(order)), path)
    data = read_tabular(path)
    assert set(data.utterances.ids) == {"c0", "c1", "c2"}
    for conversation in sorted_.conversations:
        result = data.find(conversation.id)
        assert (result.words, result.split) == (conversation.words, conversation.split)
        for name, x in conversation.features.items():
            np.testing.assert_array_equal(result.features[name], x)


@pytest.mark.parametrize("suffix", [".parquet", ".arrow", ".feather"])
def test_files_cut_or_scratched_anywhere_are_refused_or_read(store, rng, suffix):
    path = store(suffix)
    content = path.read_bytes()
    for place in np.linspace(0, len(content) - 1, 120).astype(int):
        for damaged in (content[:place], content[:place] + bytes([content[place] ^ 0x55]) + content[place + 1 :]):
            path.write_bytes(damaged)
            with contextlib.suppress(CompVizError):
                assert len(open_data(str(path)).conversations) >= 1
            assert peek_data(path) is None or isinstance(peek_data(path), Header)


def test_files_of_another_kind_are_refused(tmp_path):
    for suffix in (".parquet", ".arrow", ".feather"):
        for content in (b"", b"words", b"PAR1", b"ARROW1ARROW1", b"FEA1....FEA1"):
            path = tmp_path / f"made{suffix}"
            path.write_bytes(content)
            with pytest.raises(CompVizError, match="made"):
                open_data(str(path))
            with pytest.raises(CompVizError, match="made"):
                check_data(str(path))
            assert peek_data(path) is None


# The page that describes the format


def test_the_example_of_the_documentation_makes_a_good_table(tmp_path, monkeypatch):
    page = (Path(__file__).parents[1] / "docs" / "data.md").read_text()
    (example,) = re.findall(r"```python\n(.*?)```", page, re.S)
    monkeypatch.chdir(tmp_path)
    exec(example, {})
    data = open_data("interviews.parquet")
    assert data.task == Task("emotion", ("happy", "sad"))
    assert data.widths == {"audio": 24, "text": 32}
    assert data.utterances.splits.count("test") == 2
    assert data.conversations[0].durations[0] == np.float32(3.2)
    assert 0 < (~data.utterances.observed[:, 1]).sum() < 20
    assert not data.findings.problems
