"""What the telemetry of a run tells of its modulator and its heads, condensed into tables that charts are drawn from.

Bands are quantiles: `lowest` and `highest` hold nine tenths between them, `low` and `high` a half, `middle` is the median.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from comp_viz.training.telemetry import read_telemetry

BAND = {"lowest": 0.05, "low": 0.25, "middle": 0.5, "high": 0.75, "highest": 0.95}
BINS = 12  # of equally many rows along a modality's error


@dataclass(frozen=True)
class Modulated:
    """What the gradient modulator (eq. 10, 11) did in training. Tables are empty where it never acted.

    `by_epoch`, `by_position` and `by_error` have a band, a `mean` and the number of `rows` for every modality: over steps
    and positions, over steps, and over utterances. Of `steps`, `gradients` and `utterances` a shipped checkpoint keeps 20
    epochs, so bands are of those.
    """

    modalities: tuple[str, ...]
    by_epoch: pd.DataFrame  # epoch, modality, band
    by_position: pd.DataFrame  # position (from 0), modality, band
    by_error: pd.DataFrame  # modality, error beyond the others' (bin mean), band
    rank_correlation: dict[
        str, float
    ]  # modality -> of that error and the coefficient, -1 to 1; NaN where there is none
    guard: pd.DataFrame  # epoch, modality, held: share of coefficients the clip range had to hold
    steps_guarded: dict[str, float]  # modality -> share of recorded steps in which it held at least one
    inner_half: tuple[float, float]  # quarter and three-quarter point of all recorded coefficients
    gradients: pd.DataFrame  # epoch, module, modality, low, middle, high over steps
    second_stage: int | None  # its first epoch

    @property
    def held(self) -> dict[str, float]:
        """Modality -> share of coefficients held, mean over epochs."""
        return {str(u): float(x) for u, x in self.guard.groupby("modality", sort=False)["held"].mean().items()}

    @property
    def sentence(self) -> str:
        """How much the modulator did, in a sentence."""
        low, high = self.inner_half
        share = float(np.mean([*self.held.values()]))
        return (
            f"Half of the modulator's coefficients lie between {low:.3f} and {high:.3f}, where 1 changes nothing; "
            f"the guard had to hold {share:.1%}."
        )


def read_modulated(folder: Path, modalities: Sequence[str]) -> Modulated:
    """Condense a `telemetry` folder, also that of a run under way. Raises `CompVizError` when a table is damaged."""
    epochs = words(read_telemetry(folder, "epochs"))
    steps = read_telemetry(folder, "steps")
    flat = coefficients(steps)
    learned = beyond_the_others(words(read_telemetry(folder, "utterances").filter(pc.field("coefficient").is_valid())))
    ranks = learned.groupby("modality", sort=False)
    return Modulated(
        tuple(modalities),
        banded(flat, ["epoch", "modality"], "coefficient"),
        banded(flat, ["position", "modality"], "coefficient").sort_values("position", kind="stable", ignore_index=True),
        by_error(learned),
        {str(u): float(part["beyond"].corr(part["coefficient"], method="spearman")) for u, part in ranks},
        guard_by_epoch(epochs),
        shares(words(steps.select(["modality", "guarded"]))),
        (float(flat["coefficient"].quantile(0.25)), float(flat["coefficient"].quantile(0.75))),
        gradient_bands(words(read_telemetry(folder, "gradients"))),
        first_epoch(epochs),
    )


def words(table: pa.Table) -> pd.DataFrame:
    """A table in memory, with plain text and single-precision numbers."""
    frame: pd.DataFrame = table.to_pandas()
    kinds = {name: str for name in frame if isinstance(frame[name].dtype, pd.CategoricalDtype)}
    return frame.astype(kinds | {name: np.float32 for name in frame if frame[name].dtype == np.float16})


def coefficients(steps: pa.Table) -> pd.DataFrame:
    """One row for every modality, step and position: epoch, modality, position, coefficient."""
    lists = steps["coefficients"].combine_chunks()
    if isinstance(lists, pa.ChunkedArray):  # an empty table has no chunk to combine
        lists = pa.array([], lists.type)
    rows = pc.list_parent_indices(lists).to_numpy()
    starts = np.concatenate([[0], np.cumsum(pc.list_value_length(lists).to_numpy(zero_copy_only=False))])
    head: pd.DataFrame = words(steps.select(["epoch", "modality"])).iloc[rows].reset_index(drop=True)
    positions = (np.arange(len(rows)) - starts[rows]).astype(int)
    return head.assign(position=positions, coefficient=pc.list_flatten(lists).to_numpy().astype(np.float32))


def banded(rows: pd.DataFrame, by: list[str], value: str) -> pd.DataFrame:
    """Quantiles of a column for every group, with its `mean` and the number of `rows`."""
    if rows.empty:
        return pd.DataFrame(columns=[*by, *BAND, "mean", "rows"])
    groups = rows.groupby(by, sort=False)[value]
    found = groups.quantile(np.array([*BAND.values()])).unstack().set_axis([*BAND], axis=1)
    return found.assign(mean=groups.mean(), rows=groups.size()).reset_index()


def beyond_the_others(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of utterances with `beyond`: the error of a modality's head less the mean error of the others', same utterance."""
    same = rows.groupby(["epoch", "conversation", "utterance"], sort=False)["error"]
    total, count = same.transform("sum"), same.transform("size")
    return rows.assign(beyond=rows["error"] - (total - rows["error"]) / (count - 1).clip(lower=1))


def by_error(rows: pd.DataFrame) -> pd.DataFrame:
    """Coefficient bands in bins of equally many rows along `beyond`, for every modality."""
    parts = []
    for name, part in rows.groupby("modality", sort=False):
        bins = pd.qcut(part["beyond"].rank(method="first"), min(BINS, len(part)), labels=False)
        of_bins = banded(part.assign(bin=bins), ["bin"], "coefficient").sort_values("bin", ignore_index=True)
        parts.append(of_bins.assign(modality=name, beyond=part.groupby(bins)["beyond"].mean().to_numpy()))
    columns = ["modality", "beyond", *BAND, "mean", "rows"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def guard_by_epoch(epochs: pd.DataFrame) -> pd.DataFrame:
    """Share of coefficients held, every epoch of stage 2."""
    rows = epochs[epochs["quantity"] == "guarded"]
    return pd.DataFrame({"epoch": rows["epoch"], "modality": rows["of"], "held": rows["value"]}).reset_index(drop=True)


def shares(steps: pd.DataFrame) -> dict[str, float]:
    """Modality -> share of steps in which the guard acted at all."""
    acted = (steps["guarded"] > 0).groupby(steps["modality"], sort=False).mean()
    return {str(u): float(x) for u, x in acted.items()}


def gradient_bands(rows: pd.DataFrame) -> pd.DataFrame:
    """Half of the norms of every module, modality and recorded epoch."""
    found = banded(rows, ["module", "modality", "epoch"], "norm")
    return found[["epoch", "module", "modality", "low", "middle", "high"]]


def first_epoch(epochs: pd.DataFrame) -> int | None:
    """Where the second stage begins, None where there is none."""
    second = epochs.loc[epochs["stage"] == 2, "epoch"]
    return int(second.min()) if len(second) else None
