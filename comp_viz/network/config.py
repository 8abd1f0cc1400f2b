"""The shape of a ComP network: everything needed to build one, saved beside its weights."""

from dataclasses import dataclass

from comp_viz.errors import CompVizError

# Limits far beyond any sensible network, so that a hostile configuration is refused before anything of its size is made.
SIZE_LIMITS = dict.fromkeys(("outputs", "max_length", "hidden", "prompt", "prototypes", "heads", "dims"), 1_000_000)
SIZE_LIMITS |= {"modalities": 32, "blocks": 1000, "depth": 1000}


@dataclass(frozen=True)
class ComPConfig:
    """Architecture of a ComP network, in the symbols of the paper where it has one."""

    modalities: tuple[str, ...]  # M names, in the order used everywhere
    dims: tuple[int, ...]  # D_u, feature width of each modality
    outputs: int = 1  # C, classes, or 1 for a score
    max_length: int = 150  # S, the longest conversation, in utterances
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

    def __post_init__(self) -> None:
        if len(self.modalities) > SIZE_LIMITS["modalities"]:
            raise CompVizError(f"modalities: expected at most {SIZE_LIMITS['modalities']}, got {len(self.modalities)}.")
        if len(self.modalities) < 2 or len(set(self.modalities)) != len(self.modalities):
            raise CompVizError(f"ComP needs at least two different modalities, got {list(self.modalities)}.")
        if len(self.dims) != len(self.modalities):
            raise CompVizError(f"dims: expected one width for each of {list(self.modalities)}, got {list(self.dims)}.")
        for name in ("outputs", "max_length", "hidden", "prompt", "prototypes", "blocks", "depth", "heads"):
            if not 1 <= getattr(self, name) <= SIZE_LIMITS[name]:
                raise CompVizError(f"{name}: expected 1 to {SIZE_LIMITS[name]}, got {getattr(self, name)}.")
        if not 1 <= min(self.dims) <= max(self.dims) <= SIZE_LIMITS["dims"]:
            raise CompVizError(f"dims: expected 1 to {SIZE_LIMITS['dims']} for every modality, got {list(self.dims)}.")
        if self.depth % self.blocks:
            raise CompVizError(f"depth: expected a multiple of blocks = {self.blocks}, got {self.depth}.")
        if self.hidden % self.heads:
            raise CompVizError(f"heads: expected a divisor of hidden = {self.hidden}, got {self.heads}.")
        if not 0 <= self.momentum <= 1:
            raise CompVizError(f"momentum: expected a value from 0 to 1, got {self.momentum}.")
        if not 0 <= self.dropout < 1:
            raise CompVizError(f"dropout: expected a value from 0 to below 1, got {self.dropout}.")

    @property
    def widths(self) -> dict[str, int]:
        """D_u, the feature width of each modality."""
        return dict(zip(self.modalities, self.dims, strict=True))

    @property
    def delivered(self) -> int:
        """Width of the prompts one modality receives together, `(M-1)·p`."""
        return (len(self.modalities) - 1) * self.prompt
