"""What an endurance run puts in the way: damaged files made from a seed, and commands that are killed at random."""

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
from comp_viz.data.dataset import DataSet
from comp_viz.data.source import open_data
from comp_viz.data.table.writer import write_table
from comp_viz.errors import CompVizError

ROOT = Path(__file__).parents[1]
CLIPS = ROOT / "checkpoints" / "clips"
SOURCES = ("sound.arrow", "sound.parquet")
LONGEST = 25  # seconds that a command runs before it is killed


def write_damaged(folder: Path, data: DataSet, count: int, seed: int) -> list[str]:
    """Write sound tables and `count` damaged ones, bytes flipped, cut out or cut off; returns the names of the damaged ones."""
    rng = random.Random(seed)
    for name in SOURCES:
        write_table(folder / name, data)
    names = []
    for number in range(count):
        source = folder / SOURCES[number % len(SOURCES)]
        content = bytearray(source.read_bytes())
        for _ in range(rng.randint(1, 4)):
            place = rng.choice((rng.randrange(len(content)), len(content) - 1 - rng.randrange(min(2000, len(content)))))
            content[place] = rng.randrange(256)
        if rng.random() < 0.3:
            del content[rng.randrange(len(content)) :]
        names.append(f"damaged-{number:03d}{source.suffix}")
        (folder / names[-1]).write_bytes(content)
    return names


@dataclass
class Kills:
    """Commands that were begun and killed, and what they left."""

    counts: Counter[str] = field(default_factory=Counter)  # of each command
    ended: int = 0  # before they could be killed
    wrong: list[str] = field(default_factory=list)  # what was half done, in words

    def once(self, rng: random.Random, folder: Path, data: Path) -> None:
        """Begin a command, kill it at a random moment, and look at what it left."""
        name = rng.choice(("train", "import", "analyse"))
        out = folder / f"{name}-{sum(self.counts.values())}"
        command = {
            "train": ["train", "--data", str(data), "--out", str(out), "--first-epochs", "2", "--second-epochs", "2"],
            "import": ["data", "import", str(data), str(out.with_suffix(".parquet"))],
            "analyse": [
                "analyse",
                str(ROOT / "examples" / "example.mp4"),
                "--checkpoint",
                str(CLIPS),
                "--out",
                f"{out}.parquet",
            ],
        }[name]
        process = subprocess.Popen(
            [sys.executable, "-m", "comp_viz", *command], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
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
