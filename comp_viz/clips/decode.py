"""Decodes a clip's file in a bounded process of its own and takes over what it found."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import IO, Any

from comp_viz.clips.limits import LIMITS, Limits, check_file, printable_name
from comp_viz.clips.media import PICTURES_FILE, SOUND_FILE, Media, read_media
from comp_viz.clips.requirements import library_missing, require
from comp_viz.clips.tracks import PLAYED, Tracks
from comp_viz.errors import UNREADABLE, CompVizError

WORKER = Path(__file__).with_name("decode_worker.py")


def decode(
    path: Path,
    folder: Path,
    limits: Limits = LIMITS,
    tick: Callable[[float, float], None] = lambda read, length: None,
    tracks: Tracks = PLAYED,
    name: str = "",
) -> Media:
    """Decode `path` into `folder`, which must not exist yet, or take over what is there already.

    `tick` is called every fraction of a second with the seconds of the clip that were read and those that it lasts, 0 until
    that is known, and may raise to stop it. Raises `CompVizError` with a sentence for people when nothing can be read or a
    limit is passed, which says `name`, by default the file's; nothing is left behind then.
    """
    name = printable_name(name or path.name)
    if folder.is_dir():
        return read_media(folder)
    check_file(path, limits, name)
    require("Decoding", decoder_missing())
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".decoding-"))
    try:
        run_worker(path, name, fresh, limits, tick, tracks)
        media = checked_media(name, fresh, limits)
        media.save()
        try:
            fresh.replace(folder)
        except OSError:  # decoded by someone else meanwhile
            shutil.rmtree(fresh)
        return read_media(folder)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        with suppress(OSError):  # not when other things of the clip are there
            folder.parent.rmdir()
        raise


def decoder_missing() -> str | None:
    """None when clips can be decoded on this machine, else what is missing and the command that mends it."""
    return library_missing("av")


def run_worker(
    path: Path, name: str, fresh: Path, limits: Limits, tick: Callable[[float, float], None], tracks: Tracks
) -> None:
    """Run the process until it ends, passes the time limit or `tick` raises; it never outlives this call."""
    command = [sys.executable, "-I", str(WORKER), str(fresh), json.dumps(asdict(limits) | {"tracks": asdict(tracks)})]
    environment = {"PATH": os.environ.get("PATH", ""), "OPENBLAS_NUM_THREADS": "1", "LANG": "C.UTF-8"}
    began = time.monotonic()
    with path.open("rb") as clip, (fresh / "errors").open("wb") as errors:
        worker = subprocess.Popen(
            command,
            stdin=clip,
            stdout=subprocess.PIPE,
            stderr=errors,
            cwd=fresh,
            env=environment,
            start_new_session=True,
        )
    assert worker.stdout is not None
    os.set_blocking(worker.stdout.fileno(), False)
    read, length = 0.0, 0.0
    try:
        while worker.poll() is None:
            passed = time.monotonic() - began
            if passed > limits.wall:
                raise CompVizError(
                    f"{name} took longer than {limits.wall:g} s to decode. Cut it, or save it at a lower resolution."
                )
            read, length = last_report(worker.stdout, limits) or (read, length)
            tick(read, length)
            time.sleep(0.02 if passed < 2 else 0.1)
    finally:
        if worker.poll() is None:
            os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
        worker.stdout.close()
    if worker.returncode in (-signal.SIGXCPU, -signal.SIGKILL, -signal.SIGXFSZ):
        raise CompVizError(
            f"{name} takes more time, memory or disk to decode than is allowed. Cut it, or save it at a lower resolution."
        )


def last_report(output: IO[bytes], limits: Limits) -> tuple[float, float] | None:
    """The last line of what the process has written since: seconds read and in all. None without a line, or nonsense."""
    try:
        numbers = [float(word) for word in (output.read(1 << 16) or b"").splitlines()[-1].split()]
        read, length = (min(max(0.0, number), limits.seconds) for number in numbers)
    except (ValueError, IndexError):
        return None
    return read, length


def checked_media(name: str, fresh: Path, limits: Limits) -> Media:
    """What the process wrote, checked: a decoder that was taken over by a hostile file must not take us over as well."""
    broken = f"{name} made the decoder break off. It is damaged, or was made to do so."
    try:
        facts = json.loads((fresh / "decoded.json").read_text(encoding="utf-8"))
        problem = facts.get("problem")
        media = None if problem else media_of(facts, fresh)
    except (*UNREADABLE, OverflowError):
        raise CompVizError(broken) from None
    if media is None:
        raise CompVizError(f"{name} {problem}")
    if not within_limits(media, limits):
        raise CompVizError(broken)
    for name in ("errors", "decoded.json"):
        (fresh / name).unlink()
    return media


def media_of(facts: dict[str, Any], folder: Path) -> Media:
    """The facts, each of the kind it should be."""
    return Media(
        folder=folder,
        container=str(facts["container"]),
        duration=float(facts["duration"]),
        width=int(facts["width"]),
        height=int(facts["height"]),
        picture_rate=float(facts["picture_rate"]),
        rotation=int(facts["rotation"]),
        picture_times=tuple(map(float, facts["picture_times"])),
        picture_offsets=tuple(map(int, facts["picture_offsets"])),
        pictures_end=float(facts["pictures_end"]),
        sound_problem=str(facts["sound_problem"]),
        video_problem=str(facts["video_problem"]),
        notes=tuple(map(str, facts["notes"])),
        mirrored=bool(facts["mirrored"]),
        sound_tracks=tuple(map(str, facts["sound_tracks"])),
        video_tracks=tuple(map(str, facts["video_tracks"])),
        sound_track=int(facts["sound_track"]),
        video_track=int(facts["video_track"]),
    )


def within_limits(media: Media, limits: Limits) -> bool:
    """Whether times are within the limits and rise, and so do the places of pictures within their file."""
    times, places = media.picture_times, media.picture_offsets
    files = [media.folder / name for name in (SOUND_FILE, PICTURES_FILE)]
    return (
        all(file.is_file() and not file.is_symlink() for file in files)
        and 0 < media.duration <= limits.seconds
        and len(places) == len(times) + 1 <= limits.pictures + 1
        and all(before < after for row in (times, places) for before, after in pairwise(row))
        and all(0 <= time <= limits.seconds for time in (*times[:1], *times[-1:], media.pictures_end))
        and 0 <= places[0] <= places[-1] <= files[1].stat().st_size
    )
