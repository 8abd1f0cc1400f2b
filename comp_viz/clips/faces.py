"""Finds the largest face in pictures, with landmarks, blendshapes and head pose, by MediaPipe's FaceLandmarker."""

import threading
from ctypes import CDLL
from functools import cache
from typing import Any

import numpy as np

from comp_viz.clips.clip import Face
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
    return vision.FaceLandmarker.create_from_options(options)


def close() -> None:
    """Let go of the landmarker: to be called before Python ends, when it would complain of being too late."""
    if landmarker.cache_info().currsize:
        landmarker().close()
        landmarker.cache_clear()


def find_face(picture: Picture, time: float) -> Face | None:
    """The largest face in a picture `[H, W, 3]`, or None."""
    import mediapipe

    image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=np.ascontiguousarray(picture))
    with FACES_LOCK:
        result = landmarker().detect(image)
    height, width = picture.shape[:2]
    faces = [np.array([[p.x * width, p.y * height] for p in marks], np.float32) for marks in result.face_landmarks]
    if not faces:
        return None
    i = int(np.argmax([np.prod(np.ptp(marks, axis=0)) for marks in faces]))
    blendshapes = np.array([shape.score for shape in result.face_blendshapes[i]], np.float32)
    box, crop, inside = cut_out(picture, faces[i])
    return Face(time, box, faces[i], blendshapes, head_angles(result.facial_transformation_matrixes[i]), crop, inside)


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
