"""The Prototypes page: every section on every case, its numbers the library's, its controls, comparison, odd addresses."""

import numpy as np
import pytest
from page_cases import CASES, array, figures, on_wire

from comp_viz.analysis.inside import look_inside
from comp_viz.analysis.prototypes.assignment import measure_assignments
from comp_viz.analysis.prototypes.feature_space import feature_spaces
from comp_viz.analysis.prototypes.momentum import prompt_momentum
from comp_viz.analysis.prototypes.nearest import bank_library, nearest_utterances
from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.network.intervention import Intervention
from comp_viz.ui.cache import checkpoints
from comp_viz.wording import HEADING, decimal, percent

SECTIONS = ("Space", "Assignment", "Nearest utterances", "Prompts")


def opened(app, data):
    checkpoint = load_checkpoint(checkpoints.checkpoint_folder(app.selectbox(key="checkpoint").value))
    return checkpoint, data.find(app.selectbox(key="conversation").value)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_bears(section, case, open_case):
    app, _ = open_case("prototypes", case, pattern="uniform(0.3)", look_at=section, compare="nothing missing")
    assert not app.exception
    assert not app.error
    assert figures(app) or "without prompts" in app.info[0].value
    titles = [app.subheader[0].value, *(figure["layout"]["meta"] for figure in figures(app).values())]
    assert all(0 < len(title) <= HEADING for title in titles)
    assert titles[0].startswith("This network has no prompts" if case == "without prompting" else "Prompts draw on ")
    assert max(on_wire(app).values(), default=0) < 2_000_000


@pytest.mark.parametrize("method", ["PCA", "t-SNE"])
@pytest.mark.parametrize("dims", ["2-D", "3-D"])
def test_points_are_drawn_where_the_library_puts_them(method, dims, open_case):
    app, data = open_case("prototypes", method=method, dimensions=dims, features="text", colour="modality")
    checkpoint, conversation = opened(app, data)
    inside = look_inside(checkpoint, conversation, conversation.observed)
    (space,) = feature_spaces([inside], ["text"], method, int(dims[0]), aligned=False)
    traces = figures(app)["space"]["data"]
    for stage, panel in (("encoded", ""), ("propagated", "2"), ("fused", "3")):
        name = "text" if stage != "fused" else "fused"
        place = {"xaxis": f"x{panel}"} if dims == "2-D" else {"scene": f"scene{panel}"}
        (trace,) = [t for t in traces if t["name"] == name and "customdata" in t and place.items() <= t.items()]
        (cloud,) = space.of_stage(stage)
        np.testing.assert_allclose(array(trace["y"]), cloud.at[:, 1], atol=1e-3)
        missing = [mark.endswith("-open") for mark in trace["marker"]["symbol"]]
        gone = ~conversation.observed[:, 1] if stage != "fused" else ~conversation.observed.any(1)
        assert missing == gone.tolist()


@pytest.mark.parametrize(
    ("dims", "marks"), [("2-D", ("circle", "square", "triangle-up")), ("3-D", ("circle", "square", "diamond"))]
)
def test_the_legend_shows_the_mark_beside_the_colour(dims, marks, open_case):
    app, _ = open_case("prototypes", dimensions=dims, features="all modalities", colour="modality")
    legend = {t["name"]: t["marker"]["symbol"] for t in figures(app)["space"]["data"] if t.get("showlegend", True)}
    assert [legend[name] for name in ("audio", "text", "video", "fused")] == [*marks, "diamond"]


def test_what_is_missing_has_a_rim_that_is_seen_at_neutral(open_case):
    app, data = open_case("prototypes", features="text", colour="prediction")
    _, conversation = opened(app, data)
    traces = figures(app)["space"]["data"]
    rims = [t for t in traces if t["name"] == "rim" and t["xaxis"] == "x2"]
    assert [len(array(t["x"])) for t in rims] == [(~conversation.observed[:, 1]).sum()]


def test_neighbours_are_told_apart_by_mark_too(open_case):
    app, _ = open_case("prototypes", "six classes", look_at="Nearest utterances")
    traces = [t for t in figures(app)["stands_for"]["data"] if t["mode"] == "markers"]
    marks = [t["marker"]["symbol"] for t in traces]
    assert len(marks) > 2
    assert len(set(marks)) == len(marks)


def test_too_few_points_say_that_pca_stands_in(open_case):
    app, _ = open_case("prototypes", "two utterances", method="t-SNE")
    assert not app.exception
    assert any("by PCA" in caption.value for caption in app.caption)


def test_the_assignment_is_the_librarys_and_its_scale_is_not_stretched(open_case):
    app, data = open_case("prototypes", look_at="Assignment", modality="text", block="2", singly="true")
    checkpoint, conversation = opened(app, data)
    assignment = measure_assignments(checkpoint, look_inside(checkpoint, conversation, conversation.observed), 1)[
        "text"
    ]
    heat, *lines = figures(app)["assignment"]["data"]
    np.testing.assert_allclose(array(heat["z"]), assignment.relative.T, atol=1e-3)
    assert heat["zmax"] == pytest.approx(np.e**2)
    text = next(line for line in lines if line["name"].endswith("text"))
    np.testing.assert_allclose(array(text["y"]), assignment.entropy, atol=1e-4)
    app.toggle(key="singly").set_value(False).run()
    heat = figures(app)["assignment"]["data"][0]
    np.testing.assert_allclose(array(heat["z"]), assignment.by_conversation.T, atol=1e-3)


def test_moving_momentum_runs_the_model_again(open_case):
    app, data = open_case("prototypes", look_at="Prompts")
    checkpoint, conversation = opened(app, data)
    assert app.slider(key="momentum").value == checkpoint.config.momentum
    app.slider(key="momentum").set_value(0.9).run()
    inside = look_inside(checkpoint, conversation, conversation.observed, Intervention(momentum=0.9))
    charts = figures(app)
    recorded = conversation.observed.any(axis=1)
    assert not recorded.all()
    drawn = np.array(array(charts["rerun"]["data"][1]["y"]), float)  # a gap where nothing is recorded
    np.testing.assert_allclose(drawn, np.where(recorded, inside.prediction.fused[:, 0], np.nan), atol=1e-4)
    first = prompt_momentum(inside, 1, 0.9)[0]
    np.testing.assert_allclose(array(charts["old_share_1"]["data"][0]["y"]), first.share, atol=1e-4)
    s = app.number_input(key="utterance").value - 1
    rows = array(charts["prompts"]["data"][0]["z"])
    np.testing.assert_allclose(rows[0], inside.delivered["audio"][0][s, 0], atol=1e-4)
    labels = charts["old_new_1"]["layout"]["yaxis"]["ticktext"]
    assert [line.split("<br>")[1] for line in labels] == [
        f"{percent(b.overall)} old, cosine {decimal(b.cosine.mean())}" for b in prompt_momentum(inside, 1, 0.9)
    ]


def test_one_block_says_that_momentum_has_no_effect(open_case):
    app, _ = open_case("prototypes", "one block", look_at="Prompts")
    assert "no effect" in app.info[0].value
    assert set(figures(app)) == {"prompts"}


def test_a_prototype_of_a_trained_bank_is_named_and_has_its_neighbours(open_trained, small_lab):
    app = open_trained("prototypes", look_at="Nearest utterances", modality="text", prototype="2")
    assert not app.info
    checkpoint = load_checkpoint(checkpoints.checkpoint_folder("trained"))
    library = bank_library(checkpoint, small_lab)
    names = [c.id for c in library.conversations]
    assert app.selectbox(key="prototypes_of").options[1:] == names
    app.selectbox(key="prototypes_of").set_value(names[1]).run()
    text = checkpoint.config.modalities.index("text")
    nearest = nearest_utterances(checkpoint.bank[text, 1].numpy(), library, "text")
    table = app.dataframe[0].value
    np.testing.assert_allclose(table["cosine"], nearest.cosines[1], atol=1e-4)
    first = library.places[nearest.rows[1, 0]]
    assert (table["conversation"].iloc[0], table["utterance"].iloc[0]) == (names[first[0]], first[1] + 1)


def test_a_bank_without_names_says_so_and_seeks_in_the_open_conversation(open_case):
    app, data = open_case("prototypes", look_at="Nearest utterances")
    assert "does not say how it was trained" in app.info[0].value
    assert set(app.dataframe[0].value["conversation"]) == {opened(app, data)[1].id}


def test_sides_share_axes_and_embedding(open_case):
    app, _ = open_case("prototypes", pattern="uniform(0.5)", compare="nothing missing")
    left, right = (figures(app)[name]["layout"] for name in ("spaceleft", "spaceright"))
    for axis in ("xaxis", "yaxis", "xaxis3"):
        assert left[axis]["range"] == right[axis]["range"]


def test_sides_share_the_axes_of_predictions_and_prompts(open_case):
    app, _ = open_case(
        "prototypes", look_at="Prompts", pattern="uniform(0.5)", compare="nothing missing", momentum="0.9"
    )
    charts = figures(app)
    for name, axis in (
        ("rerun", "yaxis"),
        ("over_momentum", "yaxis"),
        ("old_share_1", "yaxis"),
        ("old_new_1", "xaxis"),
    ):
        left, right = (charts[f"{name}{side}"] for side in ("left", "right"))
        assert left["layout"][axis]["range"] == right["layout"][axis]["range"]
        if axis == "yaxis":
            low, high = left["layout"][axis]["range"]
            every = np.concatenate(
                [array(trace["y"]).astype(float) for side in (left, right) for trace in side["data"]]
            )
            assert low <= np.nanmin(every)
            assert np.nanmax(every) <= high
    assert charts["promptsleft"]["data"][0]["zmax"] == charts["promptsright"]["data"][0]["zmax"]


def test_an_address_with_former_names_opens_what_they_named(open_case):
    app, _ = open_case("prototypes", look_at="Stand for")
    assert app.segmented_control(key="look_at").value == "Nearest utterances"
    assert "stands_for" in figures(app)


@pytest.mark.parametrize(
    ("former", "now", "lines"), [("utterance in hand", "selected utterance", 1), ("nobody", "none", 0)]
)
def test_an_address_with_former_displacements_draws_them(former, now, lines, open_case):
    app, _ = open_case("prototypes", ways=former, features="text")
    assert app.selectbox(key="ways").value == now
    assert len([t for t in figures(app)["space"]["data"] if t["name"] == "displacement from Z"]) == lines


def test_an_address_that_no_longer_fits_is_brought_back_quietly(open_case):
    app, _ = open_case(
        "prototypes", look_at="Nowhere", features="smell", method="magic", momentum="7", colour="?", block="9"
    )
    assert not app.exception
    assert app.segmented_control(key="look_at").value == SECTIONS[0]
    assert app.subheader[0].value.startswith("Prompts draw on ")
    for section in SECTIONS:
        app.segmented_control(key="look_at").set_value(section).run()
        assert not app.exception
        assert not app.error
        assert figures(app)
        for control in (*app.selectbox, *app.segmented_control):
            assert control.value in control.options
