import re
from pathlib import Path

import pytest

from comp_viz.wording import how_many

SOURCES = sorted((Path(__file__).parents[1] / "comp_viz").rglob("*.py"))
COUNTED = re.compile(
    r"\{(?:len\([^{}]*\)|[\w.]*count(?:ed)?)(?::,)?\} (?:utterance|conversation|decision|prediction)s\b"
)


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 utterances"), (1, "1 utterance"), (2, "2 utterances"), (2430, "2,430 utterances")]
)
def test_a_noun_agrees_with_its_number(number, words):
    assert how_many(number, "utterance") == words


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_what_is_counted_on_screen_agrees_with_its_number(path):
    assert COUNTED.findall(path.read_text()) == []
