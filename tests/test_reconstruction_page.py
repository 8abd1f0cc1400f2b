"""The Reconstruction page: it bears every kind of data and every method, and shows the library's numbers."""

from time import process_time

import numpy as np
import pytest
from page_cases import CASES, array, dashboard, figures, on_wire, write_case
from test_compared_networks import SMALL
from test_method_pages import write_untrained

from comp_viz.analysis.inside import look_inside
from comp_viz.analysis.reconstruction.by_rate import RANK, rebuilding_drawings, rebuilding_table
from comp_viz.analysis.reconstruction.entries import compare_rebuilt, reconstruct
from comp_viz.analysis.reconstruction.rebuilt import rebuild_conversation
from comp_viz.analysis.reconstruction.samples import draw_samples
from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.data.dataset import Utterances
from comp_viz.data.patterns.pattern import Pattern
from comp_viz.figures.reconstruction.entries import reconstruction_sentence
from comp_viz.figures.reconstruction.heading import reconstruction_heading, samples_heading
from comp_viz.methods.registry import find_method, method_names
from comp_viz.ui.cache import checkpoints
from comp_viz.wording import HEADING

UNIFORM = "uniform(0.3)"
ENTRIES, RATES, SAMPLES = "This conversation", "By missing rate", "Samples"
REBUILDING = [name for name in method_names() if "reconstruction" in find_method(name).capabilities]
OTHERS = [name for name in method_names() if name not in REBUILDING]


@pytest.fixture
def open_part(open_case):
    """Open the page on ComP; gives the dashboard, the conversation, its matrix under the pattern, and the checkpoint."""

    def opened(part=ENTRIES, case="usual", pattern=UNIFORM, **address):
        app, data = open_case("reconstruction", case, pattern=pattern, reconstruction=part, **address)
        conversation = data.find(app.selectbox(key="conversation").value)
        observed = Pattern.parse(pattern)(Utterances.of([conversation]), data.task, np.random.default_rng(1))
        return app, conversation, observed, checkpoints.open_checkpoint("case", "cpu")

    return opened


@pytest.fixture
def open_method(tmp_path, monkeypatch):
    """Open the page on an untrained network of any method: the dashboard, the data, and the checkpoint."""

    def opened(name, part=ENTRIES, **address):
        data = write_case("usual", tmp_path)
        like, method = load_checkpoint(tmp_path / "checkpoints" / "case").card, find_method(name)
        config = method.config(data.modalities, data.dims, max_length=12, **SMALL.get(name, {"hidden": 8}))
        write_untrained(data, tmp_path / "checkpoints" / "other", config, like)
        app = dashboard(monkeypatch, tmp_path / "checkpoints", tmp_path / "data")
        named = {"checkpoint": "other", "data": "case.arrow", "pattern": UNIFORM, "reconstruction": part}
        app.query_params.update(named | address)
        app.switch_page("pages/reconstruction.py").run()
        assert not app.exception
        assert not app.error
        return app, data, load_checkpoint(tmp_path / "checkpoints" / "other")

    return opened


def titles(app):
    return " ".join(m.value for m in app.markdown)


def first_conversation(data):
    conversation = data.split("test")[0]
    return conversation, Pattern.parse(UNIFORM)(Utterances.of([conversation]), data.task, np.random.default_rng(1))


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("part", [ENTRIES, RATES])
def test_every_part_bears_every_case_beside_the_complete_conversation(part, case, open_part):
    app, conversation, *_ = open_part(part, case, compare="nothing missing")
    assert not app.exception
    assert not app.error
    assert 0 < len(app.subheader[0].value) <= HEADING
    assert figures(app)
    assert all(0 < len(figure["layout"]["meta"]) <= HEADING for figure in figures(app).values())
    assert max(on_wire(app).values()) < 2_000_000
    start = process_time()
    app.number_input(key="utterance").set_value(2).run()
    assert not app.exception
    assert process_time() - start < (20 if len(conversation) > 120 else 8)  # of processor time; benchmarks measure


def test_the_other_side_says_that_nothing_is_taken_away(open_part):
    app, *_ = open_part(compare="nothing missing")
    assert "Nothing is taken away here" in app.info[0].value
    assert next(iter(figures(app))) == "reconstruction_entriesleft"


@pytest.mark.parametrize("name", REBUILDING)
def test_every_method_that_rebuilds_is_shown_with_the_librarys_numbers(name, open_method):
    app, data, checkpoint = open_method(name)
    conversation, observed = first_conversation(data)
    rebuilt = rebuild_conversation(checkpoint, conversation, observed)
    compared = compare_rebuilt(rebuilt)
    assert app.subheader[0].value == reconstruction_heading(compared)
    assert f"What is rebuilt and compared: {checkpoint.method.rebuilds}." in [one.value for one in app.main.caption]
    traces = [trace for trace in figures(app)["reconstruction_entries"]["data"] if "customdata" in trace]
    for u, one in compared.items():
        rank, cosine = [trace for trace in traces if u in trace["name"] and "before" not in trace["name"]]
        np.testing.assert_allclose(array(rank["y"]), one.place, atol=1e-6)
        np.testing.assert_allclose(array(cosine["y"]), one.cosine, atol=1e-5)
    s, i = np.argwhere(conversation.observed & ~observed)[0].tolist()
    u = data.modalities[i]
    app.number_input(key="utterance").set_value(s + 1).run()
    curves = {trace["name"]: array(trace["y"]) for trace in figures(app)[f"features_{u}"]["data"]}
    np.testing.assert_allclose(curves["rebuilt"], rebuilt.made[u][s], atol=1e-5)
    np.testing.assert_allclose(curves["own, as recorded"], rebuilt.true[u][s], atol=1e-5)
    assert ("range of 8 samples" in curves) == (name == "imder")


@pytest.mark.parametrize("name", REBUILDING)
def test_every_method_is_measured_by_rate(name, open_method):
    app, data, checkpoint = open_method(name, RATES)
    for _ in range(60):
        if not app.subheader[0].value.startswith("So far"):
            break
        app.run()
    assert not app.exception
    assert app.subheader[0].value.startswith("Rank with ")
    table = rebuilding_table(checkpoint, data, [one.pattern for one in rebuilding_drawings() if not one.seed], seeds=3)
    wanted = table[table["measure"] == RANK].sort_values(["modality", "missing_rate"], kind="stable")
    curves = figures(app)["rebuilt"]["data"][:-1]
    drawn = np.concatenate([array(curve["y"]) for curve in curves])
    np.testing.assert_allclose(drawn, wanted["value"].dropna(), atol=1e-4)
    app.segmented_control(key="rebuilt_by").set_value("error").run()
    assert app.subheader[0].value.startswith("Error")
    assert figures(app)["rebuilt"]["data"][-1]["name"] == "the mean feature"


def test_progress_counts_passes_and_can_be_cancelled(open_method, monkeypatch):
    monkeypatch.setattr("comp_viz.ui.cache.progressive.MOMENT", 0)
    app, *_ = open_method("gcnet", RATES)
    assert app.subheader[0].value.startswith("So far")
    assert any("of 21 passes over the test split" in one.text for one in app.get("progress")) or figures(app)
    app.button(key="reconstruction by rate Cancel").click().run()
    stopped = app.subheader[0].value
    app.run()
    assert app.subheader[0].value == stopped
    app.button(key="reconstruction by rate Go on").click().run()
    app.run()
    assert app.subheader[0].value != stopped


def test_samples_are_shown_where_the_method_has_some(open_method):
    app, data, checkpoint = open_method("imder", SAMPLES)
    conversation, observed = first_conversation(data)
    rebuilt = rebuild_conversation(checkpoint, conversation, observed)
    samples = draw_samples(checkpoint, conversation, observed, rebuilt)
    assert app.subheader[0].value == samples_heading(samples)
    for trace, one in zip(
        figures(app)["samples"]["data"], [o for o in samples.values() if len(o.utterances)], strict=False
    ):
        np.testing.assert_allclose(array(trace["x"]), one.spread, atol=1e-5)
        np.testing.assert_allclose(array(trace["y"]), one.error, atol=1e-5)


def test_an_address_of_samples_opens_the_first_part_of_a_method_without(open_method):
    app, *_ = open_method("gcnet", SAMPLES)
    assert app.segmented_control(key="reconstruction").value == ENTRIES
    assert SAMPLES not in app.segmented_control(key="reconstruction").options


@pytest.mark.parametrize("name", OTHERS)
def test_a_method_that_rebuilds_nothing_says_so(name, open_method):
    app, *_ = open_method(name)
    assert app.main.info[0].value.startswith(f"{find_method(name).subject} has no reconstruction of what is missing.")
    assert figures(app) == {}


def test_ranks_and_cosines_are_those_of_the_library(open_part):
    app, conversation, observed, checkpoint = open_part()
    complete = look_inside(checkpoint, conversation, conversation.observed)
    compared = reconstruct(look_inside(checkpoint, conversation, observed), complete)
    traces = [trace for trace in figures(app)["reconstruction_entries"]["data"] if "customdata" in trace]
    for u, one in compared.items():
        before, after, cosine = [trace for trace in traces if u in trace["name"]]
        np.testing.assert_allclose(array(before["y"]), one.encoded_place, atol=1e-6)
        np.testing.assert_allclose(array(after["y"]), one.place, atol=1e-6)
        np.testing.assert_allclose(array(cosine["y"]), one.cosine, atol=1e-6)
        assert array(after["customdata"]).tolist() == one.utterances.tolist()
        assert f"- {reconstruction_sentence(one)}" in titles(app)
    curves = {trace["name"]: trace for trace in figures(app)["reconstruction_ranks"]["data"]}
    np.testing.assert_allclose(array(curves["● audio"]["x"]), np.sort(compared["audio"].place), atol=1e-6)


def test_features_of_a_missing_utterance_are_shown_in_full(open_part):
    app, conversation, observed, checkpoint = open_part()
    gone = np.argwhere(conversation.observed & ~observed)
    s, i = gone[-1].tolist()
    u = list(conversation.features)[i]
    app.number_input(key="utterance").set_value(s + 1).run()
    curves = {trace["name"]: array(trace["y"]) for trace in figures(app)[f"features_{u}"]["data"]}
    here = look_inside(checkpoint, conversation, observed)
    given = observed.copy()
    given[s, i] = True
    alone, complete = (look_inside(checkpoint, conversation, o) for o in (given, conversation.observed))
    for name, one in (("rebuilt", here), ("own, given back alone", alone), ("own, as recorded", complete)):
        np.testing.assert_allclose(curves[name], one.propagated[u][s], atol=1e-6)


def test_one_can_go_to_the_next_missing_utterance(open_part):
    app, conversation, observed, _ = open_part()
    gone = (conversation.observed & ~observed).any(1)
    app.number_input(key="utterance").set_value(int(np.flatnonzero(~gone)[0]) + 1).run()
    app.button(key="next missing").click().run()
    assert gone[app.number_input(key="utterance").value - 1]
    assert any(key.startswith("features_") for key in figures(app))


def test_with_nothing_missing_a_button_takes_a_third_away(open_part):
    app, *_ = open_part(pattern="found")
    assert "Choose a missing pattern" in app.info[0].value
    assert not figures(app)
    next(button for button in app.button if button.label == "Take 30\u202f% away").click().run()
    assert "reconstruction_entries" in figures(app)
