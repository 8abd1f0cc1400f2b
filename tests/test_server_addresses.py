"""The server asks nobody outside this machine, whatever origin a websocket comes from."""

import importlib
import runpy
import socket
import sys
from argparse import Namespace

import pytest
from streamlit import net_util
from streamlit.web.server.server_util import is_url_from_allowed_origins

from comp_viz.commands import run
from comp_viz.ui.server_addresses import ask_nobody


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


def test_the_command_that_opens_the_dashboard_asks_nobody(outside, monkeypatch):
    begin, started = runpy.run_module, []

    def instead_of_streamlit(name, **options):
        if name != "streamlit":
            return begin(name, **options)
        started.append(is_url_from_allowed_origins("http://dashboard.example"))

    monkeypatch.setattr(sys, "argv", [])
    monkeypatch.setattr(runpy, "run_module", instead_of_streamlit)
    run.run(Namespace(rest=[]))
    assert started == [False]
    assert outside == []
