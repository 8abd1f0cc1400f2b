"""Saves and loads checkpoint folders: `model.safetensors`, `config.json`, `README.md`."""

import hashlib
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from comp_viz.checkpoint.card import Card, read_card, write_card
from comp_viz.checkpoint.familiarity import Familiarity, familiarity_tensors, read_familiarity
from comp_viz.checkpoint.hub import HUB_PREFIX, download
from comp_viz.checkpoint.tensors import read_safetensors
from comp_viz.data.batch import Standardiser
from comp_viz.data.catalogue import UNKNOWN_SOURCE
from comp_viz.data.dataset import DataSet
from comp_viz.device import choose_device
from comp_viz.errors import CompVizError
from comp_viz.methods.method import Capability, Method
from comp_viz.methods.registry import method_of
from comp_viz.network.base import Network
from comp_viz.network.config import ComPConfig, NetworkConfig
from comp_viz.network.float_types import in_single_precision, value_problem
from comp_viz.network.model import ComP
from comp_viz.resources import find

WEIGHTS_FILE, CONFIG_FILE = "model.safetensors", "config.json"
MAX_PARAMETERS = 1_000_000_000


@dataclass(frozen=True)
class Checkpoint:
    """A trained model with what is needed to use it rightly. The model is in evaluation mode and is not to be changed."""

    model: Network
    card: Card
    standardise: Standardiser
    digest: str  # SHA-256 of configuration and weights
    familiarity: Familiarity = field(
        default_factory=dict
    )  # where its training features lie; empty where that is not stored

    @property
    def config(self) -> NetworkConfig:
        """The network's architecture."""
        return self.model.config

    @property
    def method(self) -> Method:
        """The method that the network is of."""
        return method_of(self.config)

    @property
    def device(self) -> torch.device:
        """Where the network runs."""
        return self.model.device

    @property
    def comp(self) -> ComP:
        """The network, where it is ComP. Raises `CompVizError` where it is of another method."""
        if not isinstance(self.model, ComP):
            raise CompVizError(
                f"Checkpoint {self.card.name!r} is of {self.method.title}: it has no prompts, which this needs. "
                "Choose a checkpoint of ComP."
            )
        return self.model

    @property
    def is_comp(self) -> bool:
        """Whether the network is ComP, in any of its forms."""
        return isinstance(self.model, ComP)

    @property
    def prompting(self) -> bool:
        """Whether the network prompts: ComP as it is, not without its prompts, and no other method."""
        return isinstance(self.config, ComPConfig) and self.config.prompting

    @property
    def learned_weights(self) -> bool:
        """Whether weights of the modalities were learned: not by ComP without its coordinator, where all are alike."""
        return self.config.coordination if isinstance(self.config, ComPConfig) else self.has("weights")

    def has(self, need: Capability) -> bool:
        """Whether its method has something, as `heads` or `weights`."""
        return need in self.method.capabilities

    @property
    def bank(self) -> Tensor:
        """Prototype bank `[M, conversations, c, d]` of ComP."""
        return self.comp.bank

    def check(self, data: DataSet) -> None:
        """Raise `CompVizError` unless the data set has the modalities, widths and kind of labels this model was built for."""
        mine = self.config.widths
        theirs = dict(zip(data.modalities, data.dims, strict=True))
        if tuple(mine) != tuple(theirs):
            raise CompVizError(
                f"Modalities do not match: checkpoint {self.card.name!r} expects {', '.join(mine)}, data set {data.name!r} has {', '.join(theirs)}."
            )
        for name, width in mine.items():
            if theirs[name] != width:
                raise CompVizError(
                    f"Features do not match: checkpoint {self.card.name!r} expects {width} {name} features "
                    f"({self.card.sources.get(name, 'source not stated')}), data set {data.name!r} has {theirs[name]}. "
                    "Choose a checkpoint trained on these features."
                )
        if data.task.outputs != self.card.task.outputs:
            raise CompVizError(
                f"Labels do not match: checkpoint {self.card.name!r} predicts {self.card.task.name} ({self.card.task.scale}), "
                f"data set {data.name!r} is labelled with {data.task.name} ({data.task.scale})."
            )

    def doubts(self, data: DataSet) -> str:
        """Why predictions for data of the right shape may mean less than they seem to. "" if there is no reason.

        Features made by something else, or an epoch that was chosen on this data's test split.
        """
        training, trained_on = self.card.training, self.card.data
        if training and training.on_test and trained_on and trained_on.digest == data.digest:
            return (
                f"Checkpoint {self.card.name!r} was selected on the TEST SPLIT of this data set, as in the paper: "
                "how well it does there is optimistic."
            )
        for name, mine in self.card.sources.items():
            theirs = data.sources.get(name, UNKNOWN_SOURCE)
            if UNKNOWN_SOURCE not in (mine, theirs) and mine != theirs:
                return (
                    f"Checkpoint {self.card.name!r} was trained on {name} features from {mine}; those of data set {data.name!r} are "
                    f"from {theirs}. They are as many, but may mean something else."
                )
        return ""


def save_checkpoint(
    folder: str | Path,
    model: Network,
    card: Card,
    standardise: Standardiser,
    precision: torch.dtype | None = None,
    familiarity: Familiarity | None = None,
) -> None:
    """Write a checkpoint: all files under temporary names first, then each into its place.

    Without a `precision` weights are stored in 16 bits, or in 32 where the card says that 16 move predictions.
    """
    if precision is None:
        precision = torch.float32 if card.training and card.training.bits == 32 else torch.float16
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise CompVizError(f"{folder} is a file; a checkpoint needs a folder of its own.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    tensors = {
        f"model.{name}": tensor.detach().to(precision).contiguous().cpu() for name, tensor in model.state_dict().items()
    }
    for name, tensor in tensors.items():
        if not tensor.isfinite().all():
            raise CompVizError(
                f"{name!r} holds values that are not finite in "
                f"{'16 bits, which end at 65504' if precision == torch.float16 else '32 bits'}. The training diverged."
            )
    for name in model.config.modalities:
        tensors[f"mean.{name}"] = torch.from_numpy(standardise.mean[name])
        tensors[f"std.{name}"] = torch.from_numpy(standardise.std[name])
    tensors["clip"] = torch.tensor(standardise.clip)
    tensors |= familiarity_tensors(familiarity or {})
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".saving-") as temporary:
        fresh = Path(temporary)
        save_file(tensors, fresh / WEIGHTS_FILE)
        (fresh / WEIGHTS_FILE).chmod(0o644)
        write_card(card, fresh)
        folder.mkdir(exist_ok=True)
        for name in (WEIGHTS_FILE, "README.md", CONFIG_FILE):
            (fresh / name).replace(folder / name)


def load_checkpoint(source: str | Path, device: str = "cpu") -> Checkpoint:
    """Load a checkpoint folder, or with `"hub:owner/name"` a repository of the Hugging Face hub.

    `"checkpoints/lab"` and its like, where there is no such folder, are those that ship with the package.
    Everything is checked before the network is built, and nothing is unpickled. Raises `CompVizError` naming the field,
    what the checkpoint expects, what came and what to do.
    """
    folder = download(str(source)) if str(source).startswith(HUB_PREFIX) else find(source)
    for name in (CONFIG_FILE, WEIGHTS_FILE):
        if not (folder / name).is_file():
            raise CompVizError(
                f"{folder} is not a checkpoint: it has no {name}. Expected a folder with {CONFIG_FILE} and {WEIGHTS_FILE}."
            )
    card = read_card(folder / CONFIG_FILE)
    # First into the precision they are used in, then checked: a 64-bit number may be finite and yet infinite there.
    tensors = {name: in_single_precision(tensor) for name, tensor in read_safetensors(folder / WEIGHTS_FILE).items()}
    weights = {name.removeprefix("model."): tensor for name, tensor in tensors.items() if name.startswith("model.")}
    check_weights(folder, card.architecture, weights)
    standardise = read_standardiser(folder, card.architecture, tensors)
    model = method_of(card.architecture).build(card.architecture)
    model.fit_lengths(weights)
    model.load_state_dict(weights)
    digest = hashlib.sha256((folder / CONFIG_FILE).read_bytes() + (folder / WEIGHTS_FILE).read_bytes()).hexdigest()
    familiarity = read_familiarity(tensors, card.architecture.widths)
    model = model.eval().requires_grad_(False).to(choose_device(device))
    return Checkpoint(model, card, standardise, digest, familiarity)


def check_weights(folder: Path, config: NetworkConfig, weights: dict[str, Tensor]) -> None:
    """Compare the file's tensors with those the configuration calls for, before anything of their size is built."""
    with torch.device("meta"):
        built = method_of(config).build(config)
    expected = built.state_dict()
    if sum(tensor.numel() for tensor in expected.values()) > MAX_PARAMETERS:
        raise CompVizError(
            f"{folder / CONFIG_FILE}: field 'architecture' describes more than {MAX_PARAMETERS:,} parameters."
        )
    missing, unknown = sorted(expected.keys() - weights.keys()), sorted(weights.keys() - expected.keys())
    if missing or unknown:
        what = f"lacks {missing[0]!r}" if missing else f"has the unknown {unknown[0]!r}"
        raise CompVizError(
            f"{folder / WEIGHTS_FILE} {what} ({len(missing)} missing, {len(unknown)} unknown). It does not belong to this {CONFIG_FILE}."
        )
    for name, tensor in weights.items():
        shape = list(expected[name].shape)
        if name in built.grows and tensor.dim() == len(shape):
            shape[built.grows[name]] = tensor.shape[built.grows[name]]
        if list(tensor.shape) != shape:
            raise CompVizError(
                f"{folder / WEIGHTS_FILE}: {name!r} has shape {list(tensor.shape)}, but field 'architecture' of {CONFIG_FILE} calls for {shape}."
            )
        if problem := value_problem(tensor):
            raise CompVizError(
                f"{folder / WEIGHTS_FILE}: {name!r} {problem}. The training diverged, the file is damaged, or it was saved in another precision."
            )


def read_standardiser(folder: Path, config: NetworkConfig, tensors: dict[str, Tensor]) -> Standardiser:
    """Feature statistics, checked against the configuration's widths."""
    for name, width in zip(config.modalities, config.dims, strict=True):
        for kind, lowest in (("mean", float("-inf")), ("std", 0.0)):
            tensor = tensors.get(f"{kind}.{name}", torch.empty(0))
            if list(tensor.shape) != [width] or value_problem(tensor) or not (tensor > lowest).all():
                raise CompVizError(
                    f"{folder / WEIGHTS_FILE}: the standardisation statistics '{kind}.{name}' should be {width} finite numbers"
                    f"{' above 0' if kind == 'std' else ''}, got {what_came(tensor)}. The file is damaged or not ours."
                )
    clip = tensors.get("clip", torch.empty(0))
    if clip.numel() != 1 or clip.dtype != torch.float32 or not clip > 0:
        raise CompVizError(f"{folder / WEIGHTS_FILE}: 'clip' should be one number above 0, got {what_came(clip)}.")
    mean = {name: tensors[f"mean.{name}"].numpy() for name in config.modalities}
    std = {name: tensors[f"std.{name}"].numpy() for name in config.modalities}
    return Standardiser(mean, std, float(clip))


def what_came(tensor: Tensor) -> str:
    """What came, for an error message."""
    if not tensor.numel():
        return "nothing"
    return f"shape {list(tensor.shape)}" + (f" that {problem}" if (problem := value_problem(tensor)) else "")
