"""Sound without a voice, speech at any level, words in pauses, other languages: on samples made here and on real speech."""

import re
from itertools import pairwise

import numpy as np
import pytest
from needs import need, need_data

from comp_viz.clips import whisper
from comp_viz.clips.extractors import minilm
from comp_viz.clips.extractors.registry import loaded_extractor
from comp_viz.clips.level import LEVEL, bring_to_level, levelled, speech_level
from comp_viz.clips.media import RATE
from comp_viz.clips.reading import read_audio, read_text
from comp_viz.clips.settings import Settings
from comp_viz.clips.span import Span, Word
from comp_viz.clips.speech import listen, listening_windows, within_voice, without_doubtful
from comp_viz.clips.voice import voiced_share, voiced_stretches

AUDIO = ("whisper-base encoder", "eGeMAPS v02")
SPEECH = 0.5  # threshold of the detector


@pytest.fixture(scope="module")
def sentence(real_data) -> np.ndarray:
    """ "Kids are talking by the door", without the silence around it."""
    need(whisper.whisper_missing())
    sound = recording(need_data(real_data / "emotion_sources") / "ravdess_speech" / "03-01-01-01-01-01-01.flac")
    voice = voiced_stretches(sound, SPEECH)
    return sound[round((voice[0][0] - 0.1) * RATE) : round((voice[-1][1] + 0.1) * RATE)]


def recording(path) -> np.ndarray:
    import av

    with av.open(str(path)) as container:
        frames = [frame.to_ndarray()[0] for frame in container.decode(audio=0)]
    sound = np.concatenate(frames)
    return (sound / 32768 if sound.dtype == np.int16 else sound).astype(np.float32)


def tokens(words) -> list[str]:
    return re.sub(r"[^a-z ]", "", " ".join(word.text for word in words).lower()).split()


def noise(seconds: float, dbfs: float, power: float = 0.0) -> np.ndarray:
    """Noise whose spectrum falls with frequency to `power`: 0 white, 1 pink, 2 brown."""
    spectrum = np.fft.rfft(np.random.default_rng(3).normal(size=round(seconds * RATE)))
    spectrum[1:] /= np.arange(1, len(spectrum)) ** (power / 2)
    sound = np.fft.irfft(spectrum, round(seconds * RATE))
    return (sound / np.sqrt(np.mean(sound**2)) * 10 ** (dbfs / 20)).astype(np.float32)


@pytest.mark.parametrize("dbfs", [-59, -30, -10])
@pytest.mark.parametrize("power", [0, 1, 2])
def test_noise_is_no_voice_at_any_level(dbfs, power):
    need(whisper.whisper_missing())
    sound = noise(5, dbfs, power)
    voice = voiced_stretches(sound, SPEECH)
    assert voice == []
    assert listen(sound, voice, Settings()).words == ()
    read = read_audio(sound, "", AUDIO, Settings(), voiced_share(voice, 5))
    assert read.reason.startswith("no voice (in 0")
    assert not read.features.any()


def test_hum_is_no_voice_and_forty_seconds_of_faint_noise_say_nothing():
    need(whisper.whisper_missing())
    time = np.arange(5 * RATE) / RATE
    hum = (0.01 * np.sin(2 * np.pi * 50 * time) + 0.004 * np.sin(2 * np.pi * 150 * time)).astype(np.float32)
    for sound in (hum, noise(40, -59)):
        voice = voiced_stretches(sound, SPEECH)
        assert voice == []
        assert listen(sound, voice, Settings()).words == ()


def test_a_sentence_after_forty_seconds_of_faint_noise_is_heard(sentence):
    sound = np.concatenate([noise(40, -59), sentence])
    voice = voiced_stretches(sound, SPEECH)
    assert voice[0][0] == pytest.approx(40.1, abs=0.15)
    assert tokens(listen(sound, voice, Settings()).words) == ["kids", "are", "talking", "by", "the", "door"]


def test_no_word_is_heard_in_a_pause(sentence):
    said = ["kids", "are", "talking", "by", "the", "door"]
    pause = 3 * RATE
    sound = np.concatenate([sentence, noise(3, -90), sentence])
    words = listen(sound, voiced_stretches(sound, SPEECH), Settings()).words
    assert tokens(words) == said * 2
    again = (len(sentence) + pause) / RATE
    for first, second in zip(words[:6], words[6:], strict=True):
        assert second.start - again == pytest.approx(first.start, abs=0.1)
        assert second.end - again == pytest.approx(first.end, abs=0.1)
    assert words[5].end < len(sentence) / RATE
    assert words[6].start > again - 0.1


def test_level_changes_neither_words_nor_features(sentence):
    features = [loaded_extractor(name) for name in AUDIO]
    close = levelled(sentence)
    want = [np.asarray(extract(close)) for extract in features]
    said = ["kids", "are", "talking", "by", "the", "door"]
    for quieter in (-10.0, -25.0, -40.0):
        gain = np.float32(10 ** (quieter / 20))
        whole = np.concatenate([noise(1, -90), close, noise(1, -90)]) * gain
        assert tokens(listen(whole, voiced_stretches(whole, SPEECH), Settings()).words) == said
        encoded, named = (extract(close * gain) for extract in features)
        assert np.linalg.norm(encoded - want[0]) < 0.05 * np.linalg.norm(want[0])  # the encoder counts in 8 bits
        assert np.allclose(named, want[1], rtol=2e-2, atol=2e-2)
        encoded, named = (extract(np.round(close * gain * 32768) / 32768) for extract in features)  # as 16 bits keep it
        assert np.linalg.norm(encoded - want[0]) < 0.1 * np.linalg.norm(want[0])
        assert np.median(np.abs(named - want[1]) / (np.abs(want[1]) + 1e-3)) < 0.1


def test_one_knock_does_not_set_the_level(sentence):
    quiet = bring_to_level(sentence, speech_level(sentence) + 38)
    knocked = quiet.copy()
    knocked[: RATE // 20] += 0.9 * np.exp(-np.arange(RATE // 20) / 200).astype(np.float32)
    assert speech_level(knocked) == pytest.approx(speech_level(quiet), abs=1)
    pair = [np.concatenate([noise(1, -90), sound]) for sound in (quiet, knocked)]
    first, second = (listen(sound, voiced_stretches(sound, SPEECH), Settings()).words for sound in pair)
    assert tokens(first) == tokens(second) == ["kids", "are", "talking", "by", "the", "door"]


def test_level_of_a_tone():
    tone = (0.1 * np.sin(2 * np.pi * 400 * np.arange(RATE) / RATE)).astype(np.float32)
    assert speech_level(tone) == pytest.approx(-23.01, abs=0.05)  # 0.1 / sqrt 2
    assert speech_level(levelled(tone * 1e-3)) == pytest.approx(LEVEL, abs=0.05)
    half = np.concatenate([tone, tone * 0.01])
    assert speech_level(half, [(1.0, 2.0)]) == pytest.approx(-63.01, abs=0.05)
    assert not levelled(np.zeros(RATE, np.float32)).any()


def test_windows_are_joined_over_short_pauses_and_never_overlap():
    assert listening_windows([], 5) == []
    assert listening_windows([(1, 2), (2.5, 4)], 10) == [(0, 5)]
    assert listening_windows([(1, 2), (3.8, 5)], 5.5) == [(0, 2.9), (2.9, 5.5)]
    long = listening_windows([(0, 100)], 100)
    assert all(b - a <= 30 for a, b in long)
    assert all(before[1] <= after[0] for before, after in pairwise(long))


def test_words_are_cut_to_voice_and_those_of_none_are_dropped():
    voice = [(0.0, 2.48), (5.52, 8.0)]
    words = [Word("door", 2.0, 3.9, 0.9), Word("and", 3.0, 3.4, 0.4), Word("he", 3.9, 5.3, 0.3), Word("Kids", 5.0, 6.0, 0.9)]  # fmt: skip
    assert [(word.text, word.start, word.end) for word in within_voice(words, voice)] == [
        ("door", 2.0, 2.58),
        ("Kids", 5.42, 6.0),
    ]


def test_a_doubtful_word_alone_makes_no_utterance():
    talk = [Word("I", 0.5, 0.7, 0.2), Word("see.", 0.7, 1.0, 0.9)]
    assert without_doubtful([*talk, Word("I", 3.0, 3.2, 0.09)], 5, 0.4) == talk
    assert without_doubtful([*talk, Word("Yes.", 3.0, 3.2, 0.9)], 5, 0.4)[-1].text == "Yes."
    assert without_doubtful([*talk, Word("I", 4.9, 5.0, 0.6)], 5, 0.4) == talk  # the end of the clip cut it off


def test_words_of_another_language_are_not_read_by_an_english_model(real_data):
    need(whisper.whisper_missing() or minilm.minilm_missing())
    folder = need_data(real_data / "emotion_sources") / "emodb_speech"
    for name in ("03a01Fa", "16a01Fc"):  # "Der Lappen liegt auf dem Eisschrank"
        sound = recording(need_data(folder / f"{name}.flac"))
        heard = listen(sound, voiced_stretches(sound, SPEECH), Settings())
        assert heard.language == "de"
        assert {"liegt", "auf", "dem"} <= set(tokens(heard.words))
        span, names = Span(0, 2, heard.words), ("MiniLM-L6 sentence",)
        read = read_text(span, "", names, Settings(), heard.language, heard.certainty)
        assert read.reason.startswith("the words are German (probability ")
        assert read.reason.endswith("), the text features are made for English")
        assert not read.features.any()
        assert read_text(span, "", names, Settings(any_language=True), heard.language).reason == ""
        assert read_text(span, "", names, Settings(), "en").reason == ""


def test_threads_of_the_linear_algebra_change_no_bit_of_what_the_recogniser_is_given():
    """Its encoder rounds to 8 bits: a spectrogram that differs in the seventh digit gives other features and other words."""
    need(whisper.whisper_missing())
    threadpoolctl = pytest.importorskip("threadpoolctl")
    noise = (np.random.default_rng(0).standard_normal(3 * RATE) * 0.05).astype(np.float32)
    given = []
    for threads in (1, 2):
        with threadpoolctl.threadpool_limits(threads, "blas"):
            given.append(whisper.speech_spectrogram(noise))
    assert np.array_equal(*given)
    np.testing.assert_allclose(given[0], whisper.whisper_model().feature_extractor(noise), atol=1e-6)
