"""Numbers in tables."""

import numpy as np
import pandas as pd

from comp_viz.ui.widgets.written import MOST_CELLS, PERCENT, written


def shown(styled) -> list[list[str]]:
    """What a styled table shows, row by row."""
    body = styled._translate(False, False)["body"]
    return [[cell["display_value"] for cell in row if cell["type"] == "td"] for row in body]


def test_percents_have_their_narrow_space_and_negative_numbers_a_true_minus():
    table = pd.DataFrame({"missing": [0.1765, 0.0], "cosine": [-0.25, np.nan], "words": ["yes - no", ""]})
    styled = written(table, {"missing": PERCENT, "cosine": ".2f", "not there": ".2f"})
    assert shown(styled) == [["17.6\u202f%", "\u22120.25", "yes - no"], ["0.0\u202f%", "", ""]]
    assert styled.data.equals(table)  # sorted by the number


def test_a_long_table_keeps_its_numbers():
    """Streamlit refuses a styled table of more than 262,144 cells, as of a corpus with many conversations."""
    table = pd.DataFrame({"missing": np.full(MOST_CELLS, 0.17654), "minutes": np.full(MOST_CELLS, -1.234)})
    plain = written(table, {"missing": PERCENT, "minutes": ".1f", "not there": ".2f"})
    assert isinstance(plain, pd.DataFrame)
    assert plain.iloc[-1].tolist() == [0.177, -1.2]
