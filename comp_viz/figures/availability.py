"""A small picture of an availability matrix: filled where observed, hatched where taken away, dashed where never recorded."""

from html import escape
from itertools import pairwise

import numpy as np

from comp_viz.data.conversation import Bools
from comp_viz.figures.style import Palette, modality_colours, modality_marks

ROW_HEIGHT, ROW_GAP, NAME_WIDTH = 13, 3, 58  # pixels: height of a row, space between rows, width left for names


def preview(modalities: tuple[str, ...], shown: Bools, available: Bools, palette: Palette, width: int = 240) -> str:
    """Draw `shown [S, M]` over what the recording has, `available [S, M]`, as an SVG picture, time from left to right.

    It fills the width that a page gives it: utterances stretch from those of `width` pixels, and names keep their size.
    """
    colours, marks = modality_colours(palette, modalities), modality_marks(modalities)
    height = len(modalities) * (ROW_HEIGHT + ROW_GAP)
    hatches = "".join(hatch(u, colours[name]) for u, name in enumerate(modalities))
    names = "".join(
        f'<text x="0" y="{u * (ROW_HEIGHT + ROW_GAP) + ROW_HEIGHT - 3}" font-size="12" fill="{palette.ink}" font-family="sans-serif">'
        f"{marks[name]} {escape(name[:8])}</text>"
        for u, name in enumerate(modalities)
    )
    rows = "".join(
        modality_row(u, shown[:, u], available[:, u], colours[name], palette, width - NAME_WIDTH)
        for u, name in enumerate(modalities)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="100%" height="{height}">{names}'
        f'<svg x="{NAME_WIDTH}" height="{height}" viewBox="0 0 {width - NAME_WIDTH} {height}" preserveAspectRatio="none" '
        f'style="width:calc(100% - {NAME_WIDTH}px)"><defs>{hatches}</defs>{rows}</svg></svg>'
    )


def hatch(u: int, colour: str) -> str:
    """The hatching of one modality, to be filled in by name."""
    return (
        f'<pattern id="missing{u}" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        f'<line x1="0" y1="0" x2="0" y2="4" stroke="{colour}" stroke-width="1.4" stroke-opacity="0.6"/></pattern>'
    )


def modality_row(u: int, shown: Bools, available: Bools, colour: str, palette: Palette, width: int) -> str:
    """One modality: neighbouring utterances in the same state are drawn as one piece."""
    state = np.where(shown, 2, np.where(available, 1, 0))  # 2 observed, 1 taken away, 0 never recorded
    bounds = np.flatnonzero(np.diff(state, prepend=-1, append=-1))
    step, y = (width - 1) / len(state), u * (ROW_HEIGHT + ROW_GAP)
    styles = (
        f'fill="none" stroke="{palette.truth}" stroke-dasharray="2 2" stroke-width="0.7"',
        f'fill="url(#missing{u})" stroke="{colour}" stroke-width="0.7"',
        f'fill="{colour}"',
    )
    return "".join(
        f'<rect x="{start * step:.1f}" y="{y + 0.5}" width="{(end - start) * step:.1f}" height="{ROW_HEIGHT - 1}" {styles[state[start]]}/>'
        for start, end in pairwise(bounds)
    )
