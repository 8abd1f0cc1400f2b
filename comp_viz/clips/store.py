"""Keeps an analysed clip in a folder and takes it out again: JSON and plain arrays, nothing that can run."""

import json
import shutil
import tempfile
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from comp_viz.clips.clip import Clip, Face, FaceSearch
from comp_viz.clips.media import read_media
from comp_viz.clips.settings import Settings
from comp_viz.clips.span import Span, Word
from comp_viz.errors import CompVizError

FACE_ARRAYS = ("landmarks", "blendshapes", "pose", "crop", "crop_landmarks")


def save_clip(clip: Clip, folder: Path) -> None:
    """Write all but the decoded media, which has a folder of its own. Complete or not at all."""
    faces = [face for look in clip.looked for face in look.gallery]
    facts = {
        "digest": clip.digest,
        "language": clip.language,
        "seconds": dict(clip.seconds),
        "reasons": dict(clip.reasons),
        "spans": [asdict(span) for span in clip.spans],
        "looked": [[look.pictures, look.with_face, look.size, len(look.gallery)] for look in clip.looked],
        "faces": [[face.time, face.box] for face in faces],
    }
    arrays: dict[str, Any] = {f"features.{name}": x for name, x in clip.features.items()}
    arrays |= {f"quality.{name}": x for name, x in clip.quality.items()}
    if faces:
        arrays |= {f"face.{name}": np.stack([getattr(face, name) for face in faces]) for name in FACE_ARRAYS}
    fresh = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".saving-"))
    try:
        (fresh / "clip.json").write_text(json.dumps(facts), encoding="utf-8")
        np.savez(fresh / "clip.npz", **arrays)
        with suppress(OSError):  # analysed by someone else meanwhile
            fresh.replace(folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def load_clip(folder: Path, media: Path, settings: Settings, name: str) -> Clip:
    """A clip from its folder and that of its decoded media. Raises `CompVizError` when they do not hold one."""
    try:
        facts = json.loads((folder / "clip.json").read_text(encoding="utf-8"))
        with np.load(folder / "clip.npz", allow_pickle=False) as file:
            arrays = {key: file[key] for key in file.files}
        spans = tuple(Span(s["start"], s["end"], tuple(Word(**word) for word in s["words"])) for s in facts["spans"])
        faces = [
            Face(time=time, box=tuple(box), **{what: arrays[f"face.{what}"][i] for what in FACE_ARRAYS})
            for i, (time, box) in enumerate(facts["faces"])
        ]
        looked, at = list[FaceSearch](), 0
        for pictures, with_face, size, count in facts["looked"]:
            looked.append(FaceSearch(pictures, with_face, size, tuple(faces[at : at + count])))
            at += count
        return Clip(
            name=name,
            digest=facts["digest"],
            media=read_media(media),
            settings=settings,
            spans=spans,
            features={m: arrays[f"features.{m}"] for m, _ in settings.extractors},
            reasons={m: tuple(facts["reasons"][m]) for m, _ in settings.extractors},
            quality={key.removeprefix("quality."): x for key, x in arrays.items() if key.startswith("quality.")},
            looked=tuple(looked),
            language=facts["language"],
            seconds=facts["seconds"],
        )
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise CompVizError(
            f"{folder} holds no analysed clip ({type(error).__name__}). Remove it and analyse again."
        ) from None
