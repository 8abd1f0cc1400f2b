"""Colour and mark of every true emotion: of classes, or of the sides of neutral that a score may lie on."""

from comp_viz.analysis.coordinator.groups import UNKNOWN
from comp_viz.data.conversation import POLARITIES
from comp_viz.figures.style import Palette, class_colours

Looks = dict[str, tuple[str, str]]  # emotion -> colour, Plotly's name of its mark
CLASS_SYMBOLS = ("circle", "square", "diamond", "cross", "triangle-up", "star", "hexagon", "triangle-left")


def emotion_looks(palette: Palette, classes: tuple[str, ...]) -> Looks:
    """For `classes` their colours, with marks that repeat beyond eight; without any, for negative, neutral and positive."""
    unknown = {UNKNOWN: (palette.truth, "x")}
    if classes:
        colours = class_colours(palette, classes)
        return {
            name: (colours[name], CLASS_SYMBOLS[i % len(CLASS_SYMBOLS)]) for i, name in enumerate(classes)
        } | unknown
    tones = (palette.negative, palette.truth, palette.positive)
    symbols = ("triangle-down", "circle", "triangle-up")
    return dict(zip(POLARITIES, zip(tones, symbols, strict=True), strict=True)) | unknown
