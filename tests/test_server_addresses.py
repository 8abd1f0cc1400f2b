"""The server asks nobody outside this machine, whatever origin a websocket comes from."""

import asyncio
import importlib
import runpy
import socket
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
import streamlit as st
from streamlit import net_util
from streamlit.web.server.app_discovery import discover_asgi_app
from streamlit.web.server.server_util import is_url_from_allowed_origins

from comp_viz.ui import server_life
from comp_viz.ui.server_addresses import ask_nobody

ROOT = Path(__file__).parents[1]


@pytest.fixture
def outside(monkeypatch):
    """What sockets were asked for beyond this machine; they get nothing."""
    asked = []

    def refuse(*arguments):
        asked.append(arguments[-1])
        raise OSError("only this machine may be reached")

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    importlib.reload(net_util)  # as it is before anything of ours ran
    yield asked
    ask_nobody()


def test_a_foreign_origin_is_refused_without_asking_anybody(outside):
    ask_nobody()
    assert not is_url_from_allowed_origins("http://dashboard.example")
    assert is_url_from_allowed_origins("http://localhost:8501")
    assert outside == []


def test_streamlit_by_itself_would_ask(outside):
    assert not is_url_from_allowed_origins("http://dashboard.example")
    assert outside


def test_what_streamlit_imports_before_it_serves_asks_nobody(outside):
    found = discover_asgi_app(ROOT / "app.py")
    assert found.import_string == "app:app"  # so that `streamlit run app.py` imports it at its start
    server = runpy.run_path(str(ROOT / "app.py"), run_name="app")[found.app_name]
    assert isinstance(server, st.App)
    assert server.script_path == ROOT / "app.py"
    assert not is_url_from_allowed_origins("http://dashboard.example")
    assert outside == []


@pytest.mark.parametrize(
    ("headless", "opened"), [(False, ["http://localhost:8501"]), (True, [])], ids=["desk", "headless"]
)
def test_a_browser_is_opened_at_a_desk_alone_and_nothing_is_left_in_the_end(headless, opened, monkeypatch):
    seen, ended = [], []
    monkeypatch.setattr(server_life, "SOON", 0)
    monkeypatch.setattr(server_life, "open_browser", seen.append)
    monkeypatch.setattr(st, "get_option", {"server.headless": headless, "browser.serverAddress": "localhost"}.get)

    for last in ("end_jobs", "remove_uploads"):
        monkeypatch.setattr(server_life, last, partial(ended.append, last))

    turns = []
    monkeypatch.setattr(server_life.sys, "setswitchinterval", turns.append)

    async def begin():
        async with server_life.while_serving(None):
            await asyncio.sleep(0.01)
            assert ended == []
            assert turns == [server_life.TURN]

    with ThreadPoolExecutor(1) as thread:  # a browser that other tests drive may run a loop in this one
        thread.submit(asyncio.run, begin()).result()
    assert seen == opened
    assert ended == ["end_jobs", "remove_uploads"]
