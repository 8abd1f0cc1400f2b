"""Numbers in tables written as everywhere else: percents with their narrow space, and a true minus."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import pandas as pd
from pandas.io.formats.style import Styler

from comp_viz.wording import decimal, percent

PERCENT = "percent"


def written(table: pd.DataFrame, forms: Mapping[str, str]) -> Styler:
    """A table with the numbers of some columns as text; a click on a header still sorts by the number.

    A form is `percent`, for shares from 0 to 1, or how many digits, as `.2f`. Streamlit's own formats know no narrow
    space and write a hyphen for a minus. What is not known stays empty.
    """
    writers: dict[Any, Any] = {column: writer(form) for column, form in forms.items() if column in table}
    return table.reset_index(drop=True).style.format(writers, na_rep="")  # rows are known by their place


def writer(form: str) -> Callable[[float], str]:
    """What writes a number in a form of `written`."""
    return partial(percent, digits=1) if form == PERCENT else partial(decimal, digits=int(form.strip(".f")))
