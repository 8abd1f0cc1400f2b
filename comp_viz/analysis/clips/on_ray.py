"""Many clips as Ray Data: actors that hold the models, each taking clip after clip, here or on a cluster."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from comp_viz.analysis.clips.batch import ClipRow, clip_rows
from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.clips.settings import Settings
from comp_viz.ray_start import running_ray

CPUS = 2  # of an actor: what recognition of speech uses


class Analyser:
    """Holds a checkpoint and, once the first clip came, the extractors."""

    def __init__(self, checkpoint: Path, settings: Settings) -> None:
        self.checkpoint, self.settings = load_checkpoint(checkpoint), settings

    def __call__(self, row: dict[str, Any]) -> list[dict[str, Any]]:
        """One clip's path -> its rows, as JSON since their columns differ between clips that can be read and that cannot."""
        return [{"rows": json.dumps(clip_rows(Path(row["path"]), self.checkpoint, self.settings))}]


def rows_on_ray(paths: list[Path], checkpoint: Path, settings: Settings) -> Iterator[list[ClipRow]]:
    """Rows of each clip, in the order in which they are ready. Raises `CompVizError` when Ray is not installed."""
    address = os.environ.get("RAY_ADDRESS")
    with running_ray("--engine ray needs", 1, address, modules=("ray.data",)) as ray:
        ray.data.DataContext.get_current().enable_progress_bars = False
        actors = max(1, int(ray.cluster_resources().get("CPU", CPUS)) // CPUS)
        clips = ray.data.from_items([{"path": str(path.resolve())} for path in paths], override_num_blocks=len(paths))
        rows = clips.flat_map(
            Analyser,
            fn_constructor_args=(checkpoint, settings),
            num_cpus=min(CPUS, int(ray.cluster_resources().get("CPU", 1))),
            compute=ray.data.ActorPoolStrategy(min_size=1, max_size=actors),
        )
        names = {str(path.resolve()): str(path) for path in paths}
        for row in rows.iter_rows():
            yield [one | {"file": names[one["file"]]} for one in json.loads(row["rows"])]
