"""The Whisper base model, loaded once for recognition of words and for audio features."""

import threading
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from comp_viz.clips.one_thread import one_torch_thread
from comp_viz.clips.requirements import library_missing, require
from comp_viz.clips.weights import WHISPER, content, weights_missing
from comp_viz.data.conversation import Floats

LIBRARY = "faster-whisper"  # brings its own detector of voice, which needs no weights of ours
# Held by whoever loads or uses the model: one serves all sessions, and two at once would only halve each other's speed.
WHISPER_LOCK = threading.Lock()
HOP = 160  # samples between columns of the spectrogram; the encoder's output has half as many
COLUMNS = 3000  # of 30 s
SILENCE = 400  # columns of silence after a shorter window: with less the recogniser repeats itself
LONG_SILENCE = 1700  # the same where it is to take more care
BEFORE_WORD, AFTER_WORD = "\"'“¿([{-", "\"'.。,，!！?？:：”)]}、"  # signs that belong to the word beside them


def whisper_missing() -> str | None:
    """None when the model can be used on this machine, else what is missing and the command that mends it."""
    return library_missing(LIBRARY) or weights_missing(WHISPER)


@cache
def whisper_model() -> Any:
    """`faster_whisper.WhisperModel` in 8-bit integers, from checked files, never from the network. Raises `CompVizError`."""
    require("Speech recognition", whisper_missing())
    from faster_whisper import WhisperModel

    files = {file.name.removeprefix("whisper-base/"): content(file) for file in WHISPER}
    # One thread: a step of its decoder is too short to be shared, and a second costs a third more without being faster.
    with one_torch_thread():  # it sets those of this thread as well, and they are given back
        return WhisperModel("whisper-base", device="cpu", compute_type="int8", files=files, cpu_threads=1)


@dataclass(frozen=True)
class Reading:
    """What the decoder makes of one window of sound."""

    tokens: list[int]  # of text, without marks of time
    likelihood: float  # mean log probability of a token
    unspoken: float  # probability that nobody speaks, 0 to 1
    repetition: float  # times that the text is shortened by packing it


def speech_spectrogram(sound: Floats, padding: int = 160) -> Floats:
    """Samples -> what the encoder is given, the log mel spectrogram `[80, T]` of sound and `padding` samples of silence.

    As faster-whisper's own, bit by bit the same however many threads the linear algebra has: its matrix product sums in
    another order with another number, and a seventh digit that differs moves what the 8-bit encoder makes of it by 0.04.
    """
    extractor = whisper_model().feature_extractor
    filled = np.pad(np.ascontiguousarray(sound, np.float32), (0, padding))
    window = np.hanning(extractor.n_fft + 1)[:-1].astype(np.float32)
    waves = extractor.stft(filled, extractor.n_fft, extractor.hop_length, window=window, return_complex=True)
    powers = np.abs(waves[..., :-1].astype(np.complex64)) ** 2
    mel = np.einsum("mf,ft->mt", extractor.mel_filters, powers, optimize=False)
    logs = np.log10(np.maximum(mel, 1e-10))
    return np.asarray((np.maximum(logs, logs.max() - 8.0) + 4.0) / 4.0, np.float32)


def encode_speech(sound: Floats, silence: int = SILENCE) -> Any:
    """Samples of at most 30 s -> the encoder's output for recognition, `silence` columns appended."""
    model = whisper_model()
    spectrogram = speech_spectrogram(sound)[:, :COLUMNS]
    columns = spectrogram.shape[1]
    width = min(COLUMNS, columns + silence)
    return model.encode(np.pad(spectrogram, ((0, 0), (0, width - columns))))


@cache
def text_tokens(language: str) -> tuple[Any, tuple[int, ...]]:
    """The tokeniser for a language, and tokens that are no speech, such as notes of music."""
    from faster_whisper.tokenizer import Tokenizer
    from faster_whisper.transcribe import get_suppressed_tokens

    tokenizer = Tokenizer(whisper_model().hf_tokenizer, True, task="transcribe", language=language)
    return tokenizer, tuple(get_suppressed_tokens(tokenizer, [-1]))


def read_speech(encoded: Any, language: str) -> Reading:
    """The likeliest text; the same every time."""
    from faster_whisper.transcribe import get_compression_ratio

    model = whisper_model()
    tokenizer, suppressed = text_tokens(language)
    result = model.model.generate(
        encoded,
        [model.get_prompt(tokenizer, [])],
        beam_size=5,
        max_length=model.max_length,
        suppress_blank=True,
        suppress_tokens=list(suppressed),
        max_initial_timestamp_index=50,
        return_scores=True,
        return_no_speech_prob=True,
    )[0]
    tokens = [token for token in result.sequences_ids[0] if token < tokenizer.eot]
    packed = float(get_compression_ratio(tokenizer.decode(tokens))) if tokens else 0.0
    return Reading(tokens, float(result.scores[0]), float(result.no_speech_prob), packed)


def align_words(encoded: Any, reading: Reading, language: str, samples: int) -> list[dict[str, Any]]:
    """Words with "start" and "end" in seconds from the window's beginning and a "probability"."""
    from faster_whisper.transcribe import merge_punctuations

    tokenizer, _ = text_tokens(language)
    columns = min(COLUMNS, samples // HOP)
    pieces: list[dict[str, Any]] = whisper_model().find_alignment(tokenizer, [reading.tokens], encoded, columns)[0]
    merge_punctuations(pieces, BEFORE_WORD, AFTER_WORD)
    return [piece for piece in pieces if piece["word"]]
