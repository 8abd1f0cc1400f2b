"""How a clip is analysed: thresholds of what counts as missing, and which extractors make the features."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from comp_viz.clips.limits import LIMITS, Limits
from comp_viz.clips.source import DEFAULT_EXTRACTORS, extractor_source, named_in
from comp_viz.clips.tracks import PLAYED, Tracks
from comp_viz.errors import CompVizError


@dataclass(frozen=True)
class Thresholds:
    """When a modality of an utterance counts as missing."""

    level: float = -90.0  # dBFS, root mean square of the utterance: quieter is silence
    voice: float = 0.25  # share of an utterance with voice: less is no voice; 0 to take any sound as it is
    speech: float = 0.5  # probability of speech above which sound counts as speech
    confidence: float = 0.4  # mean probability of an utterance's words: less is not recognised
    face_share: float = 0.25  # share of an utterance's pictures with a face: less is no face
    face_size: int = 32  # pixels, shorter side of a face in the scaled picture: less is too small
    visible_share: float = (
        0.5  # share of an utterance's faces with mouth and eyes to be seen: less is covered; 0 to believe all
    )


@dataclass(frozen=True)
class Cutting:
    """How a clip is cut into utterances."""

    pause: float = 0.6  # seconds of silence between words that end an utterance
    shortest: float = 0.4  # seconds; shorter ones join their neighbour
    longest: float = 15.0  # seconds; longer ones are cut at their longest pause
    quiet: float = 2.0  # seconds without speech that make an utterance of their own, for what is seen then
    window: float = 5.0  # seconds at most of such an utterance


@dataclass(frozen=True)
class Settings:
    """Everything that changes what comes out of an analysis; results are cached by its `digest`."""

    extractors: tuple[tuple[str, tuple[str, ...]], ...] = DEFAULT_EXTRACTORS  # modality, names in the registry
    thresholds: Thresholds = field(default_factory=Thresholds)
    cutting: Cutting = field(default_factory=Cutting)
    limits: Limits = LIMITS
    tracks: Tracks = PLAYED
    language: str = ""  # "en" and so on; "" to let the recogniser hear which
    any_language: bool = False  # whether words are read by a sentence model that does not know their language

    @property
    def sources(self) -> dict[str, str]:
        """Modality -> how its features are made, as a checkpoint's card says it."""
        return {modality: extractor_source(names) for modality, names in self.extractors}

    @property
    def digest(self) -> str:
        """SHA-256 over all fields, the first 16 characters."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]


def settings_for(sources: Mapping[str, str], name: str) -> Settings:
    """Settings that make the features which a checkpoint's card names. Raises `CompVizError` when it is not made for clips."""
    extractors = named_in(sources)
    if extractors is None:
        stated = "; ".join(f"{modality}: {text}" for modality, text in sources.items())
        raise CompVizError(
            f"Checkpoint {name!r} was not trained on features that this version makes of clips ({stated}). Choose one that was."
        )
    return Settings(extractors)
