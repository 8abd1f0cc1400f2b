"""What the engine in the visitor's browser needs, served from the app's own address: scripts, runtime, model, conversation."""

import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit import runtime

from comp_viz.analysis.query import Query
from comp_viz.browser.assets import compressed, runtime_wasm, worker_script
from comp_viz.browser.model import conversation_pack, model_pack
from comp_viz.checkpoint.folder import Checkpoint
from comp_viz.errors import CompVizError
from comp_viz.export.template import has_template
from comp_viz.ui.cache.checkpoints import checkpoint_folder
from comp_viz.ui.cache.inference import INFERENCE
from comp_viz.ui.cache.per_session import keep_resource
from comp_viz.ui.cache.predictions import open_query
from comp_viz.ui.frame.page_view import PageView

# Streamlit compresses what it serves anew for every visitor, unless its type says that it is compressed.
COMPRESSED = "application/gzip"
NO_SERVER = "this page is shown without a server"
BEING_MADE = "the model is made ready for the browser, once for its architecture"
MAKE = (
    "import sys; from comp_viz.checkpoint.folder import load_checkpoint; from comp_viz.export.template import find_template; "
    "find_template(load_checkpoint(sys.argv[1], 'cpu'))"
)


@dataclass(frozen=True)
class EngineFiles:
    """Addresses of what the engine needs; or why the server has to answer instead."""

    files: dict[str, str] | None  # "worker", "wasm", "model", "conversation"
    why: str = ""
    pending: bool = False  # ask again: they are being made

    def as_data(self) -> dict[str, Any]:
        """As a component takes it."""
        return {"files": self.files, "why": self.why, "pending": self.pending}


def engine_files(view: PageView) -> EngineFiles:
    """Those of a view. Addresses change with the content, so that a browser may keep what it has."""
    if not runtime.exists():
        return EngineFiles(None, NO_SERVER)
    if view.checkpoint.method.no_graph:
        return EngineFiles(None, view.checkpoint.method.no_graph)
    if not has_template(view.checkpoint) and making(view.name, view.checkpoint.digest).is_alive():
        return EngineFiles(None, BEING_MADE, pending=True)
    try:
        model = packed_model(view.checkpoint, view.checkpoint.digest)
        conversation = packed_conversation(view.query(view.conversation.observed))
    except CompVizError as error:
        return EngineFiles(None, str(error).rstrip("."))
    contents = {"worker": packed_worker(), "wasm": runtime_wasm(), "model": model, "conversation": conversation}
    return EngineFiles({name: served(content, f"engine {name}") for name, content in contents.items()})


@st.cache_resource(show_spinner=False)
def packed_worker() -> bytes:
    """The worker's script, compressed."""
    return compressed(worker_script().encode())


@st.cache_resource(max_entries=6, show_spinner=False)
def packed_model(_checkpoint: Checkpoint, digest: str) -> bytes:
    """Graphs and weights, compressed. Raises `CompVizError` where there are no graphs of them."""
    return compressed(model_pack(_checkpoint))


@keep_resource(max_entries=64, show_spinner=False)
def packed_conversation(query: Query) -> bytes:
    """What the model makes of each entry of a conversation by itself, compressed."""
    checkpoint, conversation, _ = open_query(query)
    with INFERENCE:
        return compressed(conversation_pack(checkpoint, conversation))


@st.cache_resource(max_entries=16, show_spinner=False)
def making(name: str, digest: str) -> threading.Thread:
    """Begin to make the graphs of a checkpoint, in a process of its own; alive until they are there or cannot be made."""
    command = [sys.executable, "-c", MAKE, str(checkpoint_folder(name))]
    thread = threading.Thread(target=subprocess.run, args=(command,), kwargs={"capture_output": True}, daemon=True)
    thread.start()
    return thread


def served(content: bytes, place: str) -> str:
    """The address of compressed bytes, which goes with the session; each `place` on a page has one."""
    base = str(st.get_option("server.baseUrlPath")).strip("/")
    address = runtime.get_instance().media_file_mgr.add(content, COMPRESSED, place)
    return f"/{base}{address}" if base else address
