"""The architecture of the paper's Figure 2 as an SVG picture, with the numbers of one utterance of a conversation in it."""

from collections.abc import Iterable
from html import escape
from itertools import pairwise

import numpy as np

from comp_viz.analysis.overview.parts import ModalityParts, Parts
from comp_viz.data.conversation import Floats, Task
from comp_viz.figures.style import FUSED_MARK, Palette, modality_colours, modality_marks

WIDTH, TOP = 1320, 58  # units of the picture: its width, the space of the heads of the columns
ROW, BOX = 128, 96  # height of a row, and of a box in it
FONT = "font-family=\"'Source Sans', sans-serif\""
# Part -> left edge, width, page that shows it closely, and what its numbers are.
PARTS = {
    "features": (0, 145, "live", "Whether the modality is observed here, and its share of observed utterances."),
    "encoder Z": (180, 105, "prototypes", "Norm of the encoded features Z, here and on average over the conversation."),
    "prototypes A": (320, 140, "prototypes", "Prototypes attended to, and how evenly: entropy of the assignment as a share of its maximum, 0 one prototype to 1 all alike."),
    "prompts P": (570, 115, "prototypes", "Norms of the prompts that the other modalities deliver here."),
    "propagation Z̄": (720, 155, "propagation", "How evenly the utterance attends to the others, 0 to 1; and the cosine of its features before and after, -1 to 1."),
    "heads Y": (910, 120, "live", "The modality's own prediction here, and the share of labelled utterances it gets right."),
    "coordinator ω̄": (1075, 80, "coordinator", "Weight of each modality here, together 1."),
    "fused": (1195, 125, "live", "The fused prediction here with the truth, and the share of labelled utterances it gets right."),
}  # fmt: skip


def diagram(found: Parts, task: Task, labels: Floats, selected: int, palette: Palette) -> str:
    """Draw the parts for utterance `selected`, counted from 0, of a conversation with `labels [S]`.

    Parts that open a page are groups with the page's name in `data-page`.
    """
    names = tuple(found.modalities)
    colours, marks = modality_colours(palette, names), modality_marks(names)
    height = TOP + ROW * len(names)
    drawn = [heads(palette, found.prompted), *wires(found, names, selected, colours, palette)]
    for u, (name, one) in enumerate(found.modalities.items()):
        y = TOP + ROW * u
        drawn += lane(name, one, task, selected, y, (marks[name], colours[name]), palette)
    drawn += [coordinator(found, selected, colours, marks, palette), fused(found, task, labels, selected, palette)]
    hatches = "".join(hatch(colour, palette) for colour in colours.values())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-3 0 {WIDTH + 6} {height}" role="group" '
        f'aria-label="Architecture of ComP with the numbers of utterance {selected + 1}">'
        f"<defs>{hatches}</defs>{''.join(drawn)}</svg>"
    )


def heads(palette: Palette, prompted: bool) -> str:
    """Names of the parts above their columns."""
    shown = [part for part in PARTS if prompted or part not in ("prototypes A", "prompts P")]
    return "".join(text(PARTS[part][0] + PARTS[part][1] / 2, 34, part, palette.ink, 17, "600") for part in shown)


def lane(
    name: str, one: ModalityParts, task: Task, s: int, y: float, look: tuple[str, str], palette: Palette
) -> Iterable[str]:
    """The boxes of one modality from its features to its head."""
    mark, colour = look
    share = f"{one.observed.mean():.0%} observed"
    state = "observed" if one.observed[s] else "missing"
    yield box("features", y, (f"{mark} {name}", state, share), colour, palette, missing=not one.observed[s])
    yield box("encoder Z", y, ("norm", number(one.encoded[s]), f"mean {number(one.encoded.mean())}"), colour, palette)
    if one.own:
        kinds = f"{one.own} own + {one.bank}"
        yield box("prototypes A", y, (kinds, number(one.spread[s]), "evenness"), colour, palette)
        lines = tuple(f"{sender} {number(values[s])}" for sender, values in list(one.received.items())[:3])
        yield box("prompts P", y, lines if len(lines) == 3 else (*lines, "norms"), colour, palette)
    even, kept = f"evenness {number(one.attention[s])}", f"Z to Z̄ {number(one.kept[s])}"
    yield box("propagation Z̄", y, (even, kept), colour, palette)
    yield box("heads Y", y, (said(task, one.head[s]), right(one.accuracy)), colour, palette)


def wires(found: Parts, names: tuple[str, ...], s: int, colours: dict[str, str], palette: Palette) -> Iterable[str]:
    """Lines between the parts; those of prompts go from row to row, the thicker the longer the prompt."""
    middle = {name: TOP + ROW * u + BOX / 2 for u, name in enumerate(names)}
    longest = max(
        (float(values[s]) for one in found.modalities.values() for values in one.received.values()), default=1
    )
    chain = ["features", "encoder Z", *(["prototypes A"] if found.prompted else []), "propagation Z̄", "heads Y"]
    for name, one in found.modalities.items():
        y = middle[name]
        for left, right_ in pairwise(chain):
            if (left, right_) == ("prototypes A", "propagation Z̄"):
                continue  # prompts stand between
            yield line(end(left), y, PARTS[right_][0], y, colours[name], 2)
        for sender, values in one.received.items():
            width = 1.5 + 6 * float(values[s]) / max(longest, 1e-9)
            yield line(end("prototypes A"), middle[sender], PARTS["prompts P"][0], y, colours[sender], width, 0.55)
        if one.received:
            yield line(end("prompts P"), y, PARTS["propagation Z̄"][0], y, colours[name], 2)
        weight = 1 + 10 * float(one.weight[s])
        yield line(end("heads Y"), y, PARTS["coordinator ω̄"][0], y, colours[name], weight, 0.8)
    centre = TOP + ROW * (len(names) - 1) / 2 + BOX / 2
    yield line(end("coordinator ω̄"), centre, PARTS["fused"][0], centre, palette.ink, 4)


def coordinator(found: Parts, s: int, colours: dict[str, str], marks: dict[str, str], palette: Palette) -> str:
    """Weights of the utterance stacked to 1, first modality on top."""
    x, width, page, what = PARTS["coordinator ω̄"]
    height = ROW * (len(found.modalities) - 1) + BOX
    pieces, y, said_ = [], float(TOP), []
    for name, one in found.modalities.items():
        part = height * float(one.weight[s])
        pieces.append(f'<rect x="{x}" y="{y:.1f}" width="{width}" height="{part:.1f}" fill="{colours[name]}"/>')
        if part > 30:
            pieces.append(
                text(x + width / 2, y + part / 2 + 6, f"{marks[name]} {one.weight[s]:.2f}", palette.ground, 17, "600")
            )
        said_.append(f"{name} {one.weight[s]:.2f}")
        y += part
    return linked(page, f"coordinator: {', '.join(said_)}. {what}", "".join(pieces))


def fused(found: Parts, task: Task, labels: Floats, s: int, palette: Palette) -> str:
    """The fused prediction with the truth."""
    y = TOP + ROW * (len(found.modalities) - 1) / 2
    truth = "unknown" if np.isnan(labels[s]) else task.classes[int(labels[s])] if task.classes else f"{labels[s]:.2f}"
    lines = (f"{FUSED_MARK} {said(task, found.fused[s])}", f"truth {truth}", right(found.accuracy))
    return box("fused", y, lines, palette.ink, palette)


def box(part: str, y: float, lines: tuple[str, ...], colour: str, palette: Palette, missing: bool = False) -> str:
    """A part with up to three lines in it, the first two large; hatched where the modality is missing."""
    x, width, page, what = PARTS[part]
    fill = f"url(#gone{colour[1:]})" if missing else palette.ground
    drawn = f'<rect x="{x}" y="{y}" width="{width}" height="{BOX}" rx="8" fill="{fill}" stroke="{colour}" stroke-width="2.5"/>'
    step = BOX / (len(lines) + 1)
    for i, words in enumerate(lines, start=1):
        size = 17 if i < 3 else 14
        drawn += text(x + width / 2, y + step * i + 6, words, palette.ink, size, "600" if i == 1 else "400")
    return linked(page, f"{part}: {', '.join(lines)}. {what}", drawn)


def linked(page: str, words: str, drawn: str) -> str:
    """A group that opens a page, with its words for hover and screen readers."""
    said_ = escape(words, quote=True)
    return f'<g class="part" data-page="{page}" role="link" tabindex="0" aria-label="{said_}"><title>{said_}</title>{drawn}</g>'


def line(x0: float, y0: float, x1: float, y1: float, colour: str, width: float, opacity: float = 1) -> str:
    """A curve from left to right."""
    bend = (x1 - x0) / 2
    path = f"M{x0:.0f},{y0:.0f} C{x0 + bend:.0f},{y0:.0f} {x1 - bend:.0f},{y1:.0f} {x1:.0f},{y1:.0f}"
    return f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{width:.1f}" stroke-opacity="{opacity}"/>'


def text(x: float, y: float, words: str, colour: str, size: int, weight: str) -> str:
    """Words centred at a place, shortened to what a box holds."""
    short = words if len(words) <= 20 else words[:19] + "…"
    return f'<text x="{x:.0f}" y="{y:.0f}" fill="{colour}" font-size="{size}" font-weight="{weight}" text-anchor="middle" {FONT}>{escape(short)}</text>'


def hatch(colour: str, palette: Palette) -> str:
    """The hatching of a missing modality, to be filled in by its colour."""
    return (
        f'<pattern id="gone{colour[1:]}" width="9" height="9" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        f'<rect width="9" height="9" fill="{palette.ground}"/><line x1="0" y1="0" x2="0" y2="9" stroke="{colour}" stroke-width="2" stroke-opacity="0.45"/></pattern>'
    )


def end(part: str) -> float:
    """Right edge of a part."""
    return PARTS[part][0] + PARTS[part][1]


def said(task: Task, values: Floats) -> str:
    """A prediction in a word."""
    best = int(values.argmax())
    return f"{task.classes[best]} {values[best]:.0%}" if task.classes else f"{values[0]:.2f}"


def right(share: float | None) -> str:
    """Accuracy in words."""
    return "no labels" if share is None else f"{share:.0%} right"


def number(value: float) -> str:
    """Two digits after the point, a dash where there is nothing."""
    return "–" if np.isnan(value) else f"{value:.2f}"
