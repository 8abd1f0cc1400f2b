"""Which conversations are trained on and which choose the epoch: never the same, never the test's, speakers kept apart."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from comp_viz.__main__ import main
from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.data.dataset import DataSet
from comp_viz.errors import CompVizError
from comp_viz.methods.recipe import Recipe
from comp_viz.training.run import train
from comp_viz.training.split import HELD_OUT_SHARE, speaker_groups, splits

SPLITS = st.sampled_from(["", "train", "validation", "test"])


def data_of(small_lab, splits_of, speakers=None):
    """The lab's conversations again and again under other names, with these splits and speakers."""
    conversations = []
    for i, split in enumerate(splits_of):
        c = small_lab.conversations[i % len(small_lab.conversations)]
        names = c.speakers if speakers is None else tuple(speakers[i][t % len(speakers[i])] for t in range(len(c)))
        conversations.append(replace(c, id=f"talk {i}", split=split, speakers=names))
    return DataSet("Talks", small_lab.task, tuple(conversations), small_lab.sources, "", "digest")


def ids(conversations):
    return {c.id for c in conversations}


@settings(deadline=None)
@given(st.lists(SPLITS, min_size=1, max_size=12), st.integers(0, 3))
def test_whatever_splits_there_are_nothing_is_used_twice(small_lab, names, seed):
    data = data_of(small_lab, names)
    try:
        result = splits(data, seed)
    except CompVizError:
        assert names.count("train") + ("train" not in names) * names.count("") < 2
        return
    assert {c.split for c in result.training} <= {"", "train"}
    assert {c.split for c in result.selection} <= {"", "train", "validation"}
    assert not ids(result.training) & ids(result.selection)
    if "validation" in names:
        assert {c.split for c in result.selection} == {"validation"}
        assert result.protocol == "validation split of the data set"
    else:
        assert f"(seed {seed})" in result.protocol


@settings(deadline=None)
@given(
    st.lists(st.sets(st.sampled_from("ABCDEFGHIJ"), min_size=1, max_size=2), min_size=8, max_size=20), st.integers(0, 5)
)
def test_speakers_who_are_judged_are_never_trained_on(small_lab, speakers, seed):
    """Where names tell speakers apart, the cut keeps those who meet together; it is the same whenever it is made."""
    data = data_of(small_lab, ["train"] * len(speakers), [sorted(names) for names in speakers])
    groups = speaker_groups(data.utterances)
    assert sorted(row for group in groups for row in group) == list(range(len(speakers)))
    result = splits(data, seed)
    assert ids(splits(data, seed).selection) == ids(result.selection)
    assert result.training
    assert result.selection
    trained, judged = ({name for c in part for name in c.speakers} for part in (result.training, result.selection))
    assert ("none of whose speakers is trained on" in result.protocol) == (len(groups) >= 4)
    if len(groups) >= 4:
        assert not trained & judged


def test_the_cut_is_about_its_share_and_changes_with_the_seed(small_lab):
    data = data_of(small_lab, ["train"] * 40)
    cuts = [splits(data, seed) for seed in range(8)]
    for cut in cuts:
        held = sum(map(len, cut.selection)) / len(data.utterances)
        assert HELD_OUT_SHARE <= held < HELD_OUT_SHARE + 0.05
    assert len({frozenset(ids(cut.selection)) for cut in cuts}) > 1


def test_conversations_without_names_stand_alone(small_lab):
    utterances = data_of(small_lab, ["train"] * 5, [["A"], ["A"], [""], [""], ["A", "B"]]).utterances
    assert sorted(speaker_groups(utterances)) == [[0, 1, 4], [2], [3]]


def test_the_sessions_of_iemocap_fall_back_to_conversations(small_lab):
    """Its speakers are called F and M in all five sessions: nobody could be held out."""
    result = splits(data_of(small_lab, ["train"] * 10, [["F", "M"]] * 10), 1)
    assert len(result.selection) == 2
    assert "whose speakers may be trained on" in result.protocol


def test_a_single_conversation_cannot_be_cut(small_lab):
    with pytest.raises(CompVizError, match="at least two conversations, got 1"):
        splits(data_of(small_lab, ["train", "test"]), 1)


def test_the_paper_s_protocol_selects_on_the_test_split_and_says_so_everywhere(
    small_lab, small_config, tmp_path, capsys
):
    result = splits(small_lab, 1, "test")
    assert ids(result.selection) == ids(small_lab.split("test"))
    recipe = Recipe(first_epochs=1, second_epochs=1, batch=3, bank=4, select="test")
    card = train(small_lab, small_config, recipe, tmp_path / "run", torch.device("cpu"))
    assert card.training.selection.startswith("TEST SPLIT")
    assert card.training.recipe["select"] == "test"
    assert "TEST SPLIT" in (tmp_path / "run" / "README.md").read_text()
    saved = load_checkpoint(tmp_path / "run")
    assert "TEST SPLIT" in saved.doubts(small_lab)
    other = replace(small_lab, digest="another")
    assert saved.doubts(other) == ""
    lab = "lab(conversations=6/3/3, lengths=3/5)"
    short = ["--hidden", "8", "--first-epochs", "1", "--second-epochs", "1"]
    assert main(["train", "--data", lab, "--out", str(tmp_path / "two"), "--select", "test", *short]) == 0
    assert "Selected on the TEST SPLIT" in capsys.readouterr().out
    assert main(["evaluate", str(tmp_path / "two"), "--data", lab, "--seeds", "1"]) == 0
    assert "TEST SPLIT" in capsys.readouterr().err
    assert main(["train", "--data", lab, "--out", str(tmp_path / "three"), *short]) == 0
    assert "TEST" not in capsys.readouterr().out


def test_without_a_test_split_the_paper_s_protocol_is_refused(small_lab):
    with pytest.raises(CompVizError, match="no 'test' split"):
        splits(data_of(small_lab, ["train"] * 4), 1, "test")
