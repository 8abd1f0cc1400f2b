"""What a file says of its streams is minded: shape of pixels, mirroring, default tracks, covers, colours, and no duration."""

import struct
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from clip_files import av, make_clip, samples, tone
from PIL import Image

from comp_viz.clips.analyse import analyse
from comp_viz.clips.decode import decode
from comp_viz.clips.decoder.kind import container_kind
from comp_viz.clips.file_kinds import looks_like_clip
from comp_viz.clips.tracks import Tracks
from comp_viz.errors import CompVizError

Matrix = tuple[int, int, int, int]


def corner_picture() -> np.ndarray:
    """Grey with a white upper left quarter and a black lower right one: every turn and mirroring shows."""
    picture = np.full((48, 64, 3), 128, np.uint8)
    picture[:24, :32], picture[24:, 32:] = 255, 0
    return picture


def video_of(
    path: Path, picture: np.ndarray, aspect: Fraction | None = None, codec: str = "mpeg4", **colour: int
) -> Path:
    """Half a second of one picture."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=10)
        stream.width, stream.height, stream.pix_fmt = picture.shape[1], picture.shape[0], "yuv420p"
        if aspect:
            stream.codec_context.sample_aspect_ratio = aspect
        for name, value in colour.items():
            setattr(stream.codec_context, name, value)
        for _ in range(5):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return path


def with_matrix(path: Path, matrix: Matrix) -> Path:
    """Write a matrix into the track header of an mp4, as cameras and editors do."""
    data = bytearray(path.read_bytes())
    a, b, c, d = (value << 16 for value in matrix)
    struct.pack_into(">9i", data, data.index(b"tkhd") + 44, a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("matrix", "expected", "rotation", "mirrored"),
    [
        ((-1, 0, 0, 1), lambda p: p[:, ::-1], 0, True),
        ((1, 0, 0, -1), lambda p: p[::-1], 180, True),
        ((-1, 0, 0, -1), lambda p: p[::-1, ::-1], 180, False),
        ((0, 1, 1, 0), lambda p: p.transpose(1, 0, 2), 90, True),
        ((0, -1, -1, 0), lambda p: p.transpose(1, 0, 2)[::-1, ::-1], 270, True),
        ((0, 1, -1, 0), lambda p: np.rot90(p, -1), 270, False),
    ],
    ids=[
        "mirrored",
        "upside down",
        "turned by 180",
        "mirrored and turned by 90",
        "mirrored and turned by 270",
        "turned by 270",
    ],
)
def test_mirrored_and_turned_as_the_matrix_says(tmp_path, matrix, expected, rotation, mirrored):
    picture = corner_picture()
    media = decode(with_matrix(video_of(tmp_path / "a.mp4", picture), matrix), tmp_path / "media")
    shown, wanted = media.pictures([0])[0].astype(int), expected(picture)
    assert shown.shape == wanted.shape
    assert np.abs(shown - wanted).mean() < 8
    assert (media.rotation, media.mirrored) == (rotation, mirrored)
    turned_back = np.rot90(picture[:, ::-1] if mirrored else picture, rotation // 90)
    assert np.array_equal(turned_back, wanted)


@pytest.mark.parametrize("ending", ["mp4", "mkv", "mpg"])
def test_pixels_that_are_not_square(tmp_path, ending):
    """A square of 32 × 48 stored pixels, each 3:2, is as wide as high on screen."""
    picture = np.zeros((96, 64, 3), np.uint8)
    picture[24:72, 16:48] = 255
    codec = "mpeg2video" if ending == "mpg" else "mpeg4"
    aspect = Fraction(64, 45) if ending == "mpg" else Fraction(3, 2)  # MPEG-2 says it by the shape of the whole
    if ending == "mpg":
        picture = np.zeros((576, 720, 3), np.uint8)
        picture[144:432, 259:461] = 255  # 288 lines, 202 columns of 64:45
    media = decode(video_of(tmp_path / f"a.{ending}", picture, aspect, codec), tmp_path / "media")
    assert (media.width, media.height) == ((1024, 576) if ending == "mpg" else (96, 96))
    bright = media.pictures([0])[0][..., 1] > 128
    assert bright.any(0).sum() == pytest.approx(bright.any(1).sum(), abs=3)


def test_turned_pictures_of_pixels_that_are_not_square(tmp_path):
    path = with_matrix(video_of(tmp_path / "a.mp4", corner_picture(), Fraction(3, 2)), (0, 1, -1, 0))
    media = decode(path, tmp_path / "media")
    assert (media.width, media.height) == (48, 96)
    assert media.pictures([0])[0].shape == (96, 48, 3)


def live_webm(path: Path, seconds: int) -> Path:
    """As a browser's recorder writes it: no duration, no index."""
    with av.open(str(path), "w", format="webm", options={"live": "1"}) as container:
        stream = container.add_stream("libvpx", rate=10)
        stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
        for i in range(seconds * 10):
            frame = av.VideoFrame.from_ndarray(np.full((32, 32, 3), i % 200, np.uint8), "rgb24")
            frame.pts, frame.time_base = i, Fraction(1, 10)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with av.open(str(path)) as container:
        assert container.duration is None
    return path


def test_a_recording_of_unknown_duration_is_looked_at_as_often_as_others(tmp_path):
    media = decode(live_webm(tmp_path / "a.webm", 4), tmp_path / "media")
    assert np.allclose(np.diff(media.picture_times), 0.2, atol=0.01)
    assert media.duration == pytest.approx(4, abs=0.15)
    assert media.notes == ()


def test_long_recordings_of_unknown_duration_are_sampled_over_all_of_it(tmp_path):
    media = decode(live_webm(tmp_path / "a.webm", 400), tmp_path / "media")
    assert media.picture_times[-1] > 399
    assert "as the clip is long" in " ".join(media.notes)


def two_tracks(path: Path, default: int) -> Path:
    """Two tracks of sound, the first silent, and two of pictures, the first black; one of each is marked as default."""
    mark = av.stream.Disposition.default
    with av.open(str(path), "w") as container:
        videos = [container.add_stream("mpeg4", rate=10) for _ in range(2)]
        sounds = [container.add_stream("pcm_s16le", rate=16000, layout="mono") for _ in range(2)]
        for row in (videos, sounds):
            for i, stream in enumerate(row):
                stream.disposition = mark if i == default else 0
        for stream in videos:
            stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
        for stream, shade in zip(videos, (0, 200), strict=True):
            for _ in range(10):
                picture = np.full((32, 32, 3), shade, np.uint8)
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
            container.mux(stream.encode(None))
        for stream, loud in zip(sounds, (0, 1), strict=True):
            for frame in samples(loud * tone(1)):
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
    return path


def test_the_default_tracks_are_taken_and_others_can_be_asked_for(tmp_path):
    path = two_tracks(tmp_path / "a.mkv", default=1)
    media = decode(path, tmp_path / "media")
    assert np.abs(media.sound).max() == pytest.approx(0.3, abs=0.02)
    assert media.pictures([0])[0].mean() == pytest.approx(200, abs=8)
    assert (media.sound_track, media.video_track) == (2, 2)
    assert len(media.sound_tracks) == len(media.video_tracks) == 2
    assert "of 2 sound tracks, number 2 was taken, as players do" in media.notes
    asked = decode(path, tmp_path / "asked", tracks=Tracks(sound=1, video=1))
    assert np.abs(asked.sound).max() == 0
    assert asked.pictures([0])[0].mean() < 8
    first = decode(two_tracks(tmp_path / "b.mkv", default=0), tmp_path / "first")
    assert (first.sound_track, first.video_track) == (1, 1)


def test_a_cover_is_no_video(tmp_path):
    path = tmp_path / "a.mp3"
    with av.open(str(path), "w") as container:
        sound = container.add_stream("libmp3lame", rate=16000, layout="mono")
        cover = container.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 64, 64, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        picture = av.VideoFrame.from_ndarray(np.full((64, 64, 3), 90, np.uint8), "rgb24").reformat(format="yuvj420p")
        container.mux(cover.encode(picture))
        container.mux(cover.encode(None))
        for frame in samples(tone(1)):
            container.mux(sound.encode(frame))
        container.mux(sound.encode(None))
    media = decode(path, tmp_path / "media")
    assert media.video_problem == "no video stream"
    assert media.picture_times == ()
    assert "cover" in " ".join(media.notes)
    assert not media.sound_problem


def hdr_code(shade: float, curve: int) -> float:
    """A shade of an ordinary screen, 0 to 1, as PQ (16) or HLG (18) of BT.2100 with white at 203 candela per square metre."""
    light = shade**2.4  # BT.1886, share of white
    if curve == 16:
        y = (light * 203 / 10000) ** (2610 / 16384)
        return ((3424 / 4096 + 2413 / 128 * y) / (1 + 2392 / 128 * y)) ** (2523 / 32)
    scene = (light * 203 / 1000) ** (1 / 1.2)
    return (3 * scene) ** 0.5 if scene <= 1 / 12 else 0.17883277 * np.log(12 * scene - 0.28466892) + 0.55991073


@pytest.mark.parametrize(("curve", "name"), [(16, "PQ"), (18, "HLG")])
def test_hdr_is_shown_in_the_shades_of_ordinary_screens(tmp_path, curve, name):
    shades = (60, 128, 190)
    luma = np.full((64, 96), 0, np.uint16)
    for i, shade in enumerate(shades):
        luma[:, 32 * i : 32 * (i + 1)] = round(64 + 876 * hdr_code(shade / 255, curve))
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10, options={"crf": "5"})
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p10le"
        context = stream.codec_context
        context.color_trc, context.color_primaries, context.colorspace, context.color_range = curve, 9, 9, 1
        for _ in range(3):
            frame = av.VideoFrame(96, 64, "yuv420p10le")
            for plane, values in zip(frame.planes, (luma, *[np.full((32, 48), 512, np.uint16)] * 2), strict=True):
                rows = np.zeros((plane.height, plane.line_size // 2), np.uint16)
                rows[:, : values.shape[1]] = values
                plane.update(rows.tobytes())
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    media = decode(path, tmp_path / "media")
    picture = media.pictures([0])[0]
    assert [picture[:, 32 * i + 8 : 32 * i + 24].mean() for i in range(3)] == pytest.approx(shades, abs=12)
    assert name in " ".join(media.notes)


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("a.opus", "libopus"), ("a.oga", "flac"), ("a.aac", "aac"), ("a.aiff", "pcm_s16be"), ("a.wma", "wmav2"),
        ("a.au", "pcm_s16be"), ("a.caf", "pcm_s16le"), ("a.mka", "flac"), ("a.m4b", "aac"), ("a.ac3", "ac3"), ("a.w64", "pcm_s16le"),
        ("a.ts", "mp2"), ("a.m2ts", "aac"), ("a.wmv", "wmav2"), ("a.flv", "aac"), ("a.3gp", "aac"), ("a.m4v", "aac"),
    ],
)  # fmt: skip
def test_kinds_of_files(tmp_path, name, codec):
    path = tmp_path / name
    kinds = {
        ".opus": "ogg",
        ".oga": "ogg",
        ".m4b": "mp4",
        ".mka": "matroska",
        ".m2ts": "mpegts",
        ".m4v": "mp4",
        ".wma": "asf",
    }
    rate = 48000 if codec in ("libopus", "ac3", "mp2") else 44100 if codec in ("wmav2", "aac") else 16000
    with av.open(str(path), "w", format=kinds.get(path.suffix)) as container:
        stream = container.add_stream(codec, rate=rate, layout="mono")
        if codec == "wmav2":
            stream.bit_rate = 96_000
        resampler = av.AudioResampler(stream.format.name, "mono", rate, stream.frame_size or None)
        for frame in samples(tone(1)):
            for part in resampler.resample(frame):
                container.mux(stream.encode(part))
        container.mux(stream.encode(None))
    media = decode(path, tmp_path / "media")
    assert media.duration == pytest.approx(1, abs=0.15)
    assert np.abs(media.sound[4000:12000]).max() == pytest.approx(0.3, abs=0.05)
    assert looks_like_clip(path)
    nameless = path.rename(tmp_path / "nameless")
    assert decode(nameless, tmp_path / "other").duration == media.duration  # by its content


def test_what_is_no_clip_says_so_under_any_name(tmp_path):
    for name in ("a.opus", "a.mts", "picture.png"):
        path = tmp_path / name
        if name.endswith("png"):
            Image.new("RGB", (8, 8)).save(path)
            assert not looks_like_clip(path)
        else:
            path.write_text("a letter to a friend\n" * 100)
        with pytest.raises(CompVizError, match="is no clip that can be read"):
            decode(path, tmp_path / "media")


@pytest.mark.parametrize("content", [b"a letter to a friend\n" * 100, b""], ids=["letter", "nothing"])
def test_what_is_wrong_with_an_upload_is_said_of_the_name_it_was_given(tmp_path, content):
    path = tmp_path / "0123abcd.mp4"  # where an upload lies
    path.write_bytes(content)
    with pytest.raises(CompVizError, match=r"^dear friend\.mp4 is "):
        analyse(path, tmp_path / "kept", name="dear friend.mp4")


def test_folders_are_looked_through_by_content_too(tmp_path):
    clip = make_clip(tmp_path / "a.mp4", sound=tone(1)).rename(tmp_path / "recording 1")
    (tmp_path / "notes.md").write_text("ftyp")
    assert [path for path in sorted(tmp_path.iterdir()) if looks_like_clip(path)] == [clip]


@pytest.mark.parametrize(
    ("ending", "codec", "kind"),
    [("mp4", "mpeg4", "MP4"), ("mov", "mpeg4", "QuickTime"), ("mkv", "mpeg4", "Matroska"), ("webm", "libvpx", "WebM"), ("ts", "mpeg2video", "MPEG transport stream"), ("avi", "mpeg4", "AVI")],
    ids=["mp4", "mov", "mkv", "webm", "ts", "avi"],
)  # fmt: skip
def test_a_kind_of_file_has_one_name(tmp_path, ending, codec, kind):
    path = make_clip(tmp_path / f"a.{ending}", 0.4, 25, codec=codec)
    with av.open(str(path)) as container:
        assert container_kind(container) == kind


@pytest.mark.parametrize("first", ["top", "bottom"])
@pytest.mark.parametrize("codec", ["mpeg2video", "libx264"])
def test_interlaced_pictures_are_shown_without_a_comb(tmp_path, codec, first):
    """A bar that moves 16 pixels between the two fields of a picture; the first field is what is shown."""
    path, lines = tmp_path / "a.ts", np.arange(96) % 2 == (first == "bottom")
    with av.open(str(path), "w") as container:
        video = container.add_stream(codec, rate=25, options={"flags": "+ildct+ilme"})
        video.width, video.height, video.pix_fmt, video.bit_rate = 128, 96, "yuv420p", 4_000_000
        graph = av.filter.Graph()  # encoders take which field is first from the picture, where PyAV cannot write it
        graph.link_nodes(
            graph.add_buffer(width=128, height=96, format=av.VideoFormat("rgb24"), time_base=Fraction(1, 25)),
            graph.add("setfield", f"mode={first[0]}ff"),
            graph.add("buffersink"),
        ).configure()
        for i in range(12):
            picture = np.full((96, 128, 3), 30, np.uint8)
            picture[:, 16:32][~lines] = picture[:, 32:48][lines] = 220
            frame = av.VideoFrame.from_ndarray(picture, "rgb24")
            frame.pts, frame.time_base = i, Fraction(1, 25)
            graph.push(frame)
            container.mux(video.encode(graph.pull()))
        container.mux(video.encode(None))
    media = decode(path, tmp_path / "media")
    assert "interlaced" in " ".join(media.notes)
    shown = media.pictures([1])[0][8:-8].mean(2)
    bar, other = shown[:, 18:30].mean(), shown[:, 34:46].mean()
    assert (bar, other) == (pytest.approx(30, abs=40), pytest.approx(220, abs=40))
    assert np.abs(np.diff(shown, axis=0)).mean() < 5
