"""What the presenter has of the class on the Lecture page and on the bar, and what a step asks."""

import gzip
import json
import re
from importlib.util import find_spec
from itertools import permutations
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from class_cases import MODALITIES, made_up_pages
from needs import need
from page_cases import mend_navigation
from streamlit.testing.v1 import AppTest

from comp_viz.analysis.lecture.answers import ClassAnswers, Question
from comp_viz.analysis.lecture.table import answer_table
from comp_viz.analysis.prediction import predict_conversation
from comp_viz.errors import CompVizError
from comp_viz.figures.lecture.answers import answers_figure, answers_title
from comp_viz.figures.style import LIGHT
from comp_viz.lecture import LECTURE, making
from comp_viz.lecture.class_pages import story_key
from comp_viz.lecture.hall import Hall
from comp_viz.lecture.making import PagesJob, make_class_pages
from comp_viz.lecture.steps import lecture_steps
from comp_viz.report.live_figure.facts import observed_entries
from comp_viz.stories import read_story
from comp_viz.ui.lecture import class_address as addresses
from comp_viz.ui.lecture import class_controls
from comp_viz.ui.lecture.classroom import classroom

ROOT = Path(__file__).parents[1]
STORY = read_story(ROOT / "stories" / "dominance.yaml")
KEY = story_key(STORY)
NO_CODE = None if find_spec("segno") else "segno, of requirements.txt"


# Pages for phones


@pytest.fixture(scope="module")
def pages():
    return make_class_pages("dominance", STORY)


def test_every_step_has_its_page_which_asks_our_server_and_nobody_else(pages):
    texts = {path: gzip.decompress(content).decode() for path, content in pages.files.items()}
    for number, step in enumerate(STORY.steps):
        page = texts[f"step-{number + 1}.html"]
        facts = json.loads(re.search(r'id="facts">(.*?)</script>', page)[1])
        assert facts["hall"] == {"base": "../", "story": KEY, "step": number}
        assert facts["selected"] == pages.questions[number].utterance
        assert step.notes not in page  # for whoever presents
        assert facts["transcripts"] == []
        for script in re.findall(r'<script src="([^"]+)"', page):
            assert script in texts
    for path, text in texts.items():
        if path.endswith(".html"):
            policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1]
            assert policy.startswith("default-src 'none'")
            assert re.search(r"connect-src ([^;]*)", policy)[1] == "'self'"
    assert sum(len(content) for content in pages.files.values()) < 5_000_000  # what a phone fetches once


def test_the_same_pages_without_a_server_ask_for_nothing(tmp_path):
    from comp_viz.report.live_figure.lecture import LectureFolder

    steps = lecture_steps(STORY)[:1]
    LectureFolder("Title", "About", steps, "command").write(tmp_path / "folder")
    for page in (tmp_path / "folder").glob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert "connect-src" not in text
        assert "class Hall" not in text
        assert 'id="class"' not in text


@pytest.mark.parametrize("number", [0, 1, 4])
def test_the_answer_of_a_step_is_what_adding_modalities_one_by_one_in_all_orders_brings(pages, number):
    step = lecture_steps(STORY)[number]
    origin, question = step.origin, pages.questions[number]
    observed = observed_entries(origin)

    def score(shown):
        keep = observed & np.array([u in shown for u in range(len(MODALITIES))])
        return float(predict_conversation(origin.checkpoint, origin.conversation, keep).fused[question.utterance, 0])

    orders = list(permutations(range(len(MODALITIES))))
    wanted = [
        np.mean([score(order[: order.index(u) + 1]) - score(order[: order.index(u)]) for order in orders])
        for u in range(len(MODALITIES))
    ]
    np.testing.assert_allclose(question.contributions, wanted, atol=2e-5)
    assert (question.modalities, question.number, question.is_share) == (MODALITIES, "the score", False)


def test_a_story_whose_pages_cannot_be_made_says_why_to_the_class(monkeypatch):
    def broken(name, story):
        raise CompVizError("There is no checkpoint of that name.")

    monkeypatch.setattr(making, "make_class_pages", broken)
    hall = Hall()
    hall.begin(KEY)
    job = PagesJob("dominance", STORY, hall)
    job.start()
    job.over.wait(30)
    assert (job.state, hall.state.problem) == ("failed", "There is no checkpoint of that name.")
    assert not hall.state.ready


def test_another_word_in_a_story_is_another_address():
    steps = [STORY.steps[0].model_copy(update={"say": "Another sentence."}), *STORY.steps[1:]]
    assert story_key(STORY.model_copy(update={"steps": tuple(steps)})) != KEY
    assert re.fullmatch("[0-9a-f]{16}", KEY)


# The presenter


@pytest.fixture
def room(monkeypatch):
    """The class of a server that was started for a lecture, with made-up pages."""
    monkeypatch.setenv(LECTURE, "1")
    monkeypatch.setattr(making, "make_class_pages", lambda name, story: made_up_pages())
    classroom.cache_clear()
    class_controls.pages_job.clear()
    yield classroom()
    classroom.cache_clear()
    class_controls.pages_job.clear()


@pytest.fixture
def app(room, monkeypatch):
    mend_navigation(monkeypatch)
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=300)
    app.run()
    app.switch_page("pages/lecture.py").run()
    return app


def press(app, label):
    next(one for one in app.main.button if one.label == label).click().run()
    assert not app.exception


def test_the_presenters_steps_move_the_class(app, room):
    assert room.hall.state.story == ""
    press(app, "Begin")
    first = room.hall.state
    assert (first.story != "", first.step) == (True, 0)
    press(app, "Next")
    assert room.hall.state.step == 1
    press(app, "Back")
    assert (room.hall.state.step, room.hall.state.round) == (0, first.round)
    press(app, "Leave")
    assert room.hall.state.story == ""


def test_the_answer_is_shown_beside_what_was_chosen(app, room):
    app.button("begin dominance").click().run()
    class_controls.pages_job("dominance", KEY, STORY, room.hall).over.wait(30)
    for number, modality in enumerate((1, 1, 2)):
        room.hall.choose(room.hall.state.round, 0, f"{number:032x}", modality)
    press(app, "Show answers")
    text = "\n".join(one.value for one in app.main.markdown)
    assert "Text moves utterance 1 most; 2 of 3 phones chose so" in text
    assert next(one for one in app.main.button if one.label == "Show answers").disabled
    press(app, "Next")
    assert not next(one for one in app.main.button if one.label == "Show answers").disabled
    assert "chose so" not in "\n".join(one.value for one in app.main.markdown)


def test_a_presenter_shows_the_answer_of_the_step_on_their_own_bar_also_where_another_took_the_class_elsewhere(
    app, room
):
    app.button("begin dominance").click().run()
    class_controls.pages_job("dominance", KEY, STORY, room.hall).over.wait(30)
    room.hall.choose(room.hall.state.round, 0, "0" * 32, 1)
    room.hall.go(KEY, 2)
    room.hall.show()
    app.run()
    assert "no phone chose" not in "\n".join(one.value for one in app.main.markdown)  # of the step where the class is
    press(app, "Show answers")
    assert (room.hall.state.step, sorted(room.hall.state.shown)) == (0, [0, 2])
    assert "Text moves utterance 1 most; 1 of 1 phone chose so" in "\n".join(one.value for one in app.main.markdown)


def test_a_story_whose_pages_could_not_be_made_is_tried_again_when_it_is_begun_again(app, room, monkeypatch):
    def broken(name, story):
        raise CompVizError("There is no data file mine.arrow.")

    with monkeypatch.context() as now:
        now.setattr(making, "make_class_pages", broken)
        app.button("begin dominance").click().run()
        class_controls.pages_job("dominance", KEY, STORY, room.hall).over.wait(30)
    assert room.hall.state.problem == "There is no data file mine.arrow."
    press(app, "Leave")
    app.switch_page("pages/lecture.py").run()
    app.button("begin dominance").click().run()
    class_controls.pages_job("dominance", KEY, STORY, room.hall).over.wait(30)
    assert (room.hall.state.ready, room.hall.state.problem) == (True, "")


def test_a_server_that_no_phone_reaches_says_how_to_start_one_that_they_do(app):
    assert any("--server.address 0.0.0.0" in one.value for one in app.main.warning)


def test_without_a_class_nothing_of_it_is_shown(monkeypatch):
    mend_navigation(monkeypatch)
    assert classroom() is None
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=300)
    app.query_params.update({"story": "dominance", "step": "1"})
    app.run()
    assert not app.exception
    assert "Show answers" not in [one.label for one in app.main.button]


@pytest.mark.parametrize(
    ("opened", "listens", "expected"),
    [
        ("http://localhost:8501/lecture", "localhost", None),
        ("http://127.0.0.1:8501/lecture", "127.0.0.1", None),
        ("http://[::1]:8501/lecture", "::1", None),
        ("http://localhost:8600/lecture", "0.0.0.0", "http://10.0.0.7:8600/hall/"),
        ("http://localhost:8600/lecture", "", "http://10.0.0.7:8600/hall/"),
        ("http://localhost:8501/lecture", "10.1.2.3", "http://10.1.2.3:8501/hall/"),
        ("http://10.0.0.9:8501/lecture", "0.0.0.0", "http://10.0.0.9:8501/hall/"),
        ("https://emotions.example.org/lecture", "localhost", "https://emotions.example.org/hall/"),
    ],
)
def test_the_address_is_one_that_phones_reach(monkeypatch, opened, listens, expected):
    options = {"server.address": listens, "server.baseUrlPath": "", "server.port": 8501}
    stand_in = SimpleNamespace(context=SimpleNamespace(url=opened), get_option=options.get)
    monkeypatch.setattr(addresses, "st", stand_in)
    monkeypatch.setattr(addresses, "network_address", lambda: "10.0.0.7")
    assert addresses.class_address() == expected


def test_a_machine_without_a_network_has_no_address_for_phones(monkeypatch):
    options = {"server.address": "0.0.0.0", "server.baseUrlPath": ""}
    stand_in = SimpleNamespace(context=SimpleNamespace(url="http://localhost:8501/"), get_option=options.get)
    monkeypatch.setattr(addresses, "st", stand_in)
    monkeypatch.setattr(addresses, "network_address", lambda: None)
    assert addresses.class_address() is None


def test_the_code_is_dark_on_white_and_another_one_for_another_address():
    need(NO_CODE)
    first, second = (addresses.code_of(f"http://10.0.0.{k}:8501/hall/") for k in (7, 8))
    assert first != second
    assert first.startswith("<svg")
    assert 'fill="#fff"' in first
    assert 'stroke="#000"' in first


# The chart


QUESTION = Question(MODALITIES, 6, (0.05, -0.4, -0.38), "the probability of joy", True)


def test_the_chart_has_what_was_chosen_and_what_is_true():
    answers = ClassAnswers(QUESTION, (1, 5, 6))
    figure = answers_figure(answers, LIGHT)
    chosen, given = figure.data
    np.testing.assert_allclose(chosen.x, np.array([1, 5, 6]) / 12)
    assert list(chosen.text) == ["1 of 12 (8\u202f%)", "5 of 12 (42\u202f%)", "6 of 12 (50\u202f%)"]
    np.testing.assert_allclose(given.x, QUESTION.contributions)
    assert list(given.text) == ["+5.0 points", "\u221240.0 points", "\u221238.0 points"]
    assert figure.layout.meta == "Text and video move utterance 7 most; 11 of 12 phones chose so"
    assert "points of probability" in figure.layout.xaxis2.title.text
    table = answer_table(answers)
    assert list(table["chosen"]) == [1, 5, 6]
    assert table["share"].sum() == 1


def test_a_chart_without_choices_or_contributions_is_drawn():
    nothing = Question(MODALITIES, 0, (0.0, 0.0, 0.0), "the score", False)
    figure = answers_figure(ClassAnswers(nothing, (0, 0, 0)), LIGHT)
    assert answers_title(ClassAnswers(nothing, (0, 0, 0))) == "Nothing moves this utterance"
    assert list(figure.data[0].text) == ["none"] * 3
    assert answers_title(ClassAnswers(QUESTION, (0, 0, 0))) == "Text and video move utterance 7 most; no phone chose"
