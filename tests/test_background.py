"""Training in the background: a real run, and processes that fail, hang, and outlive their welcome."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.child_process import check_importable
from comp_viz.data.atomic_write import atomic_write
from comp_viz.errors import CompVizError
from comp_viz.training import background
from comp_viz.training.background import SMALL, start_training
from comp_viz.training.run import PROGRESS, RUNNING

SECONDS = 240  # longer than anything here should take; a test that waits for it has failed


def wait(condition):
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def ended(job):
    wait(lambda: job.state != "running")
    return job


def alive(pid):
    """Whether there is such a process, be it a zombie."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Start a job that runs some Python instead of a training."""

    def begin(code, name="made", options=()):
        monkeypatch.setattr(background, "training_command", lambda *given: [sys.executable, "-c", code])
        return start_training("lab", tmp_path / name, options)

    yield begin
    for job in background.jobs:
        job.cancel()


# A real training


def test_a_training_is_followed_from_start_to_checkpoint(tmp_path):
    out = tmp_path / "checkpoints" / "small"
    out.mkdir(parents=True)
    old = out / RUNNING / PROGRESS  # of a run before
    old.parent.mkdir()
    old.write_text('{"epoch": 99, "of": 100, "stage": 2}')
    options = ("--first-epochs", "1", "--second-epochs=2", "--hidden", "8", "--device", "cpu")
    data = "lab(conversations=8/3/3, lengths=4/9)"
    job = start_training(data, out, options)
    first = job.progress
    assert (first.epoch, first.of, first.stage) == (0, 0, 0)
    assert start_training(data, out, options) is job  # asked for twice, trained once
    with pytest.raises(CompVizError, match=r"training on lab\(.*is under way"):
        start_training("lab", out, options)
    seen = []
    while job.state == "running":
        seen.append(job.progress.epoch)
        time.sleep(0.02)
    assert job.state == "done", job.words()
    assert seen == sorted(seen)
    last = job.progress
    assert (last.epoch, last.of, last.stage) == (3, 3, 2)
    assert 0 < last.seconds == job.progress.seconds
    assert "is done" in job.words()
    assert load_checkpoint(out).card.training.recipe["second_epochs"] == 2
    assert "100%" not in job.log.read_text()  # no progress bar in it


def test_what_the_command_says_is_the_reason(tmp_path):
    job = ended(
        start_training("--help", tmp_path / "out", SMALL)
    )  # a name that looks like a flag; the options are understood
    assert job.state == "failed"
    assert job.words().startswith("Training on --help failed: There is no data file")
    assert job.progress.epoch == 0


# Other endings


def test_processes_of_their_own_need_the_package(monkeypatch, tmp_path):
    monkeypatch.chdir(Path(__file__).parents[1])
    check_importable()
    monkeypatch.chdir(tmp_path)
    (tmp_path / "comp_viz.py").write_text("raise ImportError")  # what a process started here finds first
    with pytest.raises(CompVizError, match=r"A process of its own cannot import comp_viz here\. Install the package"):
        check_importable()


def test_a_process_that_finds_no_package_says_to_install_it(run):
    job = ended(run("import sys; sys.exit(f'{sys.executable}: No module named comp_viz')"))
    assert job.state == "failed"
    assert "cannot import comp_viz here. Install the package" in job.words()


def test_a_process_that_dies_is_said_to_have(run):
    job = ended(run("import os; os.abort()"))
    assert job.state == "failed"
    assert "signal 6" in job.words()
    assert "memory" in job.words()
    silent = ended(run("raise SystemExit(3)"))
    assert "it printed nothing" in silent.words()
    crashed = ended(run("int('many\\u2028words')"))
    assert "ValueError: invalid literal" in crashed.words()


@pytest.mark.parametrize("stubborn", [False, True])
def test_cancel_ends_the_process_for_good(run, monkeypatch, stubborn):
    monkeypatch.setattr(background, "PATIENCE", 0.2)
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" if stubborn else ""
    job = run(f"{deaf}import time; print('ready', flush=True); time.sleep(600)")
    wait(lambda: "ready" in job.log.read_text())
    assert job.state == "running"
    threads = [threading.Thread(target=job.cancel) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
    assert job.state == "cancelled"
    assert "was cancelled" in job.words()
    assert not alive(job._process.pid)
    job.cancel()


def test_cancelling_what_is_over_changes_nothing(run):
    job = ended(run("pass"))
    job.cancel()
    assert job.state == "done"


def test_no_zombie_is_left_when_nobody_looks(run):
    job = run("pass")
    wait(lambda: not alive(job._process.pid))


def test_a_folder_is_free_again_when_its_training_is_over(run):
    first = ended(run("raise SystemExit(1)"))
    second = run("pass", options=("--hidden", "8"))
    assert second is not first
    assert ended(second).state == "done"


def test_the_process_ends_with_the_server(tmp_path):
    server = """
import sys
from pathlib import Path
from comp_viz.training import background
background.training_command = lambda *given: [sys.executable, "-c", "import time; time.sleep(600)"]
print(background.start_training("lab", Path(sys.argv[1]))._process.pid)
"""
    command = [sys.executable, "-c", server, str(tmp_path / "out")]
    done = subprocess.run(command, cwd=Path(__file__).parents[1], capture_output=True, text=True)
    assert not alive(int(done.stdout))


# How far it is


def test_progress_is_that_of_this_run(run, tmp_path):
    progress_file = tmp_path / "made" / RUNNING / PROGRESS
    progress_file.parent.mkdir(parents=True)
    progress_file.write_text('{"epoch": 5, "of": 7, "stage": 2}')
    job = run("import time; time.sleep(600)")
    assert job.progress.epoch == 0
    with atomic_write(progress_file) as temporary:  # as the run does after every epoch
        temporary.write_text('{"epoch": 1, "of": 7, "stage": 1}')
    assert (job.progress.epoch, job.progress.of, job.progress.stage) == (1, 7, 1)
    progress_file.unlink()  # as the run does when it is over, before the process ends
    assert job.progress.epoch == 1
