"""Pickles of MAG-BERT: what is read is compared with the arrays that were written."""

import pickle

import numpy as np
import pytest

from comp_viz.data.conversation import Task
from comp_viz.data.source import open_data


@pytest.mark.parametrize("words", ["text", "numbers"])
def test_mag_bert(rng, tmp_path, words):
    def utterance(segment, steps, label):
        said = np.array(["so", "it", "is", "then"][:steps]) if words == "text" else np.arange(steps)
        return (said, rng.standard_normal((steps, 4)), rng.standard_normal((steps, 3))), np.array([[label]]), segment

    value = {
        "train": [utterance("v[10]", 4, -2.5), utterance("v[9]", 2, 1)], "dev": [utterance("w[0]", 1, 0)], "test": [utterance("x[0]", 3, 3)]
    }  # fmt: skip
    (tmp_path / "mosi.pkl").write_bytes(pickle.dumps(value))
    data = open_data(str(tmp_path / "mosi.pkl"))
    assert (data.task, data.widths) == (Task("sentiment", low=-3, high=3), {"audio": 3, "video": 4})
    assert dict(zip(data.utterances.ids, data.utterances.splits, strict=True)) == {
        "v": "train",
        "w": "validation",
        "x": "test",
    }
    assert data.find("v").labels.tolist() == [1, -2.5]
    assert data.find("v").words == (("so it", "so it is then") if words == "text" else ("", ""))
    expected = [value["train"][row][0][1].mean(0) for row in (1, 0)]
    np.testing.assert_allclose(data.find("v").features["video"], expected, rtol=1e-5)
