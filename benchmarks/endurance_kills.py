"""Commands that an endurance run begins and kills at random, and what they must not leave behind."""

import os
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from comp_viz.analysis.results import read_parquet
from comp_viz.checkpoint.folder import load_checkpoint
from comp_viz.data.source import open_data
from comp_viz.errors import CompVizError

LONGEST = 25  # seconds that a command runs before it is killed


@dataclass
class Kills:
    """Commands that were begun and killed, and what they left."""

    product: Path  # the folder that they run in
    counts: Counter[str] = field(default_factory=Counter)  # of each command
    ended: int = 0  # before they could be killed
    wrong: list[str] = field(default_factory=list)  # what was half done, in words

    def once(self, rng: random.Random, folder: Path, data: Path) -> None:
        """Begin a command, kill it at a random moment, and look at what it left."""
        name = rng.choice(("train", "import", "analyse"))
        out = folder / f"{name}-{sum(self.counts.values())}"
        table = f"{out}.parquet"
        command = {
            "train": ["train", "--data", str(data), "--out", str(out), "--first-epochs", "2", "--second-epochs", "2"],
            "import": ["data", "import", str(data), table],
            "analyse": ["analyse", "examples/example.mp4", "--checkpoint", "checkpoints/clips", "--out", table],
        }[name]
        process = subprocess.Popen(
            [sys.executable, "-m", "comp_viz", *command], cwd=self.product, env=os.environ | {"TMPDIR": str(folder)},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        time.sleep(rng.uniform(1, LONGEST))
        self.ended += process.poll() is not None
        process.kill()
        process.wait()
        self.counts[name] += 1
        self.look(name, out)

    def look(self, name: str, out: Path) -> None:
        """Whatever stands at its final place must be whole."""
        try:
            if name == "import" and out.with_suffix(".parquet").exists():
                open_data(str(out.with_suffix(".parquet")))
            elif name == "analyse" and out.with_suffix(".parquet").exists():
                read_parquet(out.with_suffix(".parquet"))
            elif name == "train" and (out / "config.json").exists():
                load_checkpoint(out)
        except CompVizError as error:
            self.wrong.append(f"{name}: {error}")
        shutil.rmtree(out, ignore_errors=True)
