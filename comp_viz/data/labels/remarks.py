"""What is to be said of labels, and noting it at the utterances it is about."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from comp_viz.data.dataset import Ints
from comp_viz.data.findings import Finding, Findings, Kind


@dataclass(frozen=True)
class Remark:
    """Something to say of labels."""

    kind: Kind
    reason: str
    rows: NDArray[np.intp] | None = None  # which utterances, counted from 0; None: the whole column


def note_remarks(remarks: Iterable[Remark], file: str, ids: Sequence[str], starts: Ints, findings: Findings) -> None:
    """Note remarks on the utterances of conversations of these `ids` `[V]`, which begin at `starts` `[V + 1]`."""
    for remark in remarks:
        if remark.rows is None:
            findings.rows.append(Finding(remark.kind, file, "", None, "", remark.reason))
            continue
        numbers = np.searchsorted(starts, remark.rows, side="right") - 1
        for row, v in zip(remark.rows.tolist(), numbers.tolist(), strict=True):
            findings.rows.append(Finding(remark.kind, file, ids[v], row - int(starts[v]) + 1, "", remark.reason))
