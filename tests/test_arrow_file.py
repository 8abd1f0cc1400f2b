"""Arrow files as any writer lays them out, by their footer, and Arrow streams; and files whose footer lies."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.feather
import pytest

from comp_viz.data import memory_budget
from comp_viz.data.reading import FileReading
from comp_viz.data.source import data_files, open_data
from comp_viz.data.table.arrow_file import BLOCK, ArrowFile
from comp_viz.errors import CompVizError

N, ROWS = 24, 6  # utterances, and rows of a record batch
TEXT, LISTS = pa.string(), pa.list_(pa.float32())


def table(rng, text=TEXT, lists=LISTS):
    """A small good table of six conversations."""

    def texts(values):
        return pa.array(values, pa.string()).cast(text)

    made = {
        "conversation": texts([f"talk {row // 4}" for row in range(N)]),
        "position": pa.array([row % 4 for row in range(N)], pa.uint32()),
        "label": texts([("happy", "sad", None)[row % 3] for row in range(N)]),
        "split": texts(["test" if row < 8 else "train" for row in range(N)]),
        "features.audio": pa.array(rng.standard_normal((N, 3)).tolist(), lists),
        "features.text": pa.array(rng.standard_normal((N, 2)).tolist(), lists),
    }
    return pa.table(made)


def write_file(path, made, **options):
    with pa.ipc.new_file(str(path), made.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        writer.write_table(made, max_chunksize=ROWS)
    return path


def laid_out_anew(path, backwards=False):
    """The same file as Polars and others may write it: gaps between messages, no mark after the last, also out of order."""
    content, file = path.read_bytes(), ArrowFile.open(path)
    blocks = file.blocks()
    (size,) = np.frombuffer(content[-10:-6], np.int32)
    made, footer = bytearray(content[: min(blocks)[0]]), content[-10 - size : -10]
    for block in blocks[::-1] if backwards else blocks:
        made += b"\xaa" * 64  # no message
        place = len(made)
        made += content[block[0] : sum(block)]
        footer = footer.replace(BLOCK.pack(*block), BLOCK.pack(place, *block[1:]))
    path.write_bytes(bytes(made) + footer + content[-10:])
    return path


def same(data, made):
    """Whether a data set holds what a table does, read by PyArrow alone."""
    rows = made.to_pylist()
    assert data.utterances.ids == tuple(dict.fromkeys(row["conversation"] for row in rows))
    assert data.task.classes == ("happy", "sad")
    labels = [{"happy": 0, "sad": 1}.get(row["label"], np.nan) for row in rows]
    np.testing.assert_array_equal(data.utterances.labels, labels)
    assert data.utterances.splits.count("test") == 2
    for u in ("audio", "text"):
        result = np.concatenate([c.features[u] for c in data.conversations])
        np.testing.assert_array_equal(result, np.float32([row[f"features.{u}"] for row in rows]))
    assert not data.findings.problems


@pytest.mark.parametrize("backwards", [False, True], ids=["gaps", "backwards"])
@pytest.mark.parametrize("compression", [None, "zstd", "lz4"])
@pytest.mark.parametrize("name", ["made.arrow", "made.feather"])
def test_messages_are_where_the_footer_says(rng, tmp_path, name, compression, backwards):
    made = table(rng)
    path = laid_out_anew(write_file(tmp_path / name, made, compression=compression), backwards)
    with pytest.raises((pa.ArrowInvalid, OSError)):
        pa.ipc.open_stream(pa.py_buffer(path.read_bytes()[8:])).read_all()  # the file is no stream
    assert pa.ipc.open_file(str(path)).read_all().equals(made)  # and PyArrow reads it
    same(open_data(str(path)), made)


@pytest.mark.parametrize("streamed", [False, True], ids=["file", "stream"])
@pytest.mark.parametrize(
    ("text", "lists"),
    [
        (pa.dictionary(pa.uint32(), pa.string()), LISTS),
        (pa.dictionary(pa.int32(), pa.large_string()), pa.large_list(pa.float64())),
        (pa.large_string(), pa.large_list(pa.float32())),
        (pa.string_view(), pa.list_(pa.float64())),
    ],
    ids=["categories", "large categories", "large", "views"],
)
def test_types_that_other_writers_choose(rng, tmp_path, text, lists, streamed):
    made, path = table(rng, text, lists), tmp_path / "made.arrow"
    if streamed:
        with pa.ipc.new_stream(str(path), made.schema) as writer:
            writer.write_table(made, max_chunksize=ROWS)
    else:
        laid_out_anew(write_file(path, made))
    same(open_data(str(path)), made)


def test_feather_of_version_2_is_read(rng, tmp_path):
    made = table(rng)
    pyarrow.feather.write_feather(made, str(tmp_path / "made.feather"), compression="lz4")
    same(open_data(str(tmp_path / "made.feather")), made)


def save_to_disk(folder, made, names):
    """What `datasets` of Hugging Face writes: streams, and JSON beside them."""
    feature = {"names": names, "_type": "ClassLabel"}
    metadata = {"huggingface": json.dumps({"info": {"features": {"label": feature}}})}
    folder.mkdir(parents=True)
    for name in ("dataset_info.json", "state.json"):
        (folder / name).write_text("{}")
    for number, part in enumerate((made.slice(0, 8), made.slice(8))):
        part = part.replace_schema_metadata(metadata)
        with pa.ipc.new_stream(str(folder / f"data-0000{number}-of-00002.arrow"), part.schema) as writer:
            writer.write_table(part)


def test_folders_that_hugging_face_saves(rng, tmp_path, monkeypatch):
    made = table(rng)
    numbers = pa.array([(1, 0, -1)[row % 3] for row in range(N)], pa.int64())  # -1 is no label
    made = made.set_column(2, "label", numbers)
    save_to_disk(tmp_path / "talks", made, ["sad", "happy"])
    monkeypatch.setenv("COMP_VIZ_DATA", str(tmp_path))
    assert data_files() == ["talks"]
    data = open_data("talks")
    assert data.task.classes == ("sad", "happy")
    np.testing.assert_array_equal(data.utterances.labels, [(1, 0, np.nan)[row % 3] for row in range(N)])
    assert data.findings.counts()["missing", "", "label -1 means that there is none"] == 8
    assert open_data("talks", FileReading(unknown=("0",))).findings.counts()["missing", "", "label 0 means that there is none"] == 8  # fmt: skip


def test_a_stream_without_an_end_may_be_cut_off_and_says_so(rng, tmp_path):
    made, path = table(rng), tmp_path / "made.arrow"
    with pa.ipc.new_stream(str(path), made.schema) as writer:
        writer.write_table(made, max_chunksize=ROWS)
    same(open_data(str(path)), made)
    path.write_bytes(path.read_bytes()[:-8])
    assert any("no mark at its end" in row.reason for row in open_data(str(path)).findings.rows)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(CompVizError, match="truncated or damaged"):
        open_data(str(path))


def forged(path, change):
    """A file whose footer names other places."""
    content, blocks = path.read_bytes(), ArrowFile.open(path).blocks()
    for old, new in zip(blocks, change(blocks), strict=True):
        content = content.replace(BLOCK.pack(*old), BLOCK.pack(*new))
    path.write_bytes(content)
    return path


LIES = {
    "one place for all": (lambda blocks: [blocks[0]] * len(blocks), "overlapping places"),
    "beyond the end": (lambda blocks: [*blocks[:-1], (1 << 40, *blocks[-1][1:])], "beyond its end"),
    "before the beginning": (lambda blocks: [(-64, *blocks[0][1:]), *blocks[1:]], "overlapping places"),
    "a negative size": (lambda blocks: [(blocks[0][0], -8, blocks[0][2]), *blocks[1:]], "overlapping places"),
    "a place without a message": (lambda blocks: [(8, 64, 0), *blocks[1:]], "cannot be read"),
}


@pytest.mark.parametrize(("lie", "expected"), LIES.values(), ids=LIES)
def test_a_footer_that_lies_is_refused(rng, tmp_path, lie, expected):
    path = forged(write_file(tmp_path / "made.arrow", table(rng)), lie)
    with pytest.raises(CompVizError, match=expected):
        open_data(str(path))


def test_views_of_the_same_bytes_are_counted_before_they_are_read(rng, tmp_path, monkeypatch):
    made = table(rng)
    one = "x" * 100_000
    views = pa.array([one] * N, pa.string()).cast(pa.string_view())
    made = made.append_column("text", views)
    path = write_file(tmp_path / "made.arrow", made)
    assert len(open_data(str(path)).utterances) == N
    monkeypatch.setattr(memory_budget, "memory_budget", lambda: 1 << 20)
    with pytest.raises(CompVizError, match="of memory"):
        open_data(str(path))
