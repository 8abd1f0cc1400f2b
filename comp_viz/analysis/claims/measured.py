"""Evidence for the claims on features and weights: measured with a checkpoint, kept as a table of sums over conversations."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from comp_viz.analysis.claims.effect import effect_of_ratio, unmeasured
from comp_viz.analysis.claims.inside_sums import ConversationEvidence, stacked_sums
from comp_viz.analysis.claims.measured_on import MeasuredOn
from comp_viz.analysis.claims.separation import separation_sums
from comp_viz.analysis.claims.verdict import CONVERSATION_UNIT, Evidence
from comp_viz.analysis.results import read_parquet
from comp_viz.analysis.stats.sums import Values
from comp_viz.data.atomic_write import atomic_write
from comp_viz.data.checked_columns import checked_columns, refuse_empty_cells
from comp_viz.errors import CompVizError

INSIDE_CLAIMS = ("reconstruction", "separation", "coordinator")
MEASURED_TABLE = "claims/hazumi.parquet"  # in `results`
PROVENANCE = {
    "checkpoint": pa.string(),
    "checkpoint_digest": pa.string(),
    "data": pa.string(),
    "data_digest": pa.string(),
    "split": pa.string(),
    "pattern": pa.string(),
    "mask_seed": pa.int32(),
    "seed": pa.int64(),  # of the training
    "trained_under": pa.string(),
    "select": pa.string(),
    "selection": pa.string(),  # the same in words
}
MEASURED_SCHEMA = pa.schema(
    {
        "claim": pa.string(),
        "of": pa.string(),
        "conversation": pa.string(),
        "above": pa.float64(),  # sum of the quantity
        "below": pa.float64(),  # of how many entries or utterances
        **PROVENANCE,
    }
)
SumsByClaim = Mapping[str, Mapping[str, Values]]  # claim -> what it is of -> [V, 2], the primary effect first


def claim_sums(conversations: Sequence[ConversationEvidence]) -> SumsByClaim:
    """The sums of the three claims from all conversations of a split."""
    return {
        "reconstruction": stacked_sums([one.reconstruction for one in conversations]),
        "separation": separation_sums([one.features for one in conversations]),
        "coordinator": stacked_sums([one.coordinator for one in conversations]),
    }


def sums_evidence(sums: Mapping[str, Values], lacking: str = "") -> Evidence:
    """The effects of one claim from its sums over conversations; `lacking` says why there are none, where there are none."""
    effects = [effect_of_ratio(of, each) for of, each in sums.items()] or [unmeasured("nothing")]
    V = int((next(iter(sums.values()))[:, 1] > 0).sum()) if sums else 0
    return Evidence(effects[0], tuple(effects[1:]), V, CONVERSATION_UNIT, lacking)


def write_claim_sums(path: Path, sums: SumsByClaim, ids: Sequence[str], provenance: Mapping[str, object]) -> None:
    """Write the sums of a checkpoint on a split, whose conversations are called `ids [V]`."""
    rows = [
        {"claim": claim, "of": of, "conversation": name, "above": above, "below": below, **provenance}
        for claim, by_effect in sums.items()
        for of, each in by_effect.items()
        for name, (above, below) in zip(ids, each.tolist(), strict=True)
    ]
    with atomic_write(path) as temporary:
        pq.write_table(pa.Table.from_pylist(rows, MEASURED_SCHEMA), temporary, compression="zstd")


def read_claim_sums(path: Path) -> pd.DataFrame:
    """The rows of such a table. Raises `CompVizError` when the file is none."""
    where = f"{path} is no table of claims"
    table = checked_columns(read_parquet(path), MEASURED_SCHEMA, MEASURED_SCHEMA.names, where)
    refuse_empty_cells(table, MEASURED_SCHEMA.names, where)
    if not table.num_rows or any(len(table[name].unique()) > 1 for name in PROVENANCE):
        raise CompVizError(f"{where}: expected rows of one checkpoint on one split of one data set.")
    rows: pd.DataFrame = table.to_pandas()
    return rows


def sums_of_rows(rows: pd.DataFrame, claim: str) -> dict[str, Values]:
    """The sums `[V, 2]` of one claim, in the order of the table."""
    own = rows[rows["claim"] == claim]
    return {str(of): part[["above", "below"]].to_numpy(np.float64) for of, part in own.groupby("of", sort=False)}


def measured_source(rows: pd.DataFrame, name: str) -> MeasuredOn:
    """What a table of sums was measured on."""
    one = rows.iloc[0]
    return MeasuredOn(
        name, one["data"], (one["data_digest"],), one["split"], (one["pattern"],), 1, (int(one["seed"]),), one["trained_under"],
        (one["selection"],), one["select"] == "test", f"{one['checkpoint']}, SHA-256 {one['checkpoint_digest']}",
    )  # fmt: skip
