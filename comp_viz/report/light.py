"""Pictures made for a dark ground, in the tones for a light one: a report is read on paper as well."""

import re

from comp_viz.figures.style import DARK, LIGHT, Palette


def palette_tones(palette: Palette) -> list[str]:
    """Every colour of a palette, in an order that is the same for all."""
    plain = [
        getattr(palette, name)
        for name in ("ink", "faint", "truth", "negative", "positive", "mark", "ground", "neutral")
    ]
    return [*plain, *palette.modality.values(), *palette.spare, *palette.classes]


IN_LIGHT = {
    dark: light
    for dark, light in reversed([*zip(palette_tones(DARK), palette_tones(LIGHT), strict=True)])
    if dark != light
}
DARK_TONE = re.compile("|".join(IN_LIGHT))


def in_light(picture: str, dark: bool) -> str:
    """Plotly's JSON or an SVG with the tones of the light palette; `dark` says which palette it was made with."""
    return DARK_TONE.sub(lambda match: IN_LIGHT[match[0]], picture) if dark else picture
