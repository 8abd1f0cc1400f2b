"""What a checkpoint says of itself, in `config.json` and, for people, in `README.md`."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from comp_viz.checkpoint.measurements import SHARE_METRICS, Measurement, PartMeasurement, part_table
from comp_viz.data.conversation import Task
from comp_viz.errors import CompVizError
from comp_viz.methods.method import Method
from comp_viz.methods.registry import FIRST, find_method, method_of
from comp_viz.network.config import NetworkConfig
from comp_viz.validation import first_problem, shortened_value
from comp_viz.wording import first_upper

CHECKPOINT_FORMAT = "comp-viz checkpoint 2"
MAX_CONFIG_BYTES = 4_000_000
MOST_ROUNDING = (
    0.01  # label units or logits: 16-bit weights that move a prediction further are stored in 32 bits instead
)


@dataclass(frozen=True)
class DataCard:
    """The data a model was trained on."""

    name: str
    digest: str  # SHA-256
    licence: str


@dataclass(frozen=True)
class TrainingCard:
    """How a model was trained and chosen."""

    missing: str  # the missing pattern, sampled anew for every batch
    seed: int
    selection: str  # the protocol in words: which split chose the epoch, by what
    epoch: int  # the chosen one, counted from 0 over both stages
    recipe: dict[str, Any]
    rounding: float  # furthest that 16-bit weights move any prediction, in label units or logits

    @property
    def bits(self) -> int:
        """In how many bits each weight is stored: 16 where no prediction minds."""
        return 16 if self.rounding <= MOST_ROUNDING else 32

    @property
    def on_test(self) -> bool:
        """Whether the epoch was chosen on the test split, the paper's protocol: every number there is then optimistic."""
        return self.recipe.get("select") == "test"


@dataclass(frozen=True)
class Card:
    """Everything in `config.json`."""

    format: str
    name: str
    architecture: NetworkConfig  # of the method's own kind
    task: Task
    sources: dict[str, str]  # modality -> how its features were made
    data: DataCard | None  # None for converted weights, whose data is unknown
    training: TrainingCard | None
    measurements: tuple[Measurement, ...]
    versions: dict[str, str]
    note: str = ""
    parts: tuple[PartMeasurement, ...] = ()  # where the test split has kinds of conversations that are to be kept apart
    temperature: dict[str, float] = field(
        default_factory=dict
    )  # predictor -> what its logits were divided by when saved
    method: str = FIRST  # name in the registry; cards from before there was one mean ComP


CARD = TypeAdapter(Card)


def read_card(path: Path) -> Card:
    """Read and check a `config.json`. Raises `CompVizError` naming the field, what was expected and what came."""
    if path.stat().st_size > MAX_CONFIG_BYTES:
        raise CompVizError(
            f"{path} has {path.stat().st_size} bytes, expected at most {MAX_CONFIG_BYTES}. It is no configuration of ours."
        )
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise CompVizError(
            f"{path} is not valid JSON ({error}). It may be truncated; copy the checkpoint again."
        ) from None
    if not isinstance(fields, dict) or fields.get("format") != CHECKPOINT_FORMAT:
        stated = fields.get("format") if isinstance(fields, dict) else type(fields).__name__
        raise CompVizError(
            f"{path}: field 'format' should be {CHECKPOINT_FORMAT!r}, got {shortened_value(stated)}. It was not written by this version of ComP Viz."
        )
    try:
        method = find_method(str(fields.get("method", FIRST)))
        card = CARD.validate_python(fields | {"architecture": read_architecture(method, fields.get("architecture"))})
    except CompVizError as error:
        raise CompVizError(f"{path}: in field 'method', 'architecture' or 'task': {error}") from None
    except ValidationError as error:
        raise CompVizError(f"{path}: {first_problem(error)}") from None
    if card.task.outputs != card.architecture.outputs:
        raise CompVizError(
            f"{path}: field 'architecture.outputs' is {card.architecture.outputs}, but field 'task' calls for {card.task.outputs}."
        )
    return card


def read_architecture(method: Method, fields: Any) -> NetworkConfig:
    """A configuration of the method's kind. Raises `CompVizError` or pydantic's error, which names the field."""
    try:
        config: NetworkConfig = TypeAdapter(method.config).validate_python(fields)
    except ValidationError as error:
        raise CompVizError(first_problem(error, "architecture")) from None
    return config


def write_card(card: Card, folder: Path) -> None:
    """Write `config.json` and the model card `README.md` into `folder`."""
    text = json.dumps(asdict(card), indent=1, ensure_ascii=False, allow_nan=False)
    (folder / "config.json").write_text(text + "\n", encoding="utf-8")
    (folder / "README.md").write_text(model_card(card), encoding="utf-8")


def model_card(card: Card) -> str:
    """The model card: what the model is, what it was made from, what it reaches and what it is not for."""
    a, task, method = card.architecture, card.task, method_of(card.architecture)
    lines = [
        f"# {card.name}",
        "",
        f"{first_upper(method.title)}: a network for emotion recognition in conversations with missing modalities. It {method.about}.",
        *([card.note] if card.note else []),
        "",
        f"- **Predicts**: {task.name}, {task.scale}"
        + ("" if task.classes else "; scores are predicted relative to neutral, and the sign gives the polarity"),
        f"- **Architecture**: {method.describe(a)}",
        *[
            f"- **{name}**: {width} features, {card.sources.get(name, 'source not stated')}"
            for name, width in zip(a.modalities, a.dims, strict=True)
        ],
    ]
    if card.data:
        lines += [
            f"- **Trained on**: {card.data.name}, SHA-256 `{card.data.digest}`",
            f"- **Licence of the data**: {card.data.licence}",
        ]
    if card.training:
        t = card.training
        lines += [
            f"- **Training**: missing pattern `{t.missing}`, seed {t.seed}, epoch {t.epoch}",
            f"- **Selection**: {t.selection}",
            f"- **16-bit weights**: storing them moved no prediction by more than {t.rounding:.4f}"
            if t.bits == 16
            else f"- **32-bit weights**: 16 bits would have moved a prediction by {t.rounding:.4f}",
        ]
    lines += [f"- **Versions**: {', '.join(f'{name} {version}' for name, version in card.versions.items())}", ""]
    if card.measurements:
        lines += measurement_table(card.measurements)
    if card.parts:
        lines += part_table(card.parts, card.temperature)
    lines += [
        "## Not for",
        "",
        "Judging a person, or any decision about one. The labels are outside annotators' impressions of recorded speakers, "
        "and the model knows nothing beyond the features named above. It is made to study a method.",
        "",
    ]
    return "\n".join(lines)


def measurement_table(measurements: tuple[Measurement, ...]) -> list[str]:
    """Measured metrics as a Markdown table, in percent for shares."""
    names = list(measurements[0].mean)
    lines = [
        "## Measured",
        "",
        "Mean ± standard deviation over mask seeds; ACC, UA and F1 in percent. The missing rate is the realised one.",
        "",
        f"| split | missing pattern | missing rate | seeds | predictor | {' | '.join(names)} |",
        "|---" * (5 + len(names)) + "|",
    ]
    for m in measurements:
        cells = [metric_cell(name, m.mean[name], m.std[name]) for name in names]
        pattern = m.pattern.replace("|", "\\|")  # a speaker's name may hold anything
        lines.append(
            f"| {m.split} | `{pattern}` | {m.missing_rate:.3f} | {m.seeds} | {m.predictor} | {' | '.join(cells)} |"
        )
    return [*lines, ""]


def metric_cell(metric: str, mean: float | None, std: float | None) -> str:
    """One table cell."""
    if mean is None:
        return "not defined"
    scale, digits = (100, 1) if metric in SHARE_METRICS else (1, 3)
    return f"{scale * mean:.{digits}f} ± {scale * (std or 0):.{digits}f}"
