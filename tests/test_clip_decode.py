"""Decoding: times, rotation, limits, and hostile files, each answered with a sentence and nothing left behind."""

import json
import os
import struct
import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from clip_files import make_clip, tone, zip_bomb

from comp_viz.background_job import Cancelled
from comp_viz.clips.decode import WORKER, decode
from comp_viz.clips.limits import LIMITS, check_file, printable_name
from comp_viz.clips.media import read_media
from comp_viz.errors import CompVizError


def refused(path: Path, tmp_path: Path, limits=LIMITS) -> str:
    """The sentence a file is refused with; also makes sure that nothing is left behind."""
    place = tmp_path / "place"
    with pytest.raises(CompVizError) as caught:
        decode(path, place / "media", limits)
    assert not place.exists()
    message = str(caught.value)
    assert message.endswith(".")
    assert "\n" not in message
    assert str(tmp_path) not in message
    return message


def test_sound_and_pictures_keep_their_times(tmp_path):
    path = make_clip(tmp_path / "a.mkv", seconds=2, rate=10, sound=tone(2))
    media = decode(path, tmp_path / "media")
    assert media.duration == pytest.approx(2, abs=0.1)
    assert np.allclose(media.picture_times, np.arange(10) * 0.2, atol=0.02)  # five a second
    assert len(media.sound) == pytest.approx(32000, abs=1600)
    assert np.abs(media.sound).max() == pytest.approx(0.3, abs=0.02)
    shades = [picture.mean() for picture in media.pictures(range(10))]
    assert np.allclose(shades, [(2 * i * 20) % 256 for i in range(10)], atol=6)  # every second of the pictures made


def test_pictures_on_screen_between_two_times(tmp_path):
    media = decode(make_clip(tmp_path / "a.mp4", seconds=2, rate=10), tmp_path / "media")
    assert media.pictures_between(0.0, 0.5) == [0, 1, 2]
    assert media.pictures_between(0.25, 0.35) == [1]  # none begins in it: the one that is still up
    assert media.pictures_between(media.pictures_end + 1, media.pictures_end + 2) == []


def test_what_is_decoded_is_not_decoded_again(tmp_path):
    path = make_clip(tmp_path / "a.mp4", sound=tone(1))
    first = decode(path, tmp_path / "media")
    path.unlink()
    again = decode(path, tmp_path / "media")
    assert again == first == read_media(tmp_path / "media")


def test_large_pictures_are_scaled_down(tmp_path):
    media = decode(make_clip(tmp_path / "a.mp4", size=(1920, 1080)), tmp_path / "media")
    assert (media.width, media.height) == (1920, 1080)
    assert media.pictures([0])[0].shape == (405, 720, 3)


def test_a_turned_video_is_shown_upright(tmp_path):
    from test_clip_turned import turned  # writes the rotation into the file's header

    path = make_clip(tmp_path / "a.mp4", size=(64, 48))
    media = decode(turned(path), tmp_path / "media")
    assert media.rotation in (90, 270)
    assert (media.width, media.height) == (48, 64)
    assert media.pictures([0])[0].shape == (64, 48, 3)


def test_sound_alone_and_pictures_alone(tmp_path):
    alone = decode(make_clip(tmp_path / "a.wav", rate=0, sound=tone(1)), tmp_path / "sound")
    assert alone.video_problem == "no video stream"
    assert not alone.sound_problem
    silent = decode(make_clip(tmp_path / "b.mp4"), tmp_path / "pictures")
    assert silent.sound_problem == "no audio stream"
    assert len(silent.sound) == 0


def test_a_still_picture_is_shown_throughout(tmp_path):
    media = decode(make_clip(tmp_path / "a.mkv", seconds=0.1, sound=tone(3)), tmp_path / "media")
    assert media.pictures_between(2.0, 2.5) == [0]
    assert "still" in " ".join(media.notes)


def test_negative_times_begin_at_zero(tmp_path):
    media = decode(make_clip(tmp_path / "a.mkv", seconds=1, shift=-7, sound=tone(1)), tmp_path / "media")
    assert media.picture_times[0] >= 0
    assert np.all(np.diff(media.picture_times) > 0)


def test_empty_renamed_and_packed_files(tmp_path):
    (tmp_path / "empty.mp4").touch()
    assert "0 bytes" in refused(tmp_path / "empty.mp4", tmp_path)
    (tmp_path / "text.mp4").write_text("a letter to a friend\n" * 1000)
    assert "no clip" in refused(tmp_path / "text.mp4", tmp_path)
    assert "no clip" in refused(zip_bomb(tmp_path / "bomb.mp4"), tmp_path)
    (tmp_path / "zeros.mp4").write_bytes(bytes(100_000))
    assert "no clip" in refused(tmp_path / "zeros.mp4", tmp_path)
    assert "not a file" in refused(tmp_path, tmp_path)


@pytest.mark.parametrize(
    "lie",
    [
        [],
        {},
        {"duration": 1e12},
        {"duration": float("nan")},
        {"width": float("inf")},
        {"picture_times": [0.0, 1e9]},
        {"picture_offsets": [0, -5, 7]},
        {"picture_offsets": [0, 1 << 40, 1 << 41]},
        {"notes": 5},
    ],
    ids=str,
)
def test_a_decoder_that_lies_is_not_believed(tmp_path, monkeypatch, lie):
    """A file that took the decoder over could have it write anything: memory must not follow what it says."""
    path = make_clip(tmp_path / "a.mp4")
    media = decode(path, tmp_path / "media")
    facts = {name: value for name, value in asdict(media).items() if name != "folder"}
    facts |= {"picture_times": facts["picture_times"][:2], "picture_offsets": facts["picture_offsets"][:3]}

    def lying(path, called, fresh, limits, tick, tracks):
        for name in ("sound.f32", "pictures.jpegs"):
            (fresh / name).write_bytes((media.folder / name).read_bytes())
        (fresh / "errors").touch()
        (fresh / "decoded.json").write_text(json.dumps(facts | lie if lie else lie))

    monkeypatch.setattr("comp_viz.clips.decode.run_worker", lying)
    assert "break off" in refused(path, tmp_path)
    lie = {"container": "mp4"}
    assert len(decode(path, tmp_path / "honest").picture_times) == 2


def test_lists_that_name_other_files_are_not_followed(tmp_path):
    secret = make_clip(tmp_path / "secret.mp4", sound=tone(1))
    for text in (
        f"ffconcat version 1.0\nfile {secret}\n",
        f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://{secret}\n#EXT-X-ENDLIST\n",
    ):
        (tmp_path / "list.mp4").write_text(text)
        assert "no clip" in refused(tmp_path / "list.mp4", tmp_path)


def test_truncated_files_say_so_or_give_what_is_there(tmp_path):
    whole = make_clip(tmp_path / "a.mp4", seconds=2, sound=tone(2)).read_bytes()
    (tmp_path / "cut.mp4").write_bytes(whole[: len(whole) // 2])  # its index is at the end
    assert "no clip" in refused(tmp_path / "cut.mp4", tmp_path)
    whole = make_clip(tmp_path / "a.mkv", seconds=4, sound=tone(4)).read_bytes()
    (tmp_path / "cut.mkv").write_bytes(whole[: len(whole) // 2])
    media = decode(tmp_path / "cut.mkv", tmp_path / "media")
    assert 0 < media.duration < 4


def test_noise_in_the_middle_of_a_file_is_survived(tmp_path, rng):
    data = bytearray(make_clip(tmp_path / "a.mkv", seconds=4, sound=tone(4)).read_bytes())
    middle = slice(len(data) // 3, len(data) // 2)
    data[middle] = rng.integers(0, 256, middle.stop - middle.start, np.uint8).tobytes()
    (tmp_path / "noise.mkv").write_bytes(data)
    media = decode(tmp_path / "noise.mkv", tmp_path / "media")
    assert np.isfinite(media.sound).all()
    assert 0 < media.duration < 10


def test_tiny_and_huge_pictures(tmp_path):
    tiny = decode(make_clip(tmp_path / "tiny.avi", size=(2, 2), codec="mjpeg"), tmp_path / "tiny")
    assert tiny.pictures([0])[0].shape == (2, 2, 3)
    one = decode(make_clip(tmp_path / "one.avi", size=(1, 1), codec="mjpeg"), tmp_path / "one")
    assert len(one.picture_times)
    huge = make_clip(tmp_path / "huge.mov", seconds=0.1, size=(16000, 16000), codec="png")
    assert "16000 × 16000" in refused(huge, tmp_path)
    with_sound = make_clip(tmp_path / "huge2.mov", seconds=0.1, size=(16000, 16000), codec="png", sound=tone(1))
    media = decode(with_sound, tmp_path / "media")
    assert "16000 × 16000" in media.video_problem
    assert len(media.sound) == pytest.approx(16000, abs=100)


def test_strange_rates(tmp_path):
    fast = decode(make_clip(tmp_path / "fast.mkv", seconds=1, rate=1000), tmp_path / "fast")
    assert len(fast.picture_times) == pytest.approx(5, abs=1)
    data = bytearray(make_clip(tmp_path / "a.avi", codec="mjpeg").read_bytes())
    at = data.index(b"strh") + 8 + 20  # scale and rate of the first stream
    data[at : at + 8] = bytes(8)
    (tmp_path / "zero.avi").write_bytes(data)
    media = decode(tmp_path / "zero.avi", tmp_path / "zero")
    assert len(media.picture_times) >= 1
    assert 0 < media.duration < 100


def test_too_long_whether_or_not_the_file_says_so(tmp_path):
    limits = replace(LIMITS, seconds=2.0)
    assert "at most 2 s" in refused(make_clip(tmp_path / "a.wav", rate=0, sound=tone(4)), tmp_path, limits)
    short = make_clip(tmp_path / "b.mkv", seconds=4, sound=tone(4)).read_bytes()
    at = short.index(b"\x44\x89\x88") + 3
    (tmp_path / "b.mkv").write_bytes(short[:at] + struct.pack(">d", 1000.0) + short[at + 8 :])  # claims one second
    assert "longer than 2 s" in refused(tmp_path / "b.mkv", tmp_path, limits)


def test_a_duration_without_end_is_not_believed(tmp_path):
    data = bytearray(make_clip(tmp_path / "a.mkv", seconds=1, sound=tone(1)).read_bytes())
    at = data.index(b"\x44\x89\x88") + 3
    for duration in (float("inf"), float("nan"), -5.0, 1e300):
        data[at : at + 8] = struct.pack(">d", duration)
        (tmp_path / "endless.mkv").write_bytes(data)
        media = decode(tmp_path / "endless.mkv", tmp_path / f"media{duration}")
        assert media.duration == pytest.approx(1, abs=0.2)


def test_sound_that_says_it_never_ends_ends_with_its_samples(tmp_path):
    data = bytearray(make_clip(tmp_path / "a.wav", rate=0, sound=tone(1)).read_bytes())
    data[4:8] = data[data.index(b"data") + 4 : data.index(b"data") + 8] = b"\xff\xff\xff\xff"  # as live recorders write
    (tmp_path / "endless.wav").write_bytes(data)
    assert decode(tmp_path / "endless.wav", tmp_path / "media").duration == pytest.approx(1, abs=0.1)


def test_huge_descriptions_and_names_of_any_kind(tmp_path):
    path = make_clip(tmp_path / "a.mkv", metadata={"title": "x" * 5_000_000, "comment": "\x01\x02'\";"})
    assert decode(path, tmp_path / "media").duration > 0
    for name in (
        "'quo\"ted'.mp4",
        "-i file:secret.mp4",
        "new\nline.mp4",
        "\x1b[31mred.mp4",
        "ümläut 🎬.mp4",
        "%s%n.mp4",
    ):
        (tmp_path / name).write_text("nothing")
        message = refused(tmp_path / name, tmp_path)
        assert all(c.isprintable() for c in message)
    assert printable_name("a\x00b\n" + "c" * 300).isprintable()
    assert len(printable_name("c" * 300)) <= 80


def test_too_many_bytes(tmp_path):
    path = make_clip(tmp_path / "a.mp4")
    with pytest.raises(CompVizError, match="MB"):
        check_file(path, replace(LIMITS, megabytes=0.0001), path.name)


def test_time_is_limited_and_the_process_ends(tmp_path):
    path = make_clip(tmp_path / "a.mkv", sound=tone(1))
    assert "took longer" in refused(path, tmp_path, replace(LIMITS, wall=0.01))


def test_memory_is_limited(tmp_path):
    path = make_clip(tmp_path / "a.mp4", size=(3840, 2160), seconds=0.5)
    assert refused(path, tmp_path, replace(LIMITS, memory=120 << 20))


def test_stopping_ends_the_process_and_leaves_nothing(tmp_path):
    path = make_clip(tmp_path / "a.mkv", seconds=20, rate=30, size=(640, 360), sound=tone(20))

    def stop(passed, seconds):
        raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        decode(path, tmp_path / "place" / "media", tick=stop)
    assert not (tmp_path / "place").exists()
    running = subprocess.run(["ps", "ax", "-o", "args"], capture_output=True, text=True).stdout
    assert str(tmp_path) not in running


def test_the_decoding_process_knows_nothing_of_us():
    parts = sorted(WORKER.with_name("decoder").glob("*.py"))
    assert len(parts) > 5
    assert not [path for path in (WORKER, *parts) if "comp_viz" in path.read_text()]
    started = time.monotonic()
    done = subprocess.run([sys.executable, "-I", str(WORKER), "/nonexistent", json.dumps(vars(LIMITS))], stdin=subprocess.DEVNULL, capture_output=True, env={"PATH": os.environ["PATH"]}, check=False)  # fmt: skip
    assert done.returncode != 0
    assert time.monotonic() - started < 240
