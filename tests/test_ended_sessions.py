"""A session whose browser stayed away is ended, and what only it held is given back."""

import gc
from types import SimpleNamespace

import pytest

from comp_viz.ui.cache import ended_sessions


class Server:
    """A stand-in for Streamlit's, with the sessions that it knows."""

    def __init__(self, stored, active):
        self.stored, self.active = set(stored), set(active)
        self._session_mgr = SimpleNamespace(list_sessions=lambda: self.stored | self.active)
        loop = SimpleNamespace(call_soon_threadsafe=lambda call, *given: call(*given))
        self._get_async_objs = lambda: SimpleNamespace(eventloop=loop)

    def is_active_session(self, name):
        return name in self.active

    def close_session(self, name):
        self.stored.discard(name)


@pytest.fixture
def thawed(monkeypatch):
    done = []
    monkeypatch.setattr(ended_sessions, "thaw", lambda: done.append(1))
    monkeypatch.setattr(ended_sessions.runtime, "exists", lambda: True)
    return done


def test_a_session_is_ended_and_the_last_one_has_all_garbage_collected(monkeypatch, thawed):
    server = Server({"first", "last"}, ())
    monkeypatch.setattr(ended_sessions.runtime, "get_instance", lambda: server)
    ended_sessions.end_session("first")
    assert server.stored == {"last"}
    assert thawed == []
    ended_sessions.end_session("last")
    assert server.stored == set()
    assert thawed == [1]


def test_a_session_whose_browser_is_back_goes_on(monkeypatch, thawed):
    server = Server((), {"back"})
    monkeypatch.setattr(ended_sessions.runtime, "get_instance", lambda: server)
    ended_sessions.end_session("back")
    assert server.active == {"back"}
    assert thawed == []


def test_a_cycle_that_was_frozen_is_collected_when_nobody_is_there():
    gone = []

    class Held:
        def __del__(self):
            gone.append(1)

    held = Held()
    held.own = held
    gc.freeze()
    try:
        del held
        gc.collect()
        assert gone == []
        ended_sessions.thaw()
        assert gone == [1]
    finally:
        gc.unfreeze()
