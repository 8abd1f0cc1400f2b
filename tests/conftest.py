"""Fixtures shared by all tests: the data root, golden files, and a small trained-looking checkpoint."""

import os
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from browsing import address, blank, browser, page, temporary, visitor
from needs import need_data
from page_cases import open_case, open_trained
from partly_missing import checkpoint, complete, conversation, here, masked, observed
from runs import CPU, HALF, RECIPE
from streamlit.components.v2 import manifest_scanner
from xdist.scheduler import LoadFileScheduling

from comp_viz.checkpoint.card import CHECKPOINT_FORMAT, Card
from comp_viz.checkpoint.folder import save_checkpoint
from comp_viz.data.batch import Batch, Standardiser, Stream
from comp_viz.data.dataset import DataSet
from comp_viz.data.lab.make import lab
from comp_viz.data.lab.settings import LabSettings
from comp_viz.network.bank import prototype_bank
from comp_viz.network.config import ComPConfig
from comp_viz.network.model import ComP
from comp_viz.training import finish
from comp_viz.training.loop import Trainer
from comp_viz.training.run import train
from comp_viz.versions import versions

__all__ = [
    "address",
    "blank",
    "browser",
    "checkpoint",
    "complete",
    "conversation",
    "here",
    "masked",
    "observed",
    "open_case",
    "open_trained",
    "page",
    "temporary",
    "visitor",
]  # fixtures
GOLDEN = Path(__file__).parent / "golden"
DATA = Path(os.environ.get("COMP_VIZ_DATA") or Path(__file__).parents[2] / "shared" / "data")
os.environ["COMP_VIZ_DATA"] = str(DATA)
torch.set_num_threads(1)  # several test processes share the machine


# What takes longest begins first: begun last, it would keep one process when the others are done.
FIRST = (
    "test_clips_browser.py",
    "test_clips.py",
    "test_clip_parts.py",
    "test_package.py",
    "test_docs.py",
    "test_notebooks.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those that drive a browser first, then what takes long."""
    place = {name: number for number, name in enumerate(FIRST, 1)}
    items.sort(key=lambda item: 0 if item.path.name.startswith("test_browser") else place.get(item.path.name, 99))


class FilesAndBrowser(LoadFileScheduling):
    """Files go to a process each, whole; those that drive a browser on the same pages go to one, with one server."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return "browser" if Path(file).name.startswith("test_browser") else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> FilesAndBrowser:
    """How tests are handed out where several processes run them."""
    return FilesAndBrowser(config, log)


@pytest.fixture(scope="session", autouse=True)
def one_scan_for_components() -> None:
    """For every dashboard it starts, Streamlit reads the metadata of all that is installed, which stays the same here."""
    manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The data root with real data sets; tests that need it are skipped where it is absent, but never in CI."""
    return need_data(DATA / "hazumi_online.npz").parent


@pytest.fixture(scope="session")
def clips_folder() -> Path:
    """Clips with an `index.csv` of what is in them, beside the data root; the same of tests that need them."""
    return need_data(DATA.parent / "clips" / "index.csv").parent


@pytest.fixture(scope="session")
def small_lab() -> DataSet:
    """A lab small enough to train on in a test."""
    return lab(LabSettings(conversations=(8, 3, 3), lengths=(4, 9)))


@pytest.fixture
def small_config(small_lab: DataSet) -> ComPConfig:
    """A network small enough to train in a test."""
    return ComPConfig(small_lab.modalities, small_lab.dims, max_length=10, hidden=8, prompt=3, prototypes=4, heads=2)


@pytest.fixture
def small_checkpoint(small_lab: DataSet, small_config: ComPConfig, tmp_path: Path) -> Path:
    """A checkpoint folder of a seeded, untrained network with a prototype bank."""
    torch.manual_seed(3)
    model = ComP(small_config).eval()
    training = small_lab.split("train")
    standardise = Standardiser.fit(training)
    model.bank = prototype_bank(model, Batch.of(training[:4], standardise))
    card = Card(
        CHECKPOINT_FORMAT, "Small", small_config, small_lab.task, dict(small_lab.sources), None, None, (), versions()
    )
    save_checkpoint(tmp_path / "small", model, card, standardise)
    return tmp_path / "small"


@pytest.fixture
def rng() -> np.random.Generator:
    """Seeded random numbers."""
    return np.random.default_rng(5)


@pytest.fixture
def few_measurements(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure finished models under two patterns and twice each, which is enough to see that it is done."""
    monkeypatch.setattr(finish, "MEASURED_PATTERNS", HALF)
    monkeypatch.setattr(finish, "MEASURED_SEEDS", 2)


@pytest.fixture
def trainer(small_lab: DataSet, small_config: ComPConfig) -> Callable[..., Trainer]:
    """Make a trainer on the small lab."""

    def make(data: DataSet = small_lab, config: ComPConfig = small_config, **changes: Any) -> Trainer:
        standardise = Standardiser.fit(data.split("train"))
        streams = (Stream(data.split(split), standardise, CPU) for split in ("train", "validation"))
        return Trainer(data.task, config, replace(RECIPE, **changes), *streams, CPU)

    return make


@pytest.fixture(scope="session")
def whole(small_lab: DataSet, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Card]:
    """A run that was never interrupted, and its card."""
    config = ComPConfig(small_lab.modalities, small_lab.dims, max_length=10, hidden=8, prompt=3, prototypes=4, heads=2)
    out = tmp_path_factory.mktemp("whole") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(finish, "MEASURED_PATTERNS", HALF)
        patch.setattr(finish, "MEASURED_SEEDS", 2)
        return out, train(small_lab, config, RECIPE, out, CPU)
