"""Takes joined end to end go on together, and sound whose rate or channels change on the way is read on."""

import io
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from clip_files import av, samples, tone

from comp_viz.clips.decode import decode
from comp_viz.clips.decoder.boxes import family_of, file_begins
from comp_viz.clips.decoder.clock import Row, takes
from comp_viz.clips.decoder.links import Link

FLASH, RATE = 0.5, 16000  # seconds after a take begins at which its picture turns white and its tone sets in
CODECS = {  # ending -> format, video, sound, rate of sound
    "mpg": ("mpeg", "mpeg1video", "mp2", 48000),
    "vob": ("vob", "mpeg2video", "ac3", 48000),
    "ts": ("mpegts", "libx264", "aac", 48000),
    "webm": ("webm", "libvpx", "libopus", 48000),
    "mkv": ("matroska", "mpeg4", "pcm_s16le", 16000),
    "flv": ("flv", "flv", "libmp3lame", 44100),
    "mp4": ("mp4", "libx264", "aac", 48000),
    "mov": ("mov", "mpeg4", "pcm_s16le", 16000),
    "wav": ("wav", None, "pcm_s16le", 16000),
    "ogg": ("ogg", None, "libopus", 48000),
    "opus": ("ogg", None, "flac", 16000),
}


def take_of(path: Path, ending: str, seconds: float, start: float = 0.0, layout: str = "mono", rate: int = 0) -> bytes:
    """Dark and silent, then after `FLASH` white with a tone, to the end; the clock begins at `start`."""
    form, video_codec, sound_codec, usual = CODECS[ending]
    options = {"movflags": "frag_keyframe+empty_moov"} if ending == "mp4" else {}  # as recorders write it
    with av.open(str(path), "w", format=form, options=options) as container:
        streams = []
        if video_codec:
            video = container.add_stream(video_codec, rate=25)
            video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
            if video_codec == "libx264":
                video.options = {"tune": "zerolatency"}
            streams.append((video, pictures(seconds, start)))
        sound = container.add_stream(sound_codec, rate=rate or usual, layout=layout)
        streams.append((sound, sounds(seconds, start, sound)))
        packets = [packet for stream, frames in streams for frame in [*frames, None] for packet in stream.encode(frame)]
        for packet in sorted(packets, key=lambda packet: float(packet.dts * packet.time_base)):
            container.mux(packet)
    return path.read_bytes()


def pictures(seconds, start):
    for i in range(round(seconds * 25)):
        shade = 235 if i / 25 >= FLASH - 1e-9 else 16
        frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), shade, np.uint8), "rgb24")
        frame.pts, frame.time_base = i + round(start * 25), Fraction(1, 25)
        yield frame


def sounds(seconds, start, stream):
    share = 2**0.5 if stream.layout.name == "stereo" else 1  # FFmpeg makes two channels of one 3 dB quieter
    wave = share * tone(seconds) * (np.arange(int(seconds * RATE)) >= FLASH * RATE)
    stream.codec_context.open()
    resampler = av.AudioResampler(stream.format.name, stream.layout, stream.rate, stream.frame_size or None)
    for frame in samples(wave):
        frame.pts += round(start * RATE)
        yield from resampler.resample(frame)
    yield from resampler.resample(None)


def begins(media) -> tuple[list[float], list[float]]:
    """When pictures turn white, and when the tone sets in."""
    times = np.array(media.picture_times)
    white = np.array([picture.mean() > 128 for picture in media.pictures(range(len(times)))])
    seen = [float(t) for t, now, before in zip(times[1:], white[1:], white[:-1], strict=True) if now and not before]
    blocks = media.sound[: len(media.sound) // 160 * 160].reshape(-1, 160)
    loud = np.abs(blocks).max(1) > 0.08
    heard = [i / 100 for i in range(30, len(loud)) if loud[i] and not loud[i - 30 : i].any()]
    return seen, heard


@pytest.mark.parametrize(
    ("ending", "starts"),
    [
        ("mpg", (0, 0)), ("vob", (0, 0)), ("ts", (0, 0)), ("ts", (0, 3000)), ("ts", (3000, 0)), ("webm", (0, 0)), ("mkv", (0, 0)),
        ("flv", (0, 0)), ("ogg", (0, 0)), ("opus", (0, 0)), ("mpg", (0, 0, 0)),
        ("mp4", (0, 0)), ("mov", (0, 0)), ("wav", (0, 0)),
    ],
)  # fmt: skip
@pytest.mark.parametrize("lengths", [(2.0, 3.0, 2.0), (3.0, 2.0, 2.0)], ids=["longer", "shorter"])
def test_joined_takes_go_on_together(tmp_path, ending, starts, lengths):
    """Pictures are taken every 0.2 s, so that what is seen is known to that."""
    parts = [take_of(tmp_path / f"{i}", ending, lengths[i], start) for i, start in enumerate(starts)]
    path = tmp_path / f"joined.{ending}"
    path.write_bytes(b"".join(parts))
    media = decode(path, tmp_path / "media")
    wanted = [sum(lengths[:i]) + FLASH for i in range(len(starts))]
    seen, heard = begins(media)
    assert heard == pytest.approx(wanted, abs=0.15)
    assert media.duration == pytest.approx(sum(lengths[: len(starts)]), abs=0.25)
    if CODECS[ending][1]:
        assert seen == pytest.approx(wanted, abs=0.25)
        assert np.all(np.diff(media.picture_times) < 0.45)
        assert f"{len(starts)} takes" in " ".join(media.notes)


BOXES = {
    "mp4": [b"\0\0\0\x0cftypmp42", b"\0\0\0\x0cmdatftyp", b"\0\0\0\1free" + (20).to_bytes(8, "big") + b"ftyp"],
    "wav": [b"RIFF" + (7).to_bytes(4, "little") + b"WAVERIF\0"],
    "aiff": [b"FORM" + (8).to_bytes(4, "big") + b"AIFFFORM"],
    "caf": [b"caff\0\1\0\0", b"desc" + (4).to_bytes(8, "big") + b"caff"],
}


@pytest.mark.parametrize("kind", BOXES)
def test_files_begin_where_the_boxes_before_end(kind):
    """The marks inside boxes begin none."""
    one = b"".join(BOXES[kind])
    family = family_of(one[:12])
    assert list(file_begins(one * 3, family)) == [0, len(one), 2 * len(one)]
    assert list(file_begins(one + bytes(40), family)) == [0]


def test_boxes_that_say_nonsense_end_the_search():
    family = family_of(b"\0\0\0\x0cftypmp42")
    for length in (0, 3, 2**32 - 1):
        data = b"\0\0\0\x0cftypmp42" + length.to_bytes(4, "big") + b"free\0\0\0\x0cftypmp42"
        assert list(file_begins(data, family)) == [0]
    assert family_of(b"RIFF\0\0\0\0AVI ") is None  # FFmpeg reads those by itself


def test_reading_beyond_the_end_of_a_file_gives_nothing(tmp_path):
    """Broken boxes send the reader to places where no file can be."""
    (tmp_path / "a").write_bytes(b"0123456789")
    with (tmp_path / "a").open("rb") as source:
        link = Link(source, 2, 8)
        link.seek(2**63)
        assert link.read(10) == b""
        link.seek(-2, io.SEEK_END)
        assert link.read(10) == b"67"


def rows_of(*streams: list[float]) -> dict[int, Row]:
    """Packets of streams, each 0.1 s long and sorted into the file by its place in its list."""
    rows = {i: Row() for i in range(len(streams))}
    for at in range(max(map(len, streams))):
        for i, times in enumerate(streams):
            if at < len(times):
                row = rows[i]
                row.place.append(at * len(streams) + i)
                row.time.append(times[at])
                row.shown.append(times[at])
                row.end.append(times[at] + 0.1)
    return rows


def joins_of(*streams: list[float]) -> tuple[list[float], dict[int, list[tuple[int, float]]]]:
    rows = rows_of(*streams)
    return takes(rows, {i: row.breaks(0.1, float("inf")) for i, row in rows.items()})


def test_one_stream_that_stumbles_is_no_new_take():
    steady = [i / 10 for i in range(100)]
    stumbling = [i / 10 - 0.8 * (30 <= i < 40) for i in range(100)]
    assert joins_of(steady, stumbling) == ([], {0: [], 1: []})
    assert joins_of(stumbling, steady) == ([], {0: [], 1: []})


def test_both_streams_start_again_though_not_at_the_same_packet():
    first, second = [i / 10 for i in range(50)], [i / 10 for i in range(30)]
    joins, shifts = joins_of(first + second, [*first, 5.0, 5.1, 5.2, *second])
    assert joins == pytest.approx([5.3])  # where both have ended
    assert shifts[0] == [(50, pytest.approx(5.3))]
    assert shifts[1] == [(53, pytest.approx(5.3))]


def test_a_take_without_sound_is_a_take():
    first = [i / 10 for i in range(50)]
    joins, _ = joins_of(first + first, first[:48])
    assert joins == pytest.approx([5.0])


def test_pictures_held_back_by_their_codec_come_out_in_the_end(tmp_path):
    """Sound is the first stream here, and the last pictures come out only when the stream has ended."""
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as container:
        sound = container.add_stream("pcm_s16le", rate=RATE, layout="mono")
        video = container.add_stream("libx264", rate=5, options={"bf": "2"})
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        for stream, frames in ((sound, samples(tone(2))), (video, slow_pictures(10))):
            for frame in [*frames, None]:
                container.mux(stream.encode(frame))
    media = decode(path, tmp_path / "media")
    assert len(media.picture_times) == 10
    assert media.duration == pytest.approx(2, abs=0.05)


def slow_pictures(count):
    for i in range(count):
        frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 20 * i, np.uint8), "rgb24")
        frame.pts, frame.time_base = i, Fraction(1, 5)
        yield frame


@pytest.mark.parametrize("ending", ["mp3", "aac", "ac3", "ogg", "ts"])
@pytest.mark.parametrize("forms", [(("stereo", 44100), ("mono", 48000)), (("mono", 32000), ("5.1", 48000))], ids=str)
def test_sound_that_changes_on_the_way(tmp_path, ending, forms):
    form, codec = {
        "mp3": ("mp3", "libmp3lame"), "aac": ("adts", "aac"), "ac3": ("ac3", "ac3"), "ogg": ("ogg", "libopus"), "ts": ("mpegts", "ac3"),
    }[ending]  # fmt: skip
    if codec == "libmp3lame" and "5.1" in str(forms):
        pytest.skip("MP3 has two channels at most")
    parts = list[bytes]()
    for i, (layout, rate) in enumerate(forms):
        path = tmp_path / f"{i}.{ending}"
        with av.open(str(path), "w", format=form) as container:
            stream = container.add_stream(codec, rate=48000 if codec == "libopus" else rate, layout=layout)
            for frame in sounds(2, 2 * i if ending == "ts" else 0, stream):
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        parts.append(path.read_bytes())
    joined = tmp_path / f"joined.{ending}"
    joined.write_bytes(b"".join(parts))
    media = decode(joined, tmp_path / "media")
    _, heard = begins(media)
    assert heard == pytest.approx([0.5, 2.5], abs=0.12)
    assert media.duration == pytest.approx(4, abs=0.2)
    levels = [np.abs(media.sound[round(at * RATE) : round((at + 0.8) * RATE)]).max() for at in (0.9, 2.9)]
    assert levels[1] == pytest.approx(levels[0], rel=0.12)
    assert "damaged pieces" not in " ".join(media.notes)
    assert "changes its rate or its channels" in " ".join(media.notes)
