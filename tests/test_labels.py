"""What labels mean, by what a column holds: scores, classes, marks of no label, and what is asked because it is open."""

import re

import numpy as np
import pytest

from comp_viz.data.conversation import Task
from comp_viz.data.labels.column import LabelColumn
from comp_viz.data.labels.read import read_labels
from comp_viz.data.reading import PLAIN_READING, FileReading
from comp_viz.errors import CompVizError

NAN = float("nan")


def classes(*names):
    return Task("emotion", names)


def numbered(first, last):
    return classes(*(f"class {n}" for n in range(first, last + 1)))


def scores(reach):
    return Task("score", low=-reach, high=reach)


READ = {
    "sentiment in whole numbers": ([-3, 2, 0, 3, -1, 1], scores(3), [-3, 2, 0, 3, -1, 1]),
    "sentiment in whole numbers as text": (["-3", "2", "0", "+1"], scores(3), [-3, 2, 0, 1]),
    "negative and positive": ([-1, 1, 1, -1], scores(1), [-1, 1, 1, -1]),
    "scores as text": (["0.25", "-1.50", " 2.75 ", "nan", ""], scores(3), [0.25, -1.5, 2.75, NAN, NAN]),
    "scores with a comma and a minus sign": (["0,25", "\u22121,5"], scores(2), [0.25, -1.5]),
    "bytes": ([b"sad", b"happy", None], classes("happy", "sad"), [1, 0, NAN]),
    "classes from 0": ([0, 2, 1, 1], numbered(0, 2), [0, 2, 1, 1]),
    "classes from 0 as text": (["0", "2", "1", ""], numbered(0, 2), [0, 2, 1, NAN]),
    "classes from 1": ([1, 4, 2, 3], numbered(1, 4), [0, 3, 1, 2]),
    "255 to ignore": ([0, 1, 255, 2, 1], numbered(0, 2), [0, 1, NAN, 2, 1]),
    "-100 to ignore": ([0, 1, -100, 2, 1], numbered(0, 2), [0, 1, NAN, 2, 1]),
    "255 among classes from 1": ([1, 2, 255, 2], numbered(1, 2), [0, 1, NAN, 1]),
    "-1 below six classes": ([0, 1, 2, 3, 4, 5, -1], numbered(0, 5), [0, 1, 2, 3, 4, 5, NAN]),
    "255 and -1 below six classes": ([0, 1, 2, 3, 4, 5, -1, 255], numbered(0, 5), [0, 1, 2, 3, 4, 5, NAN, NAN]),
    "None between whole numbers": ([0, None, 1], numbered(0, 1), [0, NAN, 1]),
    "names": (["sad", "happy", None, "sad"], classes("happy", "sad"), [1, 0, NAN, 1]),
    "names in other spellings": (["Happy", "happy ", "Happy", "SAD", "sad", "sad"], classes("Happy", "sad"), [0, 0, 0, 1, 1, 1]),
    "names with a blank within": (["very  sad", "very sad", "glad"], classes("glad", "very sad"), [1, 1, 0]),
    "IEMOCAP": (["ang", "xxx", "hap", "ang"], classes("ang", "hap"), [0, NAN, 1, 0]),
    "what pandas writes": (["a", "nan", "b", "<NA>", "NaN"], classes("a", "b"), [0, NAN, 1, NAN, NAN]),
    "numbers of float": ([0.5, -1, NAN], scores(1), [0.5, -1, NAN]),
    "nothing": ([NAN, NAN], scores(1), [NAN, NAN]),
    "null": ([None, None], scores(1), [NAN, NAN]),
}  # fmt: skip


@pytest.mark.parametrize(("values", "task", "labels"), READ.values(), ids=READ)
def test_labels_are_read_as_what_they_are(values, task, labels):
    read = read_labels("made", values)
    assert read.task == task
    np.testing.assert_array_equal(read.labels, np.float32(labels))


def remarks(values, reading=PLAIN_READING):
    return [(r.kind, r.reason, None if r.rows is None else r.rows.tolist()) for r in read_labels("made", values, reading).remarks]  # fmt: skip


def test_what_means_no_label_is_noted_where_it_stands():
    assert remarks(["xxx", "a", "b", "nan", "xxx", "", None]) == [
        ("missing", "label 'nan' means that there is none", [3]),
        ("missing", "label 'xxx' means that there is none", [0, 4]),
    ]
    assert remarks([0, 1, 255, 255]) == [("missing", "label 255 means that there is none", [2, 3])]
    assert remarks([0, 1, 9, 9], FileReading(unknown=("9",))) == [
        ("missing", "label 9 means that there is none", [2, 3])
    ]


def test_other_spellings_are_a_problem_where_they_stand():
    assert remarks(["Happy", "happy ", "Happy", "sad"]) == [("problem", "label 'happy ' is read as 'Happy'", [1])]


def test_classes_from_1_may_be_ratings_until_it_is_said():
    ((kind, reason, rows),) = remarks([1, 2, 3, 4])
    assert (kind, rows) == ("problem", None)
    assert "if they are ratings give --scale LOW NEUTRAL HIGH" in reason
    assert remarks([1, 2, 3, 4], FileReading(Task("rating", low=1, high=5, neutral=3))) == []
    assert remarks([1, 2, 3, 4], FileReading(classes(*"abcd"))) == []


ASKED = {
    "-1 beside 0 and 1": ([-1, 0, 1], "--unknown=-1), or are these scores (--scale -1 0 1)?"),
    "-1 below four classes": ([-1, 0, 1, 2, 3], "--unknown=-1), or are these scores (--scale -3 0 3)?"),
    "-1.0 below six classes": ([-1.0, 0, 1, 2, 3, 4, 5], "Does -1 mean that there is no label"),
    "a class without utterances": ([0, 1, 2, 9], "0, 1, 2, 9, which do not count from 0 or 1 without a gap"),
    "one class": ([4, 4, 4], "whole numbers from 4 to 4"),
    "only a mark": ([255, 255], "whole numbers from 255 to 255"),
    "one name": (["sad", "sad", ""], "1 different texts, such as 'sad'"),
    "a mark among scores": ([-2.5, 1.5, -999.0], "-999 lies far from the others"),
    "255 among floating-point classes": ([0.0, 1.0, 2.0, 255.0], "255 lies far from the others"),
    "words among numbers": (["1.5", "0.5", "bad"], "1 are words, such as 'bad'. Say which mean that there is no label, --unknown=bad"),
    "none": (["none", "sad", "sad", "glad", "glad"], "1 labels are 'none', which may be a class or mean that there is none"),
    "truths": ([True, False], "labels are of type bool, expected numbers or text"),
    "lists": ([["a"], {}], "labels are of type"),
    "all infinite": ([np.inf, np.inf], "all labels are infinite"),
}  # fmt: skip


@pytest.mark.parametrize(("values", "expected"), ASKED.values(), ids=ASKED)
def test_what_is_open_is_asked(values, expected):
    with pytest.raises(CompVizError, match=re.escape(expected)) as caught:
        read_labels("made", np.array(values, dtype=object) if isinstance(values[0], list) else values)
    assert str(caught.value).startswith("made: ")
    assert ("--" in expected) <= str(caught.value).endswith("These are flags of comp-viz data import, check and info.")


ANSWERED = {
    "-1 is no label": ([-1, 0, 1], FileReading(unknown=("-1",)), numbered(0, 1), [NAN, 0, 1]),
    "a fraction in single precision": (np.float32([0.1, 1, -1]), FileReading(unknown=("0.1",)), scores(1), [NAN, 1, -1]),
    "-1 is a score": ([-1, 0, 1], FileReading(Task("s", low=-1, high=1)), Task("s", low=-1, high=1), [-1, 0, 1]),
    "words are no label": (["1.5", "-.5", "bad"], FileReading(unknown=("BAD",)), scores(2), [1.5, -0.5, NAN]),
    "none is a class": (["none", "sad"], FileReading(classes("sad", "none")), classes("sad", "none"), [1, 0]),
    "none is no label": (["none", "sad", "glad"], FileReading(unknown=("none",)), classes("glad", "sad"), [NAN, 1, 0]),
    "xxx is a class": (["xxx", "sad"], FileReading(classes("sad", "xxx")), classes("sad", "xxx"), [1, 0]),
    "names in other spellings": (["Sad ", "glad"], FileReading(classes("sad", "GLAD")), classes("sad", "GLAD"), [0, 1]),
    "names for numbers from 1": ([1, 2, 3], FileReading(classes(*"abc")), classes(*"abc"), [0, 1, 2]),
    "names for numbers from 0": ([1, 2, 0], FileReading(classes(*"abc")), classes(*"abc"), [1, 2, 0]),
    "names for numbers as text": (["1", "2", "0"], FileReading(classes(*"abc")), classes(*"abc"), [1, 2, 0]),
    "some of the names": (["a", "c", "d"], FileReading(classes("a", "c"), ("d",)), classes("a", "c"), [0, 1, NAN]),
}  # fmt: skip


@pytest.mark.parametrize(("values", "reading", "task", "labels"), ANSWERED.values(), ids=ANSWERED)
def test_what_is_said_is_followed(values, reading, task, labels):
    read = read_labels("made", values, reading)
    assert read.task == task
    np.testing.assert_array_equal(read.labels, np.float32(labels))


def test_names_that_the_file_has_for_class_numbers_are_taken():
    read = read_labels("made", LabelColumn(np.array([0.0, 2, -1]), whole=True, names=("sad", "calm", "glad")))
    assert read.task == classes("sad", "calm", "glad")
    np.testing.assert_array_equal(read.labels, [0, 2, np.nan])
