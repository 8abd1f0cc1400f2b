"""The numbers of the charts on assignments, feature space and momentum as tables."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from comp_viz.analysis.inside import Inside
from comp_viz.analysis.live.change import Change
from comp_viz.analysis.prediction import Prediction
from comp_viz.analysis.prototypes.assignment import Assignment
from comp_viz.analysis.prototypes.colouring import Colouring, cloud_observed
from comp_viz.analysis.prototypes.feature_space import Cloud, FeatureSpace
from comp_viz.analysis.prototypes.momentum import MomentumChange, PromptMomentum


def assignment_table(assignments: Mapping[str, Assignment], names: list[str]) -> pd.DataFrame:
    """The assignments of all modalities as a table, one row for an utterance and a conversation."""
    frames = []
    for each in assignments.values():
        S, V = each.by_conversation.shape
        frames.append(
            pd.DataFrame(
                {
                    "modality": each.modality,
                    "utterance": np.repeat(np.arange(1, S + 1), V),
                    "conversation": names * S,
                    "times uniform weight": each.by_conversation.ravel(),
                    "normalised entropy": np.repeat(each.entropy, V),
                    "effective prototypes": np.repeat(each.effective, V),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def variance_table(blocks: Sequence[Mapping[str, Assignment]]) -> pd.DataFrame:
    """Shares of the prompts' variance as a table."""
    rows = [(l + 1, name, each.explained) for l, block in enumerate(blocks) for name, each in block.items()]
    return pd.DataFrame(rows, columns=["block", "modality", "share explained by prototypes"])


def space_table(space: FeatureSpace, inside: Inside, colour: Callable[[Cloud], Colouring]) -> pd.DataFrame:
    """Everything drawn as a table."""
    frames = []
    for cloud in space.clouds:
        frame = pd.DataFrame({f"{axis}": cloud.at[:, i] for i, axis in enumerate("xyz"[: cloud.at.shape[1]])})
        frame.insert(0, "number", cloud.numbers + 1)
        frame.insert(0, "modality", cloud.modality or "fused")
        frame.insert(0, "stage", cloud.stage)
        if cloud.stage != "prototypes":
            colouring = colour(cloud)
            frame["observed"] = cloud_observed(inside.prediction, cloud)
            frame[colouring.by if colouring.by != "modality" else "kind"] = (
                colouring.scores
                if colouring.scores is not None
                else np.array(colouring.names, dtype=object)[colouring.kinds]
            )
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def rerun_table(here: Prediction, before: Prediction, changed: Change, momentum: float, trained: float) -> pd.DataFrame:
    """Fused predictions at both λ."""
    frame = pd.DataFrame({"utterance": np.arange(1, len(changed.flipped) + 1)})
    for values, at in ((before, trained), (here, momentum)):
        for i, name in enumerate(here.task.classes or (here.task.name,)):
            frame[f"{name}, λ {at:g}"] = values.fused[:, i]
    return frame.assign(flips=changed.flipped)


def momentum_table(changes: Sequence[MomentumChange]) -> pd.DataFrame:
    """Mean change, flips and accuracy at every λ."""
    rows = [(at.momentum, at.mean_change, int(at.change.flipped.sum()), at.change.accuracy) for at in changes]
    return pd.DataFrame(rows, columns=["momentum", "mean change", "flips", "accuracy"])


def prompts_table(stages: Sequence[tuple[str, str, np.ndarray]], receiver: str) -> pd.DataFrame:
    """The prompts of one utterance, as `prompt_stages` gives them, one row for an entry."""
    frames = [
        pd.DataFrame(
            {"receiver": receiver, "sender": sender, "stage": stage, "entry": np.arange(1, len(p) + 1), "value": p}
        )
        for sender, stage, p in stages
    ]
    return pd.concat(frames, ignore_index=True)


def prompt_momentum_table(pairs: Sequence[PromptMomentum]) -> pd.DataFrame:
    """Old and new of every pair and utterance."""
    columns = {
        "old norm": "old",
        "new norm": "new",
        "delivered norm": "norm",
        "cosine": "cosine",
        "old share": "share",
    }
    frames = [
        pd.DataFrame(
            {"receiver": b.receiver, "sender": b.sender, "utterance": np.arange(1, len(b.share) + 1)}
            | {name: getattr(b, field) for name, field in columns.items()}
        )
        for b in pairs
    ]
    return pd.concat(frames, ignore_index=True)
