"""What tests of checkpoint folders share: changing a folder, and the sentence it is refused with."""

import contextlib
import json
import os
import resource
import signal
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.errors import CompVizError


class Wall:
    """Makes a test that hangs or swallows the memory fail instead of taking the machine down."""

    def __init__(self, seconds=10, megabytes=1500):
        self.seconds, self.bytes = seconds, megabytes << 20

    def __enter__(self):
        def stop(number, frame):
            raise TimeoutError(f"went on for more than {self.seconds} s")

        self.before = resource.getrlimit(resource.RLIMIT_AS)
        with contextlib.suppress(OSError):  # only Linux knows the size
            used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
            resource.setrlimit(resource.RLIMIT_AS, (used + self.bytes, self.before[1]))
        self.handler = signal.signal(signal.SIGALRM, stop)
        signal.setitimer(signal.ITIMER_REAL, self.seconds)

    def __exit__(self, *exception):
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, self.handler)
        resource.setrlimit(resource.RLIMIT_AS, self.before)


def refusal(folder):
    """The message a folder is refused with: short enough to read, and quickly there."""
    with Wall(), pytest.raises(CompVizError) as caught:
        load_checkpoint(folder)
    message = str(caught.value)
    assert 20 < len(message) < 2000, f"a message of {len(message)} characters"
    return message


def rewrite(folder, change):
    """Change the fields of `config.json`."""
    fields = json.loads((folder / "config.json").read_text())
    change(fields)
    (folder / "config.json").write_text(json.dumps(fields))


def retensor(folder, change):
    """Change the tensors of `model.safetensors`."""
    tensors = load_file(folder / "model.safetensors")
    change(tensors)
    save_file(tensors, folder / "model.safetensors")


class Bomb:
    """Creates a file when unpickled by a careless reader."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)
