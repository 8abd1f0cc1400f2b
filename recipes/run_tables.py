"""`python -m recipes.run_tables KIND SWEEP`: what accuracy does not tell of finished runs, in `inside/SWEEP_KIND.parquet`.

    comp-viz sweep results/sharpness.yaml --runs runs
    python -m recipes.run_tables assignments results/sharpness.yaml --runs runs

`assignments`: how sharply ComP chooses among prototypes, by block and modality. `leeway`: how far apart heads err, by epoch.
`weights`: what the coordinator's weights follow, and what it costs to exchange them between utterances, by missing rate.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from comp_viz.analysis.claims.inside_sums import BEST_HEAD, OBSERVED, coordinator_sums
from comp_viz.analysis.coordinator.shuffle import EXCHANGED, shuffle_test
from comp_viz.analysis.imbalance.leeway import leeway
from comp_viz.analysis.inside import look_inside
from comp_viz.analysis.prototypes.assignment import measure_assignments
from comp_viz.checkpoint.folder import Checkpoint, load_checkpoint
from comp_viz.commands import exit_status
from comp_viz.data.atomic_write import atomic_write
from comp_viz.data.batch import Stream
from comp_viz.data.conversation import Conversation, Floats
from comp_viz.data.dataset import Utterances
from comp_viz.data.patterns.pattern import PROTOCOL
from comp_viz.sweep.carry_out import TRAINED_FILE
from comp_viz.sweep.file import read_sweep
from comp_viz.sweep.plan import Cell, open_fold, plan_sweep
from comp_viz.training.run import TELEMETRY

Rows = Iterator[dict[str, Any]]


def run(options: argparse.Namespace) -> int:
    """Write the table of every finished run; 1 where one is not there."""
    cells = plan_sweep(read_sweep(options.sweep))
    finished = [cell for cell in cells if (options.runs / cell.run.folder / TRAINED_FILE).is_file()]
    rows = [
        {
            "data_digest": cell.run.digest,
            "fold": cell.run.fold,
            "method": cell.method,
            "seed": cell.run.recipe.seed,
            **row,
        }
        for cell in finished
        for row in KINDS[options.kind](cell, options.runs / cell.run.folder)
    ]
    out = options.sweep.parent / "inside" / f"{options.sweep.stem}_{options.kind}.parquet"
    out.parent.mkdir(exist_ok=True)
    with atomic_write(out) as temporary:
        pd.DataFrame(rows).to_parquet(temporary, compression="zstd", index=False)
    print(f"Wrote {out}: {len(finished)} of {len(cells)} runs.")
    return int(len(finished) < len(cells))


def assignment_rows(cell: Cell, folder: Path) -> Rows:
    """Means over the test split as recorded: entropy as a share of its maximum, the largest weight over the uniform one."""
    checkpoint = load_checkpoint(folder)
    conversations = open_fold(cell.run.data, cell.run.fold).split("test")
    for block in range(checkpoint.comp.config.blocks):
        measured = [sharpness(checkpoint, conversation, block) for conversation in conversations]
        for name in checkpoint.config.modalities:
            entropy, largest = (float(np.concatenate([each[name][i] for each in measured]).mean()) for i in (0, 1))
            yield {"block": block + 1, "modality": name, "entropy": entropy, "largest": largest}


def sharpness(checkpoint: Checkpoint, conversation: Conversation, block: int) -> dict[str, tuple[Floats, Floats]]:
    """Modality -> entropy and largest weight of its assignments, `[S]` each."""
    inside = look_inside(checkpoint, conversation, conversation.observed)
    assignments = measure_assignments(checkpoint, inside, block)
    return {name: (each.entropy, each.relative.max(1)) for name, each in assignments.items()}


def leeway_rows(cell: Cell, folder: Path) -> Rows:
    """The spread of the weights that heads would be given, in the first recorded epoch, the last of stage 1, and the last."""
    by_epoch = leeway(folder / TELEMETRY)
    first_stage = by_epoch[by_epoch["epoch"] < cell.run.recipe.first_epochs]
    for moment, part in (("first", first_stage.head(1)), ("stage 1", first_stage.tail(1)), ("last", by_epoch.tail(1))):
        yield {"moment": moment, "epoch": int(part["epoch"].item()), "spread": float(part["spread"].item())}


def weight_rows(cell: Cell, folder: Path) -> Rows:
    """Weight beyond an equal share on the best head and on what is observed, and the change of accuracy by an exchange.

    All on the test split, each pattern of the protocol drawn once. Shares of the weight, 0 to 1, are means over the utterances
    where something is best, or observed, and something else is not; NaN where there is none.
    """
    checkpoint, data = load_checkpoint(folder), open_fold(cell.run.data, cell.run.fold)
    conversations = data.split("test")
    utterances = Utterances.of(conversations)
    parts = list(zip(utterances.starts[:-1], utterances.starts[1:], strict=True))
    stream = Stream(conversations, checkpoint.standardise, torch.device("cpu"))
    for pattern in PROTOCOL:
        shown = pattern(utterances, data.task, np.random.default_rng(0))
        sums = [
            coordinator_sums(look_inside(checkpoint, one, shown[first:last]), one.labels)
            for one, (first, last) in zip(conversations, parts, strict=True)
        ]
        best, observed = (np.sum([one[of] for one in sums], axis=0) for of in (BEST_HEAD, OBSERVED))
        exchanged = shuffle_test(checkpoint, data.task, stream, str(pattern)).row(EXCHANGED)["difference"]
        yield {"pattern": str(pattern), "best head": share(best), "observed": share(observed), "exchanged": exchanged}


def share(sums: Floats) -> float:
    """The mean of what was summed; NaN of nothing."""
    above, below = sums
    return float(above / below) if below else np.nan


KINDS: dict[str, Callable[[Cell, Path], Rows]] = {
    "assignments": assignment_rows,
    "leeway": leeway_rows,
    "weights": weight_rows,
}


def main(arguments: list[str] | None = None) -> int:
    """Run the script and return its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m recipes.run_tables", description="what accuracy does not tell of a sweep's runs"
    )
    parser.add_argument("kind", choices=list(KINDS), help="what to tell")
    parser.add_argument("sweep", type=Path, help="the sweep file")
    parser.add_argument(
        "--runs", type=Path, default=Path("runs"), help="where its runs have their folders; default: runs"
    )
    return exit_status(run, parser.parse_args(arguments))


if __name__ == "__main__":
    sys.exit(main())
