"""What lasts is left out of the collections after every run."""

import gc
import threading
import tomllib

import pytest

from comp_viz.resources import shipped
from comp_viz.ui.frame import lasting_memory


@pytest.fixture
def thawed():
    gc.unfreeze()  # what pages of other tests froze
    lasting_memory._freeze.clear()
    yield
    gc.unfreeze()
    lasting_memory._freeze.clear()


def test_a_server_freezes_once_a_page_and_nothing_else_does(monkeypatch, thawed):
    lasting_memory.spare_what_lasts("Live")
    assert gc.get_freeze_count() == 0  # no server runs here
    monkeypatch.setattr(lasting_memory.runtime, "exists", lambda: True)
    monkeypatch.setattr(lasting_memory, "collect_soon", lambda: None)
    lasting_memory.spare_what_lasts("Live")
    frozen = gc.get_freeze_count()
    assert frozen > 10_000
    made_since = [[] for _ in range(100)]
    lasting_memory.spare_what_lasts("Live")
    assert gc.get_freeze_count() <= frozen + 50
    lasting_memory.spare_what_lasts("Why")
    assert gc.get_freeze_count() >= frozen + len(made_since) // 2


def test_garbage_is_collected_once_for_all_who_click_meanwhile(monkeypatch):
    collected, done = [], threading.Event()
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
