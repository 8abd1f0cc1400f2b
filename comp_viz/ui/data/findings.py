"""What the reader of a data set noticed: what the recordings lack, problems of the file, and what of it is not used."""

from collections import Counter
from functools import partial

import pandas as pd
import streamlit as st

from comp_viz.data.findings import Finding, Findings
from comp_viz.ui.widgets.written import draw_table
from comp_viz.wording import how_many

SHOWN_FINDINGS = 2000  # rows of the findings table; the download has all


def findings_table(findings: Findings) -> None:
    """What the reader noticed: counts first, places on request."""
    if not findings.counts():
        st.caption(":material/check: The recordings have every entry, and the file has no problems.")
        return
    counted = findings.counts()
    kinds = Counter({kind: sum(n for (its, _, _), n in counted.items() if its == kind) for kind, _, _ in counted})
    lacking = f"{kinds['missing']:,} {'entry is' if kinds['missing'] == 1 else 'entries are'} missing in the recordings"
    problems = f"**{how_many(kinds['problem'], 'problem')}**" if kinds["problem"] else "no problems"
    unused = f"; **{how_many(kinds['unused'], 'name')} of the file not used**" if kinds["unused"] else ""
    noted = kinds["problem"] + kinds["unused"]
    with st.expander(
        f"{lacking}; {problems}{unused}",
        icon=":material/warning:" if noted else ":material/info:",
        expanded=bool(unused),
    ):
        counts = [(kind, modality, reason, n) for (kind, modality, reason), n in counted.most_common()]
        draw_table(pd.DataFrame(counts, columns=["kind", "modality", "reason", "entries"]), {"entries": 0})
        rows = sorted(findings.rows, key=lambda row: row.kind == "missing")
        if not rows:
            return
        draw_table(pd.DataFrame(map(vars, rows[:SHOWN_FINDINGS])), height=240)
        if len(rows) > SHOWN_FINDINGS:
            st.caption(f"The first {SHOWN_FINDINGS:,} of {len(rows):,}; the download has all.")
        csv = partial(findings_csv, rows)  # made when it is asked for
        st.download_button("Download as CSV", csv, "findings.csv", "text/csv", icon=":material/download:")


def findings_csv(rows: list[Finding]) -> bytes:
    """Findings as a file."""
    return pd.DataFrame(map(vars, rows)).to_csv(index=False).encode()
