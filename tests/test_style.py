"""The visual language keeps its promises: everything stands out from the ground and is told apart by any eye."""

from itertools import combinations

import numpy as np
import pytest
from plotly.validator_cache import ValidatorCache

from comp_viz.figures.emotions import CLASS_SYMBOLS, emotion_looks
from comp_viz.figures.live.marks import OUTLINES
from comp_viz.figures.style import (
    DARK,
    FUSED_MARK,
    LIGHT,
    SPARE_MARKS,
    SYMBOLS,
    class_colours,
    diverging,
    modality_colours,
    modality_marks,
    modality_symbols,
    sequential,
)

PALETTES = pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
TWO, PUBLISHED, FOUR = ("audio", "text"), ("audio", "text", "video"), ("audio", "text", "video", "pose")
UNUSUAL = ("gaze", "pulse", "skin", "pose")
SEVEN = (*PUBLISHED, *UNUSUAL)
# Machado, Oliveira and Fernandes (2009), severity 1: what each kind of dichromat sees of linear RGB.
SIGHT = {
    "usual": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
LEAST_APART = 15  # CIE76 distance between the tones of any two modalities; about 2.3 is just noticeable side by side


def linear(colour: str) -> np.ndarray:
    """Linear RGB, `[3]`, of `#rrggbb`."""
    parts = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """WCAG contrast, 1 to 21."""
    dim, bright = sorted(float(np.dot(linear(colour), [0.2126, 0.7152, 0.0722])) for colour in (one, other))
    return (bright + 0.05) / (dim + 0.05)


def lab(colour: str, sight: str) -> np.ndarray:
    """CIE L*a*b* (D65) of a colour as an eye of that kind sees it."""
    seen = np.clip(np.array(SIGHT[sight]) @ linear(colour), 0, 1)
    to_xyz = [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
    x, y, z = np.array(to_xyz) @ seen / [0.95047, 1.0, 1.08883]
    f = [np.cbrt(t) if t > (6 / 29) ** 3 else t / (3 * (6 / 29) ** 2) + 4 / 29 for t in (x, y, z)]
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def apart(one: str, other: str, sight: str = "usual") -> float:
    """How different two colours look to an eye of that kind."""
    return float(np.linalg.norm(lab(one, sight) - lab(other, sight)))


def hue(colour: str) -> float:
    """Hue in degrees, 0 to 360."""
    _, a, b = lab(colour, "usual")
    return float(np.degrees(np.arctan2(b, a)) % 360)


def test_the_measures_measure():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#777777") == 1
    np.testing.assert_allclose(lab("#ffffff", "usual"), [100, 0, 0], atol=0.05)
    np.testing.assert_allclose(lab("#ff0000", "usual"), [53.24, 80.09, 67.20], atol=0.05)
    for sight in SIGHT:  # grey is grey to everybody
        np.testing.assert_allclose(lab("#808080", sight), lab("#808080", "usual"), atol=0.2)
    assert apart("#ff0000", "#747400", "deuteranopia") < 0.4 * apart("#ff0000", "#747400")
    assert apart("#0072b2", "#009e73", "tritanopia") < apart("#0072b2", "#009e73")


@PALETTES
def test_everything_drawn_stands_out_from_its_ground(palette):
    drawn = {
        "ink": palette.ink, "truth": palette.truth, "mark": palette.mark, "negative": palette.negative,
        "positive": palette.positive, **palette.modality, **dict(enumerate((*palette.spare, *palette.classes))),
    }  # fmt: skip
    faded = {name: round(contrast(colour, palette.ground), 2) for name, colour in drawn.items()}
    assert {name: result for name, result in faded.items() if result < 3} == {}
    assert contrast(palette.ink, palette.ground) >= 7  # it is the colour of text, too


@PALETTES
def test_what_lies_behind_stays_behind(palette):
    for colour in (palette.faint, palette.neutral):
        assert 1.1 < contrast(colour, palette.ground) < 2.5


@PALETTES
@pytest.mark.parametrize(
    "modalities", [TWO, PUBLISHED, FOUR, UNUSUAL, SEVEN], ids=["two", "published", "four", "unusual", "seven"]
)
@pytest.mark.parametrize("sight", SIGHT)
def test_modalities_are_told_apart_by_every_eye(palette, modalities, sight):
    colours = {"fused": palette.ink} | modality_colours(palette, modalities)
    close = {
        (u, v): round(apart(colours[u], colours[v], sight), 1)
        for u, v in combinations(colours, 2)
        if apart(colours[u], colours[v], sight) < LEAST_APART
    }
    assert close == {}


@PALETTES
def test_published_modalities_keep_the_tones_of_okabe_and_ito(palette):
    for name, tone in {"audio": "#e69f00", "text": "#0072b2", "video": "#009e73"}.items():
        difference = abs(hue(palette.modality[name]) - hue(tone))
        assert min(difference, 360 - difference) < 20


@pytest.mark.parametrize("modalities", [TWO, PUBLISHED, FOUR, UNUSUAL, SEVEN])
def test_every_modality_has_a_mark_of_its_own_that_plotly_knows(modalities):
    marks, symbols = modality_marks(modalities), modality_symbols(modalities)
    assert len(set(marks.values())) == len(set(symbols.values())) == len(modalities)
    assert all(symbols[name] == SYMBOLS[mark] for name, mark in marks.items())
    assert set(symbols.values()) <= set(ValidatorCache.get_validator("scatter.marker", "symbol").values)
    assert set(symbols.values()) <= set(OUTLINES)  # the Live page draws them itself


def test_no_modality_wears_the_mark_of_the_fusion():
    assert FUSED_MARK not in SPARE_MARKS
    assert len(set(SPARE_MARKS)) == len(SPARE_MARKS) >= 4
    assert set(SPARE_MARKS) <= set(SYMBOLS)


@PALETTES
@pytest.mark.parametrize("sight", SIGHT)
def test_both_sides_of_neutral_are_told_apart_by_every_eye(palette, sight):
    assert apart(palette.negative, palette.positive, sight) > LEAST_APART
    for colour in (palette.negative, palette.positive):
        assert apart(colour, palette.neutral, sight) > LEAST_APART


@PALETTES
@pytest.mark.parametrize("sight", SIGHT)
def test_negative_looks_like_no_modality_and_no_selection_to_any_eye(palette, sight):
    others = {"mark": palette.mark, **palette.modality}
    close = {name: round(apart(palette.negative, colour, sight), 1) for name, colour in others.items()}
    assert {name: distance for name, distance in close.items() if distance < LEAST_APART} == {}


@PALETTES
@pytest.mark.parametrize("count", [2, 4, 6, 8])
def test_emotions_have_colours_and_marks_of_their_own(palette, count):
    names = tuple(f"emotion {i}" for i in range(count))
    colours = class_colours(palette, names)
    assert all(apart(colours[u], colours[v]) >= LEAST_APART for u, v in combinations(names, 2))
    looks = emotion_looks(palette, names)
    assert len({symbol for _, symbol in looks.values()}) == count + 1  # and one for those without a label
    assert [looks[name][0] for name in names] == list(colours.values())


@PALETTES
def test_beyond_eight_classes_colour_and_mark_repeat_together(palette):
    names = tuple(map(str, range(11)))
    looks = emotion_looks(palette, names)
    assert looks["8"] == looks["0"]
    assert len(CLASS_SYMBOLS) == len(palette.classes)


@PALETTES
def test_sides_of_neutral_have_marks_too(palette):
    looks = emotion_looks(palette, ())
    assert len({symbol for _, symbol in looks.values()}) == len(looks) == 4
    assert looks["negative"][0] == palette.negative
    assert looks["positive"][0] == palette.positive


@PALETTES
def test_scales_run_one_way(palette):
    (_, nothing), (_, much) = sequential(palette)
    assert contrast(much, nothing) >= 3
    ends = diverging(palette)
    assert [at for at, _ in ends] == [0, 0.5, 1]
    assert contrast(ends[1][1], palette.ground) < min(contrast(ends[i][1], palette.ground) for i in (0, 2))


@PALETTES
def test_emotions_have_hues_of_their_own(palette):
    """No emotion is taken for a modality or for the mark of the selected utterance; all can be read, and told apart."""
    kept = (*palette.modality.values(), palette.mark)
    assert min(apart(tone, other) for tone in palette.classes for other in kept) > 20
    assert min(apart(one, other) for one, other in combinations(palette.classes, 2)) > 20
    assert min(contrast(tone, palette.ground) for tone in palette.classes) > 4.5
