"""Times the analyses of the Why page, and counts how often explanations beat other orders on the shipped checkpoints.

OMP_NUM_THREADS=1 python -m benchmarks.why [--checkpoint hazumi] [--data hazumi_online.npz] [--faithful this|all]

Seconds are those of the process itself, the smallest of the repeats.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Mapping

import numpy as np
import torch

from benchmarks.prediction import CHECKPOINTS
from comp_viz.analysis.inside import look_inside
from comp_viz.analysis.prediction import FUSED
from comp_viz.analysis.why.attribution import ATTRIBUTION_METHODS, OCCLUSION, attribute, by_occlusion
from comp_viz.analysis.why.coalitions import predict_coalitions
from comp_viz.analysis.why.context import context
from comp_viz.analysis.why.counterfactual import smallest_loss
from comp_viz.analysis.why.faithfulness import cell_curves, feature_curves, modality_curves, utterance_curves
from comp_viz.analysis.why.leave_one_out import losses
from comp_viz.analysis.why.masking import Masked
from comp_viz.analysis.why.split_contribution import split_table
from comp_viz.analysis.why.target import decided, direction
from comp_viz.checkpoint.folder import Checkpoint, load_checkpoint
from comp_viz.data.batch import Batch
from comp_viz.data.conversation import Conversation
from comp_viz.data.source import open_data
from comp_viz.network.coalitions import coalition_outputs as pass_of

SHIPPED = {
    "hazumi": "hazumi_online.npz", "hazumi-no-prompting": "hazumi_online.npz", "mosi": "mosi.npz", "lab": "lab",
    "lab-balanced": "lab(strengths=1.4/1.4/1.4)", "lab-dominant": "lab(strengths=0.5/2.5/0.5)",
}  # fmt: skip
WINDOW, TALKS, TARGETS = 16, 5, 2  # utterances of a conversation, conversations, utterances explained in each


def seconds(what: Callable[[], object], repeats: int) -> float:
    """The least processor time of some repeats."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        what()
        times.append(time.process_time() - start)
    return min(times)


def timings(checkpoint: Checkpoint, conversations: list[Conversation]) -> None:
    """Print the times of every analysis on the conversation nearest to 120 utterances, and of a whole split."""
    talk = min(conversations, key=lambda c: abs(len(c) - 120))
    batch = Batch.of([talk], checkpoint.standardise)
    given = (batch.features, batch.observed, batch.valid)
    with torch.inference_mode():
        one = seconds(lambda: checkpoint.model(*given), 30)
        eight = seconds(lambda: pass_of(checkpoint.model, *given), 30)
    print(f"{len(talk)} utterances: one forward {1000 * one:.1f} ms, all coalitions {1000 * eight:.1f} ms, {eight / one:.1f} times")  # fmt: skip
    start = time.perf_counter()
    whole = seconds(lambda: split(checkpoint, conversations), 1)
    print(f"Shapley table of {sum(map(len, conversations)):,} utterances: {whole:.1f} s, {time.perf_counter() - start:.1f} s by the clock")  # fmt: skip
    target = len(talk) // 2
    for method in ATTRIBUTION_METHODS:
        attribution = attribute(checkpoint, talk, talk.observed, target, method)
        duration = seconds(lambda method=method: attribute(checkpoint, talk, talk.observed, target, method), 2)
        print(f"{method}: {duration:.2f} s, {attribution.steps} steps, {attribution.missing_sum:.2%} lacking")
    masked = Masked.of(checkpoint, talk, talk.observed)
    single = losses(masked)
    attribution = attribute(checkpoint, talk, talk.observed, target, ATTRIBUTION_METHODS[0])
    print(f"deletion and insertion of cells: {seconds(lambda: cell_curves(masked, attribution, 1), 1):.2f} s")
    print(f"losses of utterances: {seconds(lambda: losses(masked, modalities=False), 1):.2f} s")
    print(f"smallest loss that flips: {seconds(lambda: smallest_loss(masked, single, target), 1):.2f} s")


def split(checkpoint: Checkpoint, conversations: list[Conversation]) -> object:
    """The Shapley table of a split."""
    coalitions = [predict_coalitions(checkpoint, c, c.observed) for c in conversations]
    return split_table(coalitions, [c.labels for c in conversations])


def gains(checkpoint: Checkpoint, conversations: list[Conversation]) -> Iterator[tuple[str, tuple[float, float]]]:
    """Gains over other orders by kind of explanation, of some utterances of windows of some conversations."""
    for talk in conversations[:: max(1, len(conversations) // TALKS)][:TALKS]:
        talk = talk.window(0, WINDOW)
        masked = Masked.of(checkpoint, talk, talk.observed)
        single, utterances = losses(masked), losses(masked, modalities=False)
        ways, columns = direction(masked.task, single.whole), decided(masked.task, single.whole)
        inside = look_inside(checkpoint, talk, talk.observed)
        in_all = predict_coalitions(checkpoint, talk, talk.observed)
        yield "modalities by Shapley values", modality_curves(in_all, FUSED).gains()
        around = context(utterances, inside)
        for target in np.linspace(0, len(talk) - 1, TARGETS).astype(int).tolist():
            way, column = int(ways[target]), int(columns[target])
            for method in ATTRIBUTION_METHODS:
                attribution = by_occlusion(single, target) if method == OCCLUSION else attribute(checkpoint, talk, talk.observed, target, method)  # fmt: skip
                yield f"cells by {method}", cell_curves(masked, attribution, way).gains()
                if tested := feature_curves(checkpoint, talk, talk.observed, attribution, way):
                    yield f"features by {method}", tested.gains()
            orders = {"taking away": way * around.effects[target]}
            if around.mean_rollout is not None:
                orders["attention rollout"] = around.mean_rollout[target]
            for name, support in orders.items():
                yield f"utterances by {name}", utterance_curves(masked, support, target, column, way).gains()


def faithful(pairs: Mapping[str, str]) -> None:
    """Print for every checkpoint, on its data, how often each kind of explanation beats the mean of other orders."""
    for name, data in pairs.items():
        by_kind: dict[str, list[tuple[float, float]]] = {}
        for kind, gain in gains(load_checkpoint(CHECKPOINTS / name), list(open_data(data).split("test"))):
            by_kind.setdefault(kind, []).append(gain)
        for kind, tried in by_kind.items():
            better = (np.array(tried) > 0).mean(0)
            print(f"{name}, {kind}: deletion better in {better[0]:.0%}, insertion in {better[1]:.0%} of {len(tried)}", flush=True)  # fmt: skip


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoint", default="hazumi")
    parser.add_argument("--data", default="hazumi_online.npz")
    parser.add_argument(
        "--faithful", choices=["this", "all"], help="count instead how often explanations of it, or of all with data, beat other orders"
    )  # fmt: skip
    options = parser.parse_args()
    if options.faithful:
        faithful(SHIPPED if options.faithful == "all" else {options.checkpoint: options.data})
    else:
        timings(load_checkpoint(CHECKPOINTS / options.checkpoint), list(open_data(options.data).split("test")))


if __name__ == "__main__":
    main()
