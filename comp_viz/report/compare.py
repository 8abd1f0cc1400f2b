"""The sections of a comparison, as the Compare page shows them and a report keeps them."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from comp_viz.analysis.compare.comparison import Comparison, test_table
from comp_viz.analysis.compare.paired import sentence
from comp_viz.analysis.robustness.scores import read_metric
from comp_viz.checkpoint.measurements import SHARE_METRICS
from comp_viz.data.conversation import Task
from comp_viz.figures.chart import About
from comp_viz.figures.compare.calibration import reliability_chart
from comp_viz.figures.compare.confusion import confusion_chart
from comp_viz.figures.compare.paired import agreement_chart, paired_chart
from comp_viz.figures.style import Palette
from comp_viz.report.section import Section
from comp_viz.wording import first_upper, how_many

BOOTSTRAP = (
    "Intervals are the 95 % ones by the bootstrap over whole conversations (2,000 resamples), the difference taken within each "
    "resample. Means over the drawings of the missing pattern, which are the same for all."
)
MEASURES = About(
    "Every measure of the task for each of the compared, and how far the first is from it, over the utterances that count. "
    + BOOTSTRAP,
    "What would happen with another training seed: intervals are over conversations, of these very weights. The tables in "
    "`results/` compare over training seeds.",
)
PATTERNS = About(
    "Left what each reaches, right how far the first is ahead, under the pattern in force, the missing rates of the field and "
    "with only some modalities kept. " + BOOTSTRAP,
    "Which rows to pick: the more rows there are, the likelier is one that excludes zero by chance.",
    r"\Delta = \mathrm{ACC}_\text{first} - \mathrm{ACC}_\text{other}",
)
AGREEMENT = About(
    "Utterances by who decides them as the truth is, under the first drawing of the pattern. McNemar's exact test asks whether "
    "those that only one gets right belong more to one of them than a fair coin would give; with several others the p-value is "
    "adjusted by Holm.",
    "The test takes utterances as independent, which those of one conversation are not, and so finds differences too easily. "
    "Where it disagrees with the interval over conversations, trust the interval.",
    r"p = 2 \sum_{k \le \min(b, c)} \binom{b+c}{k} 2^{-(b+c)}",
)
TRUTH = About(
    "The same by the true emotion, or the true side of neutral: of these utterances the share that is decided so. "
    + BOOTSTRAP,
    "Whether an emotion is favoured: a model that always answers it reaches 100 % here. See the confusion matrices.",
)
DIFFICULTY = About(
    "The same in thirds of utterances, by the probability a linear reference gives to the truth: logistic regression on single "
    "utterances as recorded, trained on the training split, and none of the compared. " + BOOTSTRAP,
    "How hard they are for people. What is hard for the reference is what needs context or is not linear, or is labelled oddly.",
)
CONFUSION = About(
    "Of each truth (row) how many percent are decided as what (column), mean over drawings.",
    "How often each truth occurs; the numbers to save have the counts.",
)
CLASS_CALIBRATION = About(
    "Predictions in ten bins of the probability of the predicted class: how often they are right, and below how many there are. "
    "On the dashed diagonal a probability means what it says. ECE is the mean distance from it.",
    "Whether a model is right: one that always says 25 % for four classes and guesses is perfectly calibrated.",
    r"\mathrm{ECE} = \sum_b \tfrac{n_b}{n} \left| \mathrm{acc}_b - \mathrm{conf}_b \right|",
)
SCORE_CALIBRATION = About(
    "A score has no probability, so this asks whether it means what it says on average: ten bins of equally many predictions, "
    "their mean against the mean truth. The error is the mean distance from the dashed diagonal, in label units.",
    "How far single predictions are off; that is MAE. A model that always answers the mean truth is perfectly calibrated.",
    r"\mathrm{ECE} = \sum_b \tfrac{n_b}{n} \left| \bar y_b - \hat y_b \right|",
)
DIFFERENCES = About(
    "The utterances, under the first drawing, on which another differs most from the first: for scores by the distance in label "
    "units, for classes by the probability that would have to move (0 to 1).",
    "Who is right more often: these are extremes, and in them chance plays its part.",
)


def compare_sections(
    found: Comparison, patterns: pd.DataFrame, seeds: Sequence[int], task: Task, palette: Palette
) -> list[Section]:
    """All sections but the list of utterances. `patterns` are rows of `comparison.under`; `seeds` drew the pattern in force."""
    return [patterns_section(patterns, palette), *in_force_sections(found, seeds, task, palette)]


def in_force_sections(found: Comparison, seeds: Sequence[int], task: Task, palette: Palette) -> list[Section]:
    """What is said of the pattern in force: all sections but that of all patterns and the list of utterances."""
    parts = [measures_section(found), agreement_section(found, seeds, palette)]
    parts.append(group_section(found.by_truth, "by truth", TRUTH, palette))
    if len(found.by_difficulty):
        parts.append(group_section(found.by_difficulty, "by difficulty", DIFFICULTY, palette))
    return [*parts, confusion_section(found, palette), calibration_section(found, task, palette)]


def patterns_section(patterns: pd.DataFrame, palette: Palette) -> Section:
    """ACC and differences under every pattern."""
    title = clearest(patterns, "with {}")
    return Section("by pattern", title, PATTERNS, lambda: patterns, paired_chart(patterns, palette, title))


def measures_section(found: Comparison) -> Section:
    """Every measure, as a table."""
    rows = found.overall[found.overall["predictor"] != found.names[0]]
    clear = [r["metric"] for r in rows.to_dict("records") if r["difference_low"] > 0 or r["difference_high"] < 0]
    said = ", ".join(dict.fromkeys(clear))
    title = (
        f"The interval of the difference excludes zero for {said}" if clear else "No measure tells them apart clearly"
    )
    return Section("measures", title, MEASURES, lambda: found.overall)


def agreement_section(found: Comparison, seeds: Sequence[int], palette: Palette) -> Section:
    """Who alone is right, with the exact test."""
    table = test_table(found.tests, seeds)
    column, first = "p by Holm" if len(found.tests) > 1 else "p", found.names[0]
    drawn_first = table[table["seed"] == seeds[0]]
    chosen = drawn_first.iloc[int(drawn_first[column].to_numpy().argmin())]
    other, over = str(chosen["other"]), table.loc[table["other"] == chosen["other"], column]
    ranged = f"; {read_p(over.min())} to {read_p(over.max())} over {len(seeds)} drawings" if len(seeds) > 1 else ""
    title = (
        f"Only {first} is right for {how_many(chosen['only first right'], 'utterance')}, only {other} for "
        f"{chosen['only other right']:,}: exact McNemar test p = {read_p(chosen[column])}"
        f"{' by Holm' if len(found.tests) > 1 else ''}{ranged}"
    )
    counts = {name: each[0] for name, each in found.tests.items()}
    return Section("agreement", title, AGREEMENT, lambda: table, agreement_chart(counts, first, palette, title))


def group_section(table: pd.DataFrame, key: str, about: About, palette: Palette) -> Section:
    """ACC and differences by groups of utterances."""
    title = clearest(table, "of {} utterances") if len(table) else "No utterance counts"
    return Section(key, title, about, lambda: table, paired_chart(table, palette, title))


def clearest(table: pd.DataFrame, where: str) -> str:
    """What a table with groups says: the group where the first differs most, and in how many that is clear."""
    rows = table.dropna(subset=["difference"])
    if rows.empty:
        return "Nothing to compare yet"
    clear = rows[(rows["difference_low"] > 0) | (rows["difference_high"] < 0)]
    shown = clear if len(clear) else rows
    top = shown.iloc[int(shown["difference"].abs().to_numpy().argmax())]
    first, low, high = table["predictor"].iloc[0], 100 * top["difference_low"], 100 * top["difference_high"]
    ends = "" if np.isnan(low) else f" (95 % interval {low:+z.1f} to {high:+z.1f})"
    group = str(top["group"]).removesuffix(" (in force)")
    points = round(100 * float(top["difference"]), 1)
    moved = f"{abs(points):.1f} points {'ahead of' if points > 0 else 'behind'}" if points else "level with"
    said = f"{first} is {moved} {top['predictor']}{ends}"
    if len(rows) == 1:
        return (
            f"{first_upper(where.format(group))}, {said}; it {'does not exclude' if clear.empty else 'excludes'} zero"
        )
    if clear.empty:
        return f"None of {len(rows)} differences excludes zero; the largest: {where.format(group)}, {said}"
    return f"{first_upper(where.format(group))}, {said}; {len(clear)} of {len(rows)} differences exclude zero"


def confusion_section(found: Comparison, palette: Palette) -> Section:
    """Confusion matrices, with the largest change of a cell."""
    first, *others = found.confusion.values()
    table = pd.concat([one.assign(predictor=name) for name, one in found.confusion.items()], ignore_index=True)
    title = "Confusion matrices"
    if first["share"].notna().any():
        worst = int(first["share"].where(first["truth"] != first["decision"]).fillna(-1).to_numpy().argmax())
        top, same = first.iloc[worst], [float(other["share"].iloc[worst]) for other in others]
        title = (
            f"Of {top['truth']} utterances {found.names[0]} decides {100 * top['share']:.0f} % as {top['decision']}, "
            f"{' and '.join(f'{name} {100 * share:.0f} %' for name, share in zip(found.names[1:], same, strict=True))}"
        )
    return Section("confusion", title, CONFUSION, lambda: table, confusion_chart(found.confusion, palette, title))


def calibration_section(found: Comparison, task: Task, palette: Palette) -> Section:
    """Reliability diagrams with the expected calibration error of each."""
    errors = [
        f"{name} {f'{100 * one.error:.1f} points' if task.classes else f'{one.error:.3f}'}"
        for name, one in found.calibration.items()
    ]
    unit = "" if task.classes else " (label units)"
    title = f"Expected calibration error{unit}: {', '.join(errors)}"
    table = pd.concat(
        [one.rows.assign(predictor=name, error=one.error) for name, one in found.calibration.items()], ignore_index=True
    )
    figure = reliability_chart(found.calibration, task, palette, title)
    return Section(
        "calibration", title, CLASS_CALIBRATION if task.classes else SCORE_CALIBRATION, lambda: table, figure
    )


def differences_section(found: Comparison) -> Section:
    """The utterances where they differ most, counted from 1."""
    rows = found.differences
    top = rows.iloc[0]
    title = (
        f"They differ most in utterance {top['utterance'] + 1} of {top['conversation']}: by {top['difference']:.2f} "
        f"between {found.names[0]} and {top['against']}"
    )
    return Section("differences", title, DIFFERENCES, lambda: rows.assign(utterance=rows["utterance"] + 1))


def read_p(p: float) -> str:
    """A p-value for people."""
    return "less than 0.001" if p < 0.001 else f"{p:.3f}"


def headline(found: Comparison) -> str:
    """The comparison in a sentence."""
    return sentence(found.overall)


def read_measures(table: pd.DataFrame) -> pd.DataFrame:
    """The measures as people read them: one row a predictor and metric, intervals in words."""
    rows = []
    for row in table.to_dict("records"):
        metric = str(row["metric"])
        ends = [read_metric(metric, row[end]) for end in ("low", "high")]
        apart = [row[f"difference{end}"] for end in ("", "_low", "_high")]
        scale, digits, unit = (100, 1, " points") if metric in SHARE_METRICS else (1, 3, "")
        moved = [("" if np.isnan(x) else f"{scale * x:+.{digits}f}") for x in apart]
        rows.append(
            {
                "measure": metric,
                "of": row["predictor"],
                "value": read_metric(metric, row["value"]),
                "95 % interval": f"{ends[0]} to {ends[1]}",
                "first less this": moved[0] + unit * bool(moved[0]),
                "95 % interval of that": f"{moved[1]} to {moved[2]}{unit}" if moved[1] else "",
            }
        )
    return pd.DataFrame(rows)
