"""Confusion matrices."""

import numpy as np
import pandas as pd

from comp_viz.analysis.prediction import decide_output, true_decisions
from comp_viz.data.conversation import Floats, Task


def confusion(task: Task, predictions: Floats, labels: Floats) -> pd.DataFrame:
    """One row for every truth and decision: `count`, mean over drawings `[D, N, C]`, and its `share` of that truth.

    Labels `[N]` that are unknown or exactly neutral are left out; shares are NaN where a truth never occurs.
    """
    names, truth = task.decisions, true_decisions(task, labels)
    counts = np.zeros((len(names), len(names)))
    for drawing in predictions:
        np.add.at(counts, (truth[truth >= 0], decide_output(task, drawing)[truth >= 0]), 1 / len(predictions))
    share = counts / np.where(counts.sum(1) > 0, counts.sum(1), np.nan)[:, None]
    rows, columns = np.indices(counts.shape).reshape(2, -1)
    return pd.DataFrame(
        {
            "truth": [names[row] for row in rows],
            "decision": [names[column] for column in columns],
            "count": counts.ravel(),
            "share": share.ravel(),
        }
    )
