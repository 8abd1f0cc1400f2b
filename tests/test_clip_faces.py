"""Faces that are small, on their side, one of several or gone from view, against the same faces large and upright."""

import gc
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from clip_cases import make_face, make_media
from needs import need
from PIL import Image, ImageDraw

from comp_viz.clips import face_following, faces, reading
from comp_viz.clips.clip import Face
from comp_viz.clips.decode import decode
from comp_viz.clips.face_following import follow_face, is_still
from comp_viz.clips.face_orientation import turns_of, with_heads_upright
from comp_viz.clips.face_tiles import overlap, picture_area, tile_levels, tiles, window
from comp_viz.clips.face_visibility import aligned_face
from comp_viz.clips.media import PICTURES_FILE, Media, Picture, read_media
from comp_viz.clips.reading import read_video
from comp_viz.clips.settings import Settings

TALKERS = ("webcam_monologue.mp4", "ravdess_neutral_kids.mp4", "retalking_3.mp4")


@pytest.fixture(scope="module")
def talkers(clips_folder, tmp_path_factory) -> Iterator[dict[str, Media]]:
    """Clips of faces that fill a good part of the picture."""
    need(faces.faces_missing())
    place = tmp_path_factory.mktemp("talkers")
    yield {name: decode(clips_folder / name, place / name) for name in TALKERS}
    faces.close()


def some_pictures(media: Media, count: int = 3) -> list[Picture]:
    return media.pictures([len(media.picture_times) * (2 * i + 1) // (2 * count) for i in range(count)])


def shown_at(face: Face, picture: Picture, height: int, place: tuple[int, int], size: tuple[int, int]) -> Picture:
    """The head of `face` alone, made `height` pixels high, with its centre at `place` of a grey picture."""
    left, top, right, bottom = face.box
    scale, around = height / (bottom - top), int(0.6 * (bottom - top))
    head = Image.fromarray(picture).crop((left - around, top - around, right + around, bottom + around))
    head = head.resize((round(head.width * scale), round(head.height * scale)), Image.Resampling.LANCZOS)
    grey = Image.new("RGB", size, (120, 120, 120))
    grey.paste(head, (place[0] - head.width // 2, place[1] - head.height // 2))
    return np.array(grey)


@pytest.mark.parametrize("height", [64, 48, 40, 32])
@pytest.mark.parametrize("name", TALKERS)
def test_small_faces_are_found_and_read_as_the_large_ones(talkers, name, height):
    differences = []
    for i, picture in enumerate(some_pictures(talkers[name])):
        large = faces.find_face(picture, 0.0)
        place = ((150, 100), (360, 200), (600, 290))[i]
        small = faces.find_face(shown_at(large, picture, height, place, (720, 405)), 0.0)
        assert small is not None
        centre = np.array(small.box).reshape(2, 2).mean(0)
        assert np.abs(centre - place).max() < 0.15 * height
        assert small.box[3] - small.box[1] == pytest.approx(height, rel=0.15)
        differences.append(np.abs(small.blendshapes - large.blendshapes).mean())
    assert np.mean(differences) < 0.05


def test_a_small_face_between_black_bands_is_found(talkers):
    picture = some_pictures(talkers[TALKERS[0]])[0]
    large = faces.find_face(picture, 0.0)
    banded = np.pad(shown_at(large, picture, 60, (250, 120), (360, 240)), ((120, 120), (0, 0), (0, 0)))
    small = faces.find_face(banded, 0.0)
    assert np.abs(np.array(small.box).reshape(2, 2).mean(0) - (250, 240)).max() < 9
    assert np.abs(small.blendshapes - large.blendshapes).mean() < 0.05


def test_the_face_that_was_followed_is_kept_beside_a_larger_one(talkers):
    pictures = [some_pictures(talkers[name])[0] for name in TALKERS[:2]]
    first, second = (faces.find_face(picture, 0.0) for picture in pictures)
    alone = shown_at(first, pictures[0], 130, (150, 200), (700, 400))
    both = alone.copy()
    both[:, 350:] = shown_at(second, pictures[1], 190, (170, 200), (350, 400))
    near = faces.find_face(alone, 1.0)
    assert near.box[2] < 350
    assert faces.find_face(both, 1.2).box[0] > 350  # the larger one, where nothing is known
    assert faces.find_face(both, 1.2, near).box[2] < 350
    assert faces.find_face(both, 9.0, near).box[0] > 350  # too long ago to be a reason
    followed = follow_face([alone, both, np.zeros_like(both), both], [0.0, 0.2, 0.4, 0.6])
    assert [face.time for face in followed] == [0.0, 0.2, 0.6]
    assert all(face.box[2] < 350 for face in followed)


def test_the_longer_there_is_no_face_the_rarer_tiles_are_searched(monkeypatch):
    asked, faces_at = [], {6.0}

    def find(picture, time, near=None, small_too=True, beside=None):
        asked.extend([time] * small_too)
        return make_face(time) if time in faces_at else None

    monkeypatch.setattr(face_following, "find_face", find)
    times = [round(0.2 * i, 1) for i in range(50)]
    assert [face.time for face in follow_face([np.zeros((8, 8, 3), np.uint8)] * 50, times)] == [6.0]
    before, after = [time for time in asked if time <= 6], [time for time in asked if time > 6]
    assert before == [0.0, 0.2, 0.4, 0.8, 1.6, 3.2, 4.8]  # after 0.1, 0.2, 0.4, 0.8 s and at most 1.6 s
    assert after == [6.2, 6.4, 6.6, 6.8, 7.0, 7.2, 7.4, 7.6, 8.0, 8.8]  # only where it was, for a second; then anew


def test_noise_and_textures_have_no_face(talkers, rng):
    for size in ((240, 320), (405, 720), (480, 360)):
        assert faces.find_face(rng.integers(0, 256, (*size, 3), dtype=np.uint8), 0.0) is None
        smooth = np.asarray(Image.fromarray(rng.integers(0, 256, (12, 16, 3), dtype=np.uint8)).resize(size[::-1]))
        assert faces.find_face(smooth, 0.0) is None


def turned_media(media: Media, turns: int, folder: Path) -> Media:
    """A clip of which every picture was given quarter turns anticlockwise, without a word of it in the file."""
    folder.mkdir()
    (folder / "sound.f32").write_bytes(b"")
    offsets = [0]
    with (folder / PICTURES_FILE).open("wb") as file:
        for picture in media.pictures(range(len(media.picture_times))):
            Image.fromarray(np.rot90(picture, turns)).save(file, "JPEG", quality=95)
            offsets.append(file.tell())
    width, height = (media.height, media.width) if turns % 2 else (media.width, media.height)
    return replace(media, folder=folder, picture_offsets=tuple(offsets), width=width, height=height)


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
@pytest.mark.parametrize("name", TALKERS[:2])
def test_a_clip_that_lies_on_its_side_is_turned_and_read_as_its_upright_twin(talkers, tmp_path, name, turns):
    twin = talkers[name]
    media = with_heads_upright(turned_media(twin, turns, tmp_path / "media"))
    assert media.turned == (360 - 90 * turns) % 360
    assert [note for note in media.notes if "upright" in note] == list(media.notes[len(twin.notes) :])
    assert len(media.notes) == len(twin.notes) + (turns > 0)
    assert (media.width, media.height) == (twin.width, twin.height)
    if turns:
        assert read_media(media.folder) == media  # what is analysed again is known to be turned
        assert with_heads_upright(media) is media
    for ours, theirs in zip(some_pictures(media), some_pictures(twin), strict=True):
        assert ours.shape == theirs.shape
        face, right = faces.find_face(ours, 0.0), faces.find_face(theirs, 0.0)
        assert np.abs(face.blendshapes - right.blendshapes).mean() < 0.02
        assert np.abs(face.pose - right.pose).max() < 4
        assert overlap(np.array(face.box), np.array(right.box)) > 0.9


def test_small_heads_on_their_side_are_turned_too(talkers, tmp_path):
    media = make_media(tmp_path / "media", 1)
    picture = some_pictures(talkers[TALKERS[1]])[0]
    small = shown_at(faces.find_face(picture, 0.0), picture, 50, (300, 150), (640, 360))
    with (media.folder / PICTURES_FILE).open("wb") as file:
        offsets = [0]
        for _ in media.picture_times:
            Image.fromarray(np.rot90(small, 1)).save(file, "JPEG", quality=95)
            offsets.append(file.tell())
    assert with_heads_upright(replace(media, picture_offsets=tuple(offsets))).turned == 270


def test_pictures_are_turned_only_when_upright_heads_are_clearly_likelier():
    assert turns_of(np.zeros((0, 4))) == 0
    assert turns_of(np.zeros((3, 4))) == 0
    assert turns_of(np.array([[0.95, 0.8, 0.6, 0.8]] * 3)) == 0
    assert turns_of(np.array([[0.8, 0.6, 0.8, 0.95]] * 3)) == 3
    assert turns_of(np.array([[0.9, 0.6, 0.8, 0.92]] * 3)) == 0  # hardly likelier
    assert turns_of(np.array([[0.1, 0.6, 0.3, 0.5]] * 3)) == 0  # hardly heads
    assert (
        turns_of(np.array([[0.0, 1.0, 0.3, 0.5], [0.9, 0.8, 0.3, 0.5], [0.9, 0.8, 0.3, 0.5]])) == 0
    )  # in one of three


@pytest.mark.parametrize(("width", "height"), [(720, 405), (360, 480), (720, 720), (360, 640), (300, 200), (32, 32)])
def test_tiles_cover_the_picture_and_hold_every_small_face_whole(width, height, rng):
    levels = tile_levels(width, height)
    for level in levels:
        side = level[0][2]
        assert all(0 <= x <= width - side + 1e-6 and 0 <= y <= height - side + 1e-6 for x, y, _ in level)
        face = 0.33 * side
        for _ in range(200):
            x, y = rng.uniform(0, width - face), rng.uniform(0, height - face)
            assert any(a <= x and b <= y and x + face <= a + side and y + face <= b + side for a, b, _ in level)
    assert levels == [] or levels[-1][0][2] <= 250
    assert tiles(100, 50, 50) == [(0, 0, 50), (25, 0, 50), (50, 0, 50)]


def test_black_bands_are_left_out_and_a_black_picture_is_all_there():
    picture = np.full((100, 200, 3), 90, np.uint8)
    assert picture_area(picture) == (0, 0, 200, 100)
    picture[:20] = picture[90:] = 8
    picture[:, :31] = 0
    assert np.abs(np.subtract(picture_area(picture), (31, 20, 200, 90))).max() <= 2
    assert picture_area(np.zeros((100, 200, 3), np.uint8)) == (0, 0, 200, 100)


def test_windows_and_overlaps_of_boxes():
    box = np.array([10.0, 20, 30, 60])
    assert window(box, 2.0) == (-20, 0, 80)
    assert overlap(box, box) == pytest.approx(1)
    assert overlap(box, box + 100) == 0
    assert overlap(box, np.array([10.0, 20, 30, 40])) == pytest.approx(0.5)


def before_the_face(picture: Picture, face: Face, part: str) -> Picture:
    """The picture with a light cloth over mouth and chin, or dark glasses over the eyes."""
    drawn, marks = Image.fromarray(picture), face.landmarks
    pen, between = ImageDraw.Draw(drawn), float(np.linalg.norm(marks[263] - marks[33]))
    if part == "mouth":
        jaw = [tuple(marks[i]) for i in (234, 132, 172, 150, 148, 152, 377, 379, 397, 361, 454)]
        pen.polygon([*jaw, tuple(marks[197])], fill=(150, 190, 215))
    else:
        for eye in (marks[[33, 133]].mean(0), marks[[263, 362]].mean(0)):
            half = np.array([0.29, 0.22]) * between
            pen.ellipse((*(eye - half), *(eye + half)), fill=(20, 20, 25))
    return np.array(drawn)


@pytest.mark.parametrize("part", ["mouth", "eyes"])
@pytest.mark.parametrize("name", TALKERS)
def test_a_covered_mouth_or_eyes_are_a_reason_and_an_uncovered_face_is_none(talkers, name, part):
    pictures = some_pictures(talkers[name], 6)
    times, names, settings = np.arange(6) / 5, ("MediaPipe blendshapes",), Settings()
    plain, _ = read_video(pictures, times, "", names, settings, 1)
    assert plain.reason == ""
    hidden = [before_the_face(picture, faces.find_face(picture, 0.0), part) for picture in pictures]
    read, look = read_video(hidden, times, "", names, settings, 1)
    assert re.fullmatch(rf"{part} covered in [3-6] of {look.with_face} pictures", read.reason)
    assert not read.features.any()
    half = read_video([*pictures, *hidden[:2]], np.arange(8) / 5, "", names, settings, 1)[0]
    assert half.reason == ""  # most pictures show the face
    believing = replace(settings, thresholds=replace(settings.thresholds, visible_share=0.0))
    assert read_video(hidden, times, "", names, believing, 1)[0].reason == ""


def test_the_share_that_must_be_visible_is_of_each_part(monkeypatch):
    parts = iter([("mouth",), ("mouth",), (), ("eyes",), ("eyes",), ("eyes",), ("mouth",), ("mouth", "eyes")])
    monkeypatch.setattr(reading, "covered_parts", lambda face: next(parts))
    assert reading.covering([make_face(0.0)] * 4, 0.5) == ""
    assert reading.covering([make_face(0.0)] * 4, 0.5) == "eyes covered in 3 of 4 pictures"
    assert reading.covering([], 0.5) == ""
    monkeypatch.setattr(reading, "covered_parts", lambda face: ("eyes",))
    assert reading.covering([make_face(0.0)] * 2, 0.5) == ""  # too few to tell
    assert reading.covering([make_face(0.0)] * 3, 0.5) == "eyes covered in 3 of 3 pictures"


def test_an_aligned_face_has_its_eyes_and_mouth_where_they_belong(talkers):
    """Landmarks of the aligned picture, looked at anew, lie at the same places whatever the clip."""
    for name in TALKERS:
        face = faces.find_face(some_pictures(talkers[name])[0], 0.0)
        grey = np.repeat(aligned_face(face).clip(0, 255).astype(np.uint8)[:, :, None], 3, axis=2)
        again = faces.find_face(
            np.pad(np.array(Image.fromarray(grey).resize((192, 192))), ((60, 60), (60, 60), (0, 0))), 0.0
        )
        marks = (again.landmarks - 60) / 4
        for places, where in (((33, 133), (14, 17)), ((263, 362), (34, 17)), ((61, 291, 0, 17), (24, 38))):
            assert np.abs(marks[list(places)].mean(0) - where).max() < 2.5


def test_a_task_is_left_alone_when_python_ends():
    """MediaPipe's tasks close themselves in `__del__`, which at the end of Python fails with a TypeError in the server's log."""
    ended = []

    class Task:
        def __del__(self):
            ended.append(self)

    faces.without_last_words(Task())
    gc.collect()
    assert not ended


@pytest.mark.parametrize("poster", [150, 60], ids=["large poster", "small poster"])
def test_a_face_that_moves_is_preferred_to_a_picture_on_the_wall(talkers, poster):
    """The poster is looked at in eight pictures with the noise of a camera; without anybody else it is all there is."""
    rng = np.random.default_rng(0)
    first = talkers[TALKERS[0]].pictures([0])[0]
    hung = shown_at(faces.find_face(first, 0.0), first, poster, (180, 200), (360, 405))
    numbers = range(0, 16, 2)
    moving = [np.array(Image.fromarray(p).resize((640, 360))) for p in talkers[TALKERS[1]].pictures(numbers)]
    head = faces.find_face(moving[0], 0.0)
    left, top = np.array(head.box[:2]) - 40
    parts = [np.pad(p, ((60, 60), (60, 60), (0, 0)))[top + 60 :, left + 60 :][:200, :200] for p in moving]
    times = [number * 0.2 for number in numbers]
    walls, rooms = [], []
    for part in parts:
        wall = np.clip(hung + rng.normal(0, 3, hung.shape), 0, 255).astype(np.uint8)
        walls.append(np.concatenate([wall, np.full_like(wall, 120)], 1))
        rooms.append(walls[-1].copy())
        rooms[-1][100 : 100 + part.shape[0], 420 : 420 + part.shape[1]] = part
    seen = follow_face(rooms, times)
    assert len(seen) == len(times)
    assert all(face.box[0] > 360 for face in seen)
    assert all(face.box[2] < 360 for face in follow_face(walls, times))
    assert is_still(follow_face(walls, times))
