"""Facial expression with names: MediaPipe's 52 blendshapes and the head's pose, pooled over an utterance."""

import numpy as np

from comp_viz.clips import faces
from comp_viz.clips.extractors.extractor import Extract, Extractor, Faces
from comp_viz.clips.requirements import CLIPS
from comp_viz.data.conversation import Floats

POSE = ("headRight", "headUp", "headTilt")
MEASURES = (*faces.BLENDSHAPES, *POSE)


def blendshape_features(detected: Faces) -> Floats:
    """Mean and standard deviation over the faces of 52 blendshapes (0 to 1) and three angles (degrees / 45), `[110]`."""
    values = np.stack([np.concatenate([face.blendshapes, face.pose / 45]) for face in detected])
    return np.concatenate([values.mean(0), values.std(0)]).astype(np.float32)


def load() -> Extract:
    """Nothing to load: the faces were found with these numbers."""
    return blendshape_features


EXTRACTOR = Extractor(
    name="MediaPipe blendshapes",
    modality="video",
    feature_names=(*(f"{name} mean" for name in MEASURES), *(f"{name} deviation" for name in MEASURES)),
    licence="Apache-2.0 / Apache-2.0",
    about="How far each of 52 named movements of the face goes, and where the head points; mean and deviation over an utterance.",
    get=CLIPS,
    ready=faces.faces_missing,
    load=load,
)
