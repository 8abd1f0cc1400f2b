"""What the engine in the visitor's browser needs, served from the app's own address: scripts, runtime, model, conversation."""

from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit import runtime

from comp_viz.analysis.query import Query
from comp_viz.browser.assets import compressed, runtime_wasm, worker_script
from comp_viz.browser.model import conversation_pack, model_pack
from comp_viz.checkpoint.folder import Checkpoint
from comp_viz.export.graph import NO_EXPORTER, exporter_installed
from comp_viz.export.making import GraphJob
from comp_viz.export.template import kept_template
from comp_viz.ui.cache.checkpoints import checkpoint_folder
from comp_viz.ui.cache.inference import INFERENCE
from comp_viz.ui.cache.per_session import keep_resource
from comp_viz.ui.cache.predictions import open_query
from comp_viz.ui.frame.page_view import PageView

# Streamlit compresses what it serves anew for every visitor, unless its type says that it is compressed.
COMPRESSED = "application/gzip"
NO_SERVER = "this page is shown without a server"
BEING_MADE = "the model is made ready for the browser, once for its architecture"


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
    if kept_template(view.checkpoint) is None:
        return files_to_be_made(view)
    model = packed_model(view.checkpoint, view.checkpoint.digest)
    conversation = packed_conversation(view.query(view.conversation.observed))
    contents = {"worker": packed_worker(), "wasm": runtime_wasm(), "model": model, "conversation": conversation}
    return EngineFiles({name: served(content, f"engine {name}") for name, content in contents.items()})


def files_to_be_made(view: PageView) -> EngineFiles:
    """Why a view has none, which are made in the background where they can be."""
    if reason := view.checkpoint.method.no_graph or ("" if exporter_installed() else NO_EXPORTER):
        return EngineFiles(None, reason.rstrip("."))
    job = graph_job(view.name, view.checkpoint.digest)
    if job.over.is_set():
        return EngineFiles(None, job.problem.rstrip(".") or BEING_MADE)
    return EngineFiles(None, BEING_MADE, pending=True)


@st.cache_resource(show_spinner=False)
def packed_worker() -> bytes:
    """The worker's script, compressed."""
    return compressed(worker_script().encode())


@st.cache_resource(max_entries=6, show_spinner=False)
def packed_model(_checkpoint: Checkpoint, digest: str) -> bytes:
    """Graphs and weights, compressed; of a checkpoint whose graphs are there."""
    return compressed(model_pack(_checkpoint))


@keep_resource(max_entries=64, show_spinner=False)
def packed_conversation(query: Query) -> bytes:
    """What the model makes of each entry of a conversation by itself, compressed."""
    checkpoint, conversation, _ = open_query(query)
    with INFERENCE:
        return compressed(conversation_pack(checkpoint, conversation))


@st.cache_resource(max_entries=16, show_spinner=False)
def graph_job(name: str, digest: str) -> GraphJob:
    """The work that makes a checkpoint's graphs, begun."""
    job = GraphJob(checkpoint_folder(name))
    job.start()
    return job


def served(content: bytes, place: str) -> str:
    """The address of compressed bytes, which goes with the session; each `place` on a page has one."""
    base = str(st.get_option("server.baseUrlPath")).strip("/")
    address = runtime.get_instance().media_file_mgr.add(content, COMPRESSED, place)
    return f"/{base}{address}" if base else address
