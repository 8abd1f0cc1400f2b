"""The shipped verdicts, read once for all visitors, and which checkpoints stand beside the open one."""

from pathlib import Path

import streamlit as st

from comp_viz.analysis.claims.counterparts import counterpart_roles
from comp_viz.analysis.claims.measured import MEASURED_TABLE
from comp_viz.analysis.claims.shipped_claims import PUBLISHED, JudgedClaim, shipped_claims
from comp_viz.analysis.claims.table_evidence import CLAIM_TABLES
from comp_viz.device import choose_device
from comp_viz.last_change import last_change
from comp_viz.ui.cache.checkpoints import checkpoint_card, checkpoint_change, checkpoint_names, opens
from comp_viz.ui.cache.training import RESULTS


def judged_claims() -> dict[str, JudgedClaim]:
    """The seven claims by the shipped tables; not to be changed. Raises `CompVizError` when a table is missing or damaged."""
    names = (MEASURED_TABLE, PUBLISHED, *dict.fromkeys(name for name, _ in CLAIM_TABLES.values()))
    return _judged(RESULTS, tuple(last_change(RESULTS / name) for name in names))


@st.cache_resource(max_entries=4, show_spinner="Judging the claims by the tables of results …")
def _judged(folder: Path, changes: tuple[int, ...]) -> dict[str, JudgedClaim]:
    return shipped_claims(folder)


def counterparts(name: str) -> dict[str, str]:
    """Method of the claims -> a checkpoint that can be read and stands for it beside the one called `name`; not to be changed."""
    names = tuple(checkpoint_names())
    return _counterparts(name, names, tuple(map(checkpoint_change, names)))


@st.cache_resource(max_entries=32, show_spinner=False)
def _counterparts(name: str, names: tuple[str, ...], changes: tuple[tuple[int, int], ...]) -> dict[str, str]:
    card, beside = checkpoint_card(name), dict[str, str]()
    for other in names if card else ():
        theirs = checkpoint_card(other)
        roles = counterpart_roles(card, theirs) if card and theirs and other != name else ()
        if roles and opens(other, str(choose_device())):
            beside |= {role: other for role in roles if role not in beside}
    return beside
