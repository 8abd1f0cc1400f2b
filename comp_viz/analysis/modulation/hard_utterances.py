"""Which training utterances stayed wrong through the epochs, and which were never hard, from the telemetry of a run."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from comp_viz.analysis.modulation.telemetry import telemetry_frame
from comp_viz.data.dataset import DataSet
from comp_viz.training.telemetry import read_telemetry

LIST_LENGTH = 100  # utterances in a list of the hardest or the easiest
UTTERANCE_COLUMNS = ["conversation", "utterance"]


@dataclass(frozen=True)
class Hardness:
    """Every training utterance whose label counts, the hardest first."""

    # conversation, utterance (from 0), `wrong NAME` and `coefficient NAME` for every modality, `all wrong`, `wrong`, `error`
    rows: pd.DataFrame
    epochs: int  # recorded ones

    @property
    def never_right(self) -> int:
        """How many utterances no head got right in any recorded epoch."""
        return int((self.rows["all wrong"] == 1).sum())

    @property
    def never_wrong(self) -> int:
        """How many utterances every head got right in every recorded epoch."""
        return int((self.rows["wrong"] == 0).sum())

    def ends(self, easiest: bool) -> pd.DataFrame:
        """The hardest utterances, or the easiest, from that end on."""
        return (self.rows[::-1] if easiest else self.rows)[:LIST_LENGTH].reset_index(drop=True)

    def of(self, conversation: str) -> pd.DataFrame:
        """The utterances of one conversation by number; empty where it was not trained on."""
        return self.rows[self.rows["conversation"] == conversation].set_index("utterance").sort_index()


def read_hardness(folder: Path) -> Hardness:
    """From the `utterances` table of a `telemetry` folder. Shares are of recorded epochs; coefficients means, NaN in stage 1.

    Utterances are ordered by the share of wrong predictions of all heads, then by mean error.
    """
    rows = telemetry_frame(read_telemetry(folder, "utterances"))
    rows = rows[rows["correct"].notna()]
    rows = rows.assign(wrong=~rows["correct"].astype(bool))
    groups = rows.groupby([*UTTERANCE_COLUMNS, "modality"], sort=False)
    each = [groups[of].mean().unstack("modality").add_prefix(f"{of} ") for of in ("wrong", "coefficient")]
    at_once = rows.groupby([*UTTERANCE_COLUMNS, "epoch"], sort=False)["wrong"].all()
    whole = rows.groupby(UTTERANCE_COLUMNS, sort=False)[["wrong", "error"]].mean()
    table = (
        each[0]
        .join(each[1])
        .join(at_once.groupby(UTTERANCE_COLUMNS, sort=False).mean().rename("all wrong"))
        .join(whole)
    )
    ordered = table.sort_values(["wrong", "error"], ascending=False, kind="stable").reset_index()
    return Hardness(ordered.astype(dict.fromkeys(table, np.float32)), int(rows["epoch"].nunique()))


def with_utterance_words(rows: pd.DataFrame, data: DataSet) -> pd.DataFrame:
    """The same rows with the `words` and `label` of each utterance; only for the data set of the training."""
    known = {name: data.find(name) for name in rows["conversation"].unique()}
    places = list(zip(rows["conversation"], rows["utterance"], strict=True))
    words = [known[name].words[s] for name, s in places]
    return rows.assign(words=words, label=[float(known[name].labels[s]) for name, s in places])
