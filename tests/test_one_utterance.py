"""A conversation of one utterance: no sentence counts, compares or averages what there is only one of."""

import re

import numpy as np
import pytest
from page_cases import array, figures, on_wire

from comp_viz.figures.along import broken_line

TRIVIAL = re.compile(
    r"\b(?:of 1 (?:utterance|decision|prediction)s?\b(?!:)|1 of 1\b|0 of 1\b|[nN]one of 1\b|all 1 |not defined|nan\b)"
    r"|100(?:\.0)?\u202f% of (?:its|the variance)|explains? .*variance|the median|Procrustes|[nN]o other utterance has any"
)
PARTS = [
    *[("prototypes", {"look_at": each}) for each in ("Space", "Assignment", "Nearest utterances", "Prompts")],
    *[("propagation", {"propagation": each}) for each in ("Attention", "Prompt ablation")],
    *[("coordinator", {"weighing": each}) for each in ("Learned weights", "By group", "Other weights")],
    *[("why", {"why": each}) for each in ("Contributions", "Features", "Context", "Counterfactuals")],
    *[(page, {}) for page in ("live", "overview", "reconstruction")],
]
PATTERNS = ("found", "only(text)", "rates(audio=1, text=1, video=1)")


def sentences(app):
    """Headings, titles of charts, captions and notes."""
    elements = [*app.main.subheader, *app.main.markdown, *app.main.caption, *app.main.info]
    return [one.value for one in elements if not one.value.startswith("**What it ")]


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize(("page", "part"), PARTS)
def test_no_sentence_counts_or_compares_what_there_is_one_of(page, part, pattern, open_case):
    app, data = open_case(page, "one utterance", pattern=pattern, **part)
    assert len(data.split("test")[0]) == 1
    assert not app.exception
    assert not app.error
    assert [text for text in sentences(app) if TRIVIAL.search(text)] == []


def test_no_variance_is_drawn_of_one_utterance(open_case):
    app, _ = open_case("prototypes", "one utterance", look_at="Assignment")
    assert "assignment" in on_wire(app)
    assert "variation" not in on_wire(app)


def test_missing_entries_have_no_rank_among_themselves(open_case):
    app, _ = open_case("reconstruction", "one utterance", pattern="only(text)")
    assert app.subheader[0].value == "Missing entries cannot be ranked: no other utterance has their modality"
    assert not any("nearest to" in text for text in sentences(app))


@pytest.mark.parametrize(
    ("values", "alone"),
    [([5.0], [0]), ([1, np.nan, 2, 3], [0]), ([np.nan, 1, np.nan], [1]), ([1, 2, np.nan, 3, 4], []), ([np.nan], [])],
)
def test_a_value_without_neighbours_is_a_dash_as_no_line_reaches_it(values, alone):
    drawn = broken_line(np.float32(values), {"color": "#000", "width": 1})
    sizes = drawn.get("marker", {"size": np.zeros(len(values))})["size"]
    assert np.flatnonzero(sizes).tolist() == alone


def test_the_truth_of_the_selected_utterance_shows_beside_the_line_there(open_case):
    app, data = open_case("live", "one utterance")
    truth = next(trace for trace in figures(app)["timeline"]["data"] if trace["name"] == "truth")
    label = data.split("test")[0].labels[0]
    at_label = np.isclose(array(truth["y"]), label, atol=1e-6)
    assert np.ptp(array(truth["x"])[at_label]) > 0  # wider than the line, which is upright
