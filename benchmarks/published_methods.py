"""Drives unpacked copies of the methods' published codes on our arrays: networks and losses, beside ours with their weights.

What had to be put in their place, in memory alone: `torch_scatter` by PyTorch's own index_add, BERT by nothing (features come
as they are), and the width and heads of SDR-GNN's attention, which only fit the published features.
"""

import json
import sys
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from comp_viz.data.batch import Batch
from comp_viz.data.conversation import Task
from comp_viz.methods.dicmor.published import load_flows
from comp_viz.methods.gcnet.published import load_gcnet, load_sdr_gnn
from comp_viz.methods.imder.diffusion import deviation, diffusion, sample
from comp_viz.methods.imder.published import load_refinement, load_score_network, load_transformer
from comp_viz.methods.learning import Stage
from comp_viz.methods.mmin.published import load_mmin
from comp_viz.methods.momke.published import momke_from_published
from comp_viz.methods.registry import find_method

SCALE = Task("sentiment", (), -3, 3, 0)
FOLDERS = {
    "momke": "MoMKE",
    "gcnet": "GCNet",
    "sdr_gnn": "SDR-GNN",
    "mmin": "GCNet",
    "dicmor": "DiCMoR",
    "imder": "IMDer",
}
SDR_HEADS = 6  # of its attention: published 256, which the widths of other features are no multiple of
FRAMES, WIDTH, HEADS = (
    112,
    32,
    8,
)  # of the parts of DiCMoR and IMDer; the length is a multiple of 8, as the score network asks
SAMPLED_FRAMES, SAMPLED_TOGETHER = 48, 32  # both as published: the length is written into its sampler


@dataclass(frozen=True)
class Pair:
    """The published network and ours with its weights: what each of them loses on a batch."""

    title: str
    theirs: nn.Module
    ours: nn.Module
    their_loss: Callable[[Batch], Tensor]
    our_loss: Callable[[Batch], Tensor]
    learning_rate: float
    weight_decay: float = 0.0


def in_bfloat16(loss: Callable[[Batch], Tensor]) -> Callable[[Batch], Tensor]:
    """A loss of ours in mixed precision, as `--precision bfloat16` trains."""

    def mixed(batch: Batch) -> Tensor:
        with torch.autocast("cpu", torch.bfloat16):
            return loss(batch)

    return mixed


Sizes = dict[str, Any]
Builder = Callable[[Path, tuple[int, ...], float, Sizes], list[Pair]]


@contextmanager
def importing(folder: Path) -> Iterator[None]:
    """Modules of `folder` can be imported by their bare names, and are forgotten afterwards: all codes have a `loss`."""
    before = set(sys.modules)
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        for name in set(sys.modules) - before:
            if str(folder) in str(getattr(sys.modules[name], "__file__", None)):
                del sys.modules[name]


def stand_in(name: str, **attributes: Any) -> None:
    """A module for one that is not installed."""
    if name not in sys.modules and find_spec(name.partition(".")[0]) is None:
        module = types.ModuleType(name)
        module.__dict__.update(attributes)
        sys.modules[name] = module


def scatter_add(source: Tensor, index: Tensor, dim: int = 0, dim_size: int = 0) -> Tensor:
    """What `torch_scatter` calls so, along the first axis."""
    return source.new_zeros(dim_size, *source.shape[1:]).index_add(dim, index, source)


def without_dropout(network: nn.Module) -> nn.Module:
    """The same network with every dropout at 0, also those inside recurrences and attention."""
    for module in network.modules():
        for name in ("p", "dropout", "attn_dropout", "relu_dropout", "res_dropout"):
            if isinstance(getattr(module, name, None), float):
                setattr(module, name, 0.0)
    return network


def side_by_side(batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
    """Features `[S, B, D]` as they were recorded, what is observed `[S, B, 3]`, utterances `[B, S]`, as the codes take them."""
    whole = torch.cat([*batch.features.values()], dim=-1).transpose(0, 1).contiguous()
    return whole, batch.observed.transpose(0, 1).float(), batch.valid.float()


def widened(observed: Tensor, dims: tuple[int, ...]) -> Tensor:
    """`[S, B, 3] -> [S, B, D]`."""
    return observed.repeat_interleave(torch.tensor(dims), dim=-1)


def objective(name: str, network: nn.Module, stage: Stage) -> Callable[[Batch], Tensor]:
    """Our loss of a method in one stage, by its published recipe."""
    method = find_method(name)
    recipe = replace(method.presets["published"].recipe, first_epochs=1, second_epochs=1)
    learning = method.learning(network, SCALE, recipe)

    def loss(batch: Batch) -> Tensor:
        shown = replace(batch, observed=batch.recorded) if stage.complete else batch
        return learning.objective(stage, shown, batch.labels, ~batch.labels.isnan()).losses["loss"]

    return loss


def again(network: Any, dropout: float) -> Any:
    """Our network once more with the same weights and another dropout, in training."""
    copy = type(network)(replace(network.config, dropout=dropout))
    copy.load_state_dict(network.state_dict())
    return copy.train()


def build_momke(folder: Path, dims: tuple[int, ...], dropout: float, sizes: Sizes) -> list[Pair]:
    """Both stages."""
    options = SimpleNamespace(device=torch.device("cpu"), drop_rate=dropout)
    hidden, depth, heads = sizes.get("hidden", 256), sizes.get("depth", 4), 2
    with importing(folder / "MoMKE"):
        code, losses = import_module("model_expert_softmoe"), import_module("loss")
    pairs = []
    for stage in find_method("momke").stages(replace(find_method("momke").presets["published"].recipe)):
        theirs = code.MoMKE(options, *dims, hidden, 1, depth, heads, drop_rate=dropout, no_cuda=True).train()
        ours = again(momke_from_published(theirs.state_dict(), heads), dropout)
        first, masked = stage.number == 1, losses.MaskedMSELoss()

        def loss(batch: Batch, theirs: Any = theirs, first: bool = first, masked: Any = masked) -> Tensor:
            whole, observed, valid = side_by_side(replace(batch, observed=batch.recorded) if first else batch)
            out = theirs(whole * widened(observed, dims), observed, valid, first)
            parts = out[2:5] if first else [out[1]]
            total: Tensor = sum(masked(y, batch.labels.nan_to_num(), valid) for y in parts)
            return total

        title = f"MoMKE stage {stage.number}"
        pairs.append(Pair(title, theirs, ours, loss, objective("momke", ours, stage), 1e-4, 1e-5))
    return pairs


def build_gcnet(folder: Path, dims: tuple[int, ...], dropout: float, sizes: Sizes) -> list[Pair]:
    """With reconstruction, without attention, as documented."""
    return [graph_pair(folder / "gcnet", "model", "gcnet", dims, dropout, sizes)]


def build_sdr_gnn(folder: Path, dims: tuple[int, ...], dropout: float, sizes: Sizes) -> list[Pair]:
    """With its attention as wide as the features."""
    stand_in("torch_scatter", scatter_add=scatter_add)
    return [graph_pair(folder, "model_SDRGNN", "sdr_gnn", dims, dropout, sizes)]


def graph_pair(folder: Path, module: str, name: str, dims: tuple[int, ...], dropout: float, sizes: Sizes) -> Pair:
    """Either of the two networks on graphs."""
    hidden, graph, wide = sizes.get("hidden", 200), sizes.get("graph", 100), name == "sdr_gnn"
    windows = sizes.get("windows", (3, 3) if wide else (2, 2))
    with importing(folder):
        code, losses, graphs = import_module(module), import_module("loss"), import_module("graph")
        cell = "GRU" if wide else "LSTM"
        theirs = code.GraphModel(cell, *dims, hidden, graph, 1, *windows, 1, dropout, time_attn=False, no_cuda=True)
    one = torch.zeros(4, 1, 1, 1), torch.zeros(1, 4), [4], 1, *windows
    relations = {kind: graphs.batch_graphify(*one, kind, True)[3] for kind in ("temporal", "speaker")}
    if wide:
        theirs.multihead_attn = nn.MultiheadAttention(sum(dims), SDR_HEADS, dropout=dropout)
        theirs.linear = nn.Linear(sum(dims), theirs.linear.out_features)
        ours = load_sdr_gnn(theirs.state_dict(), relations, dims, windows, SDR_HEADS)
    else:
        ours = load_gcnet(theirs.state_dict(), relations, dims, windows)
    ours = again(ours, dropout)
    recipe = find_method(name).presets["published"].recipe
    task, rebuilding = losses.MaskedMSELoss(), losses.MaskedReconLoss()

    def loss(batch: Batch) -> Tensor:
        whole, observed, valid = side_by_side(batch)
        lengths = batch.valid.sum(1).tolist()
        scores, rebuilt, _ = theirs([whole * widened(observed, dims)], torch.zeros_like(valid), valid, lengths)
        first = task(scores.transpose(0, 1).reshape(-1), batch.labels.nan_to_num().reshape(-1), valid)
        second = rebuilding(rebuilt, [whole], [observed], valid, *dims)
        total: Tensor = recipe.fused_weight * first + recipe.reconstruction_weight * second
        return total

    stage = Stage(2, 1)
    return Pair(find_method(name).title, theirs.train(), ours, loss, objective(name, ours, stage), 1e-3, 1e-5)


def build_mmin(folder: Path, dims: tuple[int, ...], dropout: float, sizes: Sizes) -> list[Pair]:
    """Imagination, in the variant for utterances that comes with GCNet."""
    embedding, layers, blocks = (
        sizes.get("embedding", 128),
        list(sizes.get("layers", (256, 128, 64))),
        sizes.get("blocks", 5),
    )
    with importing(folder / "baseline-mmin" / "models" / "networks"):
        classifier, autoencoder = import_module("classifier"), import_module("autoencoder")
    deep, drop = [embedding, embedding], dropout or 0.5  # without, its layers would be numbered otherwise
    parts = nn.ModuleDict()
    for u, width in enumerate(dims):
        for part in ("encoder", "teacher"):
            parts[f"{part}{u}"] = classifier.FcClassifier(width, [*deep], embedding, drop)
    for part in ("imagine", "cycle"):
        parts[part] = autoencoder.ResidualAE([*layers], blocks, len(dims) * embedding, dropout=0)
    parts["classify"] = classifier.FcClassifier(blocks * layers[-1], [*deep], 1, drop)
    state = {f"{part}/{name}": x for part, network in parts.items() for name, x in network.state_dict().items()}
    ours = again(load_mmin(state), dropout)
    taught = [parts[f"teacher{u}"].eval().requires_grad_(False) for u in range(len(dims))]
    encoders = [parts[f"encoder{u}"] for u in range(len(dims))]

    def loss(batch: Batch) -> Tensor:
        rows = batch.valid
        features = [x[rows] for x in batch.features.values()]
        observed = batch.observed[rows].float().unbind(-1)
        read = torch.cat([f(x * o[:, None])[0] for f, x, o in zip(encoders, features, observed, strict=True)], dim=-1)
        hidden = [f(x * (1 - o)[:, None])[0] for f, x, o in zip(taught, features, observed, strict=True)]
        imagined, latent = parts["imagine"](read)
        back, _ = parts["cycle"](imagined)
        task = F.mse_loss(parts["classify"](latent)[0][:, 0], batch.labels[rows])
        return task + 4 * F.mse_loss(imagined, torch.cat(hidden, -1)) + 2 * F.mse_loss(back, read.detach())

    stage = Stage(2, 1)
    return [Pair("MMIN", parts.train(), ours, loss, objective("mmin", ours, stage), 1e-3)]


def frames(batch: Batch) -> Tensor:
    """Utterances of a batch as frames of 8 recordings, `[8, WIDTH, FRAMES]`: without zeros, which the codes take for padding."""
    rows = batch.features["text"][batch.valid][:, :WIDTH]
    enough = rows.repeat(-(-8 * FRAMES // len(rows)), 1)[: 8 * FRAMES]
    return enough.view(8, FRAMES, WIDTH).mT.contiguous()


def modules_of(folder: Path, *names: str) -> list[Any]:
    """Modules of DiCMoR's or IMDer's code; what loads BERT is left out."""
    stand_in("transformers", **dict.fromkeys(("BertTokenizer", "BertModel", "RobertaTokenizer", "RobertaModel")))
    with importing(folder):
        package = types.ModuleType("trains")
        package.__path__ = [str(folder / "trains")]  # without its own __init__, which imports data sets and trainers
        for part in ("trains", "trains.singleTask", "trains.subNets"):
            module = types.ModuleType(part)
            module.__path__ = [str(folder / part.replace(".", "/"))]
            sys.modules[part] = module
        loaded = [import_module(f"trains.{name}") for name in names]
        for part in [name for name in sys.modules if name.partition(".")[0] == "trains"]:
            del sys.modules[part]
    return loaded


def build_completing(folder: Path) -> list[Pair]:
    """What DiCMoR and IMDer share: a transformer that attends from one modality to another, and the refinement."""
    transformer, refinement = modules_of(folder, "subNets.transformers_encoder.transformer", "singleTask.model.rcan")
    theirs = transformer.TransformerEncoder(WIDTH, HEADS, 4, attn_mask=True).train()
    ours = load_transformer(theirs.state_dict(), HEADS).train()
    there = torch.ones(8, FRAMES, dtype=torch.bool)

    def attended(batch: Batch) -> Tensor:
        x = frames(batch).permute(2, 0, 1)
        return (theirs(x, x.flip(0), x.flip(0)) - x).square().mean()

    def attended_ours(batch: Batch) -> Tensor:
        x = frames(batch).mT[None]
        out: Tensor = (ours(x, there, x.flip(2), published=True) - x).square().mean()
        return out

    wide = 2 * WIDTH
    convolve = nn.Conv1d(WIDTH, wide, 1), refinement.Group(wide, 20, 16), nn.Conv1d(wide, WIDTH, 1)
    refine = nn.Sequential(*convolve).train()
    refine_ours = load_refinement(refine.state_dict()).train()

    def refined(batch: Batch) -> Tensor:
        x = frames(batch)
        return (refine(x) - x.flip(0)).square().mean()

    def refined_ours(batch: Batch) -> Tensor:
        x = frames(batch)
        out: Tensor = (refine_ours(x, torch.ones(len(x), 1, FRAMES)) - x.flip(0)).square().mean()
        return out

    return [
        Pair("  transformer", theirs, ours, attended, attended_ours, 1e-4),
        Pair("  refinement", refine, refine_ours, refined, refined_ours, 1e-4),
    ]


def build_dicmor(folder: Path, dims: tuple[int, ...], dropout: float, sizes: Sizes) -> list[Pair]:
    """Its parts: three flows, and what it shares with IMDer."""
    (glow,) = modules_of(folder, "singleTask.model.glow")
    flows = nn.ModuleList(glow.Glow(WIDTH, sizes.get("steps", 32), 1, affine=True, conv_lu=False) for _ in dims).train()
    with torch.no_grad():  # what begins at zero as published would hide what is behind it
        for parameter in flows.parameters():
            parameter.add_(0.02 * torch.randn_like(parameter))
    state = {
        f"flow{u}/{name}": x
        for u, flow in enumerate(flows)
        for name, x in flow.state_dict().items()
        if "coupling" in name
    }
    ours = load_flows(state).train()

    def loss(batch: Batch) -> Tensor:
        x = frames(batch)
        total = x.new_zeros(())
        for u, flow in enumerate(flows):
            _, determinant, z = flow(x.roll(u, 0)[..., None])
            total = total + z[0].square().mean() - determinant.sum() / x.numel()
        return total

    def our_loss(batch: Batch) -> Tensor:
        x = frames(batch)
        rows = torch.stack([x.roll(u, 0).mT.flatten(0, 1) for u in range(len(dims))])
        z, determinant = ours(rows)
        return (z.square().mean((1, 2)) - determinant.sum(1) / x.numel()).sum()

    return [Pair("DiCMoR flows", flows, ours, loss, our_loss, 1e-4), *build_completing(folder)]


def build_imder(folder: Path, dims: tuple[int, ...], dropout: float, sizes: Sizes) -> list[Pair]:
    """Its parts: a score network with the denoising loss, and what it shares with DiCMoR."""
    (code,) = modules_of(folder, "singleTask.model.scoremodel")
    theirs = code.ScoreNet(deviation).train()
    ours = load_score_network(theirs.state_dict(), HEADS).train()
    there = torch.ones(8, FRAMES, dtype=torch.bool)

    def noised(batch: Batch) -> tuple[Tensor, ...]:
        x, generator = frames(batch), torch.Generator().manual_seed(0)
        t = torch.rand(len(x), generator=generator) * 0.9 + 0.1
        z = torch.randn(x.shape, generator=generator)
        std = deviation(t)[:, None, None]
        return x + z * std, t, x.flip(0) + z * std, std, z

    def loss(batch: Batch) -> Tensor:
        x, t, condition, std, z = noised(batch)
        out: Tensor = ((theirs(x, t, condition) * std + z) ** 2).sum((1, 2)).mean()
        return out

    def our_loss(batch: Batch) -> Tensor:
        x, t, condition, std, z = noised(batch)
        out: Tensor = ((ours(x, t, condition, there, True) * std + z) ** 2).sum((1, 2)).mean()
        return out

    return [Pair("IMDer score network", theirs, ours, loss, our_loss, 1e-4), *build_completing(folder)]


def whole_dicmor(folder: Path, dims: tuple[int, ...]) -> nn.Module:
    """The published network as a whole, without BERT; `dims` are those of audio, text and video."""
    (code,) = modules_of(folder / FOLDERS["dicmor"], "singleTask.model.dicmor")
    known = json.loads((folder / FOLDERS["dicmor"] / "config" / "config.json").read_text())["dicmor"]
    own = {"use_bert": False, "feature_dims": [dims[1], dims[0], dims[2]], "train_mode": "regression", "num_classes": 3}
    network: nn.Module = code.DICMOR(SimpleNamespace(**known["commonParams"] | known["datasetParams"]["mosi"] | own))
    return network.train()


def dicmor_loss(network: nn.Module, batch: Batch) -> Tensor:
    """What its trainer minimises, one modality missing: a label for each of the recordings, which conversations are here."""
    text, audio, video = (batch.features[u] for u in ("text", "audio", "video"))
    labels = batch.labels[:, :1]
    out = network(text, audio, video, labels, 2)
    parts = out["log_p_l"] + out["log_p_v"] + out["log_p_a"] + out["loss_rec"]
    total: Tensor = ((out["M"] - labels).abs().mean() + 0.1 * parts).sum()
    return total


def sampling(folder: Path, conversations: int, steps: int) -> tuple[Callable[[], object], Callable[[], object]]:
    """The sampler of IMDer on conversations of the only length the published one knows, all modalities: theirs and ours.

    Theirs generates one modality of one batch after the other, ours all that is missing of all conversations.
    """
    (code,) = modules_of(folder / FOLDERS["imder"], "singleTask.model.scoremodel")
    networks = [code.ScoreNet(deviation).eval() for _ in range(3)]
    ours = [load_score_network(network.state_dict(), HEADS).eval() for network in networks]
    conditions = torch.randn(conversations, WIDTH, SAMPLED_FRAMES, generator=torch.Generator().manual_seed(0))
    there = torch.ones(conversations, SAMPLED_FRAMES, dtype=torch.bool)
    noise = torch.randn(1 + 2 * steps, 1, WIDTH, SAMPLED_FRAMES)

    def published() -> None:
        for network in networks:
            for of in conditions.split(SAMPLED_TOGETHER):
                code.Euler_Maruyama_sampler(network, deviation, diffusion, len(of), steps, "cpu", of)

    @torch.no_grad()
    def together() -> None:
        for network in ours:
            sample(lambda x, t, of, network=network: network(x, t, of, there, True), conditions, noise)

    return published, together


BUILDERS: dict[str, Builder] = {
    "momke": build_momke, "gcnet": build_gcnet, "sdr_gnn": build_sdr_gnn, "mmin": build_mmin, "dicmor": build_dicmor,
    "imder": build_imder,
}  # fmt: skip


def published_pairs(name: str, folder: Path, dims: tuple[int, ...], dropout: float, **sizes: Any) -> list[Pair]:
    """What there is to compare of a method; `folder` holds the unpacked repositories by their names."""
    pairs = BUILDERS[name](folder / FOLDERS[name], dims, dropout, sizes)
    return pairs if dropout else [replace(pair, theirs=without_dropout(pair.theirs)) for pair in pairs]


def largest_difference(pair: Pair, batches: list[Batch]) -> float:
    """How far losses are apart over a step of Adam on each batch, as a share of the published loss; the largest of them."""
    losses = []
    for network, loss in ((pair.theirs, pair.their_loss), (pair.ours, pair.our_loss)):
        learned = [p for p in network.parameters() if p.requires_grad]
        optimizer = torch.optim.Adam(learned, lr=pair.learning_rate, weight_decay=pair.weight_decay)
        losses.append([])
        for batch in batches:
            optimizer.zero_grad()
            value = loss(batch)
            value.backward()
            optimizer.step()
            losses[-1].append(value.item())
    theirs, ours = torch.tensor(losses, dtype=torch.double)
    return float(((ours - theirs).abs() / theirs.abs()).max())
