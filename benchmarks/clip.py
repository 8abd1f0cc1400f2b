"""Measures the analysis of a clip by stage, with the models in memory, and of degrading one utterance.

    python -m benchmarks.clip CLIP [--cold]
    python -m benchmarks.clip CLIP ... --against FOLDER

With `--against`, the same clips by this build and by the one in FOLDER, each in a process of its own with loading, one after
the other, and the ratio of their processor time.

Prints seconds by the clock and of the processor (all threads; of the decoding process only with `--against`), and the peak
memory.
On a machine that has other work, the processor's seconds tell more than the clock's.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from comp_viz.clips import faces
from comp_viz.clips.analyse import analyse
from comp_viz.clips.degradation import Degradation
from comp_viz.clips.degrade import degrade
from comp_viz.clips.progress import Progress

WHOLE = """
import resource, sys, tempfile
from pathlib import Path
from comp_viz.clips import faces
from comp_viz.clips.analyse import analyse
for clip in sys.argv[1:]:
    with tempfile.TemporaryDirectory() as folder:
        analyse(Path(clip), Path(folder))
faces.close()
own, decoding = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
print(sum(u.ru_utime + u.ru_stime for u in (own, decoding)), max(own.ru_maxrss, decoding.ru_maxrss) / 1e6)
"""


def whole_cost(build: Path, clips: list[Path]) -> tuple[float, float]:
    """Processor seconds of analysing these clips with a build, loading and decoding in it, and the peak memory in GB."""
    command = [sys.executable, "-c", WHOLE, *(str(clip.resolve()) for clip in clips)]
    environment = os.environ | {"PYTHONPATH": str(build.resolve())}
    printed = subprocess.run(command, cwd=build, env=environment, capture_output=True, text=True, check=True).stdout
    seconds, memory = printed.split()[-2:]
    return float(seconds), float(memory)


def compare(other: Path, clips: list[Path]) -> None:
    """Print what two builds need for the same clips."""
    here, there = (whole_cost(build, clips) for build in (Path(__file__).parents[1], other))
    for name, (seconds, memory) in (("this build", here), (str(other), there)):
        print(f"{name}: processor {seconds:.1f} s, peak memory {memory:.2f} GB")
    print(f"ratio of processor time {here[0] / there[0]:.2f}, of memory {here[1] / there[1]:.2f}")


def main() -> None:
    """Analyse twice in different folders and report on the second time, when nothing has to be loaded any more."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clips", type=Path, nargs="+", metavar="CLIP")
    parser.add_argument("--cold", action="store_true", help="report on the first time")
    parser.add_argument("--against", type=Path, metavar="FOLDER", help="another build's working copy")
    options = parser.parse_args()
    if options.against:
        compare(options.against, options.clips)
        return
    clip_file = options.clips[0]
    for _ in range(1 if options.cold else 2):
        spent, last = dict[str, float](), time.process_time()

        def note(progress: Progress) -> None:
            nonlocal last
            now = time.process_time()
            spent[progress.stage] = spent.get(progress.stage, 0.0) + now - last  # noqa: B023
            last = now

        with tempfile.TemporaryDirectory() as folder:
            began = time.perf_counter()
            clip = analyse(clip_file, Path(folder), report=note)
            whole = time.perf_counter() - began
            for stage, seconds in clip.seconds.items():
                print(f"{stage:8} {seconds:6.2f} s  processor {spent[stage]:6.2f} s")
            print(f"whole    {whole:6.2f} s for {clip.media.duration:.1f} s, {len(clip.spans)} utterances")
            for kind, amount in (("mute", 0.0), ("noise", 10.0), ("blur", 0.02), ("rewrite", 0.0)):
                began, busy = time.perf_counter(), time.process_time()
                degrade(clip, [Degradation(kind, (0,), amount, "other words")])
                print(f"{kind:8} {time.perf_counter() - began:6.2f} s  processor {time.process_time() - busy:6.2f} s")
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(
        f"decoding processes: processor {children.ru_utime + children.ru_stime:.2f} s, peak {children.ru_maxrss / 1e6:.2f} GB"
    )
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")
    faces.close()


if __name__ == "__main__":
    main()
