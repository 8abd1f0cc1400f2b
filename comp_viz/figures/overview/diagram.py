"""The architecture of the paper's Figure 2 as an SVG picture, with the numbers of one utterance of a conversation in it."""

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from itertools import pairwise

import numpy as np

from comp_viz.analysis.overview.overview import ModalityOverview, Overview
from comp_viz.data.conversation import Floats, Task
from comp_viz.figures.chart import About
from comp_viz.figures.style import FUSED_MARK, Palette, modality_colours, modality_marks
from comp_viz.wording import decimal, first_upper, fitting, percent

ABOUT_DIAGRAM = About(
    "The parts of the network from left to right, one row a modality, for the selected utterance: whether it is observed, what each "
    "head predicts, the coordinator's weights, the fused prediction. Lines of prompts are the thicker the longer the prompt. Point at a "
    "part for its numbers, click it for its equation; click features to take the modality away from this utterance, or give it back.",
    "Norms and entropies say how much there is, not what it is worth: a long prompt may change nothing. The Propagation page "
    "measures that by removing prompts.",
    r"\hat X^u \to Z^u \to A^u \to \tilde P^u \to P^{vu} \to \bar Z^u \to Y^u,\; \bar\omega \to Y \quad (1)\text{–}(15)",
)

# Units of the picture. It is no wider than what keeps its type legible beside the sidebar in a window of 1024 pixels.
DIAGRAM_WIDTH, HEADS_HEIGHT = 930, 58  # its width, the space of the heads of the columns
LANE, BOX = 118, 98  # height of a row, and of a box in it
HEAD_TYPE, TYPE = 18, 19  # size of type: heads and weights, numbers
LETTER = 9.5  # about the width of one
FONT_ATTRIBUTE = "font-family=\"'Source Sans', sans-serif\""
# Part -> left edge, width, page that shows it closely, and what its numbers are.
PARTS = {
    "features": (0, 132, "live", "Whether the modality is observed here, and its share of observed utterances."),
    "encoder Z": (148, 66, "prototypes", "Norm of the encoded features Z, here and on average over the conversation."),
    "prototypes A": (230, 90, "prototypes", "Prototypes attended to, and the normalised entropy of the assignment: 0 one prototype, 1 uniform."),
    "prompts P": (392, 66, "prototypes", "Norms of the prompts that the other modalities deliver here."),
    "propagation Z̄": (474, 98, "propagation", "Normalised entropy of the utterance's attention, 0 to 1; and the cosine of its features before and after, −1 to 1."),
    "heads Y": (588, 100, "live", "The modality's own prediction here, and its accuracy on the conversation."),
    "coordinator ω̄": (706, 78, "coordinator", "Weight of each modality here, together 1."),
    "fused": (806, 124, "live", "The fused prediction here with the truth, and its accuracy on the conversation."),
}  # fmt: skip


@dataclass(frozen=True)
class Place:
    """Where a box stands, and how it looks."""

    modality: str  # "" of what belongs to none
    y: float
    colour: str
    palette: Palette


def diagram(overview: Overview, task: Task, labels: Floats, selected: int, palette: Palette) -> str:
    """Draw the parts for utterance `selected`, counted from 0, of a conversation with `labels [S]`.

    Every part is a group that names itself in `data-part` and `data-modality`; what the component moves has a `data-key`, and
    in `--stage` how far along the way it is.
    """
    names = tuple(overview.modalities)
    colours, marks = modality_colours(palette, names), modality_marks(names)
    height = HEADS_HEIGHT + LANE * len(names)
    shapes = [heads(palette, overview.prompted), *wires(overview, names, selected, colours, palette)]
    for u, (name, one) in enumerate(overview.modalities.items()):
        y = HEADS_HEIGHT + LANE * u
        shapes += lane(name, one, task, selected, y, (marks[name], colours[name]), palette)
    shapes += [
        coordinator(overview, selected, colours, marks, palette),
        fused(overview, task, labels, selected, palette),
    ]
    hatches = "".join(missing_pattern(colour, palette) for colour in colours.values())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-3 0 {DIAGRAM_WIDTH + 6} {height}" role="group" '
        f'aria-label="Architecture of ComP with the numbers of utterance {selected + 1}">'
        f"<defs>{hatches}</defs>{''.join(shapes)}</svg>"
    )


def diagram_title(overview: Overview, selected: int) -> str:
    """Which modality sends the longest prompts at utterance `selected`, counted from 0."""
    if not overview.prompted:
        return "Without prompts, modalities meet only in the coordinator and the fused head"
    names = tuple(overview.modalities)
    norms = {name: mean_prompt_norm(overview, name, selected) for name in names}
    most = max(names, key=lambda name: norms[name])
    return fitting(
        f"{first_upper(most)} sends utterance {selected + 1} the longest prompts: norm {decimal(norms[most])}"
    )


def mean_prompt_norm(overview: Overview, sender: str, s: int) -> float:
    """Mean norm of the prompts of one sender at utterance `s`, over receivers."""
    norms = [one.prompt_norms[sender][s] for one in overview.modalities.values() if sender in one.prompt_norms]
    return float(np.mean(norms))


def heads(palette: Palette, prompted: bool) -> str:
    """Names of the parts above their columns, symbols below the words."""
    columns = [part for part in PARTS if prompted or part not in ("prototypes A", "prompts P")]
    return "".join(
        text(middle(part), HEADS_HEIGHT - 15 - 20 * below, words, palette.ink, HEAD_TYPE, "600")
        for part in columns
        for below, words in enumerate(reversed(part.split()))
    )


def lane(
    name: str, one: ModalityOverview, task: Task, s: int, y: float, look: tuple[str, str], palette: Palette
) -> Iterable[str]:
    """The boxes of one modality from its features to its head."""
    mark, colour = look
    share = f"{percent(float(one.observed.mean()))} observed"
    state = "observed" if one.observed[s] else "missing"
    at = Place(name, y, colour, palette)
    yield box("features", at, (f"{mark} {name}", state), (share,), missing=not one.observed[s])
    norms = f"norm {two_digits(one.encoded_norm[s])}", f"mean {two_digits(one.encoded_norm.mean())}"
    yield box("encoder Z", at, ("Z",), norms)
    if one.own:
        entropy = f"normalised entropy {two_digits(one.assignment_entropy[s])}"
        yield box("prototypes A", at, ("A",), (f"{one.own} own and {one.bank} of the bank", entropy))
        lengths = tuple(f"norm from {sender} {two_digits(values[s])}" for sender, values in one.prompt_norms.items())
        yield box("prompts P", at, ("P",), lengths)
    entropy, cosine = (
        f"normalised entropy {two_digits(one.attention_entropy[s])}",
        f"cosine {two_digits(one.cosine[s])}",
    )
    yield box("propagation Z̄", at, ("Z̄",), (entropy, cosine))
    yield box("heads Y", at, prediction_lines(task, one.head[s]), (accuracy_words(one.accuracy),))


def wires(
    overview: Overview, names: tuple[str, ...], s: int, colours: dict[str, str], palette: Palette
) -> Iterable[str]:
    """Lines between the parts; those of prompts go from row to row, the thicker the longer the prompt."""
    rows = {name: HEADS_HEIGHT + LANE * u + BOX / 2 for u, name in enumerate(names)}
    longest = max(
        (float(values[s]) for one in overview.modalities.values() for values in one.prompt_norms.values()), default=1
    )
    chain = ["features", "encoder Z", *(["prototypes A"] if overview.prompted else []), "propagation Z̄", "heads Y"]
    for name, one in overview.modalities.items():
        y = rows[name]
        for left, right in pairwise(chain):
            if (left, right) == ("prototypes A", "propagation Z̄"):
                continue  # prompts stand between
            yield connection(left, y, right, y, colours[name], 2)
        for sender, values in one.prompt_norms.items():
            width = 1.5 + 6 * float(values[s]) / max(longest, 1e-9)
            yield connection("prototypes A", rows[sender], "prompts P", y, colours[sender], width, 0.55)
        if one.prompt_norms:
            yield connection("prompts P", y, "propagation Z̄", y, colours[name], 2)
        yield connection("heads Y", y, "coordinator ω̄", y, colours[name], 1 + 10 * float(one.weight[s]), 0.8)
    centre = HEADS_HEIGHT + LANE * (len(names) - 1) / 2 + BOX / 2
    yield connection("coordinator ω̄", centre, "fused", centre, palette.ink, 4)


def coordinator(overview: Overview, s: int, colours: dict[str, str], marks: dict[str, str], palette: Palette) -> str:
    """Weights of the utterance stacked to 1, first modality on top."""
    x, width, _, what = PARTS["coordinator ω̄"]
    height = LANE * (len(overview.modalities) - 1) + BOX
    pieces, y, weights = [], float(HEADS_HEIGHT), []
    for name, one in overview.modalities.items():
        part = height * float(one.weight[s])
        pieces.append(
            f'<rect data-key="weight {escape(name, quote=True)}" x="{x}" y="{y:.1f}" width="{width}" height="{part:.1f}" '
            f'fill="{colours[name]}"/>'
        )
        if part > 30:
            pieces.append(
                text(
                    x + width / 2,
                    y + part / 2 + 6,
                    f"{marks[name]} {one.weight[s]:.2f}",
                    palette.ground,
                    HEAD_TYPE,
                    "600",
                )
            )
        weights.append(f"{name} {one.weight[s]:.2f}")
        y += part
    return clickable_part("coordinator ω̄", "", f"coordinator: {', '.join(weights)}. {what}", "".join(pieces))


def fused(overview: Overview, task: Task, labels: Floats, s: int, palette: Palette) -> str:
    """The fused prediction with the truth."""
    y = HEADS_HEIGHT + LANE * (len(overview.modalities) - 1) / 2
    truth = (
        "unknown"
        if np.isnan(labels[s])
        else task.classes[int(labels[s])]
        if task.classes
        else decimal(float(labels[s]))
    )
    best, *chance = prediction_lines(task, overview.fused[s])
    lines = f"{FUSED_MARK} {best}", *chance, f"truth {truth}"
    return box("fused", Place("", y, palette.ink, palette), lines, (accuracy_words(overview.accuracy),))


def box(part: str, at: Place, lines: tuple[str, ...], more: tuple[str, ...], missing: bool = False) -> str:
    """A part with lines in it, wrapped to its width, and `more` for who points at it; hatched where the modality is missing."""
    x, width, _, what = PARTS[part]
    fill = f"url(#gone{at.colour[1:]})" if missing else at.palette.ground
    shapes = f'<rect x="{x}" y="{at.y}" width="{width}" height="{BOX}" rx="8" fill="{fill}" stroke="{at.colour}" stroke-width="2.5"/>'
    wrapped = [(piece, i == 0) for i, words in enumerate(lines) for piece in wrap(words, width)]
    step = BOX / (len(wrapped) + 1)
    for i, (words, first) in enumerate(wrapped, start=1):
        shapes += text(x + width / 2, at.y + step * i + 6, words, at.palette.ink, TYPE, "600" if first else "400")
    return clickable_part(part, at.modality, f"{part}: {', '.join((*lines, *more))}. {what}", shapes)


def clickable_part(part: str, modality: str, words: str, shapes: str) -> str:
    """A group that can be clicked, with its words for hover and screen readers."""
    label, name = escape(words, quote=True), escape(modality, quote=True)
    return (
        f'<g class="part" data-part="{part}" data-modality="{name}" style="--stage: {stage(part)}" role="button" tabindex="0" '
        f'aria-label="{label}"><title>{label}</title>{shapes}</g>'
    )


def stage(part: str) -> int:
    """How far along the way from features to the fused prediction a part is."""
    return list(PARTS).index(part)


def connection(left: str, y0: float, right: str, y1: float, colour: str, width: float, opacity: float = 1) -> str:
    """A curve from the end of a part to the beginning of another."""
    x0, x1 = end(left), PARTS[right][0]
    bend = (x1 - x0) / 2
    path = f"M{x0:.0f},{y0:.0f} C{x0 + bend:.0f},{y0:.0f} {x1 - bend:.0f},{y1:.0f} {x1:.0f},{y1:.0f}"
    return (
        f'<path class="wire" data-key="{left} {y0:.0f} {y1:.0f}" style="--stage: {stage(left)}" d="{path}" fill="none" '
        f'stroke="{colour}" stroke-width="{width:.1f}" stroke-opacity="{opacity}"/>'
    )


def wrap(words: str, width: float) -> list[str]:
    """Words in at most two lines of a box, each shortened to what it holds."""
    letters = int(width / LETTER)
    first, *more = textwrap.wrap(words, letters, break_long_words=False)
    lines = [first, " ".join(more)] if more else [first]
    return [line if len(line) <= letters else line[: letters - 1] + "…" for line in lines]


def text(x: float, y: float, words: str, colour: str, size: int, weight: str) -> str:
    """Words centred at a place."""
    return f'<text x="{x:.0f}" y="{y:.0f}" fill="{colour}" font-size="{size}" font-weight="{weight}" text-anchor="middle" {FONT_ATTRIBUTE}>{escape(words)}</text>'


def missing_pattern(colour: str, palette: Palette) -> str:
    """The hatching of a missing modality, to be filled in by its colour."""
    return (
        f'<pattern id="gone{colour[1:]}" width="9" height="9" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        f'<rect width="9" height="9" fill="{palette.ground}"/><line x1="0" y1="0" x2="0" y2="9" stroke="{colour}" stroke-width="2" stroke-opacity="0.45"/></pattern>'
    )


def middle(part: str) -> float:
    """Half way through a part."""
    return PARTS[part][0] + PARTS[part][1] / 2


def end(part: str) -> float:
    """Right edge of a part."""
    return PARTS[part][0] + PARTS[part][1]


def prediction_lines(task: Task, values: Floats) -> tuple[str, ...]:
    """A prediction: the score, or the likeliest class and its probability."""
    best = int(values.argmax())
    return (task.classes[best], percent(float(values[best]))) if task.classes else (decimal(float(values[0])),)


def accuracy_words(share: float | None) -> str:
    """Accuracy in words."""
    return "no labels" if share is None else f"accuracy {percent(share)}"


def two_digits(value: float) -> str:
    """Two digits after the point, a dash where there is nothing."""
    return "–" if np.isnan(value) else decimal(value)
