"""Small components of our own, with no build step: a script and a style sheet in files of their name."""

from collections.abc import Callable
from pathlib import Path

import streamlit as st

HERE = Path(__file__).parent


@st.cache_resource
def component(name: str, isolated: bool = True) -> Callable[..., object]:
    """The component of `name.js` and `name.css`, in an element of class `name`; registered once for the whole server.

    One that is not `isolated` may style what is around it.
    """
    css, js = ((HERE / f"{name}.{kind}").read_text(encoding="utf-8") for kind in ("css", "js"))
    return st.components.v2.component(name, html=f'<div class="{name}"></div>', css=css, js=js, isolate_styles=isolated)
