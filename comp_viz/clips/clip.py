"""A clip as it was analysed: utterances, words, features, what is missing and why, and what it was worked out from."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from comp_viz.checkpoint.card import Card
from comp_viz.clips.degradation import Degradation
from comp_viz.clips.media import Media, Picture
from comp_viz.clips.settings import Settings
from comp_viz.clips.span import Span
from comp_viz.data.conversation import Conversation, Floats, Task
from comp_viz.data.dataset import DataSet


@dataclass(frozen=True)
class Face:
    """The largest face in one picture."""

    time: float  # seconds from the start of the clip
    box: tuple[int, int, int, int]  # left, top, right, bottom in the picture, pixels
    landmarks: Floats  # [478, 2], pixels in the picture
    blendshapes: Floats  # [52], 0 to 1, in the order of `faces.BLENDSHAPES`
    pose: Floats  # [3], head turned right, up, tilted: degrees
    crop: Picture  # [side, side, 3], the face with a margin, upright as in the picture
    crop_landmarks: Floats  # [478, 2], the same landmarks in the crop, 0 to 1 over its width and height

    @property
    def size(self) -> int:
        """Shorter side of the face's box, pixels."""
        left, top, right, bottom = self.box
        return min(right - left, bottom - top)


@dataclass(frozen=True)
class FaceSearch:
    """The search for a face in the pictures of one utterance."""

    pictures: int  # looked at
    with_face: int  # of them, large enough
    size: float  # median shorter side of the faces found, pixels; 0 without any
    gallery: tuple[Face, ...]  # a few of them, evenly over the utterance, for people to look at


@dataclass(frozen=True)
class Clip:
    """Everything known of an analysed clip. Features are zeros where a modality is missing."""

    name: str  # for people; never a path
    digest: str  # SHA-256 of the file
    media: Media
    settings: Settings
    spans: tuple[Span, ...]  # [S] utterances in order of time
    features: Mapping[str, Floats]  # modality -> [S, D_u]
    reasons: Mapping[str, tuple[str, ...]]  # modality -> [S], why it is missing, "" where it is observed
    quality: Mapping[
        str, Floats
    ]  # "level" dBFS, "voice" share of time, "confidence" 0 to 1, "faces" share of pictures: [S]
    looked: tuple[FaceSearch, ...]  # [S]
    degradations: tuple[Degradation, ...] = ()  # what a visitor did to it, see `degrade`
    language: str = ""  # that the recogniser heard, "en"; "" without speech
    seconds: Mapping[str, float] = field(default_factory=dict)  # stage -> how long it took

    @property
    def sources(self) -> dict[str, str]:
        """Modality -> how its features were made; equal to a checkpoint's `card.sources` where it can read this clip."""
        return self.settings.sources

    @property
    def conversation(self) -> Conversation:
        """The clip as a conversation without labels."""
        S = len(self.spans)
        observed = np.array([[not self.reasons[m][i] for m in self.features] for i in range(S)])
        words = tuple(span.text for span in self.spans)
        durations = np.array([span.end - span.start for span in self.spans], np.float32)
        blank = ("",) * S
        return Conversation(
            self.name,
            dict(self.features),
            observed,
            np.full(S, np.nan, np.float32),
            words,
            blank,
            ("speaker",) * S,
            durations,
        )

    def data_set(self, task: Task) -> DataSet:
        """The clip as a data set of one conversation, for everything that works on data sets."""
        return DataSet(self.name, task, [self.conversation], self.sources, "the clip's own; it stays with its owner")

    def misfit(self, card: Card) -> str:
        """Why a checkpoint cannot be fed this clip, "" when it can: its features must be made by the same extractors."""
        wanted, got = card.sources, self.sources
        for modality in card.architecture.modalities:
            if wanted.get(modality) != got.get(modality):
                return (
                    f"Checkpoint {card.name!r} reads {modality} features from {wanted.get(modality, 'an unknown source')}; "
                    f"those of this clip are from {got.get(modality, 'nothing')}."
                )
        if tuple(card.architecture.modalities) != tuple(self.features):
            return f"Checkpoint {card.name!r} reads {', '.join(card.architecture.modalities)}, the clip has {', '.join(self.features)}."
        return ""

    def at(self, time: float) -> int:
        """The utterance that is going on at `time`, else the last one that began; 0 before the first."""
        starts = np.array([span.start for span in self.spans])
        return max(0, int(np.searchsorted(starts, time, side="right")) - 1)
