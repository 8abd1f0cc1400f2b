"""What lasts is left out of the collections after every run."""

import gc
import threading
import tomllib
import weakref

import pytest

from comp_viz.resources import shipped
from comp_viz.ui.frame import lasting_memory


@pytest.fixture
def thawed(monkeypatch):
    gc.unfreeze()  # what pages of other tests froze
    monkeypatch.setattr(lasting_memory, "_lasting", set())
    monkeypatch.setattr(lasting_memory, "_shown", set())
    monkeypatch.setattr(lasting_memory, "PAUSE", 0.0)
    yield
    gc.unfreeze()


def frozen_after(page):
    """Objects that are frozen once the collection after a page is done."""
    lasting_memory.spare_what_lasts(page)
    with lasting_memory._collecting:
        return gc.get_freeze_count()


def test_a_server_freezes_once_a_page_and_nothing_else_does(monkeypatch, thawed):
    assert frozen_after("Live") == 0  # no server runs here
    monkeypatch.setattr(lasting_memory.runtime, "exists", lambda: True)
    frozen = frozen_after("Live")
    assert frozen > 10_000
    made_since = [[] for _ in range(100)]
    assert frozen_after("Live") <= frozen + 50
    assert frozen_after("Why") >= frozen + len(made_since) // 2


def test_garbage_is_not_kept(monkeypatch, thawed):
    monkeypatch.setattr(lasting_memory.runtime, "exists", lambda: True)
    circle = Circle()
    circle.itself, gone = circle, weakref.ref(circle)
    del circle
    frozen_after("Live")
    assert gone() is None


class Circle:
    """Only a collection frees it."""


def test_garbage_is_collected_once_for_all_who_click_meanwhile(monkeypatch):
    collected, done = [], threading.Event()
    monkeypatch.setattr(lasting_memory, "_lasting", {"Live"})
    monkeypatch.setattr(lasting_memory, "PAUSE", 0.05)
    monkeypatch.setattr(lasting_memory.gc, "collect", lambda: (collected.append(1), done.set()))
    for _ in range(20):
        lasting_memory.collect_soon()
    assert done.wait(5)
    assert collected == [1]
    with lasting_memory._collecting:  # free again for the next
        pass


def test_streamlit_leaves_collecting_to_us():
    settings = tomllib.loads(shipped(".streamlit/config.toml").read_text())
    assert settings["runner"]["postScriptGC"] is False
