"""Graphs made in the background: one at a time, and none for who no longer waits."""

import sys

from comp_viz.export import making
from comp_viz.export.making import GraphJob


def test_one_waits_for_its_turn_and_can_be_stopped_meanwhile(tmp_path):
    with making.turn:
        job = GraphJob(tmp_path)
        job.start()
        assert not job.over.wait(0.3)
        assert job.state == "waiting"
        job.cancel()
        assert job.over.wait(10)
    assert job.state == "cancelled"


def test_what_the_process_says_is_the_problem(tmp_path, monkeypatch):
    monkeypatch.setattr(making, "MAKE", "import sys; sys.exit(f'nothing in {sys.argv[1]}')")
    job = GraphJob(tmp_path)
    job.start()
    assert job.over.wait(30)
    assert (job.state, job.problem) == ("failed", f"nothing in {tmp_path}")


def test_one_that_runs_is_ended(tmp_path, monkeypatch):
    monkeypatch.setattr(making, "MAKE", f"import time; time.sleep({sys.maxsize >> 40})")
    job = GraphJob(tmp_path)
    job.start()
    assert not job.over.wait(0.5)
    job.cancel()
    assert job.over.wait(10)
    assert job.state == "cancelled"
    assert not making.turn.locked()
