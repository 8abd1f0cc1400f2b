"""Small components of our own, with no build step: a script and a style sheet beside the module that shows them."""

from collections.abc import Callable
from pathlib import Path

import streamlit as st


@st.cache_resource
def component(module: str, isolated: bool = True, scripts: str = "", library: str = "") -> Callable[..., object]:
    """The component of the `.js` and `.css` beside a module, given by its `__file__`; registered once for the whole server.

    It is an element whose class is the module's name. One that is not `isolated` may style what is around it. Of a larger one
    the functions lie in a folder of `scripts` beside it, which share their names with the `.js` and a `library` of other code.
    """
    name = Path(module).stem
    css, js = (Path(module).with_suffix(kind).read_text(encoding="utf-8") for kind in (".css", ".js"))
    if scripts:
        parts = sorted(Path(module).with_name(scripts).glob("*.js"))
        js = "\n".join([js, library, *(part.read_text(encoding="utf-8") for part in parts)])
    return st.components.v2.component(name, html=f'<div class="{name}"></div>', css=css, js=js, isolate_styles=isolated)
