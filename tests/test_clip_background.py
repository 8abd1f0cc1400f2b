"""Analyses in line, and the temporary folders of visits."""

import os
import subprocess
import sys
import threading
import time

import pytest

from comp_viz.background_job import Cancelled
from comp_viz.clips import background
from comp_viz.clips import upload_folder as workplace
from comp_viz.clips.background import start_analysis
from comp_viz.clips.progress import Progress
from comp_viz.errors import CompVizError


def held(gate):
    def work(report, stop):
        report(Progress("speech", 0.5, 3.0))
        while not gate.wait(0.01):
            if stop():
                raise Cancelled("stopped")
        return "a clip"

    return work


def until(true):
    end = time.monotonic() + 240
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_one_at_a_time_in_the_order_asked_for():
    gates = [threading.Event() for _ in range(3)]
    jobs = [start_analysis(f"clip {i}", held(gate)) for i, gate in enumerate(gates)]
    until(lambda: jobs[0].state == "running")
    assert [job.state for job in jobs] == ["running", "waiting", "waiting"]
    assert [job.ahead for job in jobs] == [0, 1, 2]
    assert jobs[0].progress.left == 3.0
    gates[0].set()
    until(lambda: jobs[1].state == "running")
    assert jobs[0].state == "done"
    assert jobs[0].clip == "a clip"
    assert jobs[2].ahead == 1
    gates[1].set(), gates[2].set()
    assert all(job.over.wait(10) for job in jobs)
    assert background.waiting_line == []


def test_giving_up_while_running_and_while_waiting():
    gate = threading.Event()
    first, second, third = (start_analysis(name, held(gate)) for name in "abc")
    until(lambda: first.state == "running")
    second.cancel()
    assert second.over.wait(10)
    assert second.state == "cancelled"
    assert first.state == "running"
    assert third.ahead == 1
    first.cancel()
    assert first.over.wait(10)
    assert first.state == "cancelled"
    until(lambda: third.state == "running")
    gate.set()
    assert third.over.wait(10)
    assert third.state == "done"


@pytest.mark.parametrize(
    ("error", "said"),
    [(CompVizError("It is empty."), "It is empty."), (RuntimeError("odd"), "broke off (RuntimeError: odd)")],
)
def test_a_failure_is_a_sentence_and_the_next_goes_on(error, said):
    def fail(report, stop):
        raise error

    first, second = start_analysis("a", fail), start_analysis("b", lambda report, stop: "fine")
    assert first.over.wait(10)
    assert second.over.wait(10)
    assert first.state == "failed"
    assert said in first.problem
    assert second.clip == "fine"


SERVER = """
import sys, time
from comp_viz.clips.upload_folder import new_upload_folder, write_upload
print(write_upload(new_upload_folder(), b"secret", ".mp4"), flush=True)
time.sleep(60 if "wait" in sys.argv else 0)
"""


def run_server(tmp_path, *arguments):
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    return subprocess.Popen(
        [sys.executable, "-c", SERVER, *arguments], env=environment, stdout=subprocess.PIPE, text=True
    )


def test_everything_is_gone_when_the_server_ends(tmp_path):
    server = run_server(tmp_path)
    path = server.communicate(timeout=240)[0].strip()
    assert path.startswith(str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_server_left_goes_with_the_next_one_but_not_that_of_a_living_one(tmp_path):
    killed, living = run_server(tmp_path, "wait"), run_server(tmp_path, "wait")
    try:
        left, kept = killed.stdout.readline().strip(), living.stdout.readline().strip()
        killed.kill()
        killed.wait()
        assert os.path.exists(left)
        run_server(tmp_path).communicate(timeout=240)
        assert not os.path.exists(left)
        assert os.path.exists(kept)
    finally:
        living.kill()
        living.wait()


def test_uploads_lie_under_generated_names_that_only_this_user_reads():
    place = workplace.new_upload_folder()
    path = workplace.write_upload(place, b"x", ".mp4")
    assert path.parent == place
    assert place.stat().st_mode & 0o077 == 0
    assert path.name != workplace.write_upload(place, b"x", ".mp4").name
