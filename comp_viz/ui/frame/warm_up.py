"""UMAP made ready before anyone asks for it: compiled once for a machine, in a process of its own, and kept on disk."""

import subprocess
import sys
import threading
import time

import streamlit as st
from streamlit import runtime

from comp_viz.analysis.prototypes.embedding import compiled_on_disk

COMPILE = "from comp_viz.analysis.prototypes.embedding import compile_to_disk; compile_to_disk()"
LOOK_EVERY = 0.5  # seconds between two messages to a waiting visitor


@st.cache_resource(show_spinner=False)
def compiling() -> threading.Thread:
    """Begin, where it is not done; alive until it is. A thread of the server would hold up its visitors instead."""
    command = [sys.executable, "-c", COMPILE]
    thread = threading.Thread(target=subprocess.run, args=(command,), daemon=True)
    if runtime.exists() and not compiled_on_disk():
        thread.start()
    return thread


def wait_for_umap() -> None:
    """Say how long it takes while it is compiled; another choice of the visitor is taken up meanwhile."""
    began, place = time.monotonic(), st.empty()
    while compiling().is_alive():
        place.info(
            "UMAP is compiled the first time it is used on this machine, which takes about ten seconds of one core: "
            f"{time.monotonic() - began:.0f} s waited. PCA answers at once.",
            icon=":material/hourglass_top:",
        )
        time.sleep(LOOK_EVERY)
    place.empty()
