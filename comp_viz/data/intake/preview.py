"""What a file would be as a data set: how it was recognised, its first rows, and why it cannot be read where it cannot."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from comp_viz.data.dataset import DataSet
from comp_viz.data.layouts.registry import find_layout
from comp_viz.data.published.layout import is_published
from comp_viz.data.source import ARRAY_SUFFIXES, data_files, open_data, peek_data
from comp_viz.data.tabular.kinds import is_tabular
from comp_viz.errors import CompVizError

FIRST_ROWS = 20
MOST_UNREADABLE = 30  # files that are listed with their reasons
NO_DATA = (".md", ".txt", ".py", ".ipynb", ".yaml", ".yml", ".lock", ".partial")  # beside data sets, and none


@dataclass(frozen=True)
class Unreadable:
    """Something in the data root that is no data set as it is."""

    name: str
    reason: str  # with the way out


def kind_of(path: Path) -> str:
    """What a file or folder was recognised as, in words. Raises `CompVizError`."""
    if is_published(path):
        return "the published layout (GCNet, MoMKE, ComP)"
    if recognised := find_layout(path):
        return recognised.layout.name
    if path.is_dir():
        return "a table in several files"
    suffix = path.suffix.lower()
    if suffix not in ARRAY_SUFFIXES and not is_tabular(path):
        raise CompVizError(refusal(path))
    return f"padded arrays ({suffix})" if suffix in ARRAY_SUFFIXES else f"a table ({suffix})"


def first_rows(data: DataSet, count: int = FIRST_ROWS) -> pd.DataFrame:
    """The first utterances as read: place, split, speaker, label, words, and the width of each modality, 0 where missing."""
    rows: list[dict[str, object]] = []
    for conversation in data.conversations:
        for s in range(min(len(conversation), count - len(rows))):
            label = conversation.labels[s]
            shown = data.task.classes[int(label)] if data.task.classes and not np.isnan(label) else f"{label:g}"
            rows.append(
                {
                    "conversation": conversation.id, "utterance": s + 1, "split": conversation.split,
                    "speaker": conversation.speakers[s], "label": "" if np.isnan(label) else shown, "words": conversation.words[s],
                }
                | {
                    name: width if conversation.observed[s, u] else 0
                    for u, (name, width) in enumerate(data.widths.items())
                }
            )  # fmt: skip
        if len(rows) >= count:
            break
    return pd.DataFrame(rows)


def unreadable_files(root: Path, most: int = MOST_UNREADABLE) -> list[Unreadable]:
    """What lies in the data root and is no data set as it is, with the reason; no notes, nor what is hidden."""
    if not root.is_dir():
        return []
    known = set(data_files()) | {name.partition("/")[0] for name in data_files() if "/" in name}
    made = []
    for path in sorted(root.iterdir()):
        if path.name.startswith((".", "_")) or path.suffix.lower() in NO_DATA:
            continue
        if path.name in known and (path.name not in data_files() or peek_data(path) is not None):
            continue
        if reason := refusal(path):
            made.append(Unreadable(path.name, reason))
        if len(made) == most:
            break
    return made


def refusal(path: Path) -> str:
    """Why a file or folder cannot be read, "" when it can."""
    try:
        open_data(str(path))
    except CompVizError as error:
        return str(error)
    return ""
