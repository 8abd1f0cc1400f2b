"""Small files that claim to be large are refused by what their directories and footers say, before anything is read."""

import zipfile

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from comp_viz.data import lengths, memory_budget
from comp_viz.data.source import open_data, peek_data
from comp_viz.data.tabular import columns as tabular_columns
from comp_viz.data.tabular.parquet_footer import claimed_columns
from comp_viz.errors import CompVizError

N = 8


def frame(width: int) -> dict[str, object]:
    """A data set whose features are zeros but for the first row, `width` of audio."""
    audio = np.zeros((N, width), np.float32)
    audio[0] = 1
    return {
        "conversation": [f"c{i // 2}" for i in range(N)], "position": [i % 2 for i in range(N)], "label": [i % 2 for i in range(N)],
        "split": ["train", "train", "train", "train", "validation", "validation", "test", "test"],
        "features.audio": list(audio), "features.text": list(np.ones((N, 3), np.float32)),
    }  # fmt: skip


def write_claiming(path, width):
    """Write a file of a kind, packed, in which the features of audio take `4 · N · width` bytes."""
    held = frame(width)
    arrays = {"audio": np.stack(held["features.audio"])[:, None], "text": np.stack(held["features.text"])[:, None]}
    arrays |= {"labels": np.arange(N)[:, None] % 2, "lengths": np.ones(N, int)}
    if path.suffix == ".parquet":
        pq.write_table(pa.table(held), path, compression="zstd")
    elif path.suffix == ".feather":
        pd.DataFrame(held).to_feather(path, compression="zstd")
    elif path.suffix == ".npz":
        np.savez_compressed(path, **arrays)
    else:
        with pytest.importorskip("h5py").File(path, "w") as file:
            for name, values in arrays.items():
                file.create_dataset(name, data=values, chunks=values.shape, compression="gzip")


@pytest.fixture
def small_budget(monkeypatch):
    monkeypatch.setattr(memory_budget, "UNSUSPICIOUS", 1 << 20)


@pytest.mark.parametrize("suffix", [".parquet", ".feather", ".npz", ".h5"])
def test_a_few_kilobytes_that_claim_megabytes_are_refused(suffix, tmp_path, small_budget):
    path = tmp_path / f"made{suffix}"
    write_claiming(path, 60_000)
    assert path.stat().st_size < 20_000
    with pytest.raises(CompVizError, match=r"would take \d+\.\d MB of memory .*100 times its size"):
        open_data(str(path))
    write_claiming(path, 40)
    assert len(open_data(str(path)).utterances) == N


def test_parquet_that_claims_too_much_is_not_even_looked_through(tmp_path, small_budget, monkeypatch):
    path = tmp_path / "made.parquet"
    write_claiming(path, 60_000)
    decoded, stated = [], tabular_columns.ParquetColumns.stated
    monkeypatch.setattr(
        tabular_columns.ParquetColumns, "stated", lambda self, names: (decoded.extend(names), stated(self, names))[1]
    )
    assert peek_data(path) is None
    with pytest.raises(CompVizError, match="would take"):
        open_data(str(path))
    assert "features.audio" not in decoded


@pytest.mark.parametrize("groups", [1, 3], ids=["one group", "groups of rows"])
def test_a_footer_is_read_as_arrow_reads_it(groups, tmp_path):
    path = tmp_path / "made.parquet"
    pq.write_table(pa.table(frame(5)), path, row_group_size=-(-N // groups))
    footer = pq.ParquetFile(path).metadata
    expected = [
        (chunk.path_in_schema, chunk.num_values, chunk.total_uncompressed_size)
        for group in map(footer.row_group, range(footer.num_row_groups))
        for chunk in map(group.column, range(footer.num_columns))
    ]
    assert [tuple(one) for one in claimed_columns(path)] == expected


@pytest.mark.parametrize("place", range(0, 200, 7))
def test_a_damaged_footer_claims_nothing_or_something_and_never_raises(place, tmp_path):
    path = tmp_path / "made.parquet"
    pq.write_table(pa.table(frame(5)), path)
    content = bytearray(path.read_bytes())
    content[-9 - place] ^= 0xFF
    path.write_bytes(content)
    assert all(one.values >= 0 and one.unpacked >= 0 for one in claimed_columns(path))
    path.write_bytes(content[:place])
    assert claimed_columns(path) == []


def test_a_visitors_file_gets_a_smaller_part_of_the_machine_and_is_told_so():
    whole = memory_budget.memory_budget()
    with memory_budget.visitors_file():
        assert memory_budget.memory_budget() < 0.5 * whole
        with pytest.raises(CompVizError, match=r"may take \d+\.\d [GM]B, 12\.5% of what this machine has free"):
            memory_budget.check_size("a.csv", 1 << 50)
    with pytest.raises(CompVizError, match="50% of what this machine has free"):
        memory_budget.check_size("a.csv", 1 << 50)


def test_a_sheet_that_unpacks_to_too_much_is_refused(tmp_path, small_budget):
    path = tmp_path / "made.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 4_000_000)
    with pytest.raises(CompVizError, match=r"made\.xlsx would take 16\.0 MB"):
        open_data(str(path))


@pytest.mark.parametrize("suffix", [".parquet", ".npz"])
def test_more_conversations_than_can_be_opened_are_refused_at_once(suffix, tmp_path, monkeypatch):
    monkeypatch.setattr(lengths, "MOST_CONVERSATIONS", 3)
    path = tmp_path / f"made{suffix}"
    write_claiming(path, 4)
    with pytest.raises(
        CompVizError, match=r"has [48] conversations, expected at most 3\. Give all utterances of a dialogue"
    ):
        open_data(str(path))
