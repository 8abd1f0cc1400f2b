"""The shape of a network: everything needed to build one, saved beside its weights; of any method, and of ComP."""

from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from comp_viz.errors import CompVizError

# Limits far beyond any sensible network, so that a hostile configuration is refused before anything of its size is made.
LARGEST_SIZE, MOST_MODALITIES_READ, MOST_LAYERS = 1_000_000, 32, 1000
MOST_SHARPNESS = 1000  # the largest weight is then all there is, for any cosines that differ by a hundredth
PromptsFrom = Literal["all", "observed"]
CoordinatorReads = Literal["propagated", "encodings"]


@dataclass(frozen=True)
class NetworkConfig:
    """What the configuration of every method has; a method adds its own fields, all with defaults, and checks them."""

    method: ClassVar[str]  # name in the registry

    modalities: tuple[str, ...]  # M names, in the order used everywhere
    dims: tuple[int, ...]  # D_u, feature width of each modality
    outputs: int = 1  # C, classes, or 1 for a score
    max_length: int = 150  # S, the longest conversation, in utterances

    def __post_init__(self) -> None:
        if len(self.modalities) > MOST_MODALITIES_READ:
            raise CompVizError(f"modalities: expected at most {MOST_MODALITIES_READ}, got {len(self.modalities)}.")
        if len(self.modalities) < 2 or len(set(self.modalities)) != len(self.modalities):
            raise CompVizError(f"modalities: expected at least two different ones, got {list(self.modalities)}.")
        if len(self.dims) != len(self.modalities):
            raise CompVizError(f"dims: expected one width for each of {list(self.modalities)}, got {list(self.dims)}.")
        if not 1 <= min(self.dims) <= max(self.dims) <= LARGEST_SIZE:
            raise CompVizError(f"dims: expected 1 to {LARGEST_SIZE} for every modality, got {list(self.dims)}.")
        self.check_whole("outputs", "max_length")

    def check_whole(self, *names: str, most: int = LARGEST_SIZE) -> None:
        """Raise `CompVizError` unless the fields of these names are from 1 to `most`."""
        for name in names:
            if not 1 <= getattr(self, name) <= most:
                raise CompVizError(f"{name}: expected 1 to {most}, got {getattr(self, name)}.")

    def check_share(self, *names: str) -> None:
        """Raise `CompVizError` unless the fields of these names are from 0 to below 1, as a rate of dropout is."""
        for name in names:
            if not 0 <= getattr(self, name) < 1:
                raise CompVizError(f"{name}: expected a value from 0 to below 1, got {getattr(self, name)}.")

    def check_weight(self, *names: str, most: float = 1000) -> None:
        """Raise `CompVizError` unless the fields of these names are from 0 to `most`, as a term of a loss is weighed."""
        for name in names:
            if not 0 <= getattr(self, name) <= most:
                raise CompVizError(f"{name}: expected a weight from 0 to {most}, got {getattr(self, name)}.")

    def check_divides(self, part: str, whole: str) -> None:
        """Raise `CompVizError` unless one field divides another, as a number of heads divides a width."""
        if getattr(self, whole) % getattr(self, part):
            raise CompVizError(
                f"{part}: expected a divisor of {whole} = {getattr(self, whole)}, got {getattr(self, part)}."
            )

    @property
    def widths(self) -> dict[str, int]:
        """D_u, the feature width of each modality."""
        return dict(zip(self.modalities, self.dims, strict=True))


@dataclass(frozen=True)
class ComPConfig(NetworkConfig):
    """Architecture of a ComP network, in the symbols of the paper where it has one."""

    method: ClassVar[str] = "comp"

    hidden: int = 128  # d; published: 256
    prompt: int = 16  # p, width of one prompt
    prototypes: int = 10  # c, per conversation and modality
    blocks: int = 2  # n
    depth: int = 4  # attention layers of all blocks together, m = depth / n
    heads: int = 2  # h
    momentum: float = 0.3  # λ, share of the old prompt (eq. 9)
    dropout: float = 0.5
    masked_prototypes: bool = False  # leave padding and missing utterances out of the compression; published: False
    propagation: bool = (
        True  # attention along the conversation (KP); without it and prompting, encodings are classified
    )
    prompting: bool = True  # prompts from the other modalities (PG)
    coordination: bool = True  # learned weights of the modalities (Cr); without it all count the same
    prompts_from: PromptsFrom = (
        "all"  # "observed": what is missing delivers zeros for its fresh prompt; published: "all"
    )
    coordinator_reads: CoordinatorReads = (
        "propagated"  # "encodings": those before prompts, and which modalities are observed; published: "propagated"
    )
    sharpness: float = 1.0  # κ, prototypes are weighed by the softmax of κ times the cosine (eq. 7); published: 1
    learned_sharpness: bool = False  # every modality learns its κ in each block, starting there; published: False

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_whole("hidden", "prompt", "prototypes", "heads")
        self.check_whole("blocks", "depth", most=MOST_LAYERS)
        if self.depth % self.blocks:
            raise CompVizError(f"depth: expected a multiple of blocks = {self.blocks}, got {self.depth}.")
        self.check_divides("heads", "hidden")
        if not 0 <= self.momentum <= 1:
            raise CompVizError(f"momentum: expected a value from 0 to 1, got {self.momentum}.")
        self.check_share("dropout")
        if not 0 < self.sharpness <= MOST_SHARPNESS:
            raise CompVizError(f"sharpness: expected a value above 0, at most {MOST_SHARPNESS}, got {self.sharpness}.")
        for name, known in (("prompts_from", PromptsFrom), ("coordinator_reads", CoordinatorReads)):
            if (given := getattr(self, name)) not in get_args(known):
                raise CompVizError(f"{name}: expected one of {', '.join(get_args(known))}, got {given!r}.")

    @property
    def delivered(self) -> int:
        """Width of the prompts one modality receives together, `(M-1)·p`."""
        return (len(self.modalities) - 1) * self.prompt
