import re
from pathlib import Path

import pytest

from comp_viz.wording import (
    HEADING,
    compact,
    decimal,
    fitting,
    flip_clause,
    how_many,
    interval,
    percent,
    points,
    shortened,
    signed,
    so_far,
    some_of,
    uniformity,
)

SOURCES = sorted((Path(__file__).parents[1] / "comp_viz").rglob("*.py"))
COUNTED = re.compile(
    r"\{(?:len\([^{}]*\)|[\w.]*count(?:ed)?)(?::,)?\} (?:utterance|conversation|decision|prediction)s\b"
)


@pytest.mark.parametrize(
    ("number", "total", "words", "sentence"),
    [
        (0, 1, "no decision", "no decision flips"),
        (1, 1, "the only decision", "the only decision flips"),
        (0, 84, "none of 84 decisions", "none of 84 decisions flip"),
        (1, 84, "1 of 84 decisions", "1 of 84 decisions flips"),
        (1200, 2430, "1,200 of 2,430 decisions", "1,200 of 2,430 decisions flip"),
    ],
)
def test_some_of_one_is_no_count(number, total, words, sentence):
    assert some_of(number, total, "decision") == words
    assert flip_clause(number, total, "decision") == sentence


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 utterances"), (1, "1 utterance"), (2, "2 utterances"), (2430, "2,430 utterances")]
)
def test_a_noun_agrees_with_its_number(number, words):
    assert how_many(number, "utterance") == words


def test_what_is_counted_on_screen_agrees_with_its_number():
    assert [f"{path.name}: {text}" for path in SOURCES for text in COUNTED.findall(path.read_text())] == []


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (decimal(0.314), "0.31"),
        (decimal(-0.052), "\u22120.05"),
        (decimal(-0.004), "0.00"),
        (decimal(2430.5, 1), "2,430.5"),
        (decimal(float("nan")), "not defined"),
        (percent(float("nan")), "not defined"),
        (compact(-3.0), "\u22123"),
        (compact(0.5), "0.5"),
        (percent(2 / 3), "67\u202f%"),
        (percent(-0.012, 1), "\u22121.2\u202f%"),
        (percent(-0.0004), "0\u202f%"),
        (points(0.024), "+2.4 points"),
        (points(-0.024), "\u22122.4 points"),
        (points(0.0001), "0.0 points"),
        (signed(0.31), "+0.31"),
        (signed(-0.001), "0.00"),
        (interval(0.34, 0.021), "0.34 ± 0.02 (95\u202f%)"),
        (interval(-0.34, float("nan")), "\u22120.34"),
    ],
)
def test_numbers_are_written_as_they_are_printed(made, words):
    assert made == words


def test_the_fullest_sentence_that_fits_is_taken_and_the_last_is_cut():
    assert fitting("a" * (HEADING + 1), "b" * HEADING, "c") == "b" * HEADING
    assert fitting("a" * (HEADING + 1), "b" * (HEADING + 1)) == "b" * (HEADING - 1) + "…"


def test_what_is_cut_ends_in_an_ellipsis():
    assert shortened("a" * 60, 60) == "a" * 60
    assert shortened("a" * 61, 60) == "a" * 59 + "…"


def test_messages_cut_values_in_the_one_way_that_shows_it():
    """A format such as `:.80` leaves a value cut without a sign. What decodes clips runs by itself, without our words."""
    cut = re.compile(r"\{[^{}]*:\.\d+\}")
    wrong = [
        path.name for path in SOURCES if "decoder" not in path.parts and cut.search(path.read_text(encoding="utf-8"))
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("entropy", "words"), [(0.97, "nearly uniform"), (0.94, "close to uniform"), (0.8, "uneven"), (0.3, "selective")]
)
def test_normalised_entropy_is_put_in_the_words_of_the_field(entropy, words):
    assert uniformity(entropy) == words


def test_percentages_on_axes_are_written_as_in_sentences():
    """Plotly's own format of a percentage has no space before its sign."""
    wrong = [
        f"{path.name}: {line.strip()}"
        for path in SOURCES
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.search(r"""tickformat["']?\s*[:=].*%["']""", line)
    ]
    assert wrong == []


def test_what_is_still_measured_loses_a_clause_rather_than_half_a_word():
    long = "None of 8 differences excludes zero (0.4 by chance); the largest is with 50\u202f% missing"
    assert so_far(long, 14, 51, "passes") == ("So far, 14 of 51: None of 8 differences excludes zero (0.4 by chance)")
    assert so_far("Level", 14, 51, "passes") == "So far, 14 of 51 passes: Level"
    assert so_far(long, 51, 51, "passes") == long
