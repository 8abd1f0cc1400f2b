"""Stories: their files, their steps on the pages they open, and what they claim."""

from copy import deepcopy
from pathlib import Path

import pandas as pd
import plotly.graph_objects as go
import pytest
import yaml
from page_cases import mend_navigation
from streamlit.testing.v1 import AppTest

from comp_viz.analysis.results import read_results
from comp_viz.checkpoint.card import read_card
from comp_viz.data.lab.settings import LabSettings
from comp_viz.data.patterns.pattern import AS_RECORDED
from comp_viz.errors import CompVizError
from comp_viz.figures.chart import base_layout, enlarged
from comp_viz.figures.style import LIGHT
from comp_viz.stories import read_story
from comp_viz.ui.cache import checkpoints
from comp_viz.ui.lecture import bar as lecture

ROOT = Path(__file__).parents[1]
STORIES = {path.stem: read_story(path) for path in sorted((ROOT / "stories").glob("*.yaml"))}
STEPS = [(name, number) for name, story in STORIES.items() for number in range(len(story.steps))]
GOOD = yaml.safe_load((ROOT / "stories" / "missing.yaml").read_text())


@pytest.fixture
def app(monkeypatch):
    mend_navigation(monkeypatch)
    return AppTest.from_file(str(ROOT / "app.py"), default_timeout=300)


def button(app, label):
    return next(b for b in app.main.button if b.label == label)


def parameter(app, name, default=None):
    """What stands in the address, which holds either a text or a list of one."""
    value = app.query_params.get(name, default)
    return value[0] if isinstance(value, list) else value


def keys(part):
    """All keys of what is on a page, by which a step names what it shows."""
    below = [key for child in getattr(part, "children", {}).values() for key in keys(child)]
    return {getattr(part, "key", None), *below}


def shown(app, key):
    """What the control of a page that `key` names shows; of a fold whether it is open."""
    if key.startswith("claim_"):
        return app.session_state[key]
    return next(w.value for kind in ("selectbox", "toggle", "segmented_control") for w in app.get(kind) if w.key == key)


def test_stories_are_listed_from_the_easiest_on_each_summed_up_once(app):
    app.run()
    app.switch_page("pages/lecture.py").run()
    begin = [one.key.removeprefix("begin ") for one in app.main.button if one.label == "Begin"]
    assert begin == ["missing", "prompt", "dominance", "coordinator", "modulator", "claims"]
    text = "\n".join(one.value for one in app.main.markdown)
    for story in STORIES.values():
        assert text.count(story.about) == 1


def test_there_are_six_stories_and_a_page_for_each_step():
    assert len(STORIES) == 6
    for name, number in STEPS:
        assert (ROOT / "pages" / f"{STORIES[name].steps[number].page}.py").is_file()
        assert STORIES[name].settings(number)["checkpoint"] in checkpoints.checkpoint_names()


@pytest.mark.parametrize("name", STORIES)
def test_a_story_is_walked_from_beginning_to_end(name, app):
    story = STORIES[name]
    app.run()
    app.switch_page("pages/lecture.py").run()
    app.button(f"begin {name}").click().run()
    for number, step in enumerate(story.steps):
        assert not app.exception
        assert not [one.value for one in (*app.error, *app.warning)]
        assert app.subheader[0].value == step.say
        assert any(step.ask in paragraph.value for paragraph in app.main.markdown)
        wanted = story.settings(number)
        assert app.sidebar.selectbox("checkpoint").value == wanted.pop("checkpoint")
        assert parameter(app, "pattern", AS_RECORDED) == wanted.pop("pattern", AS_RECORDED)
        assert parameter(app, "step", "1") == str(number + 1)
        for key, value in wanted.items():
            assert shown(app, key) == value
        assert not step.show or step.show in keys(app.main)
        assert "Cancel" not in [each.label for each in app.main.button]  # it does not begin with measuring
        on = button(app, "Next")
        assert on.disabled == (number == len(story.steps) - 1)
        if not on.disabled:
            on.click().run()


def test_a_view_that_was_touched_is_prepared_again_and_left(app):
    app.run()
    app.switch_page("pages/lecture.py").run()
    app.button("begin missing").click().run()
    button(app, "Next").click().run()
    app.sidebar.slider[0].set_value(0.6).run()
    assert parameter(app, "pattern") == "uniform(0.6)"
    button(app, "Restore view").click().run()
    assert parameter(app, "pattern") == "uniform(0.3)"
    button(app, "Leave").click().run()
    assert "story" not in app.query_params
    assert parameter(app, "pattern") == "uniform(0.3)"  # where it led to
    assert all(b.label != "Next" for b in app.main.button)


@pytest.mark.parametrize(
    ("step", "number"),
    [("4", 4), ("99", 6), ("9" * 5000, 6), ("-1", 1), ("x", 1)],
    ids=["there", "too far", "of 5,000 digits", "below", "no number"],
)
def test_an_address_opens_the_step_it_names(step, number, app):
    app.query_params.update({"story": "missing", "step": step})
    app.run()
    assert app.subheader[0].value == STORIES["missing"].steps[number - 1].say


def test_an_address_of_a_story_there_is_not_opens_the_page_without_one(app):
    app.query_params["story"] = "../missing"
    app.run()
    assert not app.exception
    assert all(b.label != "Next" for b in app.main.button)


def test_a_file_that_is_no_story_is_named_and_the_others_stay(app, tmp_path, monkeypatch):
    (tmp_path / "good.yaml").write_text(yaml.safe_dump(GOOD))
    (tmp_path / "bad.yaml").write_text(yaml.safe_dump(GOOD | {"minutes": "long"}))
    monkeypatch.setattr(lecture, "STORIES", (tmp_path,))
    app.run()
    app.switch_page("pages/lecture.py").run()
    assert "bad.yaml: field 'minutes'" in app.error[0].value
    assert not app.button("begin good").disabled


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"steps": GOOD["steps"][:4]}, "steps"),
        ({"steps": [*GOOD["steps"], *deepcopy(GOOD["steps"])]}, "steps"),
        ({"title": ""}, "title"),
        ({"more": 1}, "more"),
        ({"steps": [*GOOD["steps"][:5], {"page": "../live", "say": "a", "ask": "b", "notes": "c"}]}, "steps.5.page"),
        ({"view": {}}, "checkpoint"),
    ],
)
def test_a_mistake_in_a_story_is_named(change, expected, tmp_path):
    path = tmp_path / "story.yaml"
    path.write_text(yaml.safe_dump(GOOD | change))
    with pytest.raises(CompVizError, match=expected):
        read_story(path)


@pytest.mark.parametrize("text", ["[", "5", "\x00", "title: !!python/object/apply:os.getcwd []"])
def test_what_is_no_story_at_all_is_refused(text, tmp_path):
    path = tmp_path / "story.yaml"
    path.write_text(text)
    with pytest.raises(CompVizError, match=r"story\.yaml"):
        read_story(path)


def test_a_story_that_needs_a_checkpoint_that_is_not_here_cannot_begin(app, tmp_path, monkeypatch):
    (tmp_path / "good.yaml").write_text(yaml.safe_dump(GOOD | {"view": {"checkpoint": "elsewhere"}}))
    monkeypatch.setattr(lecture, "STORIES", (tmp_path,))
    app.run()
    app.switch_page("pages/lecture.py").run()
    assert app.button("begin good").disabled
    assert any("elsewhere" in caption.value for caption in app.caption)


def test_the_results_that_stories_quote_are_those_of_the_tables():
    rows = read_results(ROOT / "results" / "ablation.parquet")
    means = 100 * rows[rows["predictor"] == "fused"].groupby(["method", "pattern"])["ACC"].mean()
    step = STORIES["modulator"].steps[3]
    for method in ("comp", "KP+PG+Cr"):
        assert (
            "{:.1f}, {:.1f} and {:.1f}\u202f%".format(*(means[method, f"uniform({rate})"] for rate in (0.3, 0.5, 0.7)))
            in step.say
        )
    worth = [means["comp", f"uniform({rate})"] - means["KP+PG+GM", f"uniform({rate})"] for rate in (0.3, 0.5, 0.7)]
    assert f"{min(worth):.1f} to {max(worth):.1f} points" in STORIES["dominance"].steps[5].notes
    table = pd.read_csv(ROOT / "results" / "published.csv").query(
        "table == 3 and dataset == 'CMUMOSI' and metric == 'ACC'"
    )
    full = table[table[["knowledge_propagation", "prompt_generation", "coordinator"]].astype(bool).all(axis=1)]
    by_rate = full.pivot(index="missing_rate", columns="gradient_modulation", values="value_percent")
    assert f"up to {(by_rate[1] - by_rate[0]).max():.1f} points on CMU-MOSI" in step.ask


def test_text_is_as_much_stronger_as_the_story_of_dominance_tells():
    settings = LabSettings.parse(read_card(ROOT / "checkpoints" / "lab-dominant" / "config.json").name)
    audio, text, video = settings.strengths
    assert text == 5 * audio == 5 * video
    assert "the signal in text is five times as strong" in STORIES["dominance"].about


def test_sentences_and_questions_are_short_enough_for_the_back_row():
    long = [
        text for story in STORIES.values() for step in story.steps for text in (step.say, step.ask) if len(text) > 95
    ]
    assert long == [STORIES["modulator"].steps[3].say]  # it quotes six results


def test_a_figure_for_the_back_row_has_larger_type_and_the_same_data():
    layout = base_layout(LIGHT, "title", 300, yaxis={"title": {"text": "y", "font": {"size": 12}}})
    figure = go.Figure(go.Scatter(x=[1, 2], y=[3, 4], marker={"size": 9}, textfont={"size": 10}), layout)
    large = enlarged(figure, 1.5)
    assert (large.layout.font.size, large.layout.yaxis.title.font.size, large.layout.height) == (20, 18, 375)
    assert large.data[0].textfont.size == 15
    assert large.data[0].marker.size == 9
    assert list(large.data[0].y) == [3, 4]
    assert (figure.layout.font.size, large.layout.meta) == (13, "title")


@pytest.mark.parametrize("step", [2, 4])
def test_an_address_that_names_only_a_step_opens_it_as_it_was_prepared(step, app):
    app.query_params.update({"story": "missing", "step": str(step)})
    app.run()
    assert not app.exception
    assert app.subheader[0].value == STORIES["missing"].steps[step - 1].say
    assert parameter(app, "pattern") == STORIES["missing"].settings(step - 1)["pattern"]
    assert STORIES["missing"].steps[step - 1].show in keys(app.main)


def test_an_address_with_a_view_of_its_own_opens_that_view(app):
    app.query_params.update({"story": "missing", "step": "2", "pattern": "uniform(0.6)"})
    app.run()
    assert parameter(app, "pattern") == "uniform(0.6)"
