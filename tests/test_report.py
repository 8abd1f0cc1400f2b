"""Reports: what a page shows as one file that needs nothing else, keeps its numbers, and says nobody's words unless asked."""

import json
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from page_cases import CASES, figures
from test_every_page import PAGES

from comp_viz.__main__ import main
from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.data.table.writer import write_table
from comp_viz.figures.chart import About
from comp_viz.figures.style import DARK, LIGHT
from comp_viz.report.html import Report, prose_html, render
from comp_viz.report.light import in_light
from comp_viz.report.numbers import numbers_of
from comp_viz.report.section import Section
from comp_viz.report.words import Redaction

ABOUT = About("What it shows.", "What it does not.")


class Reader(HTMLParser):
    """Tables, scripts and text of a report, as a browser finds them."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.rows, self.data, self.texts, self.stack = [], [], [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.stack.append((tag, dict(attrs)))
        if tag == "tr":
            self.rows.append([])

    def handle_endtag(self, tag):
        while self.stack and self.stack.pop()[0] != tag:
            pass

    def handle_data(self, data):
        tag, attrs = self.stack[-1] if self.stack else ("", {})
        if tag in ("td", "th"):
            self.rows[-1].append(data)
        elif attrs.get("class") == "figure-data":
            self.data.append(json.loads(data))
        if tag not in ("script", "style"):
            self.texts.append(data)


def report(sections, **changes):
    return Report(
        "Live", "A finding", sections, [("Seed", "1")], "http://localhost:8501/?seed=1", "2026-01-01", **changes
    )


def without_library(page):
    """A report but for Plotly itself."""
    before, library, rest = page.partition("<script>/**")
    return before + rest.split("</script>", 1)[1] if library else page


def section(figure=None, numbers=None, title="Title", key="key"):
    return Section(key, title, ABOUT, lambda: pd.DataFrame(numbers or {"x": [1.5]}), figure)


def test_a_report_holds_chart_description_numbers_and_origin():
    figure = go.Figure(go.Scatter(x=[1, 2], y=np.array([0.25, 1 / 3], np.float32)), {"height": 222})
    page = render(report([section(figure, {"x": [1, 2], "y": [0.25, 1 / 3]})]))
    result = Reader(page)
    assert result.rows == [["x", "y"], ["1", "0.25"], ["2", "0.333333"]]
    (drawn,) = result.data
    assert drawn["layout"]["height"] == 222
    (label,) = [attrs["aria-label"] for tag, attrs in result.tags if tag == "figure"]
    assert label == "Title. What it shows."
    assert "A finding" in result.texts
    assert "Seed" in result.texts
    assert 'href="http://localhost:8501/?seed=1"' in page
    assert page.count("plotly.js v") == 1
    assert len(page.encode()) < 8_000_000
    assert not [
        attrs
        for tag, attrs in result.tags
        if tag in ("script", "img", "link", "iframe") and ("src" in attrs or tag == "link")
    ]


def test_a_report_without_charts_brings_no_library_along():
    assert len(render(report([section()]))) < 20_000


HOSTILE = '</script><script>alert(1)</script><img src=x onerror="alert(2)">&"\''


def test_everything_is_escaped():
    figure = go.Figure(go.Bar(x=[HOSTILE], y=[1], name=HOSTILE), {"title": HOSTILE})
    plain = Reader(render(report([section(go.Figure(go.Bar(x=["a"], y=[1])))])))
    one = section(figure, {HOSTILE: [HOSTILE]}, HOSTILE, HOSTILE)
    page = render(
        replace(report([one]), finding=HOSTILE, page=HOSTILE, facts=[(HOSTILE, HOSTILE)], link=HOSTILE, made=HOSTILE)
    )
    result = Reader(page)
    assert [tag for tag, _ in result.tags if tag in ("script", "img")] == [
        tag for tag, _ in plain.tags if tag in ("script", "img")
    ]
    assert result.data[0]["data"][0]["name"] == HOSTILE
    assert result.rows == [[HOSTILE], [HOSTILE]]
    assert "javascript:" not in render(replace(report([]), link="javascript:alert(1)")).split("<code>")[0]


@given(st.text(max_size=60))
@settings(max_examples=60, deadline=None)
def test_any_text_comes_back_as_it_was(text):
    result = Reader(render(report([section(numbers={"column": [text]})])))
    assert "".join(result.rows[1]) == text


def test_too_much_is_left_out_and_said(monkeypatch):
    monkeypatch.setattr("comp_viz.report.html.CHART_BYTES", 5)
    figure = go.Figure(go.Scatter(x=[1, 2], y=[1, 2]))
    page = render(report([section(figure, {"x": range(1000)})]))
    assert "The chart is too large" in page
    assert "the first 200 of 1,000 rows" in page


def test_numbers_are_read_as_they_are():
    page = Reader(
        render(
            report([section(numbers={"a": [0.1, np.nan], "b": [True, False], "c": ["x", None], "d": [12345678, 2]})])
        )
    )
    assert page.rows[1:] == [["0.1", "True", "x", "12345678"], ["–", "False", "–", "2"]]


def test_dark_charts_become_light():
    from comp_viz.figures.compare.paired import paired_chart

    table = pd.DataFrame(
        {"predictor": ["a", "b"], "group": "g", "value": [0.5, 0.6], "low": 0.4, "high": 0.7, "difference": [np.nan, -0.1],
         "difference_low": -0.2, "difference_high": 0.0}
    )  # fmt: skip
    dark, light = (paired_chart(table, palette, "title").to_json() for palette in (DARK, LIGHT))
    assert dark != light
    assert in_light(dark, dark=True) == light
    assert in_light(light, dark=False) == light


# Words

SAID = frozenset({"I never said *that* <b>", "はい", "a rather long sentence that no chart would ever show in full"})


def test_what_was_said_is_taken_out_of_everything():
    transcript = [*SAID]
    long = max(transcript, key=len)
    figure = go.Figure(
        [
            go.Heatmap(x=[f"1 {long[:30]}…", "2 はい"], y=[1, 2], z=[[1, 2], [3, 4]], xaxis="x2"),
            go.Bar(x=[1], y=[2], hovertext=["はい"], text=transcript[0], textposition="none", customdata=[transcript]),
            go.Scatter(x=[1], y=[1], mode="text", text=[f"3 {long[:25]}…"]),
        ],
        {"xaxis2": {"visible": False}, "annotations": [{"text": "I never said *that* &lt;b&gt;"}], "meta": long,
         "images": [{"source": "data:image/png;base64,AAAA"}]},
    )  # fmt: skip
    one = Section(
        "k",
        f"The utterance “{long}”",
        ABOUT,
        lambda: pd.DataFrame({"words": transcript[:1], "utterance": [f"about {long}"]}),
        figure,
    )
    page = render(report([one], transcripts=SAID))
    for words in (*SAID, "never said", "rather long", "はい", "image/png"):
        assert words not in without_library(page)
    kept = render(report([one], transcripts=SAID, words=True))
    assert "rather long sentence" in kept
    assert "はい" in kept


def test_hidden_labels_become_numbers_and_shown_ones_stay():
    figure = go.Figure(
        [go.Heatmap(x=["a", "b"], y=["c"], z=[[1, 2]], xaxis="x2"), go.Bar(x=["audio", "text"], y=[1, 2])],
        {"xaxis2": {"visible": False}},
    )
    result = Redaction(frozenset({"text me later"})).figure(json.loads(figure.to_json()))
    assert result["data"][0]["x"] == ["1", "2"]
    assert result["data"][0]["y"] == ["c"]
    assert result["data"][1]["x"] == ["audio", "text"]


# Pages


def reported(app, words=False):
    return render(app.session_state["shown"].report("http://localhost:8501/", False, words))


@pytest.mark.parametrize("page", [page for page in PAGES if page != "clips"])
def test_every_page_makes_a_report_without_words(page, open_case):
    app, data = open_case(page, pattern="uniform(0.3)")
    assert not app.exception
    result = app.session_state["shown"]
    assert result.page == page
    assert result.finding
    text = reported(app)
    bare = without_library(text)
    assert "word *" not in bare
    assert len(text.encode()) < 8_000_000
    assert set(result.sections) >= set(figures(app))
    drawn = Reader(bare)
    if page not in ("data", "claims"):
        assert any(load_checkpoint_digest(app) in words for words in drawn.texts)
    if page != "claims":  # judges by shipped tables, and names theirs
        assert any(data.digest in words for words in drawn.texts)
    assert all(attrs["aria-label"] for tag, attrs in drawn.tags if tag == "figure")


def load_checkpoint_digest(app):
    return app.session_state["shown"].origins[0].checkpoint.digest


@pytest.mark.parametrize("case", CASES)
def test_a_report_of_live_bears(case, open_case):
    app, _ = open_case("live", case, pattern="uniform(0.3)")
    text = reported(app)
    assert len(text.encode()) < 8_000_000
    result, spec = Reader(text), figures(app)["timeline"]
    assert len(result.data[0]["data"]) == len(spec["data"])
    for mine, its in zip(result.data[0]["data"], spec["data"], strict=True):
        assert mine.get("y") == its.get("y")


def test_words_are_kept_when_asked_for(open_case):
    app, _ = open_case("live")
    assert "word *0*" in reported(app, words=True)


def test_both_sides_of_a_comparison_are_named(open_case):
    app, _ = open_case("coordinator", pattern="uniform(0.3)")
    app.selectbox(key="compare").set_value("nothing missing").run()
    titles = [app.session_state["shown"].named(make()).title for make in app.session_state["shown"].sections.values()]
    assert any(title.startswith("as recorded: ") for title in titles)
    assert any(title.startswith("uniform(0.3): ") for title in titles)


def test_a_page_starts_anew_with_every_run(open_case):
    app, _ = open_case("coordinator")
    assert len(app.session_state["shown"].sections) > 1
    app.switch_page("pages/overview.py").run()
    assert list(app.session_state["shown"].sections) == ["overview"]


# The command


@pytest.fixture
def command(tmp_path, small_lab, small_checkpoint, capsys):
    write_table(tmp_path / "small.arrow", small_lab)

    def run(*more, out="report.html"):
        status = main(
            [
                "report",
                "--checkpoint",
                str(small_checkpoint),
                "--data",
                str(tmp_path / "small.arrow"),
                "--out",
                str(tmp_path / out),
                *more,
            ]
        )
        return status, capsys.readouterr(), tmp_path / out

    return run


def test_the_command_writes_what_the_live_page_shows(command, small_lab, small_checkpoint):
    from comp_viz.analysis.prediction import predict_conversation
    from comp_viz.data.dataset import Utterances
    from comp_viz.data.patterns.pattern import Pattern

    conversation = small_lab.split("test")[1]
    status, printed, path = command("--conversation", conversation.id, "--missing", "uniform(0.5)", "--seed", "7")
    assert status == 0, printed.err
    result = Reader(path.read_text())
    observed = Pattern.parse("uniform(0.5)")(Utterances.of([conversation]), small_lab.task, np.random.default_rng(7))
    expected = predict_conversation(load_checkpoint(small_checkpoint), conversation, observed)
    fused = [float(row[result.rows[0].index("fused")]) for row in result.rows[1 : 1 + len(conversation)]]
    np.testing.assert_allclose(fused, expected.fused[:, 0], rtol=1e-5)
    assert not [text for text in conversation.words if len(text) > 8 and text in path.read_text()]
    assert "seed=7" in path.read_text()
    assert not [left for left in path.parent.iterdir() if left.name.startswith(".")]


def test_the_command_compares(command, tmp_path, small_checkpoint, whole):
    status, printed, path = command("--checkpoint", str(small_checkpoint), str(whole[0]), "--words")
    assert status == 0, printed.err
    text = path.read_text()
    for title in ("McNemar p ", "Expected calibration error", "They differ most", "Selection protocol"):
        assert title in text
        assert title in text
    assert "/compare?" in text
    assert "/compare?" in text


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--conversation", "nobody"], "has no conversation 'nobody'"),
        (["--missing", "nonsense"], "missing pattern"),
        (["--seed", "-1"], "--seed"),
        (["--checkpoint", "nowhere"], "is not a checkpoint"),
    ],
)
def test_the_command_says_what_is_wrong(command, more, message):
    status, printed, path = command(*more)
    assert status == 2
    assert message in printed.err
    assert not path.exists()


def test_the_command_wants_an_html_file(command):
    status, printed, path = command(out="report.txt")
    assert (status, path.exists()) == (2, False)
    assert ".html" in printed.err


def test_numbers_of_a_chart_are_those_it_draws():
    figure = go.Figure([go.Bar(x=["a", "b"], y=[1, 2], name="n"), go.Heatmap(x=["p", "q"], y=["r"], z=[[3, 4]])])
    result = numbers_of(figure)
    assert result["y"].tolist() == [1, 2, "r", "r"]
    assert result["z"].tolist()[2:] == [3, 4]
    assert result["x"].tolist() == ["a", "b", "p", "q"]
    assert numbers_of(go.Figure()).empty


def test_our_words_keep_their_code_and_nothing_becomes_markup():
    assert prose_html("in `results/` <b>") == "in <code>results/</code> &lt;b&gt;"
