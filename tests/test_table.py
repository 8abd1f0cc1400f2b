"""Tables of our own: round trips, opening without reading, what cannot be stored, and files that were damaged or changed."""

import json
import threading
from collections import Counter
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from comp_viz.data.batch import Standardiser, Stream
from comp_viz.data.check import check_data
from comp_viz.data.conversation import SPLITS, Conversation, Task
from comp_viz.data.dataset import DataSet, Utterances, content_digest
from comp_viz.data.findings import Findings
from comp_viz.data.labels.retask import with_reading
from comp_viz.data.reading import FileReading
from comp_viz.data.source import open_data, peek_data
from comp_viz.data.table import mapped_file
from comp_viz.data.table.format import METADATA_KEY
from comp_viz.data.table.reader import TableConversations, open_table
from comp_viz.data.table.writer import write_table
from comp_viz.data.tabular.read import read_tabular
from comp_viz.errors import CompVizError


def same(first: DataSet, second: DataSet) -> None:
    """All that a data set is, but for the order in which findings were counted."""
    for name in ("name", "task", "licence", "digest", "widths"):
        assert getattr(first, name) == getattr(second, name), name
    assert dict(first.sources) == dict(second.sources)
    assert dict(first.feature_names) == dict(second.feature_names)
    assert first.findings.counts() == second.findings.counts()
    assert first.findings.problems == second.findings.problems
    for name in Utterances.__dataclass_fields__:
        np.testing.assert_array_equal(getattr(first.utterances, name), getattr(second.utterances, name), err_msg=name)
    for a, b in zip(first.conversations, second.conversations, strict=True):
        assert (a.id, a.split, a.words, a.context, a.speakers) == (b.id, b.split, b.words, b.context, b.speakers)
        for name, x in a.features.items():
            assert b.features[name].dtype == np.float32
            np.testing.assert_array_equal(x, b.features[name])


# Data sets that hypothesis makes

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
ids = st.one_of(texts.filter(bool), st.just("a/b\\c.d\n" + "x" * 500))


@st.composite
def conversations(draw, name, task, widths):
    S = draw(st.integers(1, 4))
    observed = draw(arrays.arrays(bool, (S, len(widths))))
    features = {}
    for u, (modality, width) in enumerate(widths.items()):
        values = st.floats(-60_000, 60_000, width=16).filter(lambda value: value != 0)
        x = draw(arrays.arrays(np.float32, (S, width), elements=values))
        features[modality] = np.where(observed[:, u, None], x, np.float32(0))
    label = st.integers(0, len(task.classes) - 1) if task.classes else st.floats(task.low, task.high, width=32)
    numbers = st.lists(st.one_of(label, st.just(float("nan"))), min_size=S, max_size=S)
    seconds = st.lists(st.one_of(st.floats(0, 100, width=32), st.just(float("nan"))), min_size=S, max_size=S)
    strings = st.lists(texts, min_size=S, max_size=S).map(tuple)
    return Conversation(
        name, features, observed, np.float32(draw(numbers)), draw(strings), draw(strings), draw(strings),
        np.float32(draw(seconds)), draw(st.sampled_from([*SPLITS, ""])),
    )  # fmt: skip


@st.composite
def data_sets(draw):
    task = draw(
        st.sampled_from([Task("sentiment"), Task("rating", low=1, high=7, neutral=5), Task("emotion", ("b", "a"))])
    )
    names = draw(st.lists(texts.filter(bool), min_size=2, max_size=4, unique=True))
    widths = {name: draw(st.integers(1, 3)) for name in names}
    named = draw(st.lists(ids, min_size=1, max_size=4, unique=True))
    made = tuple(draw(conversations(name, task, widths)) for name in named)
    result = Findings()
    for _ in range(draw(st.integers(0, 3))):
        result.problem(draw(texts), draw(texts), draw(texts), draw(st.none() | st.integers(1, 9)), draw(texts))
    called = {name: tuple(draw(texts) for _ in range(width)) for name, width in widths.items() if draw(st.booleans())}
    sources = {name: draw(texts) for name in names}
    return DataSet(draw(texts), task, made, sources, draw(texts), findings=result, feature_names=called)


@settings(max_examples=60, deadline=None)
@given(data=data_sets(), half=st.booleans())
def test_what_is_written_is_what_is_opened(data, half, tmp_path_factory):
    path = tmp_path_factory.mktemp("table") / "made.arrow"
    assert write_table(path, data, half) == data.digest  # these features fit 16 bits
    opened = open_table(path)
    same(data, opened)
    assert content_digest(opened.task, opened.conversations) == data.digest
    assert not [problem for problem in check_data(str(path)).problems if problem not in data.findings.problems]
    assert peek_data(path).widths == data.widths


@settings(max_examples=40, deadline=None)
@given(data=data_sets())
def test_parquet_holds_the_same_contents(data, tmp_path_factory):
    path = tmp_path_factory.mktemp("table") / "made.parquet"
    write_table(path, data)
    opened = open_data(str(path))
    assert opened.digest == data.digest
    assert opened.task == data.task
    assert dict(opened.feature_names) == dict(data.feature_names)
    assert opened.findings.problems == data.findings.problems


@pytest.mark.parametrize("name", ["hazumi_online.npz", "mosi.npz"])
def test_real_data_come_back_as_they_were(real_data, tmp_path, name):
    data = open_data(str(real_data / name))
    write_table(tmp_path / "made.arrow", data)
    same(data, open_table(tmp_path / "made.arrow"))
    assert not check_data(str(tmp_path / "made.arrow")).problems


def test_real_data_in_16_bits_are_near_and_know_their_digest(real_data, tmp_path):
    data = open_data(str(real_data / "mosi.npz"))
    digest = write_table(tmp_path / "made.arrow", data, half=True)
    opened = open_table(tmp_path / "made.arrow")
    assert opened.digest == digest == content_digest(opened.task, opened.conversations) != data.digest
    for a, b in zip(data.conversations, opened.conversations, strict=True):
        np.testing.assert_allclose(a.features["text"], b.features["text"], rtol=1e-3, atol=1e-6)


# Writing


def test_the_same_data_make_the_same_bytes_and_leave_nothing_else(small_lab, tmp_path):
    for name in ("made.arrow", "made.parquet"):
        write_table(tmp_path / "deep" / name, small_lab)
        before = (tmp_path / "deep" / name).read_bytes()
        write_table(tmp_path / "deep" / name, small_lab)
        assert (tmp_path / "deep" / name).read_bytes() == before
    assert sorted(path.name for path in (tmp_path / "deep").iterdir()) == ["made.arrow", "made.parquet"]


def one(small_lab, **changes) -> DataSet:
    """The lab with one conversation, changed."""
    first = small_lab.conversations[0]
    changes = {name: change(getattr(first, name)) for name, change in changes.items()}
    return replace(small_lab, conversations=(replace(first, **changes),), digest="")


def scaled(factor):
    return lambda features: {**features, "text": features["text"] * np.float32(factor)}


UNWRITABLE = {
    "too large for 16 bits": ({"features": scaled(1e6)}, True, r"utterance 1: text features beyond ±65504"),
    "too small for 16 bits": ({"features": scaled(1e-10)}, True, r"text features are all zero in 16 bits"),
    "observed and all zero": ({"features": scaled(0)}, False, r"text features are all zero, which would mean"),
    "an infinite label": ({"labels": lambda x: x + np.inf}, False, "its label is none of −3 to 3"),
    "no Unicode": ({"words": lambda words: ("\ud800", *words[1:])}, False, "not valid Unicode"),
}


@pytest.mark.parametrize(("changes", "half", "expected"), UNWRITABLE.values(), ids=UNWRITABLE)
def test_what_cannot_be_stored_is_refused_and_the_old_file_stays(small_lab, tmp_path, changes, half, expected):
    path = tmp_path / "made.arrow"
    write_table(path, small_lab)
    before = path.read_bytes()
    with pytest.raises(CompVizError, match=expected):
        write_table(path, one(small_lab, **changes), half)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_class_numbers_that_are_none_are_refused(small_lab, tmp_path):
    data = replace(one(small_lab, labels=lambda x: x * 0 + 0.5), task=Task("emotion", ("a", "b")))
    with pytest.raises(CompVizError, match="utterance 1: its label is none of a, b"):
        write_table(tmp_path / "made.arrow", data)


def test_the_utterance_that_is_refused_is_named(small_lab, tmp_path):
    third = small_lab.conversations[2]
    features = {name: x.copy() for name, x in third.features.items()}
    features["video"][3] *= 1e9
    changed = [replace(c, features=features) if c is third else c for c in small_lab.conversations]
    with pytest.raises(CompVizError, match=f"'{third.id}', utterance 4: video"):
        write_table(tmp_path / "made.arrow", replace(small_lab, conversations=changed, digest=""), half=True)


def test_other_endings_are_refused(small_lab, tmp_path):
    with pytest.raises(CompVizError, match=r"\.arrow or \.parquet"):
        write_table(tmp_path / "made.csv", small_lab)


@pytest.mark.parametrize("name", ["made.arrow", "made.parquet"])
def test_findings_beyond_the_first_thousand_problems_are_counted(small_lab, tmp_path, name):
    result = Findings()
    for number in range(1500):
        result.problem("source.parquet", "odd" if number % 3 else "strange", "c", number + 1)
        result.missing("source.parquet", "c", number + 1, "text", "no features")
    data = replace(small_lab, findings=result)
    for _ in range(2):  # a table made of a table
        write_table(tmp_path / name, data)
        data = open_data(str(tmp_path / name))
    assert data.findings.problems == result.problems[:1000]
    counts = {what: count for what, count in data.findings.counts().items() if what[0] == "problem"}
    assert counts == {("problem", "", "odd"): 1000, ("problem", "", "strange"): 500}
    if name == "made.arrow":  # in Parquet, what is missing is found again
        assert data.findings.counts() == result.counts()
    again = with_reading(data, FileReading(Task("sentiment", low=-9, high=9)))
    assert again.findings.counts() == data.findings.counts()


# Opening


@pytest.fixture
def table(small_lab, tmp_path):
    """A table of the small lab."""
    write_table(tmp_path / "made.arrow", small_lab)
    return tmp_path / "made.arrow"


def test_opening_and_finding_read_no_other_conversation(table, small_lab, monkeypatch):
    read = []
    features = TableConversations.features
    monkeypatch.setattr(TableConversations, "features", lambda self, row: read.append(row) or features(self, row))
    data = open_table(table)
    assert set(read) == {0}  # whose widths are those of all
    read.clear()
    wanted = small_lab.conversations[5]
    np.testing.assert_array_equal(data.find(wanted.id).features["video"], wanted.features["video"])
    assert read == [5]
    with pytest.raises(CompVizError, match="no conversation 'nobody'"):
        data.find("nobody")
    assert len(data.split("train")) == 8
    assert read == [5]


def test_conversations_are_whole_wherever_a_record_batch_ends(small_lab, tmp_path, monkeypatch):
    monkeypatch.setattr("comp_viz.data.table.writer.BATCH_ROWS", 5)
    write_table(tmp_path / "made.arrow", small_lab)
    opened = open_table(tmp_path / "made.arrow")
    assert len(opened.conversations.batches) > 5
    same(small_lab, opened)


def test_streams_and_statistics_are_those_of_the_data_in_memory(table, small_lab, monkeypatch):
    monkeypatch.setattr("comp_viz.data.batch.MAX_HELD_BYTES", 0)
    opened = open_table(table)
    statistics = Standardiser.fit(opened.conversations)
    for name, mean in Standardiser.fit(small_lab.conversations).mean.items():
        np.testing.assert_array_equal(statistics.mean[name], mean)
    batches = [Stream(data.conversations, statistics, "cpu").pick([3, 1]) for data in (opened, small_lab)]
    for name in opened.modalities:
        assert batches[0].features[name].equal(batches[1].features[name])


def test_pages_are_given_back_while_others_read(table, small_lab, monkeypatch):
    monkeypatch.setattr(mapped_file, "MOST_COPIED", 0)
    monkeypatch.setattr(mapped_file, "MOST_HELD", 1)  # after every look
    opened, wrong = open_table(table), []

    def read():
        for _ in range(20):
            for a, b in zip(opened.conversations, small_lab.conversations, strict=True):
                wrong.extend(name for name, x in a.features.items() if not np.array_equal(x, b.features[name]))

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert not wrong
    assert opened.conversations.mapped.held == 0


def test_a_file_that_is_replaced_stays_open_as_it_was(table, small_lab):
    opened = open_table(table)
    write_table(table, one(small_lab))
    same(small_lab, opened)
    assert len(open_table(table).conversations) == 1


# Damaged and changed files


def refused(path, *expected):
    """Opening, checking and peeking at a file that cannot be opened."""
    for action in (open_table, lambda path: check_data(str(path))):
        with pytest.raises(CompVizError) as caught:
            action(path)
        for words in expected:
            assert words in str(caught.value)
        assert path.name in str(caught.value)
    peek_data(path)


def test_a_file_cut_anywhere_is_refused(table):
    content = table.read_bytes()
    for length in np.linspace(0, len(content) - 1, 80).astype(int):
        table.write_bytes(content[:length])
        refused(table)
        assert peek_data(table) is None


def test_a_file_scratched_anywhere_is_refused_or_found_out(table, rng):
    content, ends = table.read_bytes(), Counter()
    for place in rng.integers(0, len(content), 300):
        scratched = bytearray(content)
        scratched[place] ^= 1 << rng.integers(8)
        table.write_bytes(scratched)
        try:
            ends["noticed" if check_data(str(table)).problems else "unseen"] += 1
        except CompVizError:
            ends["refused"] += 1
    assert ends["noticed"] > 100
    assert ends["unseen"] < 30  # padding, and the table of contents, which is not used


def rewritten(path, change, metadata=None, **options):
    """Write the file again after a change of its table."""
    with pa.ipc.open_file(str(path)) as reader:
        table = reader.read_all()
    table = change(table)
    if metadata is not None:
        table = table.replace_schema_metadata(metadata)
    with pa.ipc.new_file(str(path), table.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        writer.write_table(table.combine_chunks())


def put(name, make):
    """Change a column, keeping its place and type."""

    def change(table):
        place = table.schema.get_field_index(name)
        return table.set_column(
            place, table.schema.field(name), pa.array(make(table[name].to_pylist()), table.schema.field(name).type)
        )

    return change


def first(value):
    return lambda values: [value, *values[1:]]


CHANGES = {
    "a row fewer": (lambda t: t.slice(1), "not in order"),
    "rows the other way round": (lambda t: t.take(list(range(len(t)))[::-1]), "not in order"),
    "a negative position": (put("position", first(-1)), "not in order"),
    "another column": (lambda t: t.append_column("mood", t["split"]), "its columns are not those"),
    "a column less": (lambda t: t.drop_columns(["context"]), "its columns are not those"),
    "one modality": (lambda t: t.drop_columns(["features.audio", "features.video"]), "its columns are not those"),
    "columns in another order": (lambda t: t.select(t.schema.names[::-1]), "its columns are not those"),
    "a split of another name": (put("split", lambda values: ["dev"] * len(values)), "no split 'dev'"),
    "a conversation of two splits": (put("split", first("test")), "several splits"),
    "an infinite label": (put("label", first(float("inf"))), "label inf is none of −3 to 3"),
    "no rows": (lambda t: t.slice(0, 0), "no rows"),
    "a conversation twice": (lambda t: pa.concat_tables([t, t]), "ids repeat"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "expected"), CHANGES.values(), ids=CHANGES)
def test_a_file_that_was_changed_is_refused(table, change, expected):
    rewritten(table, change)
    with pytest.raises(CompVizError, match=expected):
        open_table(table)


def test_empty_cells_where_there_are_none_are_refused(table):
    def change(t):
        place = t.schema.get_field_index("speaker")
        empty = pa.array([None] * len(t), pa.string())
        return t.set_column(place, pa.field("speaker", pa.string(), nullable=False), empty)

    rewritten(table, change)
    refused(table, "'speaker' has empty cells")


def test_a_compressed_file_is_refused_before_it_is_decompressed(table):
    rewritten(table, lambda t: t, compression="zstd")
    refused(table, "compressed")


def test_labels_beyond_the_classes_are_refused(small_lab, tmp_path):
    data = replace(one(small_lab, labels=lambda x: np.float32(np.arange(len(x)) % 2)), task=Task("emotion", ("a", "b")))
    write_table(tmp_path / "made.arrow", data)
    rewritten(tmp_path / "made.arrow", put("label", first(7)))
    refused(tmp_path / "made.arrow", "label 7 is none of a, b")


LIES = {
    "no JSON": (lambda about: b"{", "not ours"),
    "deeply nested": (lambda about: b"[" * 1_000_000, "not ours"),
    "another format": (lambda about: about | {"format": "comp-viz table 9"}, "comp-viz table 9"),
    "a number for a name": (lambda about: about | {"name": 3}, "name"),
    "no task": (lambda about: {k: v for k, v in about.items() if k != "task"}, "task"),
    "a scale upside down": (lambda about: about | {"task": about["task"] | {"low": 9}}, "finite range"),
    "an endless scale": (lambda about: about | {"task": about["task"] | {"high": 10**400}}, "scale"),
    "one class": (lambda about: about | {"task": about["task"] | {"classes": ["a"]}}, "at least two"),
    "classes for scores": (lambda about: about | {"task": about["task"] | {"classes": ["a", "b"]}}, "columns"),
    "counts of words": (lambda about: about | {"counts": [["problem", "", "", "many"]]}, "counts"),
    "one name for all features": (lambda about: about | {"feature_names": {"audio": "loud"}}, "feature_names"),
    "a problem without a place": (lambda about: about | {"problems": [{"kind": "problem"}]}, "problems"),
}


@pytest.mark.parametrize(("lie", "expected"), LIES.values(), ids=LIES)
def test_metadata_that_lie_are_refused(table, lie, expected):
    with pa.ipc.open_file(str(table)) as reader:
        about = json.loads(reader.schema.metadata[METADATA_KEY])
    recorded = lie(about)
    rewritten(
        table, lambda t: t, {METADATA_KEY: recorded if isinstance(recorded, bytes) else json.dumps(recorded).encode()}
    )
    refused(table, expected)


def test_a_source_that_is_not_stated_is_said_to_be_unknown(table):
    with pa.ipc.open_file(str(table)) as reader:
        about = json.loads(reader.schema.metadata[METADATA_KEY])
    rewritten(table, lambda t: t, {METADATA_KEY: json.dumps(about | {"sources": {}}).encode()})
    assert set(open_table(table).sources.values()) == {"not stated in the data file"}


def test_names_that_are_not_one_for_each_feature_are_no_names(table):
    with pa.ipc.open_file(str(table)) as reader:
        about = json.loads(reader.schema.metadata[METADATA_KEY])
    rewritten(table, lambda t: t, {METADATA_KEY: json.dumps(about | {"feature_names": {"audio": ["loud"]}}).encode()})
    assert not open_table(table).feature_names


@pytest.mark.parametrize(
    ("value", "expected"), [(np.nan, "NaN or infinite"), (0, "all zero but not marked as missing")]
)
@pytest.mark.parametrize("number", [0, 4])
def test_features_that_cannot_be_are_named_when_they_are_read_and_listed_by_check(
    table, small_lab, value, expected, number
):
    row = int(small_lab.utterances.starts[number])
    width = small_lab.widths["video"]

    def change(values):
        values[row] = [value] * width
        return values

    rewritten(table, put("features.video", change))
    name = small_lab.conversations[number].id
    with pytest.raises(CompVizError, match=f"'{name}', utterance 1, video: .*data check"):
        open_table(table).find(name)
    (problem,) = check_data(str(table)).problems
    assert (problem.conversation, problem.utterance, problem.modality) == (name, 1, "video")
    assert expected in problem.reason


def test_a_changed_value_is_found_by_the_digest(table):
    rewritten(table, put("label", first(2.5)))
    assert open_table(table).conversations[0].labels[0] == 2.5
    (problem,) = check_data(str(table)).problems
    assert "not those that ComP Viz wrote" in problem.reason


def test_a_changed_parquet_says_so_and_is_read_row_by_row(small_lab, tmp_path):
    path = tmp_path / "made.parquet"
    write_table(path, small_lab)
    table = pq.read_table(path)
    pq.write_table(table.slice(1).take(list(range(len(table) - 1))[::-1]), path)
    data = read_tabular(path)
    assert len(data.utterances) == len(small_lab.utterances) - 1
    assert data.name == small_lab.name
    assert [problem.reason for problem in data.findings.problems] == [
        "its contents are not those that ComP Viz wrote into it"
    ]


def test_a_file_without_our_metadata_is_read_as_that_of_others(table, small_lab):
    rewritten(table, lambda t: t, {})
    with pytest.raises(CompVizError, match="not written by ComP Viz"):
        open_table(table)
    data = open_data(str(table))
    assert data.name == "made"
    np.testing.assert_array_equal(data.utterances.labels, small_lab.utterances.labels)
