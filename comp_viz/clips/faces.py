"""Finds the face of the speaker in pictures, with landmarks, blendshapes and head pose, by MediaPipe's FaceLandmarker.

The landmarker looks for faces in the whole picture made 128 pixels small, where those below a sixth of it are lost. So
where there is none, its detector looks again in square tiles, and the landmarker in a window around what is found there.
"""

import io
import threading
import zipfile
from collections.abc import Sequence
from ctypes import CDLL, py_object, pythonapi
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from comp_viz.clips.clip import Face
from comp_viz.clips.face_tiles import (
    ENLARGED,
    Square,
    cut_square,
    overlap,
    picture_area,
    tile_levels,
    window,
)
from comp_viz.clips.media import Picture
from comp_viz.clips.requirements import library_missing, require
from comp_viz.clips.weights import FACE, content, weights_missing
from comp_viz.data.conversation import Floats

BLENDSHAPES = (
    "_neutral", "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight", "cheekPuff",
    "cheekSquintLeft", "cheekSquintRight", "eyeBlinkLeft", "eyeBlinkRight", "eyeLookDownLeft", "eyeLookDownRight",
    "eyeLookInLeft", "eyeLookInRight", "eyeLookOutLeft", "eyeLookOutRight", "eyeLookUpLeft", "eyeLookUpRight",
    "eyeSquintLeft", "eyeSquintRight", "eyeWideLeft", "eyeWideRight", "jawForward", "jawLeft", "jawOpen", "jawRight",
    "mouthClose", "mouthDimpleLeft", "mouthDimpleRight", "mouthFrownLeft", "mouthFrownRight", "mouthFunnel", "mouthLeft",
    "mouthLowerDownLeft", "mouthLowerDownRight", "mouthPressLeft", "mouthPressRight", "mouthPucker", "mouthRight",
    "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper", "mouthSmileLeft", "mouthSmileRight",
    "mouthStretchLeft", "mouthStretchRight", "mouthUpperUpLeft", "mouthUpperUpRight", "noseSneerLeft", "noseSneerRight",
)  # fmt: skip
LIBRARIES = ("libEGL.so.1", "libGLESv2.so.2", "libGL.so.1")
CROP_MARGIN = 0.25  # of the face's size, around it in the crop
CROP = 224  # pixels, side of a crop: what expression networks take
TILE = 128  # pixels, side of a picture that the detector takes
SMALL_FACE = 0.2  # of the picture's longer side: whoever is smaller is looked at again from nearer
FORGOTTEN = 1.0  # seconds after which a face says no more about where the next one is
DETECTED = 0.5  # score from which the detector's faces count
TRACKED = 0.15  # intersection over union from which two boxes are of one face
FACES_LOCK = threading.Lock()  # one landmarker serves all sessions, one at a time


def faces_missing() -> str | None:
    """None when faces can be found on this machine, else what is missing and the command that mends it."""
    if problem := library_missing("mediapipe"):
        return problem
    absent = [name for name in LIBRARIES if not has_library(name)]
    if absent:
        return f"the system libraries {', '.join(absent)} are absent. Run apt-get install libegl1 libgles2 libgl1."
    return weights_missing(FACE)


@cache
def has_library(name: str) -> bool:
    """Whether a shared library of the system can be opened."""
    try:
        CDLL(name)
    except OSError:
        return False
    return True


@cache
def landmarker() -> Any:
    """MediaPipe's FaceLandmarker in image mode, which finds faces that video mode loses. Raises `CompVizError`."""
    require("Faces", faces_missing())
    from mediapipe.tasks import python as tasks
    from mediapipe.tasks.python import vision

    options = vision.FaceLandmarkerOptions(
        base_options=tasks.BaseOptions(model_asset_buffer=content(FACE[0])),
        running_mode=vision.RunningMode.IMAGE,
        num_faces=3,
        output_face_blendshapes=True,
        output_facial_transformation_matrixes=True,
    )
    return without_last_words(vision.FaceLandmarker.create_from_options(options))


@cache
def detector() -> Any:
    """The detector inside the landmarker's file by itself: a seventh of the time, for many tiles. Raises `CompVizError`."""
    require("Faces", faces_missing())
    from mediapipe.tasks import python as tasks
    from mediapipe.tasks.python import vision

    with zipfile.ZipFile(io.BytesIO(content(FACE[0]))) as parts:
        model = parts.read("face_detector.tflite")
    options = vision.FaceDetectorOptions(
        base_options=tasks.BaseOptions(model_asset_buffer=model), min_detection_confidence=DETECTED
    )
    return without_last_words(vision.FaceDetector.create_from_options(options))


def without_last_words(task: Any) -> Any:
    """A task of MediaPipe's that Python's end leaves alone: its `__del__` would call threads that are gone, and complain."""
    pythonapi.Py_IncRef(py_object(task))
    return task


def close() -> None:
    """Let go of landmarker and detector, which threads of their own serve."""
    for part in (landmarker, detector):
        if part.cache_info().currsize:
            part().close()
            part.cache_clear()


def find_face(
    picture: Picture, time: float, near: Face | None = None, small_too: bool = True, beside: Floats | None = None
) -> Face | None:
    """The largest face in a picture `[H, W, 3]`, or None.

    `near` is the speaker's face in a picture shortly before, if there is one: it says where to look first, and it is
    preferred to a larger face of someone else. Without `small_too` no tiles are searched, which takes most of the time.
    A face in the box `beside`, left, top, right, bottom, is none that is looked for.
    """
    if near is not None and not 0 <= time - near.time <= FORGOTTEN:
        near = None
    expected = None if near is None else np.array(near.box, np.float32)
    if expected is not None and small(expected, picture):
        marks = elsewhere(landmarks_in(picture, window(expected)), beside)
        if marks:
            return face_of(picture, time, speaker(marks, expected))
    whole = elsewhere(landmarks_in(picture, None), beside)
    if whole:
        chosen = speaker(whole, expected)
        if small(chosen.box, picture):
            nearer = elsewhere(landmarks_in(picture, window(chosen.box)), beside)
            chosen = speaker(nearer, chosen.box) if nearer else chosen
        return face_of(picture, time, chosen)
    square = None if expected is None else window(expected)
    if expected is None and small_too:
        square = square_of_face(picture, beside)
    marks = elsewhere(landmarks_in(picture, square), beside) if square is not None else []
    return face_of(picture, time, speaker(marks, expected)) if marks else None


@dataclass(frozen=True)
class Marks:
    """What the landmarker says of one face."""

    landmarks: Floats  # [478, 2], pixels in the picture
    blendshapes: Floats  # [52]
    pose: Floats  # [3]

    @property
    def box(self) -> Floats:
        """Left, top, right, bottom, `[4]`."""
        return np.concatenate([self.landmarks.min(0), self.landmarks.max(0)])

    @property
    def area(self) -> float:
        """Of the box, square pixels."""
        return float(np.prod(np.ptp(self.landmarks, axis=0)))


def small(box: Floats, picture: Picture) -> bool:
    """Whether a face is so small in its picture that the landmarker would not see it well in the whole."""
    longer: int = max(picture.shape[:2])
    return float(max(box[2] - box[0], box[3] - box[1])) < SMALL_FACE * longer


def landmarks_in(picture: Picture, square: Square | None) -> list[Marks]:
    """The faces that the landmarker finds in a square of the picture, enlarged, or in all of it."""
    import mediapipe

    height, width = picture.shape[:2]
    corner, scale = np.zeros(2), np.array([width, height])
    if square is not None:
        corner, scale = np.array(square[:2]), np.full(2, square[2])
        picture = cut_square(picture, square, ENLARGED)
    image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=np.ascontiguousarray(picture))
    with FACES_LOCK:
        result = landmarker().detect(image)
    return [
        Marks(
            (corner + scale * np.array([[point.x, point.y] for point in points])).astype(np.float32),
            np.array([shape.score for shape in shapes], np.float32),
            head_angles(matrix),
        )
        for points, shapes, matrix in zip(
            result.face_landmarks, result.face_blendshapes, result.facial_transformation_matrixes, strict=True
        )
    ]


def speaker(faces: Sequence[Marks], expected: Floats | None) -> Marks:
    """The face that goes on from the `expected` box, unless it is by far the smaller one; else the largest."""
    largest = max(faces, key=lambda face: face.area)
    if expected is not None:
        tracked = max(faces, key=lambda face: overlap(face.box, expected))
        if overlap(tracked.box, expected) > TRACKED and tracked.area > largest.area / 4:
            return tracked
    return largest


def elsewhere(faces: list[Marks], beside: Floats | None) -> list[Marks]:
    """Those faces that are not the one in the box `beside`."""
    return [face for face in faces if beside is None or overlap(face.box, beside) <= TRACKED]


def square_of_face(picture: Picture, beside: Floats | None) -> Square | None:
    """The window around the largest face that the detector sees in tiles of a picture, from large tiles to small ones."""
    left, top, right, bottom = picture_area(picture)
    for level in tile_levels(right - left, bottom - top):
        squares = [(left + x, top + y, side) for x, y, side in level]
        boxes = [box for square in squares for box, _ in detections(picture, square)]
        boxes = [box for box in boxes if beside is None or overlap(box, beside) <= TRACKED]
        if boxes:
            return window(max(boxes, key=lambda box: float(np.prod(box[2:] - box[:2]))))
    return None


def detections(picture: Picture, square: Square) -> list[tuple[Floats, float]]:
    """Boxes `[left, top, right, bottom]` in the picture, and scores, of faces that the detector sees in one tile of it."""
    import mediapipe

    tile = cut_square(picture, square, TILE)
    image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=np.ascontiguousarray(tile))
    with FACES_LOCK:
        seen = detector().detect(image).detections
    boxes = list[tuple[Floats, float]]()
    for detection in seen:
        at = detection.bounding_box
        corners = (
            np.array([at.origin_x, at.origin_y, at.origin_x + at.width, at.origin_y + at.height]) * square[2] / TILE
        )
        boxes.append(((corners + [*square[:2]] * 2).astype(np.float32), float(detection.categories[0].score)))
    return boxes


def face_of(picture: Picture, time: float, marks: Marks) -> Face:
    """A face with what is to be seen of it."""
    box, crop, inside = cut_out(picture, marks.landmarks)
    return Face(time, box, marks.landmarks, marks.blendshapes, marks.pose, crop, inside)


def cut_out(picture: Picture, landmarks: Floats) -> tuple[tuple[int, int, int, int], Picture, Floats]:
    """The face's box, a square crop around it, black where it leaves the picture, and the landmarks inside the crop."""
    from PIL import Image

    low, high = landmarks.min(0), landmarks.max(0)
    centre, half = (low + high) / 2, max(1.0, float(np.max(high - low)) * (0.5 + CROP_MARGIN))
    left, top = centre - half
    corners = (left, top, left + 2 * half, top + 2 * half)
    crop = Image.fromarray(picture).transform((CROP, CROP), Image.Transform.EXTENT, corners, Image.Resampling.BILINEAR)
    inside = (landmarks - np.array([left, top])) / (2 * half)
    box = (int(low[0]), int(low[1]), int(np.ceil(high[0])), int(np.ceil(high[1])))
    return box, np.asarray(crop), inside.astype(np.float32)


def head_angles(matrix: Floats) -> Floats:
    """Degrees by which the head is turned right, up and tilted, as seen in the picture, from its `[4, 4]` transformation."""
    r = np.asarray(matrix)[:3, :3]
    r = r / np.linalg.norm(r, axis=0)
    turned = np.arctan2(r[0, 2], r[2, 2])
    up = np.arcsin(np.clip(r[1, 2], -1, 1))
    tilt = np.arctan2(r[0, 1], r[1, 1])
    return np.array(np.degrees([turned, up, tilt]), np.float32)
