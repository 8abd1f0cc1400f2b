"""Files of stories: whatever is wrong with one is named in a sentence, and the others stay."""

import copy
import os

import pytest
import yaml
from test_old_addresses import ADDRESSES

from comp_viz.errors import CompVizError
from comp_viz.resources import shipped
from comp_viz.stories import read_story
from comp_viz.story_settings import check_settings
from comp_viz.ui.frame.address_state import whole_number
from comp_viz.ui.lecture import bar as lecture
from comp_viz.yaml_file import MOST_BYTES, MOST_NODES

GOOD = yaml.safe_load(shipped("stories/missing.yaml").read_text(encoding="utf-8"))
PLAIN = yaml.safe_dump(GOOD)

TEXTS = {
    "impossible date": PLAIN.replace("minutes: 10", "minutes: 2026-13-45"),
    "impossible time": PLAIN.replace("minutes: 10", "minutes: 2026-01-01 99:99:99"),
    "long number": PLAIN.replace("minutes: 10", f"minutes: {'9' * 5000}"),
    "long number in bits": PLAIN.replace("minutes: 10", f"minutes: 0b{'1' * 50_000}"),
    "long number for a text": PLAIN.replace(f"title: {GOOD['title']}", f"title: 0x{'f' * 50_000}"),
    "empty number": PLAIN.replace("minutes: 10", "minutes: !!int ''"),
    "empty time": PLAIN.replace("minutes: 10", "minutes: !!timestamp x"),
    "alias": "title: &a [x]\nabout: *a\n",
    "nested aliases": "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\ntitle: *c\n",
    "alias of itself": "&a [*a]",
    "deep": "[" * 3000,
    "wide": "[" + "0," * (MOST_NODES + 1) + "]",
    "long": "x" * (MOST_BYTES + 1),
    "wrong merge": "<<: 5\ntitle: a",
    "list as key": "? [a]\n: b",
    "object": "title: !!python/object/apply:os.getcwd []",
    "nothing": "",
}


@pytest.mark.parametrize("text", TEXTS)
def test_a_file_that_is_no_story_is_refused_in_a_short_sentence(text, tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text(TEXTS[text])
    with pytest.raises(CompVizError, match=r"^bad\.yaml") as refused:
        read_story(path)
    assert len(str(refused.value)) < 700


def test_what_looks_like_a_date_is_text(tmp_path):
    path = tmp_path / "dated.yaml"
    path.write_text(PLAIN.replace(f"title: {GOOD['title']}", "title: 2026-13-45"))
    assert read_story(path).title == "2026-13-45"


SETTINGS = {
    "no page": ("page", "nosuch", "expected one of claims, clips, compare"),
    "seed of letters": ("view", {"seed": "abc"}, "'seed': expected a whole number from 0 to 9999, got 'abc'"),
    "seed too large": ("view", {"seed": 10_000}, "'seed'"),
    "seed true": ("view", {"seed": True}, "'seed'"),
    "button": ("view", {"lecture on": True}, "'lecture on': expected one of the names that stand in addresses"),
    "widget of the frame": ("view", {"pattern_draw": 3}, "'pattern_draw'"),
    "switch of letters": ("view", {"fitted": "yes"}, "'fitted': expected true or false"),
    "share beyond one": ("view", {"momentum": 2}, "'momentum': expected a number from 0 to 1"),
    "weight of letters": ("view", {"weight_audio": "much"}, "'weight_audio'"),
    "not a number": ("view", {"momentum": float("nan")}, "'momentum'"),
    "unknown pattern": ("view", {"pattern": "sometimes(0.3)"}, "sometimes"),
    "impossible lab": ("view", {"lab": "lab(seed=x)"}, "lab"),
}


@pytest.mark.parametrize("case", SETTINGS)
def test_a_step_that_would_break_its_page_is_refused_when_it_is_read(case, tmp_path):
    field, value, expected = SETTINGS[case]
    story = copy.deepcopy(GOOD)
    story["steps"][2][field] = value
    path = tmp_path / "bad.yaml"
    path.write_text(yaml.safe_dump(story))
    with pytest.raises(CompVizError) as refused:
        read_story(path)
    assert expected in str(refused.value)
    assert f"steps.2.{field}" in str(refused.value)


def test_whatever_stands_in_an_address_may_stand_in_a_view():
    for _, own in ADDRESSES:
        view = {name: yaml.safe_load(value) if ":" not in value else value for name, value in own.items()}
        assert check_settings(view).keys() == own.keys()


def test_a_bad_file_is_named_and_the_others_stay(tmp_path, monkeypatch):
    (tmp_path / "good.yaml").write_text(PLAIN)
    (tmp_path / "date.yaml").write_text(PLAIN.replace("minutes: 10", "minutes: 2026-13-45"))
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "gone.yaml").symlink_to(tmp_path / "nowhere")
    (tmp_path / "circle.yaml").symlink_to(tmp_path / "circle.yaml")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.yaml")
    monkeypatch.setattr(lecture, "STORIES", (tmp_path,))
    stories, problems = lecture.shipped_stories()
    assert list(stories) == ["good"]
    assert {problem.split(".yaml")[0] for problem in problems} >= {"date", "folder", "gone", "circle"}
    assert len(problems) == len(list(tmp_path.glob("*.yaml"))) - 1


@pytest.mark.parametrize(
    ("text", "number"),
    [("3", 3), ("8", 8), ("9", 8), ("0", 0), ("9" * 5000, 8), ("0" * 5000 + "3", 3), ("٣", 3), ("-1", None), ("1.5", None), ("²", None), ("", None)],
    ids=["in it", "last", "beyond", "zero", "5000 digits", "5000 zeros", "other digits", "negative", "half", "raised", "none"],
)  # fmt: skip
def test_numbers_of_addresses(text, number):
    assert whole_number(text, most=8) == number
