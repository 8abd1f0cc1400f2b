"""The numbers of a chart read back from the chart itself, for charts that come with no table of their own."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go


def numbers_of(figure: go.Figure) -> pd.DataFrame:
    """One row for every point that is drawn, or cell of a heatmap: series, x, y and for cells z."""
    parts = []
    for trace in figure.data:
        if trace.type == "heatmap":
            rows, columns = np.indices(np.shape(trace.z)).reshape(2, -1)
            z = np.asarray(trace.z).ravel()
            x, y = (np.arange(n) if labels is None else np.asarray(labels) for labels, n in ((trace.x, columns.max() + 1), (trace.y, rows.max() + 1)))  # fmt: skip
            parts.append(pd.DataFrame({"series": trace.name or "", "x": x[columns], "y": y[rows], "z": z}))
        elif trace.type in ("bar", "scatter", "scattergl") and trace.x is not None and trace.y is not None:
            parts.append(pd.DataFrame({"series": trace.name or "", "x": list(trace.x), "y": list(trace.y)}))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["series", "x", "y"])
