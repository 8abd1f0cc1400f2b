"""What the Data page is made of: the table of conversations, the linear probe, the figures, the small picture."""

import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from comp_viz.analysis.data import linear_probe as module
from comp_viz.analysis.data.linear_probe import FROM_ALL, fit_linear_probe
from comp_viz.analysis.data.listing import conversation_table, missing_shares
from comp_viz.data.conversation import Task
from comp_viz.data.source import open_data
from comp_viz.data.summary import summarise_data
from comp_viz.errors import CompVizError
from comp_viz.figures.availability import preview
from comp_viz.figures.data.heading import data_title
from comp_viz.figures.data.labels import labels_chart
from comp_viz.figures.data.missing import missing_chart
from comp_viz.figures.data.probe import probe_chart
from comp_viz.figures.style import DARK, LIGHT

CLASSES = Task("emotion", ("calm", "glad", "cross"))


@pytest.fixture
def holey(small_lab):
    """The small lab with audio missing in the first half of its first conversation."""
    first, *others = small_lab.conversations
    observed = first.observed.copy()
    observed[: len(first) // 2, 0] = False
    return replace(small_lab, conversations=(replace(first, observed=observed), *others), digest="")


def test_the_table_counts_what_the_conversations_hold(holey):
    table = conversation_table(holey)
    for row, conversation in zip(table.to_dict("records"), holey.conversations, strict=True):
        assert row["conversation"] == conversation.id
        assert row["utterances"] == len(conversation)
        assert row["minutes"] == pytest.approx(conversation.durations.sum() / 60)
        assert row["speakers"] == len(set(conversation.speakers))
        assert row["audio missing"] == pytest.approx((~conversation.observed[:, 0]).mean())
        assert row["mean sentiment"] == pytest.approx(conversation.labels.mean(), abs=1e-6)


def test_unknown_durations_and_labels_stay_unknown(small_lab):
    blank = [
        replace(c, durations=np.full_like(c.durations, np.nan), labels=np.full_like(c.labels, np.nan))
        for c in small_lab.conversations
    ]
    table = conversation_table(replace(small_lab, conversations=tuple(blank)))
    assert table["minutes"].isna().all()
    assert table["mean sentiment"].isna().all()
    classes = conversation_table(replace(small_lab, task=CLASSES, conversations=tuple(blank)))
    assert (classes["most frequent"] == "").all()


def test_the_most_frequent_class_is_named(small_lab):
    labelled = [
        replace(c, labels=np.where(np.arange(len(c)) == 0, 0, 2).astype(np.float32)) for c in small_lab.conversations
    ]
    table = conversation_table(replace(small_lab, task=CLASSES, conversations=tuple(labelled)))
    assert (table["most frequent"] == "cross").all()


def test_the_probe_finds_the_strong_modality_and_all_together_best():
    result = fit_linear_probe(open_data("lab"))
    assert result.accuracy["text"] > result.accuracy["audio"] > result.accuracy["video"] > result.majority - 0.05
    assert result.accuracy[FROM_ALL] > result.accuracy["text"] - 0.01
    assert result.split == "test split"


def test_the_probe_learns_nothing_from_features_without_meaning(small_lab, rng):
    def noise(c):
        return replace(c, features={u: rng.standard_normal(x.shape).astype(np.float32) for u, x in c.features.items()})

    result = fit_linear_probe(replace(small_lab, conversations=tuple(map(noise, small_lab.conversations))))
    assert max(result.accuracy.values()) < 0.85


def test_the_probe_of_real_data(real_data):
    result = fit_linear_probe(open_data("hazumi_online.npz"))
    assert result.evaluated == 3_033
    assert result.majority == pytest.approx(0.654, abs=0.001)
    assert result.accuracy[FROM_ALL] == pytest.approx(0.892, abs=0.01)
    assert result.accuracy[FROM_ALL] > max(value for name, value in result.accuracy.items() if name != FROM_ALL)


def test_without_splits_half_is_evaluated_on(small_lab):
    bare = replace(small_lab, conversations=tuple(replace(c, split="") for c in small_lab.conversations))
    result = fit_linear_probe(bare)
    assert result.training + result.evaluated == len(bare.utterances)
    assert "half" in result.split


def test_large_splits_are_sampled(small_lab, monkeypatch):
    monkeypatch.setattr(module, "MOST_PROBED", 12)
    assert fit_linear_probe(small_lab).training <= 12 + max(map(len, small_lab.conversations))


def test_labels_of_one_kind_are_refused_in_words(small_lab):
    same = tuple(replace(c, labels=np.ones_like(c.labels)) for c in small_lab.conversations)
    with pytest.raises(CompVizError, match="two kinds"):
        fit_linear_probe(replace(small_lab, conversations=same))


def rectangles(svg: str) -> list[dict[str, str]]:
    return [dict(node.attrib) for node in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}rect")]


def test_the_picture_draws_every_state_once():
    available = np.array([[True], [True], [True], [False]])
    shown = np.array([[True], [True], [False], [False]])
    observed, missing, absent = rectangles(preview(("audio",), shown, available, LIGHT))
    assert observed["fill"] == LIGHT.modality["audio"]
    assert missing["fill"] == "url(#missing0)"
    assert absent["stroke-dasharray"]
    widths = [float(r["width"]) for r in (observed, missing, absent)]
    assert widths[0] == pytest.approx(2 * widths[1], abs=0.2)
    assert widths[1] == pytest.approx(widths[2], abs=0.2)


def test_names_in_the_picture_keep_their_size_in_any_width():
    """Drawn 1,100 wide and shrunk to a phone, names had 4 pixels."""
    there = np.ones((3, 2), bool)
    picture = ElementTree.fromstring(preview(("audio", "text"), there, there, LIGHT, width=1100))
    assert (picture.attrib["width"], picture.get("viewBox")) == ("100%", None)
    names = picture.findall("{http://www.w3.org/2000/svg}text")
    assert [name.text for name in names] == ["● audio", "■ text"]
    assert all(float(name.attrib["font-size"]) >= 12 for name in names)


def test_the_picture_takes_hostile_names_and_long_conversations(rng):
    names = ("<script>", "text", "video")
    shown = rng.random((5_000, 3)) < 0.5
    svg = preview(names, shown, np.ones_like(shown), DARK)
    ElementTree.fromstring(svg)
    assert "<script>" not in svg


def test_charts_say_what_they_show(holey):
    counts = {"train": [("calm", 30), ("glad", 60)], "test": [("calm", 0), ("glad", 10)]}
    assert labels_chart(counts, None, LIGHT).layout.meta == "70\u202f% of labelled utterances are glad"
    assert labels_chart(counts, (8, 1, 1), LIGHT).layout.meta == "80\u202f% of labelled utterances are negative"
    known = holey.utterances
    figure = missing_chart(known.ids, known.modalities, missing_shares(known), LIGHT)
    assert figure.layout.meta.startswith("Audio is partly missing in 1 of 14 conversations")
    figure = probe_chart({"audio": 0.6, "text": 0.8, FROM_ALL: 0.85}, 0.55, DARK)
    assert figure.layout.meta == "A linear probe reaches 80.0\u202f% from text alone, 85.0\u202f% from all modalities"
    assert figure.layout.shapes[0].x0 == 0.55


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("hazumi", "Hazumi has 125 conversations with 10,361 utterances, 89.3\u202f% of them complete"),
        ("h" * 40, f"H{'h' * 39} has 125 conversations with 10,361 utterances"),
        ("h" * 80, "This data set has 125 conversations with 10,361 utterances, 89.3\u202f% of them complete"),
    ],
)
def test_the_heading_says_how_much_there_is_of_data_of_any_name(name, title, small_lab):
    summary = replace(summarise_data(small_lab), conversations=125, utterances=10_361, complete=0.8927)
    assert data_title(name, summary) == title


@pytest.mark.parametrize(("most", "end"), [(0.4, 0.4), (0.02, 0.1), (0.0, 0.1), (1.0, 1.0)])
def test_little_that_is_missing_is_seen_as_well(most, end):
    figure = missing_chart(["a", "b"], ("audio", "text"), np.array([[0.0, most], [0.0, 0.0]]), DARK)
    assert figure.data[0].zmax == 100 * end


def test_many_conversations_are_drawn_as_an_even_selection(rng):
    shares = rng.random((2_000, 2))
    figure = missing_chart([str(i) for i in range(2_000)], ("audio", "text"), shares, LIGHT)
    assert figure.data[0].z.shape == (2, 400)
    assert "400 of 2,000 shown" in figure.layout.xaxis.title.text
    assert re.match(r"^(0|1999)$", str(figure.data[0].customdata[0][-1]))


def test_what_is_not_used_is_on_the_page():
    def page() -> None:
        from comp_viz.data.findings import Findings
        from comp_viz.data.unused import Unused
        from comp_viz.ui.data.findings import findings_table

        findings = Findings()
        findings.missing("made.npz", "a", 1, "audio", "no features")
        findings.not_used("made.npz", [Unused("array", "vision", "video")])
        findings_table(findings)

    app = AppTest.from_function(page).run()
    assert app.expander[0].label == "1 entry is missing in the recordings; no problems; **1 name of the file not used**"
    shown = "the array 'vision' is not used; the nearest name that would be is 'video'"
    assert shown in app.dataframe[0].value["reason"].tolist()
    assert app.dataframe[1].value["kind"].tolist() == ["unused", "missing"]
