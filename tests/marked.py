"""A data set, a checkpoint and stories all of whose strings are markup."""

from dataclasses import replace

import yaml
from page_cases import conversation

from comp_viz.checkpoint.card import CHECKPOINT_FORMAT, Card, DataCard, TrainingCard
from comp_viz.checkpoint.folder import save_checkpoint
from comp_viz.data.batch import Batch, Standardiser
from comp_viz.data.conversation import Task
from comp_viz.data.dataset import DataSet
from comp_viz.data.table.writer import write_table
from comp_viz.network.bank import prototype_bank
from comp_viz.network.config import ComPConfig
from comp_viz.network.model import ComP
from comp_viz.resources import shipped
from comp_viz.versions import versions

MARKUP = "![m](http://127.0.0.1:9/m.png) <img src=m> **m** www.m.example :material/home: $m$"


def write_marked(folder):
    """A data set and an untrained checkpoint with markup in every string."""
    task = Task(f"emotion {MARKUP}", tuple(f"{name} {MARKUP}" for name in "abc"))
    splits = [("train", 5), ("train", 5), ("validation", 4), ("test", 7), ("test", 4)]
    conversations = tuple(
        replace(
            made, id=f"{i} {MARKUP}", words=(MARKUP,) * len(made), context=(MARKUP,) * len(made),
            speakers=tuple(f"{name} {MARKUP}" for name in made.speakers),
        )
        for i, (split, n) in enumerate(splits)
        for made in [conversation(f"c{i}", split, n, ("audio", "text", "video"), task, i)]
    )  # fmt: skip
    sources = dict.fromkeys(("audio", "text", "video"), MARKUP)
    data = DataSet(f"Data {MARKUP}", task, conversations, sources, MARKUP)
    (folder / "data").mkdir()
    write_table(folder / "data" / "marked.arrow", data)
    config = ComPConfig(tuple(sources), data.dims, 3, max_length=8, hidden=8, prompt=3, prototypes=4)
    model, standardise = ComP(config).eval(), Standardiser.fit(data.split("train"))
    model.bank = prototype_bank(model, Batch.of(data.split("train"), standardise))
    training = TrainingCard("uniform(0.3)", 1, MARKUP, 0, {"select": "validation"}, 0.0)
    others = {name: f"{source} 2" for name, source in sources.items()}
    card = Card(
        CHECKPOINT_FORMAT,
        f"Model {MARKUP}",
        config,
        task,
        others,
        DataCard(MARKUP, "0", MARKUP),
        training,
        (),
        versions(),
    )
    save_checkpoint(folder / "checkpoints" / "marked", model, card, standardise)
    story = yaml.safe_load(shipped("stories/missing.yaml").read_text(encoding="utf-8"))
    steps = [step | dict.fromkeys(("say", "ask", "notes"), MARKUP) for step in story["steps"]]
    (folder / "story.yaml").write_text(yaml.safe_dump(story | {"title": MARKUP, "about": MARKUP, "steps": steps}))
    (folder / "bad.yaml").write_text(yaml.safe_dump({"title": MARKUP}))
