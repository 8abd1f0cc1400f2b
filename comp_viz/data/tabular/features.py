"""The features of a table: columns of lists, brought into the order of the conversations."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pyarrow as pa

from comp_viz.data.conversation import Bools, Floats
from comp_viz.data.dataset import Ints
from comp_viz.data.findings import Findings
from comp_viz.data.memory_budget import check_size
from comp_viz.data.tabular.columns import Columns
from comp_viz.data.tabular.rows import Order
from comp_viz.data.tabular.schema import MOST_FEATURES
from comp_viz.data.tabular.values import column_lists, column_matrix
from comp_viz.errors import CompVizError
from comp_viz.wording import shortened

ModalityFeatures = list[tuple[Floats, Bools]]  # [V] features [S, D] and which rows are observed [S]


def find_widths(columns: Columns, names: Mapping[str, str]) -> dict[str, int]:
    """D_u of each modality, by its column."""
    return {modality: find_width(columns, name) for modality, name in names.items()}


def find_width(columns: Columns, name: str) -> int:
    """How many features a row has: as the type says, or as most rows have in the first part of the file that has any."""
    kind = columns.schema.field(name).type
    if pa.types.is_fixed_size_list(kind):
        return int(kind.list_size)
    for batch in columns.batches([name]):
        lengths = Counter(column_lists(batch.column(name))[1].tolist())
        lengths.pop(0, None)
        if lengths:
            width = int(lengths.most_common(1)[0][0])
            if width > MOST_FEATURES:
                raise CompVizError(
                    f"{columns.file}: {name} has {width:,} features a row, expected up to {MOST_FEATURES:,}."
                )
            return width
    raise CompVizError(
        f"{columns.file}: no row of the column {shortened(name, 80)!r} has features. Leave the column out."
    )


def read_features(
    columns: Columns, names: Mapping[str, str], rows: int, order: Order, findings: Findings, zero: bool = False
) -> dict[str, ModalityFeatures]:
    """The features of each modality, read from its column of `rows` rows; what is missing or faulty is noted.

    With `zero`, values that are NaN or infinite become 0.
    """
    widths = find_widths(columns, names)
    check_size(columns.file, 4 * len(order) * sum(widths.values()), columns.on_disk)
    places = np.full(rows, -1)
    places[order.rows] = np.arange(len(order))
    return {
        modality: features_by_conversation(
            columns, modality, *sorted_rows(columns, names[modality], width, places, len(order)), order, findings, zero
        )
        for modality, width in widths.items()
    }


def sorted_rows(columns: Columns, name: str, width: int, places: Ints, used: int) -> tuple[Floats, Ints]:
    """Features `[N, D]` of a column, each row in its place (-1 for none), and how many features each row has `[N]`."""
    features, lengths, first = np.zeros((used, width), np.float32), np.zeros(used, np.int64), 0
    for batch in columns.batches([name]):
        part, counts = column_matrix(batch.column(name), width)
        place = places[first : first + len(part)]
        features[place[place >= 0]], lengths[place[place >= 0]] = part[place >= 0], counts[place >= 0]
        first += len(part)
    return features, lengths


def features_by_conversation(
    columns: Columns, modality: str, features: Floats, lengths: Ints, order: Order, findings: Findings, zero: bool
) -> ModalityFeatures:
    """Features by conversation, zeros where missing, and which are observed; rows of another length are problems."""
    width, admitted, file, faults = features.shape[1], [], columns.file, columns.faults()
    usable = (lengths == width) & np.isfinite(features).all(1) & features.any(1)
    findings.make_room(file, modality, int((~usable).sum()))
    whole = np.logical_and.reduceat(usable, order.starts[:-1])
    for v, conversation in enumerate(order.ids):
        part, noted = order.of(v), Findings()
        if whole[v]:  # as nearly all are: nothing to note, and a file may have a million conversations
            admitted.append((features[part], usable[part]))
            continue
        admitted.append(noted.admit(file, conversation, modality, features[part], lengths[part] == width, zero))
        for row in noted.rows:
            place = (row.utterance or 1) - 1
            count, fault = int(lengths[part][place]), faults.get((modality, int(order.rows[part][place])))
            if fault:
                row = replace(row, kind="problem", reason=f"{fault}, kept as missing")
            elif count not in (0, width):
                wrong = f"{count} features, expected {width}, kept as missing"
                row = replace(row, kind="problem", reason=wrong)
            findings.rows.append(row)
    return admitted
