"""What the reader of a data set noticed: what the recordings lack, and problems of the file."""

from functools import partial

import pandas as pd
import streamlit as st

from comp_viz.data.findings import Finding, Findings
from comp_viz.wording import how_many

SHOWN_FINDINGS = 2000  # rows of the findings table; the download has all


def findings_table(findings: Findings) -> None:
    """What the reader noticed: counts first, places on request."""
    if not findings.counts():
        st.caption(":material/check: The recordings have every entry, and the file has no problems.")
        return
    counted = findings.counts()
    problems = sum(n for (kind, _, _), n in counted.items() if kind == "problem")
    missing = counted.total() - problems
    lacking = f"{missing:,} {'entry is' if missing == 1 else 'entries are'} missing in the recordings"
    title = f"{lacking}; " + (f"**{how_many(problems, 'problem')}**" if problems else "no problems")
    with st.expander(title, icon=":material/warning:" if problems else ":material/info:"):
        counts = [(kind, modality, reason, n) for (kind, modality, reason), n in counted.most_common()]
        st.dataframe(pd.DataFrame(counts, columns=["kind", "modality", "reason", "entries"]), hide_index=True)
        rows = sorted(findings.rows, key=lambda row: row.kind != "problem")
        if not rows:
            return
        st.dataframe(pd.DataFrame(map(vars, rows[:SHOWN_FINDINGS])), hide_index=True, height=240)
        if len(rows) > SHOWN_FINDINGS:
            st.caption(f"The first {SHOWN_FINDINGS:,} of {len(rows):,}; the download has all.")
        csv = partial(findings_csv, rows)  # made when it is asked for
        st.download_button("Download as CSV", csv, "findings.csv", "text/csv", icon=":material/download:")


def findings_csv(rows: list[Finding]) -> bytes:
    """Findings as a file."""
    return pd.DataFrame(map(vars, rows)).to_csv(index=False).encode()
