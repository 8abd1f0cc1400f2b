"""Which rows of a table are used, in which order, and what they say of splits and durations."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from comp_viz.data.conversation import SPLITS, Bools, Floats
from comp_viz.data.dataset import Ints
from comp_viz.data.findings import Findings
from comp_viz.data.lengths import check_count
from comp_viz.data.splits import EXPECTED_SPLITS, splits_of
from comp_viz.data.tabular.values import column_numbers, column_texts, plain_column
from comp_viz.errors import CompVizError
from comp_viz.wording import shortened


@dataclass(frozen=True)
class Order:
    """The `N` rows that are used, those of a conversation together and by position."""

    ids: tuple[str, ...]  # [V] conversations, in the order in which the file first names them
    starts: Ints  # [V + 1] where each conversation begins, and the end
    rows: Ints  # [N] number of the row in the file, from 0

    def __len__(self) -> int:
        return len(self.rows)

    def of(self, number: int) -> slice:
        """Where conversation `number` is."""
        return slice(int(self.starts[number]), int(self.starts[number + 1]))

    def place(self, utterance: int) -> tuple[str, int]:
        """Id of the conversation of an utterance, and its number there, counted from 1."""
        number = int(np.searchsorted(self.starts, utterance, side="right")) - 1
        return self.ids[number], utterance - int(self.starts[number]) + 1

    def problems(self, findings: Findings, file: str, bad: Bools, reason: str) -> None:
        """Note the same problem of some of the utterances `[N]`."""
        for utterance in np.flatnonzero(bad).tolist():
            findings.problem(file, reason, *self.place(utterance))


def arrange(file: str, table: pa.Table, findings: Findings) -> Order:
    """Sort rows into conversations. Those without an id, a position or a position of their own are left out and noted."""
    names = column_texts(table["conversation"])
    positions, usable = whole_numbers(table["position"])

    def leave_out(bad: Bools, reason: str) -> None:
        for row in np.flatnonzero(bad).tolist():
            findings.problem(f"{file} row {row + 1}", f"{reason}, left out", names[row])

    named = names != ""
    leave_out(~named, "no conversation id")
    leave_out(named & ~usable, "its position is not a whole number")
    rows = np.flatnonzero(named & usable)
    if not len(rows):
        raise CompVizError(f"{file}: none of its {len(names):,} rows has a conversation id and a position.")
    codes, ids = pd.factorize(names[rows])
    check_count(file, len(ids))
    order = np.lexsort((positions[rows], codes))
    rows, codes = rows[order], codes[order]
    again = np.append(False, (np.diff(codes) == 0) & (np.diff(positions[rows]) == 0))
    repeated = np.zeros(len(names), bool)
    repeated[rows[again]] = True
    leave_out(repeated, "its position comes a second time in the conversation")
    rows, codes = rows[~again], codes[~again]
    return Order(tuple(ids.tolist()), np.searchsorted(codes, np.arange(len(ids) + 1)), rows)


def whole_numbers(column: pa.ChunkedArray) -> tuple[Ints, Bools]:
    """Whole numbers `[N]`, and which of the rows have one."""
    column = plain_column(column)
    if pa.types.is_integer(column.type):
        return column.fill_null(0).cast(pa.int64()).to_numpy(), column.is_valid().to_numpy()
    numbers = column_numbers(column)
    usable = np.abs(numbers) < 2**53
    usable &= numbers == np.floor(numbers)
    return np.where(usable, numbers, 0).astype(np.int64), usable


def read_splits(file: str, table: pa.Table, order: Order, findings: Findings) -> tuple[str, ...]:
    """The split of each conversation `[V]`, by what all its rows say, those left out too; "" where they say nothing.

    Raises `CompVizError` when a conversation is both tested on and learned from, or numbers are other than 0, 1 and 2.
    """
    named: dict[str, set[str]] = {name: set() for name in order.ids}
    if "split" in table.column_names:
        for name, split in set(zip(column_texts(table["conversation"]), column_texts(table["split"]), strict=True)):
            named.get(name, set()).add(split)
    try:
        meaning = splits_of(set().union(*named.values()))
    except CompVizError as error:
        raise CompVizError(f"{file}: {error}.") from None
    return tuple(one_split(file, splits, meaning, name, findings) for name, splits in named.items())


def one_split(
    file: str, named: set[str], meaning: Mapping[str, str | None], conversation: str, findings: Findings
) -> str:
    """The split of one conversation whose rows name these; `meaning` says which split each is."""
    for name in sorted(name for name in named if meaning[name] is None):
        reason = f"split {shortened(name, 60)!r} is none we know, treated as unknown; expected {EXPECTED_SPLITS}"
        findings.problem(file, reason, conversation)
    known = [split for split in SPLITS if split in {meaning[name] for name in named}]
    if len(known) > 1 and "test" in known:
        raise CompVizError(
            f"{file}: conversation {shortened(conversation, 80)!r} has rows in {' and in '.join(known)}: what is tested on would be "
            "learned from. Give all rows of a conversation one split."
        )
    if len(known) > 1:
        findings.problem(file, f"its rows are in {' and in '.join(known)}, taken as {known[0]}", conversation)
    return known[0] if known else ""


def read_durations(file: str, table: pa.Table, order: Order, findings: Findings) -> Floats:
    """Seconds `[N]`, NaN where unknown: the duration, or else from start to end."""
    start, end, duration = (
        column_numbers(plain_column(table[name]))[order.rows]
        if name in table.column_names
        else np.full(len(order), np.nan)
        for name in ("start", "end", "duration")
    )
    with np.errstate(over="ignore", invalid="ignore"):
        seconds: Floats = np.where(np.isnan(duration), end - start, duration).astype(np.float32)
    impossible = (seconds < 0) | np.isinf(seconds) | np.isinf(start) | np.isinf(end)
    order.problems(findings, file, impossible, "its duration is negative or infinite, treated as unknown")
    seconds[impossible] = np.nan
    return seconds
