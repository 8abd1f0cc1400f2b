"""Numbers in tables written as everywhere else: percents with their narrow space, and a true minus."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import pandas as pd
from pandas.io.formats.style import Styler

from comp_viz.wording import decimal, percent

PERCENT = "percent"
MOST_CELLS = 30_000  # that are written: more take a second at every look, and Streamlit refuses 262,144


def written(table: pd.DataFrame, forms: Mapping[str, str]) -> Styler | pd.DataFrame:
    """A table with the numbers of some columns as text; a click on a header still sorts by the number.

    A form is `percent`, for shares from 0 to 1, or how many digits, as `.2f`. Streamlit's own formats know no narrow
    space and write a hyphen for a minus. What is not known stays empty. In a table of more than `MOST_CELLS` numbers stay
    numbers, rounded, and shares are shares.
    """
    known = {column: form for column, form in forms.items() if column in table}
    table = table.reset_index(drop=True)  # rows are known by their place
    if table.size > MOST_CELLS:
        return table.round({column: 3 if form == PERCENT else digits_of(form) for column, form in known.items()})
    writers: dict[Any, Any] = {column: writer(form) for column, form in known.items()}
    return table.style.format(writers, na_rep="")


def writer(form: str) -> Callable[[float], str]:
    """What writes a number in a form of `written`."""
    return partial(percent, digits=1) if form == PERCENT else partial(decimal, digits=digits_of(form))


def digits_of(form: str) -> int:
    """How many digits behind the point a form such as `.2f` has."""
    return int(form.strip(".f"))
