"""How much a rule that compares heads has to act on: how far apart they err on the same utterance, epoch by epoch."""

from pathlib import Path

import pandas as pd
import torch

from comp_viz.analysis.modulation.telemetry import telemetry_frame
from comp_viz.methods.losses import utterance_emphasis
from comp_viz.training.telemetry import read_telemetry


def leeway(folder: Path) -> pd.DataFrame:
    """One row for every recorded epoch of a `telemetry` folder: `epoch`, and the `spread` of what heads would be weighted by.

    The weights are those that the balance rule `loss` gives each head on each utterance, 0 to 2 and 1 where all err alike; the
    spread is their standard deviation over utterances and modalities. 0: heads err alike everywhere, and no rule that compares
    them changes anything. Utterances whose label does not count are left out. Empty where there are no heads.
    """
    rows = telemetry_frame(read_telemetry(folder, "utterances"))
    rows = rows[rows["correct"].notna() & rows["error"].notna()]
    spreads = []
    for epoch, part in rows.groupby("epoch", sort=True):
        errors = part.pivot_table(
            index=["conversation", "utterance"], columns="modality", values="error", observed=True
        )
        error = torch.from_numpy(errors.dropna().to_numpy("float64").T.copy())[:, None]  # [M, 1, N]
        weights = utterance_emphasis(error, torch.ones_like(error[0], dtype=torch.bool))
        spreads.append({"epoch": epoch, "spread": float(weights.std(correction=0))})
    return pd.DataFrame(spreads, columns=["epoch", "spread"])
