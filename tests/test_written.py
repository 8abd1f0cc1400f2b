"""Numbers in tables."""

import numpy as np
import pandas as pd

from comp_viz.ui.widgets.written import PERCENT, written


def shown(styled) -> list[list[str]]:
    """What a styled table shows, row by row."""
    body = styled._translate(False, False)["body"]
    return [[cell["display_value"] for cell in row if cell["type"] == "td"] for row in body]


def test_percents_have_their_narrow_space_and_negative_numbers_a_true_minus():
    table = pd.DataFrame({"missing": [0.1765, 0.0], "cosine": [-0.25, np.nan], "words": ["yes - no", ""]})
    styled = written(table, {"missing": PERCENT, "cosine": ".2f", "not there": ".2f"})
    assert shown(styled) == [["17.6\u202f%", "\u22120.25", "yes - no"], ["0.0\u202f%", "", ""]]
    assert styled.data.equals(table)  # sorted by the number
