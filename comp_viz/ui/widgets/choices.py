"""A choice kept in the address: what no longer fits, as of another checkpoint, is brought back to the first option."""

from collections.abc import Sequence

import streamlit as st

from comp_viz.ui.frame.address_notes import note_unknown_choice
from comp_viz.ui.frame.address_state import match_case, update_old_value
from comp_viz.ui.frame.text import escape_markdown


def one_of(
    label: str,
    options: Sequence[str],
    key: str,
    help: str,
    buttons: bool = False,
    width: int = 200,
    labelled: bool = True,
) -> str:
    """Let one of the options be chosen, from a list of some `width` in pixels or with `buttons`.

    `key` is also the parameter of the address. Buttons that speak for themselves need not be `labelled`.
    """
    update_old_value(key)
    match_case(key, options)
    note_unknown_choice(key, options)
    if st.session_state.get(key, options[0]) not in options:
        st.session_state[key] = options[0]
    if buttons:
        choice = st.segmented_control(
            label, options, default=None if key in st.session_state else options[0], key=key, help=help,
            bind="query-params", required=True, format_func=escape_markdown, label_visibility="visible" if labelled else "collapsed",
        )  # fmt: skip
    else:
        choice = st.selectbox(label, options, key=key, help=help, bind="query-params", width=width)
    return str(choice or options[0])
