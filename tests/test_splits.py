"""What splits are called: the names the field uses, numbers, and what is asked because it is open."""

import numpy as np
import pytest

from comp_viz.data.splits import split_of, splits_of
from comp_viz.errors import CompVizError

NAMES = {
    "train": ["train", "Train", " TRAINING ", "trn", 0, 0.0, "0", "0.0", b"train", np.int64(0), np.str_("train")],
    "validation": ["validation", "valid", "Val", "dev", "DEVEL", "development", 1, "1", np.float32(1)],
    "test": ["test", "TEST", "testing", "'test'", 2, "2.0", b"Test\0"],
    "": [None, "", " ", "nan", float("nan"), np.float64("nan"), "None", "<NA>"],
}


@pytest.mark.parametrize("split", NAMES, ids=lambda split: split or "none")
def test_names_of_a_split(split):
    assert {split_of(value) for value in NAMES[split]} == {split}


@pytest.mark.parametrize("name", ["eval", "fold 1", 3, -1, "-1", 0.5, True, "trainer", "0.5"])
def test_other_names_are_refused(name):
    with pytest.raises(CompVizError, match=r"is none we know; expected train, validation \(valid, val, dev\) or test"):
        split_of(name)


def test_the_names_of_a_column():
    assert splits_of(["dev", "dev", None, "Train", "eval"]) == {
        "dev": "validation",
        None: "",
        "Train": "train",
        "eval": None,
    }
    assert splits_of([0, 1, 2, 1]) == {0: "train", 1: "validation", 2: "test"}
    assert splits_of(["2", ""]) == {"2": "test", "": ""}


@pytest.mark.parametrize("numbers", [[1, 2, 3], [1, 2], ["1", "2"], [0, 1, 2, 3], [-1, 0, 1]], ids=str)
def test_numbers_that_do_not_count_from_0_are_refused(numbers):
    with pytest.raises(CompVizError, match="expected 0 for training, 1 for validation and 2 for test"):
        splits_of(numbers)
