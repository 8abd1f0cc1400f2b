"""What decoding gives: sound, pictures with their times, and what could not be read and why."""

import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from comp_viz.data.atomic_write import atomic_write
from comp_viz.data.conversation import Floats
from comp_viz.errors import CompVizError

RATE = 16_000  # samples per second of all sound
SOUND_FILE, PICTURES_FILE, FACTS_FILE = "sound.f32", "pictures.jpegs", "media.json"
LISTS = ("picture_times", "picture_offsets", "notes", "sound_tracks", "video_tracks")  # of facts, tuples in `Media`
Picture = NDArray[np.uint8]  # [H, W, 3], red green blue


@dataclass(frozen=True)
class Media:
    """A decoded clip in a folder of its own. Times are seconds from the start of the clip."""

    folder: Path
    container: str  # the kind of file in one name for people, "MP4"
    duration: float  # counted from what was decoded, since containers may not say, or lie
    width: int  # of the video as shown, after rotation; 0 without video
    height: int
    picture_rate: float  # pictures per second as declared by the file, 0 when unknown or without video
    rotation: int  # degrees anticlockwise that pictures were turned by, as the file asks, after mirroring
    picture_times: tuple[float, ...]  # [P] of the pictures taken, rising
    picture_offsets: tuple[int, ...]  # [P + 1] bytes, where each picture begins in the file of pictures
    pictures_end: float  # until when the last picture is shown
    sound_problem: str  # why there is no sound, "" when there is
    video_problem: str  # why there are no pictures, "" when there are
    notes: tuple[str, ...] = ()  # what was odd and mended: damage skipped, times that ran backwards, sampled less often
    turned: int = 0  # degrees anticlockwise that `pictures` turns them by besides, for heads to be upright
    mirrored: bool = False  # left and right of the pictures were swapped, as the file asks
    sound_tracks: tuple[str, ...] = ()  # all that the file has, for people to choose from
    video_tracks: tuple[str, ...] = ()
    sound_track: int = 0  # number of the one that was taken, from 1; 0 without any
    video_track: int = 0

    @property
    def sound(self) -> Floats:
        """Mono samples from -1 to 1 at `RATE`, `[n]`, mapped from disk; empty without sound."""
        path = self.folder / SOUND_FILE
        if self.sound_problem or not path.stat().st_size:
            return np.zeros(0, np.float32)
        return np.memmap(path, dtype="<f4", mode="r")

    def pictures_between(self, start: float, end: float) -> list[int]:
        """Numbers of the pictures on screen between two times: those that begin in it, else the one that is still up."""
        times = np.array(self.picture_times)
        numbers = np.flatnonzero((times >= start) & (times < end))
        if len(numbers) or not len(times) or times[0] >= end or start >= self.pictures_end:
            return [int(i) for i in numbers]
        return [int(np.searchsorted(times, start, side="right")) - 1]

    def pictures(self, numbers: Sequence[int]) -> list[Picture]:
        """These pictures, `[H, W, 3]` uint8 each."""
        from PIL import Image

        pictures = []
        with (self.folder / PICTURES_FILE).open("rb") as file:
            for i in numbers:
                file.seek(self.picture_offsets[i])
                data = file.read(self.picture_offsets[i + 1] - self.picture_offsets[i])
                picture = np.array(Image.open(io.BytesIO(data), formats=["JPEG"]).convert("RGB"))
                pictures.append(np.ascontiguousarray(np.rot90(picture, self.turned // 90)))
        return pictures

    def save(self) -> None:
        """Write what is known to the clip's folder."""
        facts = asdict(self)
        del facts["folder"]
        with atomic_write(self.folder / FACTS_FILE) as file:
            file.write_text(json.dumps(facts), encoding="utf-8")


def read_media(folder: Path) -> Media:
    """A decoded clip from its folder. Raises `CompVizError` when the folder holds none."""
    try:
        facts = json.loads((folder / FACTS_FILE).read_text(encoding="utf-8"))
        facts |= {name: tuple(facts.get(name, ())) for name in LISTS}
        return Media(folder, **facts)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise CompVizError(
            f"{folder} holds no decoded clip ({type(error).__name__}). Analyse the clip again."
        ) from None
