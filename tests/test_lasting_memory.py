"""What lasts is left out of the collections after every run."""

import gc

import pytest

from comp_viz.ui.frame import lasting_memory


@pytest.fixture
def thawed():
    lasting_memory._freeze.clear()
    yield
    gc.unfreeze()
    lasting_memory._freeze.clear()


def test_a_server_freezes_once_a_page_and_nothing_else_does(monkeypatch, thawed):
    lasting_memory.spare_what_lasts("Live")
    assert gc.get_freeze_count() == 0  # no server runs here
    monkeypatch.setattr(lasting_memory.runtime, "exists", lambda: True)
    lasting_memory.spare_what_lasts("Live")
    frozen = gc.get_freeze_count()
    assert frozen > 10_000
    made_since = [[] for _ in range(100)]
    lasting_memory.spare_what_lasts("Live")
    assert gc.get_freeze_count() <= frozen + 50
    lasting_memory.spare_what_lasts("Why")
    assert gc.get_freeze_count() >= frozen + len(made_since) // 2
