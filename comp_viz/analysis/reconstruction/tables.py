"""The numbers of the charts on missing entries as tables."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from comp_viz.analysis.reconstruction.entries import Reconstruction
from comp_viz.analysis.reconstruction.one_entry import MissingEntry
from comp_viz.analysis.reconstruction.samples import EntrySamples


def reconstruction_table(compared: Mapping[str, Reconstruction]) -> pd.DataFrame:
    """Everything measured of every missing entry, one row each; what was before propagation where the method has it."""
    tables = []
    for u, one in compared.items():
        before = {"rank before propagation": one.encoded_rank, "cosine before propagation": one.encoded_cosine}
        tables.append(
            pd.DataFrame(
                {
                    "modality": u,
                    "utterance": one.utterances + 1,
                    "rank": one.rank,
                    "utterances ranked": one.choices,
                    "cosine": one.cosine,
                    "cosine of the others' mean": one.mean_cosine,
                    "cosine of the neighbours' mean": one.neighbour_cosine,
                    **{name: values for name, values in before.items() if values is not None},
                }
            )
        )
    return pd.concat(tables, ignore_index=True)


def entry_table(entry: MissingEntry) -> pd.DataFrame:
    """The features of one entry, one row each."""
    columns = {"rebuilt": entry.rebuilt, "own": entry.own, "mean of the others": entry.mean}
    given = {} if entry.given_back is None else {"own, given back alone": entry.given_back}
    return pd.DataFrame({"feature": np.arange(1, len(entry.own) + 1), **columns, **given})


def samples_table(samples: Mapping[str, EntrySamples]) -> pd.DataFrame:
    """Spread and error of every missing entry's samples, one row each."""
    tables = [
        pd.DataFrame({"modality": u, "utterance": one.utterances + 1, "spread": one.spread, "error": one.error})
        for u, one in samples.items()
    ]
    return pd.concat(tables, ignore_index=True)
