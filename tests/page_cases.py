"""Data sets and checkpoints of every kind that a page has to bear, and the dashboard opened on them."""

import base64
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest

from comp_viz.checkpoint.card import CHECKPOINT_FORMAT, Card, DataCard
from comp_viz.checkpoint.folder import save_checkpoint
from comp_viz.data.batch import Batch, Standardiser
from comp_viz.data.conversation import Conversation, Task
from comp_viz.data.dataset import DataSet
from comp_viz.data.table.writer import write_table
from comp_viz.network.bank import prototype_bank
from comp_viz.network.config import ComPConfig
from comp_viz.network.model import ComP
from comp_viz.versions import versions

APP = str(Path(__file__).parents[1] / "app.py")
THREE, TWO, FOUR = ("audio", "text", "video"), ("audio", "text"), ("audio", "text", "video", "pose")
SCORE = Task("sentiment")
SIX = Task("emotion", ("happy", "sad", "neutral", "angry", "excited", "frustrated"))
# Name -> modalities, task, utterances of the conversation that opens first, changes of the architecture.
CASES = {
    "usual": (THREE, SCORE, 9, {}),
    "two utterances": (THREE, SCORE, 2, {}),
    "one utterance": (THREE, SCORE, 1, {}),
    "500 utterances": (THREE, SCORE, 500, {"max_length": 512}),
    "two modalities": (TWO, SCORE, 9, {}),
    "four modalities": (FOUR, SIX, 9, {}),
    "six classes": (THREE, SIX, 9, {}),
    "without prompting": (THREE, SCORE, 9, {"prompting": False}),
    "without coordination": (THREE, SIX, 9, {"coordination": False}),
    "without propagation": (THREE, SCORE, 9, {"propagation": False}),
    "one block": (THREE, SCORE, 9, {"blocks": 1, "depth": 2}),
}


def conversation(
    name: str, split: str, length: int, modalities: tuple[str, ...], task: Task, seed: int
) -> Conversation:
    """Random utterances, a few of them without some modality, a word, or a label; the third has nothing at all."""
    rng = np.random.default_rng(seed)
    observed = rng.random((length, len(modalities))) > 0.1
    observed[0] = True
    observed[2:3] = False
    widths = range(5, 5 + len(modalities))
    features = {
        u: rng.standard_normal((length, width)).astype(np.float32) * observed[:, [i]]
        for i, (u, width) in enumerate(zip(modalities, widths, strict=True))
    }
    labels = rng.integers(len(task.classes), size=length) if task.classes else rng.uniform(-3, 3, length)
    labels = labels.astype(np.float32)
    labels[1::7] = np.nan
    words = tuple("" if i % 4 == 3 else f"word *{i}* <b>" for i in range(length))
    speakers = tuple("AB"[i % 2] for i in range(length))
    return Conversation(
        name, features, observed, labels, words, ("",) * length, speakers, np.full(length, np.nan, np.float32), split
    )


def write_case(name: str, folder: Path) -> DataSet:
    """Write `folder/data/case.arrow` and `folder/checkpoints/case`, an untrained network with a bank; returns the data."""
    modalities, task, length, changes = CASES[name]
    lengths = [("train", 6)] * 4 + [("validation", 5), ("test", length), ("test", 7)]
    conversations = tuple(conversation(f"c{i}", split, n, modalities, task, i) for i, (split, n) in enumerate(lengths))
    data = DataSet("Case", task, conversations, dict.fromkeys(modalities, "random numbers"), "none")
    (folder / "data").mkdir()
    write_table(folder / "data" / "case.arrow", data)
    config = ComPConfig(
        **{"modalities": modalities, "dims": data.dims, "outputs": task.outputs, "max_length": 12, "hidden": 8, "prompt": 3, "prototypes": 4}
        | changes
    )  # fmt: skip
    torch.manual_seed(4)
    model = ComP(config).eval()
    standardise = Standardiser.fit(data.split("train"))
    model.bank = prototype_bank(model, Batch.of(data.split("train"), standardise))
    trained_on = DataCard("case.arrow", data.digest, "none")
    card = Card(CHECKPOINT_FORMAT, "Case", config, task, dict(data.sources), trained_on, None, (), versions())
    save_checkpoint(folder / "checkpoints" / "case", model, card, standardise)
    return data


@pytest.fixture
def open_case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[AppTest, DataSet]]:
    """Open a page on one of `CASES`: `open_case(page, case, **address)` gives the running dashboard and the data."""

    def opened(page: str, case: str = "usual", **address: str) -> tuple[AppTest, DataSet]:
        data = write_case(case, tmp_path)
        app = dashboard(monkeypatch, tmp_path / "checkpoints", tmp_path / "data")
        app.query_params.update({"checkpoint": "case", "data": "case.arrow"} | address)
        return app.switch_page(f"pages/{page}.py").run(), data

    return opened


@pytest.fixture
def open_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: tuple[Path, Card], small_lab: DataSet
) -> Callable[..., AppTest]:
    """Open a page on a checkpoint that was really trained, with its telemetry: `open_trained(page, **address)`."""
    (tmp_path / "data").mkdir()
    write_table(tmp_path / "data" / "small.arrow", small_lab)
    shutil.copytree(whole[0], tmp_path / "checkpoints" / "trained")

    def opened(page: str, **address: str) -> AppTest:
        app = dashboard(monkeypatch, tmp_path / "checkpoints", tmp_path / "data")
        app.query_params.update({"checkpoint": "trained", "data": "small.arrow"} | address)
        return app.switch_page(f"pages/{page}.py").run()

    return opened


def dashboard(monkeypatch: pytest.MonkeyPatch, checkpoints: Path, data: Path) -> AppTest:
    """The dashboard on a machine with these checkpoints and data sets."""
    mend_navigation(monkeypatch)
    monkeypatch.setattr("comp_viz.ui.cache.checkpoints.CHECKPOINTS", (checkpoints,))
    monkeypatch.setenv("COMP_VIZ_DATA", str(data))
    return AppTest.from_file(APP, default_timeout=300)


def mend_navigation(monkeypatch: pytest.MonkeyPatch) -> None:
    """AppTest forgets `st.navigation` between runs when a folder `pages/` exists, and then runs a page without its frame.

    Nor is there a browser that would run a model: no graphs are made for it, which takes the exporter ten seconds each.
    """
    monkeypatch.setattr("comp_viz.ui.live.engine_files.exporter_installed", lambda: False)
    original = PagesManager.__init__

    def remember(self: PagesManager, *args: object, **options: object) -> None:
        original(self, *args, **options)
        PagesManager.uses_pages_directory = False

    monkeypatch.setattr(PagesManager, "__init__", remember)


def figures(app: AppTest) -> dict[str, dict]:
    """Every chart on the page by its key, as Plotly's JSON; and what the browser draws by itself as a report has it."""
    shown = {
        chart.key.split("-", 1)[-1] if chart.key else str(i): json.loads(chart.proto.spec)
        for i, chart in enumerate(app.get("plotly_chart"))
    }
    if components(app):
        sections = app.session_state["shown"].sections
        shown |= {key: json.loads(make().figure.to_json()) for key, make in sections.items() if key == "timeline"}
    return shown


def components(app: AppTest) -> dict[str, dict]:
    """What our own components were given, by their names."""
    protos = [one.proto for one in app.get("bidi_component")]
    return {proto.component_name: json.loads(proto.json) for proto in protos if proto.json}


def array(packed: object) -> np.ndarray:
    """The numbers of a trace, however Plotly wrote them."""
    if not isinstance(packed, dict):
        return np.array(packed)
    found = np.frombuffer(base64.b64decode(packed["bdata"]), packed["dtype"])
    return found.reshape([int(n) for n in str(packed["shape"]).split(",")]) if "shape" in packed else found


def on_wire(app: AppTest) -> dict[str, int]:
    """Bytes of every chart on the page."""
    return {key: len(json.dumps(spec)) for key, spec in figures(app).items()}
