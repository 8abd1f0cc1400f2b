"""The numbers of the charts on attention, prompts and reconstruction as tables."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from comp_viz.analysis.inside import Inside
from comp_viz.analysis.propagation.attention import Attention, evenness_by_head
from comp_viz.analysis.propagation.prompt_ablation import EVERYWHERE, MEASURES, Flow
from comp_viz.analysis.propagation.reconstruction import Reconstruction


def attention_table(found: Attention) -> pd.DataFrame:
    """Every weight of a map, one row a query and key, both counted from 1."""
    S = len(found.keys)
    query, key = np.divmod(np.arange(S * S), S)
    return pd.DataFrame(
        {"modality": found.modality, "map": found.name, "query": query + 1, "key": key + 1, "weight": found.weights.ravel(), "key observed": found.keys[key]}
    )  # fmt: skip


def evenness_table(inside: Inside) -> pd.DataFrame:
    """Evenness of every head, 0 to 1: mean over queries of the entropy as a share of the greatest."""
    rows = [
        {"modality": u, "block": l + 1, "layer": k + 1, "head": h + 1, "evenness": float(value)}
        for u, values in evenness_by_head(inside).items()
        for (l, k, h), value in np.ndenumerate(values)
    ]
    return pd.DataFrame(rows)


def flow_table(found: Flow, where: str = EVERYWHERE) -> pd.DataFrame:
    """What every prompt is worth, averaged over utterances, one of `flow.WHERE`: one row a receiver and source."""
    means = {
        "features": found.features,
        "cosine": found.cosine,
        "head": found.heads,
        "fused": found.fused,
        "flips": found.flipped,
    }
    return pd.DataFrame(
        [
            {"receiver": u, "without": "own features" if u == v else f"prompt of {v}"}
            | {name: float(found.over(values, where)[i, j]) for name, values in means.items()}
            for i, u in enumerate(found.modalities)
            for j, v in enumerate(found.modalities)
        ]
    )


def flow_along_table(found: Flow) -> pd.DataFrame:
    """The same along the conversation: one row a receiver, source and utterance."""
    names = np.array(found.modalities)
    u, v, s = (x.ravel() for x in np.indices(found.features.shape))
    table = {"receiver": names[u], "sender": names[v], "utterance": s + 1, "receiver observed": found.observed[s, u]}
    return pd.DataFrame(
        table | {name: found.of(name).ravel() for name in MEASURES} | {"flipped": found.flipped.ravel()}
    )


def reconstruction_table(found: Mapping[str, Reconstruction]) -> pd.DataFrame:
    """Everything measured of every missing entry, one row each."""
    tables = [
        pd.DataFrame(
            {
                "modality": u,
                "utterance": one.utterances + 1,
                "rank": one.rank,
                "of": one.choices,
                "rank before propagation": one.encoded_rank,
                "cosine": one.cosine,
                "cosine before propagation": one.encoded_cosine,
                "cosine of the others' mean": one.mean_cosine,
                "cosine of the neighbours": one.neighbour_cosine,
            }
        )
        for u, one in found.items()
    ]
    return pd.concat(tables, ignore_index=True)
