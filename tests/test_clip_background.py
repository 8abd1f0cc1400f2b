"""Analyses in line, and the temporary folders of visits."""

import os
import subprocess
import sys
import threading
import time

import pytest

from comp_viz.background_job import Cancelled
from comp_viz.clips import background, line
from comp_viz.clips import upload_folder as workplace
from comp_viz.clips.background import start_analysis
from comp_viz.clips.progress import Progress
from comp_viz.errors import CompVizError


def held(gate, length=30.0, left=3.0):
    """An analysis of a clip that is decoded at once and then takes until the gate opens."""

    def work(report, stop, turn):
        report(Progress("decode", 0.0, 0.0, left, 1.0, 1.0, time.monotonic()))
        turn(length)
        report(Progress("speech", 0.0, left, left, 1.0, 1.0, time.monotonic()))
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


@pytest.fixture
def room(monkeypatch):
    """Says how many cores and GiB there are: `room(8, 16)`; few at first."""

    def lent(cores, memory):
        monkeypatch.setattr(line, "cores", lambda: cores)
        monkeypatch.setattr(line, "free_memory", lambda: memory)

    lent(2, 16)
    return lent


def test_one_at_a_time_in_the_order_asked_for(room):
    gates = [threading.Event() for _ in range(3)]
    jobs = [start_analysis(f"clip {i}", held(gate, left=10.0 * (i + 1))) for i, gate in enumerate(gates)]
    until(lambda: jobs[0].state == "running" and jobs[2].decoded)
    assert [job.state for job in jobs] == ["running", "waiting", "waiting"]
    assert [job.ahead for job in jobs] == [0, 1, 2]
    assert 9 < jobs[1].seconds_to_wait <= 10.1
    assert 29 < jobs[2].seconds_to_wait <= 30.1
    gates[0].set()
    until(lambda: jobs[1].state == "running")
    until(lambda: jobs[0].state == "done")
    assert jobs[0].clip == "a clip"
    assert jobs[2].ahead == 1
    gates[1].set(), gates[2].set()
    assert all(job.over.wait(10) for job in jobs)
    assert background.LINE.tickets == []
    assert background.LINE.running == []


@pytest.mark.parametrize(
    ("cores", "memory", "lengths", "together"),
    [(4, 2, (60, 60), True), (3, 9, (9, 9), False), (8, 1.9, (9, 9), False), (8, 9, (61, 9), False), (8, 9, (9, 61), False)],
    ids=["room for two", "few cores", "little memory", "a long one runs", "a long one comes"],
)  # fmt: skip
def test_two_short_clips_side_by_side_where_there_is_room(room, cores, memory, lengths, together):
    room(cores, memory)
    gates = [threading.Event() for _ in range(3)]
    first = start_analysis("a", held(gates[0], lengths[0]))
    until(lambda: first.state == "running")
    second = start_analysis("b", held(gates[1], lengths[1]))
    third = start_analysis("c", held(gates[2], 5))
    until(lambda: third.decoded)
    if together:
        until(lambda: second.state == "running")
    time.sleep(0.05)
    assert [job.state for job in (first, second, third)] == ["running", "running" if together else "waiting", "waiting"]
    for gate in gates:
        gate.set()
    assert all(job.over.wait(10) for job in (first, second, third))


def test_an_unreadable_clip_is_answered_while_another_is_analysed(room):
    def refuse(report, stop, turn):
        raise CompVizError("It is no clip.")

    gate = threading.Event()
    first = start_analysis("a", held(gate))
    until(lambda: first.state == "running")
    second = start_analysis("b", refuse)
    assert second.over.wait(10)
    assert second.problem == "It is no clip."
    assert first.state == "running"
    gate.set()
    assert first.over.wait(10)


def test_giving_up_while_running_and_while_waiting(room):
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


def test_a_place_is_free_at_once_though_the_work_cannot_be_interrupted(room):
    """Recognition of a stretch of speech takes seconds, on a busy machine a minute, and looks up only then."""
    deaf, gate = threading.Event(), threading.Event()
    gate.set()

    def work(report, stop, turn):
        turn(30.0)
        deaf.wait(60)
        return "a clip"

    first = start_analysis("a", work)
    until(lambda: first.state == "running")
    second = start_analysis("b", held(gate))
    began = time.monotonic()
    first.cancel()
    assert first.settled
    assert second.over.wait(10)
    assert time.monotonic() - began < 1
    assert not first.over.is_set()
    deaf.set()
    assert first.over.wait(10)
    assert first.state == "cancelled"
    assert first.clip is None


def test_cores_and_memory_are_those_that_the_process_may_use(tmp_path, monkeypatch):
    (tmp_path / "meminfo").write_text("MemTotal: 9 kB\nMemAvailable:   3145728 kB\n")
    monkeypatch.setattr(line, "MEASURES", (tmp_path / "meminfo", tmp_path))
    own = line.cores()
    assert own >= 1
    assert line.free_memory() == 3
    (tmp_path / "cpu.max").write_text("50000 100000\n")
    (tmp_path / "memory.max").write_text(f"{2 << 30}\n")
    (tmp_path / "memory.current").write_text(f"{1 << 30}\n")
    assert line.cores() == 0.5
    assert line.free_memory() == 1
    (tmp_path / "cpu.max").write_text("max 100000\n")
    assert line.cores() == own


@pytest.mark.parametrize(
    ("error", "said"),
    [(CompVizError("It is empty."), "It is empty."), (RuntimeError("odd"), "broke off (RuntimeError: odd)")],
)
def test_a_failure_is_a_sentence_and_the_next_goes_on(error, said):
    def fail(report, stop, turn):
        raise error

    first, second = start_analysis("a", fail), start_analysis("b", lambda report, stop, turn: "fine")
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
