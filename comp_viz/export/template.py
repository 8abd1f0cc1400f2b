"""Graphs without weights: one for every network of the same architecture, so that most checkpoints need no exporter at all.

Shipped networks' graphs lie in `comp_viz/export/graphs`, named by a digest of all that they depend on; others are made
once and kept beside the user's files. The weights, in the order that the graphs expect, come from the checkpoint.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from comp_viz.checkpoint.folder import Checkpoint
from comp_viz.data.atomic_write import atomic_write
from comp_viz.errors import CompVizError
from comp_viz.export.graph import TRACED_UTTERANCES, export_graph, import_onnx
from comp_viz.export.parts import CompAnswer, CompCoalitions, UncutAnswer
from comp_viz.network.base import Network
from comp_viz.network.model import ComP
from comp_viz.resources import PACKAGE, working

if TYPE_CHECKING:
    import onnx

SHIPPED_GRAPHS = PACKAGE / "export" / "graphs"
MADE_GRAPHS = "data/graphs"  # where those that are made here are kept
GRAPH_VERSION = 1  # of what a graph takes and gives: another one is made anew
MOST_CONSTANTS = 32  # numbers of a constant that is no weight
WEIGHTS_LOCATION = "weights"  # what the graphs call the file with their weights
MOST_COALITION_MODALITIES = 4  # of the graph of coalitions: 14 passes side by side


@dataclass(frozen=True)
class StoredWeight:
    """A tensor of the network as the graphs read it."""

    name: str  # in the state of the network
    transposed: bool  # its last two axes
    offset: int  # bytes, of 32-bit numbers
    length: int


@dataclass(frozen=True)
class Template:
    """The graphs of an architecture and the layout of the weights they share."""

    graphs: Mapping[str, bytes]  # "answer", and "coalitions" of ComP with few modalities
    layout: tuple[StoredWeight, ...]

    def weights(self, model: nn.Module) -> list[Tensor]:
        """The tensors of a network in the order of the layout."""
        state = model.state_dict()
        parts = [state[w.name].float().cpu() for w in self.layout]
        return [x.mT.contiguous() if w.transposed else x.contiguous() for w, x in zip(self.layout, parts, strict=True)]

    def to_bytes(self) -> bytes:
        """As a zip file."""
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as file:
            files = {f"{name}.onnx": graph for name, graph in self.graphs.items()}
            files["layout.json"] = json.dumps([asdict(w) for w in self.layout]).encode()
            for name, content in files.items():
                file.writestr(
                    zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED
                )  # without a time: the same bytes again
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> "Template":
        """From what `to_bytes` gave."""
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            graphs = {Path(name).stem: file.read(name) for name in file.namelist() if name.endswith(".onnx")}
            layout = tuple(StoredWeight(**fields) for fields in json.loads(file.read("layout.json")))
        return cls(graphs, layout)


def architecture_digest(checkpoint: Checkpoint) -> str:
    """SHA-256 of all that a graph depends on: the configuration, shapes of tensors that grow, units of the answer.

    Of the configuration only what is not at its default, so that a field that is added later leaves it as it is.
    """
    model, task = checkpoint.model, checkpoint.card.task
    grown = {name: list(model.get_buffer(name).shape) for name in model.grows}
    units = "probabilities" if task.classes else task.neutral
    config = checkpoint.config
    own = {
        field.name: getattr(config, field.name)
        for field in fields(config)
        if getattr(config, field.name) != field.default
    }
    depends = [GRAPH_VERSION, config.method, own, grown, units]
    return hashlib.sha256(json.dumps(depends, sort_keys=True).encode()).hexdigest()[:32]


def obstacle(checkpoint: Checkpoint) -> str:
    """Why a checkpoint cannot become a graph here, in a sentence; "" where it can. Nothing is made for it."""
    try:
        refuse_without_graph(checkpoint)
        if kept_template(checkpoint) is None:
            import_onnx()
    except CompVizError as error:
        return str(error)
    return ""


def kept_template(checkpoint: Checkpoint) -> Path | None:
    """The file with the graphs of a checkpoint's architecture, shipped or made before; None where there is none."""
    name = f"{architecture_digest(checkpoint)}.zip"
    return next((path for path in (SHIPPED_GRAPHS / name, working(MADE_GRAPHS) / name) if path.is_file()), None)


def find_template(checkpoint: Checkpoint) -> Template:
    """The graphs of a checkpoint's architecture: shipped, kept from before, or made now, which takes some seconds.

    Raises `CompVizError` where they have to be made and cannot: without the extra `export`, or of a method without graph.
    """
    if kept := kept_template(checkpoint):
        return Template.from_bytes(kept.read_bytes())
    template = make_template(checkpoint)
    with atomic_write(working(MADE_GRAPHS) / f"{architecture_digest(checkpoint)}.zip") as temporary:
        temporary.write_bytes(template.to_bytes())
    return template


def make_template(checkpoint: Checkpoint) -> Template:
    """Trace the graphs, of other weights: all different, so that no weight is taken for another or for a constant.

    Raises `CompVizError` where that cannot be done.
    """
    refuse_without_graph(checkpoint)
    onnx = import_onnx()
    checkpoint = replace(checkpoint, model=with_distinct_weights(checkpoint.model))
    modules, inputs, axes = browser_modules(checkpoint)
    graphs = {
        name: export_graph(module, inputs, axes, checkpoint.config.max_length) for name, module in modules.items()
    }
    state = {f"model.{name}": x for name, x in checkpoint.model.state_dict().items()}
    layout: dict[tuple[str, bool], StoredWeight] = {}
    for graph in graphs.values():
        move_weights_out(onnx, graph, state, layout)
    return Template({name: graph.SerializeToString() for name, graph in graphs.items()}, tuple(layout.values()))


def with_distinct_weights(model: Network) -> Network:
    """A copy of a network whose tensors all hold numbers that are nowhere else, in memory."""
    copied = deepcopy(model).cpu()
    generator = torch.Generator().manual_seed(0)
    for tensor in copied.state_dict().values():
        if tensor.is_floating_point():
            tensor.copy_(torch.rand(tensor.shape, generator=generator, dtype=torch.float64))
    return copied


def refuse_without_graph(checkpoint: Checkpoint) -> None:
    """Raise `CompVizError` for a method that has no graph, saying why."""
    if reason := checkpoint.method.no_graph:
        raise CompVizError(f"Checkpoint {checkpoint.card.name!r} cannot become a graph: {reason}")


def browser_modules(checkpoint: Checkpoint) -> tuple[dict[str, nn.Module], dict[str, Tensor], dict[str, int]]:
    """Modules by graph, examples of their inputs, and which axis of an input is as long as the conversation."""
    config, model, task = checkpoint.config, checkpoint.model, checkpoint.card.task
    M, S = len(config.modalities), TRACED_UTTERANCES
    observed = torch.ones(S, M, dtype=torch.bool)
    if not isinstance(model, ComP):
        features = {f"features.{name}": torch.zeros(S, width) for name, width in config.widths.items()}
        inputs = features | {"observed": observed}
        return {"answer": UncutAnswer(checkpoint)}, inputs, dict.fromkeys(inputs, 0)
    d = model.config.hidden
    inputs = {"encoded": torch.zeros(M, S, d), "missing": torch.zeros(M, 1, d), "observed": observed}
    modules: dict[str, nn.Module] = {"answer": CompAnswer(model, task)}
    if M <= MOST_COALITION_MODALITIES:
        modules["coalitions"] = CompCoalitions(model, task, range(1, 2**M - 1))
    return modules, inputs, {"encoded": 1, "observed": 0}


def move_weights_out(
    onnx: Any, graph: "onnx.ModelProto", state: Mapping[str, Tensor], layout: dict[tuple[str, bool], StoredWeight]
) -> None:
    """Replace a graph's weights by where they lie in a file of their own, adding to the `layout` what is not in it yet.

    Raises `CompVizError` for a large constant that is none of the weights, or one that is made of them.
    """
    every = torch.cat([x.float().flatten() for x in state.values() if x.is_floating_point()])
    for initializer in graph.graph.initializer:
        values = onnx.numpy_helper.to_array(initializer)
        if values.dtype != np.float32:
            continue
        key = find_tensor(initializer.name, torch.from_numpy(values.copy()), state)
        if key is None:
            rearranged = values.size > 1 and torch.isin(torch.from_numpy(values.copy()), every).all()
            if values.size > MOST_CONSTANTS or rearranged:
                raise CompVizError(
                    f"The exporter made a constant {initializer.name!r} of shape {list(values.shape)} that is no weight."
                )
            continue
        if key not in layout:
            offset = max((w.offset + w.length for w in layout.values()), default=0)
            layout[key] = StoredWeight(key[0].removeprefix("model."), key[1], offset, values.nbytes)
        where = layout[key]
        initializer.ClearField("raw_data")
        initializer.data_location = onnx.TensorProto.EXTERNAL
        for field, value in (("location", WEIGHTS_LOCATION), ("offset", where.offset), ("length", where.length)):
            initializer.external_data.add(key=field, value=str(value))


def find_tensor(name: str, values: Tensor, state: Mapping[str, Tensor]) -> tuple[str, bool] | None:
    """Which tensor of the state an initializer is, and whether transposed: the exporter turns some weights round."""
    first = [name] if name in state else []  # almost always
    for each in (*first, *state):
        if state[each].numel() == values.numel():
            if torch.equal(state[each].flatten(), values.flatten()):
                return each, False
            if state[each].dim() > 1 and torch.equal(state[each].mT.flatten(), values.flatten()):
                return each, True
    return None
