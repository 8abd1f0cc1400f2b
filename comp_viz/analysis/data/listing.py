"""The conversations of a data set as a table, and what is missing in each; made without reading features."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from comp_viz.data.conversation import Task
from comp_viz.data.dataset import DataSet, Utterances


def missing_shares(utterances: Utterances) -> NDArray[np.float64]:
    """Share of each conversation's utterances that lack each modality, `[V, M]`, from 0 to 1."""
    gone = np.add.reduceat(~utterances.observed, utterances.starts[:-1], axis=0, dtype=np.int64)
    shares: NDArray[np.float64] = gone / utterances.lengths[:, None]
    return shares


def conversation_table(data: DataSet) -> pd.DataFrame:
    """One row a conversation: id, split, utterances, minutes, speakers, the missing share of each modality, its labels."""
    known = data.utterances
    shares = missing_shares(known)
    each = np.repeat(np.arange(len(known.ids)), known.lengths)
    rows = pd.DataFrame(
        {"conversation": each, "speaker": known.speakers, "label": known.labels, "seconds": known.durations}
    )
    by = rows.groupby("conversation")
    table = {
        "conversation": known.ids,
        "split": known.splits,
        "utterances": known.lengths,
        "minutes": by["seconds"].sum(min_count=1).to_numpy() / 60,
        "speakers": by["speaker"].nunique().to_numpy(),
    }
    table |= {f"{name} missing": shares[:, u] for u, name in enumerate(known.modalities)}
    return pd.DataFrame(table | {typical_label_name(data.task): typical_labels(data.task, rows)})


def typical_label_name(task: Task) -> str:
    """The name of the last column of the table."""
    return "most frequent" if task.classes else f"mean {task.name}"


def typical_labels(task: Task, rows: pd.DataFrame) -> NDArray[np.object_] | NDArray[np.float64]:
    """The mean score of each conversation, or its most frequent class ("" where nothing is labelled)."""
    if not task.classes:
        mean: NDArray[np.float64] = rows.groupby("conversation")["label"].mean().to_numpy()
        return mean
    counts = np.zeros((rows["conversation"].max() + 1, len(task.classes)), dtype=np.int64)
    labelled = rows[rows["label"].notna()]
    np.add.at(counts, (labelled["conversation"], labelled["label"].astype(int)), 1)
    names = np.array([*task.classes, ""], dtype=object)
    frequent: NDArray[np.object_] = names[np.where(counts.any(1), counts.argmax(1), -1)]
    return frequent
