"""Audio features: what Whisper's encoder makes of an utterance, averaged over time."""

import numpy as np

from comp_viz.clips import whisper
from comp_viz.clips.extractors.extractor import Extract, Extractor, Sound
from comp_viz.clips.level import levelled
from comp_viz.clips.media import RATE
from comp_viz.clips.requirements import CLIPS
from comp_viz.data.conversation import Floats

DIMS = 512
WINDOW = 30 * RATE  # samples that the encoder takes at once
HOP = 160  # samples between columns of its spectrogram; its output has half as many
SHORTEST = RATE // 2  # samples; less is filled up with silence


def encoder_features(sound: Sound) -> Floats:
    """Samples at one level -> mean of the encoder's output over the utterance, `[512]`; what comes after 30 s is left out."""
    sound = np.ascontiguousarray(levelled(sound[:WINDOW]), np.float32)
    filled = np.pad(sound, (0, max(0, SHORTEST - len(sound))))
    with whisper.WHISPER_LOCK:
        model = whisper.whisper_model()
        spectrogram = whisper.speech_spectrogram(filled, padding=0)
        encoded = np.asarray(model.encode(spectrogram))[0]  # [T / 2, 512]
    return np.asarray(encoded[: max(1, len(sound) // (2 * HOP))].mean(0), np.float32)


def load() -> Extract:
    """Load the model that recognises words as well."""
    with whisper.WHISPER_LOCK:
        whisper.whisper_model()
    return encoder_features


EXTRACTOR = Extractor(
    name="whisper-base encoder",
    modality="audio",
    feature_names=tuple(f"Whisper {i}" for i in range(DIMS)),
    licence="MIT / MIT",
    about="What the encoder of Whisper base hears, averaged over an utterance: sounds, voice and manner, without names.",
    get=CLIPS,
    ready=whisper.whisper_missing,
    load=load,
)
