"""What the parts of the Reconstruction page say above their charts, and what the words of it mean."""

from collections.abc import Mapping

import pandas as pd

from comp_viz.analysis.reconstruction.by_rate import CHANCE, COSINE, ERROR, RANK
from comp_viz.analysis.reconstruction.entries import Reconstruction
from comp_viz.analysis.reconstruction.samples import EntrySamples
from comp_viz.analysis.stats.chance import count_within_chance
from comp_viz.wording import decimal, fitting, percent

ENTRIES_TERMS = (
    "An entry is one modality of one utterance. What the method makes of a missing one is compared with its own features, those it has in "
    "the conversation as recorded: nearest means nearer to them than to those of any other utterance. Median rank: at which share of all utterances, nearest first, half the entries of a "
    "modality have their own features, 50\u202f% by chance."
)
RATES_TERMS = (
    "Rank: the place of an entry's own features among all utterances of its conversation, nearest first by cosine, as a share: 0 at best, one half by chance. "
    "Cosine: of what was rebuilt with the entry's own features, both less the mean feature: 1 at best, 0 by chance. Error: squared, over that of the mean feature: 0 at best, 1 no better than it."
)
SAMPLES_TERMS = (
    "A sample is what the method generates of a missing entry from other noise. Calibrated samples spread as widely as they err: the truth "
    "is no further from their mean than one of them."
)
ALONE = "Missing entries cannot be ranked: no other utterance has their modality"
MEASURE_WORDS = {
    RANK: "rank of the own features",
    COSINE: "cosine less the mean feature",
    ERROR: "error relative to the mean feature",
}

MEASURE_NAMES = {RANK: "Rank", COSINE: "Cosine", ERROR: "Error"}


def measure_text(measure: str, value: float) -> str:
    """A value of a measure: ranks as a share of all places."""
    return percent(value) if measure == RANK else decimal(value)


def rebuilding_title(table: pd.DataFrame, measure: str) -> str:
    """Which modality is rebuilt best and which worst where least is missing, against chance; from `rebuilding_by_rate`."""
    known = table[table["value"].notna()]
    if known.empty:
        return "Nothing is measured yet"
    rows = known[known["missing_rate"] == known["missing_rate"].min()].sort_values("value", ascending=measure != COSINE)
    where = f"with {percent(rows['missing_rate'].iloc[0])} missing"
    each = ", ".join(
        f"{u} {measure_text(measure, value)}" for u, value in zip(rows["modality"], rows["value"], strict=True)
    )
    baseline = f"{measure_text(measure, CHANCE[measure])} {'for the mean' if measure == ERROR else 'by chance'}"
    what = MEASURE_NAMES[measure]
    return fitting(
        f"{what} {where}: {each} ({baseline})", f"{what}: {each} ({baseline})", f"{what} by modality and missing rate"
    )


def change_title(table: pd.DataFrame, measure: str) -> str:
    """How a measure changes from least to most missing, for every modality."""
    known = table[table["value"].notna()].sort_values("missing_rate")
    if known.empty or known["missing_rate"].nunique() == 1:
        return f"{MEASURE_NAMES[measure]} by missing rate"
    ends = known.groupby("modality", sort=False)["value"].agg(["first", "last"])
    each = ", ".join(f"{u} {measure_text(measure, a)} to {measure_text(measure, b)}" for u, a, b in ends.itertuples())
    low, high = (percent(rate) for rate in (known["missing_rate"].min(), known["missing_rate"].max()))
    what = MEASURE_NAMES[measure]
    return fitting(f"{what} from {low} to {high} missing: {each}", f"{what}: {each}", f"{what} by missing rate")


def samples_heading(samples: Mapping[str, EntrySamples]) -> str:
    """Whether the truth lies further away than the samples spread, in a sentence."""
    ratios = {u: one.overconfidence for u, one in samples.items() if len(one.utterances)}
    if not ratios:
        return "Nothing is taken away, so nothing is generated"
    u = max(ratios, key=lambda u: abs(ratios[u] - 1))
    if abs(ratios[u] - 1) < 0.1:
        return "Samples are calibrated: the truth is as far from their mean as one of them"
    how = f"{decimal(ratios[u], 1)} times as far from the samples' mean as their spread says"
    return fitting(f"Missing {u}: the truth is {how}", f"The truth is {how}")


def reconstruction_heading(compared: Mapping[str, Reconstruction]) -> str:
    """How many missing entries are nearest to their own features, and how many would be by chance."""
    some = [one for one in compared.values() if one.comparable]
    if not some:
        return (
            ALONE if any(map(len, compared.values())) else "Nothing is taken away, so there is nothing to reconstruct"
        )
    E, nearest = sum(map(len, some)), sum(one.nearest for one in some)
    expected = sum(one.nearest_by_chance for one in some)
    are, whose = ("are", "their") if nearest > 1 else ("is", "its")
    entries = "entry" if E == 1 else "entries"
    chance = f"{decimal(expected, 1)} by chance"
    beyond = {one.modality: one.median_place for one in some if not one.ranks_within_chance}
    if not count_within_chance(nearest, E, expected / E):
        sentence = f"{nearest or 'None'} of {E} missing {entries} {are} nearest to {whose} own"
        full = f"{sentence} features ({chance})"
        return full if beyond else fitting(f"{sentence} ({chance}); ranks within chance", full)
    if not beyond:
        return f"Within chance: {nearest} of {E} missing {entries} {are} nearest to {whose} own ({chance})"
    return ranks_only_heading(beyond, len(some), f"{nearest} of {E}", expected)


def ranks_only_heading(medians: Mapping[str, float], modalities: int, nearest: str, expected: float) -> str:
    """That the ranks of some of the modalities, with these `medians`, are beyond chance; the number of nearest entries is not."""
    better = sum(median < 0.5 for median in medians.values())
    how = "better than" if better == len(medians) else "beyond" if better else "worse than"
    ordered = sorted(medians.items(), key=lambda each: each[1])
    if len(medians) < modalities:
        whose = " and ".join(f"{u} ({percent(median)})" for u, median in ordered)
        return fitting(
            f"Only ranks of {whose} are {how} chance ({percent(0.5)}); {nearest} entries are nearest",
            f"Only ranks of {whose} are {how} chance ({percent(0.5)})",
            f"Ranks of {len(medians)} of {modalities} modalities are {how} chance",
        )
    ranks, shown = f"Ranks are {how} chance", ", ".join(f"{u} {percent(median)}" for u, median in ordered)
    return fitting(
        f"{ranks} (median: {shown}); {nearest} are nearest ({decimal(expected, 1)} by chance)",
        f"{ranks}: median {shown} ({percent(0.5)} by chance)",
        f"{ranks}; {nearest} missing entries are nearest ({decimal(expected, 1)} by chance)",
    )
