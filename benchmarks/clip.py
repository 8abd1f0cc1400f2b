"""Measures the analysis of a clip by stage, with the models in memory, and of degrading one utterance.

    python -m benchmarks.clip CLIP [--cold]

Prints seconds by the clock and of the processor (all threads; the decoding process is not in it), and the peak memory.
On a machine that has other work, the processor's seconds tell more than the clock's.
"""

import argparse
import resource
import tempfile
import time
from pathlib import Path

from comp_viz.clips import faces
from comp_viz.clips.analyse import analyse
from comp_viz.clips.degradation import Degradation
from comp_viz.clips.degrade import degrade
from comp_viz.clips.progress import Progress


def main() -> None:
    """Analyse twice in different folders and report on the second time, when nothing has to be loaded any more."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--cold", action="store_true", help="report on the first time")
    options = parser.parse_args()
    for _ in range(1 if options.cold else 2):
        spent, last = dict[str, float](), time.process_time()

        def note(progress: Progress) -> None:
            nonlocal last
            now = time.process_time()
            spent[progress.stage] = spent.get(progress.stage, 0.0) + now - last  # noqa: B023
            last = now

        with tempfile.TemporaryDirectory() as folder:
            began = time.perf_counter()
            clip = analyse(options.clip, Path(folder), report=note)
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
