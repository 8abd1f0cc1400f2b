"""Tables as every page shows them: numbers written as everywhere else, and empty cells where there is nothing."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st
from pandas.io.formats.style import Styler

from comp_viz.wording import decimal, percent

PERCENT = "percent"
Form = int | str  # digits behind the point, or `PERCENT`
MEASURED_ROWS = 10  # of a table, by which Streamlit chooses the widths of its columns
FEW_ROWS, OUTLIER = (
    5,
    1.9,
)  # of more rows it leaves out what is twice as wide as their mean, or nearly so by our estimate
CHARACTER, MARGIN, WIDEST = 7, 24, 360  # pixels: of one, around a cell, and of a column
MOST_CELLS = 30_000  # that are written: more take a second at every look, and Streamlit refuses 262,144


def draw_table(rows: pd.DataFrame, forms: Mapping[str, Form] | None = None, **options: Any) -> Any:
    """Streamlit's table of some rows, with numbers `written` and nothing, instead of its "None", where there is no value."""
    columns = {name: st.column_config.Column(width=width) for name, width in unseen_widths(rows).items()}
    columns |= options.pop("column_config", {})
    table = written(rows, forms) if forms else rows
    return st.dataframe(table, hide_index=True, placeholder="", column_config=columns, **options)


def unseen_widths(rows: pd.DataFrame) -> dict[str, int]:
    """Column -> pixels, of texts whose longest one Streamlit does not measure, being far down or far longer: it would be cut."""
    widths = {}
    for name in rows.select_dtypes(["object", "string"]).columns:
        pixels = CHARACTER * rows[name].astype(str).str.len() + MARGIN
        measured = pixels.iloc[:MEASURED_ROWS]
        if len(measured) > FEW_ROWS:
            measured = measured[measured < OUTLIER * measured.mean()]
        if pixels.max() > measured.max():
            widths[str(name)] = min(WIDEST, int(pixels.max()))
    return widths


def written(table: pd.DataFrame, forms: Mapping[str, Form]) -> Styler | pd.DataFrame:
    """A table with the numbers of some columns as text; a click on a header still sorts by the number.

    A form is `PERCENT`, for shares from 0 to 1, or the number of digits behind the point: 0 for counts, which get their
    thousands separators. Streamlit's own formats know no narrow space and write a hyphen for a minus. What is not known
    stays empty. In a table of more than `MOST_CELLS` numbers stay numbers, rounded, and shares are shares.
    """
    known = {column: form for column, form in forms.items() if column in table}
    table = table.reset_index(drop=True)  # rows are known by their place
    if table.size > MOST_CELLS:
        return table.round({column: form if isinstance(form, int) else 3 for column, form in known.items()})
    writers: dict[Any, Any] = {column: writer(form) for column, form in known.items()}
    return table.style.format(writers, na_rep="")


def writer(form: Form) -> Callable[[float], str]:
    """What writes a number in a form of `written`."""
    return partial(decimal, digits=form) if isinstance(form, int) else partial(percent, digits=1)
