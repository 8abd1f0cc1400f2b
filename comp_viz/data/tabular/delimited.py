"""CSV and its kin, read by Arrow: columns of features as numbers when they are asked for, the others once, as text first."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from comp_viz.data.memory_budget import check_size
from comp_viz.data.tabular.columns import Columns
from comp_viz.data.tabular.dialect import read_dialect
from comp_viz.data.tabular.numbered import numbered_columns
from comp_viz.errors import CompVizError
from comp_viz.wording import shortened

BLOCK = 16 << 20  # bytes read at once; a row has to fit into it
MOST_COLUMNS = 20_000
NO_TEXT = ["", "NA", "N/A", "n/a", "nan", "NaN", "NAN", "null", "NULL", "<NA>", "None"]  # cells that hold nothing
NO_NUMBER = [
    *NO_TEXT, "?", "-", "-nan", "-NaN", "nan(ind)", "-nan(ind)", "1.#QNAN", "-1.#IND", "1.#IND", "#N/A", "#NV", "#DIV/0!", "#VALUE!",
]  # fmt: skip
PADDED = [
    f"{before}{cell}{after}" for cell in NO_NUMBER for before in ("", " ") for after in ("", " ")
]  # as OpenFace does
WHOLE = r"^(0|-?[1-9][0-9]{0,17})$"  # what is longer, or begins with 0, is a name
BROKEN = r"^[-+]?(0|[1-9][0-9]{0,17}|[0-9]+[.][0-9]*|[.][0-9]+)([eE][-+]?[0-9]+)?$|^[-+]?[iI]nf(inity)?$"
ALWAYS_TEXT = ("conversation", "split", "speaker", "text", "context")  # also where each of them looks like a number


@dataclass(frozen=True)
class Grammar:
    """How the rows of a file are to be read."""

    path: Path
    names: tuple[str, ...]  # of columns
    encoding: str = "utf-8"
    delimiter: str = ","
    decimal: str = "."
    quote: str = '"'
    skipped: int = 1  # lines before the first row

    def batches(self, types: Mapping[str, pa.DataType]) -> Iterator[pa.RecordBatch]:
        """Some of the columns as these types, some rows at a time. Raises `CompVizError` for what is no such value."""
        numbers = all(pa.types.is_floating(kind) for kind in types.values())
        with explain_cell(self.path.name):
            yield from csv.open_csv(
                str(self.path),
                csv.ReadOptions(block_size=BLOCK, skip_rows=self.skipped, column_names=self.names, encoding=self.encoding),
                csv.ParseOptions(delimiter=self.delimiter, quote_char=self.quote, newlines_in_values=True),
                csv.ConvertOptions(
                    column_types=types, include_columns=list(types), strings_can_be_null=True,
                    decimal_point=self.decimal, null_values=PADDED if numbers else NO_TEXT,
                ),
            )  # fmt: skip


class DelimitedColumns(Columns):
    """A text file with a row a line."""

    def __init__(self, grammar: Grammar, numbers: Sequence[str], assumed: Sequence[str] = ()) -> None:
        """`numbers` are the columns that are read as numbers, some rows at a time; the others are read now."""
        self.grammar = grammar
        self.plain = plain_columns(grammar, [name for name in grammar.names if name not in set(numbers)])
        kinds = {name: pa.float32() for name in numbers} | {field.name: field.type for field in self.plain.schema}
        super().__init__(grammar.path.name, pa.schema([(name, kinds[name]) for name in grammar.names]), assumed)

    def table(self, names: Sequence[str]) -> pa.Table:
        """Some of the columns, none of those that are read as numbers."""
        return self.plain.select(list(names))

    def batches(self, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Some of the columns, some rows at a time."""
        if set(names) <= set(self.plain.column_names):
            yield from self.table(names).to_batches(max_chunksize=1 << 16)
        else:
            yield from self.grammar.batches({name: self.schema.field(name).type for name in names})


def open_delimited(path: Path) -> DelimitedColumns:
    """Open a file of one row an utterance, with features in columns of their own. Raises `CompVizError`."""
    dialect = read_dialect(path)
    if len(dialect.header) > MOST_COLUMNS:
        raise CompVizError(
            f"{path.name} has {len(dialect.header):,} columns, expected at most {MOST_COLUMNS:,}. Keep features in lists, as Parquet or JSONL have them."
        )
    if repeated := [name for name, times in Counter(dialect.header).items() if times > 1]:
        raise CompVizError(
            f"{path.name}: the column {shortened(repeated[0], 60)!r} comes twice. Rename one of the two."
        )
    grammar = Grammar(path, dialect.header, dialect.encoding, dialect.delimiter, dialect.decimal)
    numbers = [name for names in numbered_columns(path.name, dialect.header).values() for name in names]
    return DelimitedColumns(grammar, numbers, dialect.assumptions)


def plain_columns(grammar: Grammar, names: Sequence[str]) -> pa.Table:
    """Some of the columns, each as whole numbers, as numbers or as text, whichever all its cells are."""
    schema, batches, size = pa.schema([(name, pa.string()) for name in names]), [], 0
    for batch in grammar.batches(dict.fromkeys(names, pa.string())) if names else ():
        size += batch.nbytes
        check_size(grammar.path.name, size)
        batches.append(batch)
    read = pa.Table.from_batches(batches, schema)
    return pa.table(
        {name: read[name] if name in ALWAYS_TEXT else plainest(read[name], grammar.decimal) for name in names}
    )


def plainest(column: pa.ChunkedArray, decimal: str) -> pa.ChunkedArray:
    """A column of text as whole numbers or numbers, where all of it is; as it is where not."""
    cells = pc.utf8_trim_whitespace(column)
    cells = pc.if_else(pc.is_in(cells, pa.array(NO_NUMBER)), None, cells)
    if decimal == ",":
        cells = pc.replace_substring(cells, ",", ".", max_replacements=1)
    for pattern, kind in ((WHOLE, pa.int64()), (BROKEN, pa.float64())):
        if cells.null_count < len(cells) and pc.all(pc.match_substring_regex(cells, pattern)).as_py():
            return cells.cast(kind)
    return column


@contextmanager
def explain_cell(file: str) -> Iterator[None]:
    """Raise `CompVizError` for a row that Arrow cannot take apart, or a cell that is no number."""
    try:
        yield
    except pa.ArrowInvalid as error:
        reason = str(error).splitlines()[0].removeprefix("CSV parse error: ")
        raise CompVizError(
            f"{file}: {shortened(reason, 200)}. Mend this row, or save the table again from where it was made."
        ) from None
