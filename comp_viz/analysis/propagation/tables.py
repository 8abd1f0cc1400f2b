"""The numbers of the charts on attention and prompts as tables."""

import numpy as np
import pandas as pd

from comp_viz.analysis.inside import Inside
from comp_viz.analysis.propagation.attention import Attention, entropy_by_head
from comp_viz.analysis.propagation.prompt_ablation import ABLATION_MEASURES, ALL_UTTERANCES, PromptAblation


def attention_table(attention: Attention) -> pd.DataFrame:
    """Every weight of a map, one row a query and key, both counted from 1."""
    S = len(attention.keys)
    query, key = np.divmod(np.arange(S * S), S)
    return pd.DataFrame(
        {"modality": attention.modality, "map": attention.name, "query": query + 1, "key": key + 1, "weight": attention.weights.ravel(), "key observed": attention.keys[key]}
    )  # fmt: skip


def entropy_table(inside: Inside) -> pd.DataFrame:
    """Normalised entropy of every head's attention, 0 to 1, mean over queries."""
    rows = [
        {"modality": u, "block": l + 1, "layer": k + 1, "head": h + 1, "normalised entropy": float(value)}
        for u, values in entropy_by_head(inside).items()
        for (l, k, h), value in np.ndenumerate(values)
    ]
    return pd.DataFrame(rows)


def ablation_table(ablation: PromptAblation, where: str = ALL_UTTERANCES) -> pd.DataFrame:
    """What every prompt is worth, averaged over one of `prompt_ablation.UTTERANCE_SETS`: one row a receiver and source."""
    means = {
        "features": ablation.features,
        "cosine": ablation.cosine,
        "head": ablation.heads,
        "fused": ablation.fused,
        "flips": ablation.flipped,
    }
    return pd.DataFrame(
        [
            {"receiver": u, "without": "own features" if u == v else f"prompt of {v}"}
            | {name: float(ablation.mean(values, where)[i, j]) for name, values in means.items()}
            for i, u in enumerate(ablation.modalities)
            for j, v in enumerate(ablation.modalities)
        ]
    )


def ablation_along_table(ablation: PromptAblation) -> pd.DataFrame:
    """The same along the conversation: one row a receiver, source and utterance."""
    names = np.array(ablation.modalities)
    u, v, s = (x.ravel() for x in np.indices(ablation.features.shape))
    table = {"receiver": names[u], "sender": names[v], "utterance": s + 1, "receiver observed": ablation.observed[s, u]}
    return pd.DataFrame(
        table
        | {name: ablation.changes(name).ravel() for name in ABLATION_MEASURES}
        | {"flipped": ablation.flipped.ravel()}
    )
