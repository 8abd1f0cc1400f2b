"""However many channels carry a voice, and in whatever form, it comes out as loud as in one."""

from pathlib import Path

import numpy as np
import pytest
from clip_files import av

from comp_viz.clips.decode import decode

RATE = 16000


@pytest.fixture(scope="module")
def voice() -> np.ndarray:
    """Six seconds of syllables: a buzz that comes and goes about four times a second, unevenly, with pauses."""
    rng = np.random.default_rng(3)
    wave, at = np.zeros(6 * RATE), 0.2
    while at < 5.6:
        length = rng.uniform(0.08, 0.22)
        t = np.arange(int(length * RATE)) / RATE
        buzz = sum(np.sin(2 * np.pi * 140 * k * t + k) / k for k in range(1, 25))
        begin = int(at * RATE)
        wave[begin : begin + len(t)] = buzz * np.sin(np.pi * t / length) ** 2 * rng.uniform(0.5, 1)
        at += length + rng.uniform(0.02, 0.1) + (rng.random() < 0.15) * 0.5
    return (0.5 * wave / np.abs(wave).max()).astype(np.float32)


def sound_of(path: Path, channels: list[np.ndarray], layout: str, codec: str = "pcm_s16le") -> Path:
    """A file with these channels."""
    samples = np.stack(channels, 1).astype(np.float32)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=RATE, layout=layout)
        stream.codec_context.open()
        resampler = av.AudioResampler(stream.format.name, layout, RATE, stream.frame_size or None)
        for at in range(0, len(samples), 1600):
            frame = av.AudioFrame.from_ndarray(samples[at : at + 1600].reshape(1, -1), "flt", layout)
            frame.sample_rate, frame.pts = RATE, at
            for part in resampler.resample(frame):
                container.mux(stream.encode(part))
        for part in resampler.resample(None):
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))
    return path


def gain(sound: np.ndarray, voice: np.ndarray) -> tuple[float, float]:
    """How loud the voice is in a sound, dB against the voice alone, and its share of all there is."""
    n = min(len(sound), len(voice))
    lags = range(-60, 2200, 1) if len(sound) > len(voice) + 100 else range(-3, 4)
    sound, voice = np.asarray(sound[:n], float), voice[:n].astype(float)
    best = max(lags, key=lambda lag: abs(np.dot(np.roll(sound, -lag), voice)))
    sound = np.roll(sound, -best)
    share = np.dot(sound, voice) / np.dot(voice, voice)
    return 20 * np.log10(abs(share) + 1e-9), (share * voice).var() / (sound.var() + 1e-12)


def noise(like: np.ndarray, decibels: float, seed: int = 0) -> np.ndarray:
    """Noise so much louder than something."""
    return np.random.default_rng(seed).standard_normal(len(like)) * like.std() * 10 ** (decibels / 20)


@pytest.mark.parametrize(
    ("layout", "shares"),
    [
        ("mono", [1]), ("stereo", [1, 1]), ("stereo", [1, 0]), ("stereo", [0, 1]), ("stereo", [1, -1]), ("stereo", [0.7, -1]),
        ("3.0", [1, 1, 1]), ("quad", [1, 1, 1, 1]), ("5.1", [0.02, 0.02, 1, 0, 0, 0]), ("5.1", [1, 1, 1, 1, 1, 1]),
        ("5.1", [1, 1, 0, 0, 0, 0]), ("7.1", [0, 0, 0, 0, 0, 0, 1, 0]), ("5.0", [1, -1, 0, 0, 0]), ("4 channels", [1, 1, 1, 1]),
        ("10 channels", [1] * 10), ("12 channels", [0] * 11 + [1]), ("6 channels", [1, -1, 1, -1, 1, -1]),
    ],
    ids=str,
)  # fmt: skip
def test_a_voice_is_as_loud_in_any_number_of_channels(tmp_path, voice, layout, shares):
    channels = [share * voice for share in shares]
    media = decode(sound_of(tmp_path / "a.wav", channels, layout), tmp_path / "media")
    loud, share = gain(media.sound, voice)
    assert loud == pytest.approx(0, abs=0.3)
    assert share > 0.99
    cancel = "cancel each other" in " ".join(media.notes)
    assert cancel == (min(shares) < 0)


@pytest.mark.parametrize("crosstalk", [0.0, 0.1])
@pytest.mark.parametrize("turns", [1.0, 5.0])
def test_two_who_speak_in_turn_on_channels_of_their_own_are_as_loud_as_one(tmp_path, voice, crosstalk, turns):
    """The first speaks for so many seconds of six, the second for the rest."""
    first = np.arange(len(voice)) < turns * RATE
    talks = [voice * first, voice * ~first]
    channels = [talks[i] + crosstalk * talks[1 - i] for i in (0, 1)]
    media = decode(sound_of(tmp_path / "a.wav", channels, "stereo"), tmp_path / "media")
    for talk in talks:
        assert gain(media.sound, talk)[0] == pytest.approx(0, abs=0.7)
    assert "a voice of their own" in " ".join(media.notes)


def test_two_who_speak_at_once_are_louder_than_each_alone_and_never_too_loud(tmp_path, voice):
    """The second speaks all the time, the first in the middle."""
    t = np.arange(len(voice)) / RATE
    channels = [voice * ((t > 2) & (t < 4)), np.roll(voice, RATE // 3) * 1.9]
    media = decode(sound_of(tmp_path / "a.wav", channels, "stereo"), tmp_path / "media")
    assert np.abs(media.sound).max() <= 1
    assert "full scale" not in " ".join(media.notes)


@pytest.mark.parametrize("codec", ["pcm_s16le", "pcm_s24le", "pcm_f32le", "pcm_u8", "pcm_mulaw", "pcm_f64le"])
def test_stereo_equals_mono_in_every_form_of_samples(tmp_path, voice, codec):
    levels = []
    for layout, channels in (("mono", [voice]), ("stereo", [voice, voice])):
        media = decode(sound_of(tmp_path / f"{layout}.wav", channels, layout, codec), tmp_path / layout)
        levels.append(gain(media.sound, voice)[0])
    assert levels == pytest.approx([0, 0], abs=0.2)


@pytest.mark.parametrize("codec", ["aac", "libmp3lame", "libopus", "flac", "ac3"])
def test_stereo_equals_mono_in_codecs(tmp_path, voice, codec):
    wave = np.repeat(voice, 3) if codec in ("libopus", "ac3") else voice
    levels = []
    for layout, channels in (("mono", [wave]), ("stereo", [wave, wave])):
        path = tmp_path / f"{layout}.mka"
        with av.open(str(path), "w") as container:
            rate = 48000 if codec in ("libopus", "ac3") else RATE
            stream = container.add_stream(codec, rate=rate, layout=layout)
            stream.bit_rate = 128_000
            stream.codec_context.open()
            resampler = av.AudioResampler(stream.format.name, layout, rate, stream.frame_size or None)
            frame = av.AudioFrame.from_ndarray(np.stack(channels, 1).astype("f4").reshape(1, -1), "flt", layout)
            frame.sample_rate, frame.pts = rate, 0
            for part in [*resampler.resample(frame), *resampler.resample(None)]:
                container.mux(stream.encode(part))
            container.mux(stream.encode(None))
        sound = np.asarray(decode(path, tmp_path / layout).sound, float)
        levels.append(20 * np.log10(np.sqrt((sound**2).mean())))
    assert levels[0] == pytest.approx(levels[1], abs=0.3)


@pytest.mark.parametrize("decibels", [-20, -10, 0])
def test_the_channel_with_the_voice_among_noise(tmp_path, voice, decibels):
    channels = [noise(voice, decibels, i) for i in range(6)]
    channels[3] = voice
    media = decode(sound_of(tmp_path / "a.wav", channels, "6 channels"), tmp_path / "media")
    assert gain(media.sound, voice) == pytest.approx((0, 1), abs=0.05)
    assert "number 4 carries a voice" in " ".join(media.notes)


def test_speech_in_the_centre_of_surround_with_loud_sides(tmp_path, voice):
    t = np.arange(len(voice)) / RATE
    beats = np.sin(2 * np.pi * 220 * t) * np.exp(-6 * (t % 0.5)) * 0.6
    hum = 0.5 * np.sin(2 * np.pi * 50 * t)
    channels = [beats, np.roll(beats, 99), voice, hum, noise(voice, -10), noise(voice, -10, 1)]
    media = decode(sound_of(tmp_path / "a.wav", channels, "5.1"), tmp_path / "media")
    assert gain(media.sound, voice) == pytest.approx((0, 1), abs=0.1)


def test_float_samples_beyond_one_are_scaled_and_not_clipped(tmp_path, voice):
    media = decode(sound_of(tmp_path / "a.wav", [6 * voice], "mono", "pcm_f32le"), tmp_path / "media")
    assert np.abs(media.sound).max() == pytest.approx(1, abs=0.01)
    assert gain(media.sound, voice)[1] > 0.999  # the same shape
    assert "louder than full scale" in " ".join(media.notes)


def test_silence_in_many_channels_is_silence(tmp_path):
    media = decode(sound_of(tmp_path / "a.wav", [np.zeros(RATE)] * 6, "5.1"), tmp_path / "media")
    assert np.abs(media.sound).max() == 0
    assert media.notes == ()
    assert sorted(path.name for path in media.folder.iterdir()) == ["media.json", "pictures.jpegs", "sound.f32"]
