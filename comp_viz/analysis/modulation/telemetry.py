"""What the gradient modulator did in training, condensed from the telemetry of a run into tables that charts are drawn from.

Bands are quantiles: `lowest` and `highest` hold nine tenths between them, `low` and `high` a half, `middle` is the median.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from comp_viz.analysis.stats.ranks import rank_correlation
from comp_viz.training.telemetry import read_telemetry

BAND_QUANTILES = {"lowest": 0.05, "low": 0.25, "middle": 0.5, "high": 0.75, "highest": 0.95}
BINS = 12  # of equally many rows along a modality's error


@dataclass(frozen=True)
class ModulationRecord:
    """What the gradient modulator (eq. 10, 11) did in training. Tables are empty where it never acted.

    `by_epoch`, `by_position` and `by_error` have a band, a `mean` and the number of `rows` for every modality: over steps
    and positions, over steps, and over utterances. Of `steps`, `gradients` and `utterances` a shipped checkpoint keeps 20
    epochs, so bands are of those.
    """

    modalities: tuple[str, ...]
    by_epoch: pd.DataFrame  # epoch, modality, band
    by_position: pd.DataFrame  # position (from 0), modality, band
    by_error: pd.DataFrame  # modality, relative_error (less the mean of the others, bin mean), band
    # modality -> of that error and the coefficient, -1 to 1; NaN where there is none
    rank_correlation: dict[str, float]
    clipping: pd.DataFrame  # epoch, modality, clipped: share of coefficients outside the clip range
    steps_clipped: dict[str, float]  # modality -> share of recorded steps in which at least one was clipped
    inner_half: tuple[float, float]  # quarter and three-quarter point of all recorded coefficients
    gradients: pd.DataFrame  # epoch, module, modality, low, middle, high over steps

    @property
    def clipped(self) -> dict[str, float]:
        """Modality -> share of coefficients clipped, mean over epochs."""
        return {str(u): float(x) for u, x in self.clipping.groupby("modality", sort=False)["clipped"].mean().items()}


def read_modulation_record(folder: Path, modalities: Sequence[str]) -> ModulationRecord:
    """Condense a `telemetry` folder, also that of a run under way. Raises `CompVizError` when a table is damaged."""
    epochs = telemetry_frame(read_telemetry(folder, "epochs"))
    steps = read_telemetry(folder, "steps")
    flat = coefficient_rows(steps)
    utterances = with_relative_error(
        telemetry_frame(read_telemetry(folder, "utterances").filter(pc.field("coefficient").is_valid()))
    )
    ranks = utterances.groupby("modality", sort=False)
    return ModulationRecord(
        tuple(modalities),
        quantile_bands(flat, ["epoch", "modality"], "coefficient"),
        quantile_bands(flat, ["position", "modality"], "coefficient").sort_values(
            "position", kind="stable", ignore_index=True
        ),
        coefficients_by_error(utterances),
        {str(u): rank_correlation(*part[["relative_error", "coefficient"]].dropna().to_numpy().T) for u, part in ranks},
        clipping_by_epoch(epochs),
        steps_with_clipping(telemetry_frame(steps.select(["modality", "guarded"]))),
        (float(flat["coefficient"].quantile(0.25)), float(flat["coefficient"].quantile(0.75))),
        gradient_bands(telemetry_frame(read_telemetry(folder, "gradients"))),
    )


def telemetry_frame(table: pa.Table) -> pd.DataFrame:
    """A table in memory, with plain text and single-precision numbers."""
    plain = {pa.float16(): pa.float32()}  # by Arrow, which lets other threads go on meanwhile, unlike pandas
    kinds = [
        field.with_type(
            field.type.value_type if pa.types.is_dictionary(field.type) else plain.get(field.type, field.type)
        )
        for field in table.schema
    ]
    frame: pd.DataFrame = table.cast(pa.schema(kinds)).to_pandas()
    return frame


def coefficient_rows(steps: pa.Table) -> pd.DataFrame:
    """One row for every modality, step and position: epoch, modality, position, coefficient."""
    lists = steps["coefficients"].combine_chunks()
    if isinstance(lists, pa.ChunkedArray):  # an empty table has no chunk to combine
        lists = pa.array([], lists.type)
    rows = pc.list_parent_indices(lists).to_numpy()
    starts = np.concatenate([[0], np.cumsum(pc.list_value_length(lists).to_numpy(zero_copy_only=False))])
    head: pd.DataFrame = telemetry_frame(steps.select(["epoch", "modality"])).iloc[rows].reset_index(drop=True)
    positions = (np.arange(len(rows)) - starts[rows]).astype(int)
    return head.assign(position=positions, coefficient=pc.list_flatten(lists).to_numpy().astype(np.float32))


def quantile_bands(rows: pd.DataFrame, by: list[str], value: str) -> pd.DataFrame:
    """Quantiles of a column for every group, with its `mean` and the number of `rows`."""
    if rows.empty:
        return pd.DataFrame(columns=[*by, *BAND_QUANTILES, "mean", "rows"])
    groups = rows.groupby(by, sort=False)[value]
    quantiles = groups.quantile(np.array([*BAND_QUANTILES.values()])).unstack().set_axis([*BAND_QUANTILES], axis=1)
    return quantiles.assign(mean=groups.mean(), rows=groups.size()).reset_index()


def with_relative_error(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of utterances with `relative_error`: the error of a modality's head minus the mean of the others for it."""
    same = rows.groupby(["epoch", "conversation", "utterance"], sort=False)["error"]
    total, count = same.transform("sum"), same.transform("size")
    return rows.assign(relative_error=rows["error"] - (total - rows["error"]) / (count - 1).clip(lower=1))


def coefficients_by_error(rows: pd.DataFrame) -> pd.DataFrame:
    """Coefficient bands in bins of equally many rows along `relative_error`, for every modality."""
    parts = []
    for name, part in rows.groupby("modality", sort=False):
        bins = pd.qcut(part["relative_error"].rank(method="first"), min(BINS, len(part)), labels=False)
        of_bins = quantile_bands(part.assign(bin=bins), ["bin"], "coefficient").sort_values("bin", ignore_index=True)
        parts.append(
            of_bins.assign(modality=name, relative_error=part.groupby(bins)["relative_error"].mean().to_numpy())
        )
    columns = ["modality", "relative_error", *BAND_QUANTILES, "mean", "rows"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def clipping_by_epoch(epochs: pd.DataFrame) -> pd.DataFrame:
    """Share of coefficients clipped, every epoch of stage 2."""
    rows = epochs[epochs["quantity"] == "guarded"]
    return pd.DataFrame({"epoch": rows["epoch"], "modality": rows["of"], "clipped": rows["value"]}).reset_index(
        drop=True
    )


def steps_with_clipping(steps: pd.DataFrame) -> dict[str, float]:
    """Modality -> share of steps in which at least one coefficient was clipped."""
    shares = (steps["guarded"] > 0).groupby(steps["modality"], sort=False).mean()
    return {str(u): float(x) for u, x in shares.items()}


def gradient_bands(rows: pd.DataFrame) -> pd.DataFrame:
    """Median and middle half of the norms of every module, modality and recorded epoch."""
    bands = quantile_bands(rows, ["module", "modality", "epoch"], "norm")
    return bands[["epoch", "module", "modality", "low", "middle", "high"]]


def joint_training_epoch(rows: pd.DataFrame) -> int | None:
    """The first epoch of joint training, from rows with `stage` and `epoch`; None where there is none."""
    second = rows.loc[rows["stage"] == 2, "epoch"]
    return int(second.min()) if len(second) else None
