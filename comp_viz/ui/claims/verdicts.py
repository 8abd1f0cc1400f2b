"""All verdicts at a glance, above the cards: each claim leads to its card."""

from collections.abc import Mapping
from html import escape
from pathlib import Path

import pandas as pd
import streamlit as st

from comp_viz.analysis.claims.shipped_claims import JudgedClaim
from comp_viz.analysis.claims.verdict import Judgement
from comp_viz.figures.claims.heading import LIST_TITLE, verdict_table, verdict_words

STYLE = Path(__file__).with_name("verdicts.css")


def verdict_list(judged: Mapping[str, JudgedClaim], here: Mapping[str, Judgement]) -> None:
    """The list, with a column of what was tested on the open checkpoint once something was."""
    table = verdict_table({key: one.judgement for key, one in judged.items()})
    tested = {key: verdict_words(one.verdict) for key, one in here.items()}
    # A table of Markdown takes twice the height, so that the seven would not be on the first screen.
    st.html(f"<style>{STYLE.read_text(encoding='utf-8')}</style>{list_html([*judged], table, tested)}")


def list_html(keys: list[str], table: pd.DataFrame, tested: Mapping[str, str]) -> str:
    """A table of `verdict_table`, with links to the cards, and the verdicts of tests where there are any."""
    heads = ["Verdict", "Claim", "Effect with 95\u202f% interval", *(["Tested here"] if tested else [])]
    rows = []
    for number, (key, row) in enumerate(zip(keys, table.to_dict("records"), strict=True), 1):
        cells = [
            f'<td class="verdict">{escape(row["verdict"])}</td>',
            f'<th scope="row"><a href="#{key}" target="_self">{number}. {escape(row["claim"])}</a></th>',
            f"<td>{escape(row['effect'])}<br>{escape(row['over'])}</td>",
            *([f'<td class="verdict">{escape(tested.get(key, "–"))}</td>'] if tested else []),
        ]
        rows.append(f"<tr>{''.join(cells)}</tr>")
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    return (
        f'<table class="verdicts" aria-label="{LIST_TITLE}"><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
    )
