"""The frame that every layout of a file is brought into, and how a layout is found, chosen from and opened."""

import numpy as np
import pytest

from comp_viz.__main__ import main
from comp_viz.data.conversation import Task
from comp_viz.data.header import Header
from comp_viz.data.layouts import registry
from comp_viz.data.layouts.frame import MatrixColumn, ReaderFrame, rows_of
from comp_viz.data.layouts.layout import FileLayout
from comp_viz.data.reading import FileReading
from comp_viz.data.source import data_files, data_path, open_data, peek_data
from comp_viz.errors import CompVizError


class Lines(FileLayout):
    """A made-up layout: a file with a score a line, features are made from it."""

    name, holds = "lines", "a score a line"

    def by_name(self, given):
        return given.suffix == ".lines"

    def recognise(self, given):
        return given.path.read_text()[:1] != "#"

    def read(self, given, choices):
        sign = {"plus": 1, "minus": -1}[choices.pick("sign", ("plus", "minus"), "the sign of labels")]
        scores = np.array(given.path.read_text().split(), float)
        features = np.repeat(scores[:, None], 2, axis=1)
        rows = rows_of(
            conversation=["a", "b"] * (len(scores) // 2), position=np.arange(len(scores))[::-1], label=sign * scores
        )
        columns = {"video": MatrixColumn(features, scores > 0), "audio": MatrixColumn(features[:, :1])}
        return ReaderFrame(given.path.name, rows, columns, Task("mood", low=-9, high=9), sources={"audio": "counted"})


@pytest.fixture
def lines(tmp_path, monkeypatch):
    monkeypatch.setattr(registry, "LAYOUTS", (Lines(),))
    monkeypatch.setenv("COMP_VIZ_DATA", str(tmp_path))
    (tmp_path / "scores.lines").write_text("1 -2 3 4")
    (tmp_path / "none.lines").write_text("# nothing")
    return "scores.lines"


def test_a_frame_is_read_by_the_rules_of_tables(lines):
    data = open_data(lines)
    assert data_files() == ["none.lines", "scores.lines"]
    assert (data.name, data.task, data.widths) == ("scores", Task("mood", low=-9, high=9), {"audio": 1, "video": 2})
    assert dict(data.sources) == {"audio": "counted", "video": "not stated in the data file"}
    assert [c.labels.tolist() for c in data.conversations] == [[3, 1], [4, -2]]  # positions run backwards
    assert data.find("b").observed.tolist() == [[True, True], [True, False]]
    assert peek_data(data_path(lines)) == Header({"audio": 1, "video": 2}, False)
    assert peek_data(data_path("none.lines")) is None


def test_what_a_file_leaves_open_is_chosen_by_name(lines, capsys):
    assert open_data(lines, FileReading(choices={"sign": "minus"})).find("a").labels.tolist() == [-3, -1]
    with pytest.raises(CompVizError, match=r"choice sign: expected one of plus, minus, got 'times'"):
        open_data(lines, FileReading(choices={"sign": "times"}))
    with pytest.raises(CompVizError, match=r"choice 'sing': this file leaves no such thing open, only sign"):
        open_data(lines, FileReading(choices={"sing": "minus"}))
    assert main(["data", "info", lines, "--choose", "sign=minus", "--task", "other"]) == 0
    assert "scores: other, −9 to 9, neutral 0" in capsys.readouterr().out


def test_a_file_of_no_layout_is_refused_with_those_that_are_known(lines):
    with pytest.raises(CompVizError, match=r"holds a \.lines file and is of no known layout.*lines: a score a line"):
        open_data("none.lines")
