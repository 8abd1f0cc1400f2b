"""Missing entries against their own features: rank and cosine along the conversation, and all ranks together."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from comp_viz.analysis.reconstruction.entries import Reconstruction
from comp_viz.analysis.stats.chance import count_within_chance
from comp_viz.data.conversation import Floats
from comp_viz.figures.along import along, escape, flat
from comp_viz.figures.chart import About, base_layout, percent_ticks
from comp_viz.figures.reconstruction.heading import ALONE
from comp_viz.figures.style import Palette, modality_colours, modality_marks, modality_symbols
from comp_viz.wording import MINUS, decimal, fitting, percent

ABOUT_ENTRIES = About(
    "Every entry that the recording has and the missing pattern takes away. Rank: among all utterances with that modality, at which place "
    "its own features stand by cosine with what was made of it (equally near ones share the mean of their places). Of ComP, open marks are before propagation (the encoding of "
    "missing features among the encodings), filled ones after. Own features are those in the conversation as recorded, in the method's own space. Below, the cosine; the dash is what "
    "the mean of all other utterances reaches. A click selects an utterance.",
    "Whether the prediction is right: features can be reconstructed and the prediction still be wrong, or the other way round. Of ComP the "
    "conversation as recorded also differs in its other entries; for the selected utterance, the features below give back that one entry alone.",
    r"\mathrm{rank}(s) = 1 + \#\{j : \cos(\hat x_s, x_j) > \cos(\hat x_s, x_s)\}",
)  # fmt: skip
ABOUT_RANKS = About(
    "How many of the missing entries have their own features among the nearest 10 %, 20 % … of the utterances: solid as rebuilt; of ComP, "
    "dotted before propagation. Curves above the dashed diagonal are better than chance.",
    "Single utterances. Of ComP, before propagation all missing entries of a modality have the same encoding, so their ranks are spread evenly over all places but for "
    "utterances that are missing in the recording.",
)
MARK_OFFSET = 0.24  # utterances between the marks of neighbouring modalities


def entries_chart(
    compared: Mapping[str, Reconstruction], words: Sequence[str], low: float, selected: int, palette: Palette
) -> go.Figure:
    """Two rows over the utterances: rank as rebuilt (filled) and before propagation (open), and the cosine, from `low` to 1.

    Ranks are shares of all places, nearest above. A dash beside a cosine is what the mean of the other utterances reaches.
    """
    modalities, S = tuple(compared), len(words)
    colours, marks, symbols = modality_colours(palette, modalities), modality_marks(modalities), modality_symbols(modalities)  # fmt: skip
    layout = along(palette, entries_title(compared), 430, S, selected, shapes=[chance_line(palette)])
    traces: list[go.Scatter] = []
    for i, (u, one) in enumerate(compared.items()):
        if not len(one):
            continue
        x = (one.utterances + 1 + (i - (len(compared) - 1) / 2) * MARK_OFFSET).astype(np.float32)
        look = {"symbol": symbols[u], "size": 8, "color": colours[u]}
        text = entry_texts(one, words)
        dash = x[:, None] + max(MARK_OFFSET / 2, S / 300) * np.array([-1, 1, np.nan], np.float32)
        same = {
            "mode": "markers",
            "customdata": one.utterances,
            "text": text,
            "hovertemplate": "%{text}<extra></extra>",
        }
        if (before := one.encoded_place) is not None:
            ways = np.stack([before, one.place, np.full(len(one), np.nan, np.float32)], 1)
            hollow = {**look, "symbol": f"{symbols[u]}-open", "size": 6}
            traces += [
                flat(np.repeat(x, 3), ways, "y", mode="lines", line={"color": colours[u], "width": 0.8}, opacity=0.5, showlegend=False),
                go.Scatter(x=x, y=before, marker=hollow, name=f"{u} before", showlegend=False, **same),
            ]  # fmt: skip
        traces += [
            go.Scatter(x=x, y=one.place, marker=look, name=f"{marks[u]} {u}", **same),
            go.Scatter(x=x, y=one.cosine, yaxis="y2", marker=look, name=u, showlegend=False, **same),
            flat(dash, np.repeat(one.mean_cosine[:, None], 3, 1), "y2", mode="lines", line={"color": palette.ink, "width": 2}, showlegend=False),
        ]  # fmt: skip
    traces += legend_traces(palette, any(one.encoded_rank is not None for one in compared.values()))
    axis = layout["yaxis"] | {"gridcolor": palette.faint, "zeroline": False, "nticks": 5}
    layout |= {
        "yaxis": axis | {"domain": [0.5, 1], "range": [1.03, -0.03], "tickvals": [0, 0.5, 1], "ticktext": ["nearest", "chance", "furthest"]}
        | {"title": {"text": "rank", "font": {"size": 12}}},
        "yaxis2": axis | {"domain": [0, 0.44], "range": [low - 0.08, 1.08], "title": {"text": "cosine", "font": {"size": 12}}, "anchor": "x"},
        "xaxis": layout["xaxis"] | {"anchor": "y2"},
    }  # fmt: skip
    return go.Figure(traces, layout)


def reconstruction_sentence(compared: Reconstruction) -> str:
    """How well the entries of one modality are reconstructed, against chance and simple guesses; at least one is missing."""
    E, nearest = len(compared), compared.nearest
    return (
        f"{nearest or 'None'} of {E} missing {compared.modality} {'entry' if E == 1 else 'entries'} {'is' if nearest < 2 else 'are'} nearest to "
        f"{'its' if nearest < 2 else 'their'} own features ({decimal(compared.nearest_by_chance, 1)} expected by chance); median rank "
        f"{np.median(compared.rank):g} of {compared.choices} (by chance {(compared.choices + 1) / 2:g}); {compared.beats_mean} closer "
        f"than the mean of the other utterances, {compared.beats_neighbours} closer than the mean of the neighbours."
    )


def entries_title(compared: Mapping[str, Reconstruction]) -> str:
    """What propagation does to the rank of the entries, where there is some, and how many beat a simple guess."""
    some = [one for one in compared.values() if one.comparable]
    if not some:
        return unranked_title(compared)
    E, beat = sum(map(len, some)), sum(one.beats_mean for one in some)
    entries = "entry" if E == 1 else "entries"
    ranks = [(one.rank, one.encoded_rank) for one in some if one.encoded_rank is not None]
    if not ranks:
        return f"{beat or 'None'} of {E} missing {entries} {'is' if beat == 1 else 'are'} closer to their own features than the mean of the others"
    nearer, further = (
        sum(int(differ(after, before).sum()) for after, before in ranks) for differ in (np.less, np.greater)
    )
    if count_within_chance(nearer, nearer + further, 0.5):
        return f"Ranks change within chance: propagation improves {nearer}, worsens {further} of {E}"
    verb, changed = ("improves", nearer) if nearer > further else ("worsens", further)
    better = f"Propagation {verb} the rank of {changed} of {E} missing {entries}"
    return fitting(f"{better}; {beat} beat the mean of the others", f"{better}; {beat} beat the mean", better)


def unranked_title(compared: Mapping[str, Reconstruction]) -> str:
    """Why no missing entry has a rank."""
    return ALONE if any(map(len, compared.values())) else "Nothing is taken away"


def ranks_title(compared: Mapping[str, Reconstruction]) -> str:
    """The modalities whose median rank is more than chance gives, and that of the others is not."""
    medians = {u: one.median_place for u, one in compared.items() if one.comparable}
    if not medians:
        return unranked_title(compared)
    beyond = [u for u in medians if not compared[u].ranks_within_chance]
    low, high, chance = percent(min(medians.values())), percent(max(medians.values())), percent(0.5)
    values = low if low == high else f"{low} to {high}"
    if not beyond:
        return f"Median ranks are within chance: {values} of the utterances, {chance} by chance"
    shown = ", ".join(f"{percent(medians[u])} for {u}" for u in sorted(beyond, key=lambda u: medians[u]))
    ranks = "Median rank is" if len(beyond) == 1 else "Median ranks are"
    rest = "" if len(beyond) == len(medians) else "; others within chance"
    return fitting(
        f"{ranks} {shown} ({chance} by chance){rest}",
        f"The median rank of {len(beyond)} of {len(medians)} modalities is beyond chance, {values}",
    )


def legend_traces(palette: Palette, before: bool) -> list[go.Scatter]:
    """Dashes for the legend, and open marks where something was `before`."""
    open_mark = {"symbol": "circle-open", "size": 7, "color": palette.ink}
    dash = {"symbol": "line-ew", "size": 9, "line": {"color": palette.ink, "width": 2}}
    words = {**({"before propagation": open_mark} if before else {}), "mean of the other utterances": dash}
    return [go.Scatter(x=[None], y=[None], mode="markers", marker=look, name=name) for name, look in words.items()]


def entry_texts(one: Reconstruction, words: Sequence[str]) -> list[str]:
    """Everything measured of every entry."""
    return [
        f"<b>utterance {s + 1}</b> {escape(words[s], 60)}<br>{escape(one.modality)} missing; rank of its own features: "
        f"{one.rank[e]:g} of {one.choices}{before_words(one.encoded_rank, e, 'g')}<br>cosine {decimal(one.cosine[e], 3)}{before_words(one.encoded_cosine, e, '.3f')}; "
        f"mean of the others {decimal(one.mean_cosine[e], 3)}, mean of the neighbours {decimal(one.neighbour_cosine[e], 3)}"
        for e, s in enumerate(one.utterances.tolist())
    ]


def before_words(values: Floats | None, e: int, digits: str) -> str:
    """What it was of entry `e` before propagation, where there was something."""
    return "" if values is None else f" (before propagation {values[e]:{digits}})".replace("-", MINUS)


def chance_line(palette: Palette) -> dict[str, object]:
    """A dashed line at the middle rank."""
    line = {"color": palette.truth, "width": 1.2, "dash": "dash"}
    return {"type": "line", "xref": "paper", "yref": "y", "x0": 0, "x1": 1, "y0": 0.5, "y1": 0.5, "line": line}


def ranks_chart(compared: Mapping[str, Reconstruction], palette: Palette) -> go.Figure:
    """Share of missing entries whose own features are among the nearest share of utterances; the diagonal is chance."""
    modalities = tuple(compared)
    colours, marks, symbols = modality_colours(palette, modalities), modality_marks(modalities), modality_symbols(modalities)  # fmt: skip
    some = {u: one for u, one in compared.items() if len(one)}
    traces = [
        go.Scatter(x=[0, 1], y=[0, 1], name="chance", mode="lines", line={"color": palette.truth, "dash": "dash"}, hoverinfo="skip")
    ]  # fmt: skip
    for u, one in some.items():
        after = np.sort(one.place)
        reached = (np.arange(1, len(one) + 1) / len(one)).astype(np.float32)
        hover = f"%{{text}} of missing {escape(u)} entries rank within the nearest %{{customdata}}"
        texts = [percent(share) for share in reached.tolist()]
        if (before := one.encoded_place) is not None:
            traces.append(go.Scatter(
                x=np.sort(before), y=reached, mode="lines", line={"color": colours[u], "width": 1, "dash": "dot", "shape": "hv"},
                text=texts, customdata=[percent(place) for place in np.sort(before).tolist()], name=f"{u} before propagation", showlegend=False, hovertemplate=hover + " before propagation<extra></extra>",
            ))  # fmt: skip
        traces.append(go.Scatter(
            x=after, y=reached, mode="lines+markers", line={"color": colours[u], "width": 2, "shape": "hv"},
            text=texts, customdata=[percent(place) for place in after.tolist()],
            marker={"symbol": symbols[u], "size": 7}, name=f"{marks[u]} {u}", hovertemplate=hover + "<extra></extra>",
        ))  # fmt: skip
    if any(one.encoded_rank is not None for one in some.values()):
        for name, width, dash in (("after propagation", 2, "solid"), ("before propagation", 1, "dot")):
            line = {"color": palette.truth, "width": width, "dash": dash}
            traces.append(go.Scatter(x=[None], y=[None], mode="lines", name=name, line=line))
    layout = base_layout(palette, ranks_title(compared), 360)
    share = {"range": [-0.02, 1.02], **percent_ticks(0, 1), "zeroline": False}
    layout["xaxis"] = layout["xaxis"] | share | {"title": {"text": "rank of the own features, share of utterances", "font": {"size": 12}}}  # fmt: skip
    layout["yaxis"] = layout["yaxis"] | share | {"title": {"text": "share of missing entries", "font": {"size": 12}}}
    return go.Figure(traces, layout)


def lowest_cosine(sides: Sequence[Mapping[str, Reconstruction]]) -> float:
    """Where the axis of cosines begins in charts side by side: at the lowest of all, and never above 0.5."""
    cosines = [x for side in sides for one in side.values() for x in (one.cosine, one.mean_cosine)]
    return min(0.5, float(np.nanmin(np.concatenate([*cosines, [0.5]]))))
