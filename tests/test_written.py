"""Numbers in tables."""

import numpy as np
import pandas as pd
from browsing import ROOT
from streamlit.testing.v1 import AppTest

from comp_viz.ui.widgets.written import MOST_CELLS, PERCENT, unseen_widths, written


def shown(styled) -> list[list[str]]:
    """What a styled table shows, row by row."""
    body = styled._translate(False, False)["body"]
    return [[cell["display_value"] for cell in row if cell["type"] == "td"] for row in body]


def test_percents_have_their_narrow_space_and_negative_numbers_a_true_minus():
    table = pd.DataFrame({"missing": [0.1765, 0.0], "cosine": [-0.25, np.nan], "words": ["yes - no", None]})
    styled = written(table, {"missing": PERCENT, "cosine": 2, "not there": 2})
    assert shown(styled) == [["17.6\u202f%", "\u22120.25", "yes - no"], ["0.0\u202f%", "", ""]]
    assert styled.data.equals(table)  # sorted by the number


def test_a_long_table_keeps_its_numbers():
    """Streamlit refuses a styled table of more than 262,144 cells, as of a corpus with many conversations."""
    table = pd.DataFrame({"missing": np.full(MOST_CELLS, 0.17654), "minutes": np.full(MOST_CELLS, -1.234)})
    plain = written(table, {"missing": PERCENT, "minutes": 1, "not there": 2})
    assert isinstance(plain, pd.DataFrame)
    assert plain.iloc[-1].tolist() == [0.177, -1.2]


def test_counts_have_thousands_separators():
    assert shown(written(pd.DataFrame({"entries": [1097, 8]}), {"entries": 0})) == [["1,097"], ["8"]]


def test_a_cell_without_a_value_is_empty_also_where_no_number_is_written():
    def page() -> None:
        import pandas as pd

        from comp_viz.ui.widgets.written import draw_table

        draw_table(pd.DataFrame({"utterance": [None, None], "words": ["yes", None]}))

    table = AppTest.from_function(page).run().dataframe[0].proto
    assert table.HasField("placeholder")  # else Streamlit writes "None"
    assert table.placeholder == ""


def test_every_table_is_drawn_in_the_one_way():
    """Streamlit's own way shows "None" and numbers without separators."""
    files = [*(ROOT / "comp_viz").rglob("*.py"), *(ROOT / "pages").glob("*.py")]
    assert [file.name for file in files if "st.dataframe(" in file.read_text("utf-8")] == ["written.py"]


def test_a_long_text_that_streamlit_does_not_measure_widens_its_column():
    long = "regression per utterance"
    far_down = pd.DataFrame({"method": ["GCNet of 2023"] * 10 + [long], "seeds": ["3"] * 11, "mean": [0.1] * 11})
    assert unseen_widths(far_down) == {"method": 24 + 7 * len(long)}
    assert unseen_widths(far_down[1:]) == {}  # it is the tenth there, and measured
    few = pd.DataFrame({"method": ["GCNet", "MMIN", "ComP", "MoMKE", "ComP without prompting", "MCTN (adapted)"]})
    assert unseen_widths(few) == {"method": 24 + 7 * 22}  # far longer than the others, which is no measure of them
    assert unseen_widths(few[1:]) == {}
    assert unseen_widths(pd.DataFrame({"words": ["a"] * 10 + ["b" * 200]})) == {"words": 360}
