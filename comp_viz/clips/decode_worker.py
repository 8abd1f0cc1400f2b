"""Decodes one clip in a process of its own, with bounds on memory, time and files: media parsers meet hostile files.

Run as `python -I decode_worker.py FOLDER LIMITS`, the clip open as standard input; imports nothing of ComP Viz, so that it
starts in a moment and within little memory. Writes `sound.f32`, `pictures.jpegs` and `decoded.json` to FOLDER and nothing
else. What went wrong is written there as a sentence.
"""

import json
import math
import os
import resource
import sys
from pathlib import Path
from typing import Any, BinaryIO

import av
import numpy as np

LimitFields = dict[str, Any]  # fields of `limits.Limits`
ClipFacts = dict[str, Any]  # fields of `media.Media`, or a "problem"
RATE = 16_000
# Containers of moving pictures and sound. Others that FFmpeg knows (playlists, lists of files, pictures, streams from the
# network) can name further files or addresses, and are never opened.
CONTAINERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpeg,mpegts,mpegvideo,wav,mp3,ogg,flac,aac,aiff,w64,flv,asf"
DRIFT = 0.2  # seconds that sound may stray from its timestamps before silence is put in


def bound(limits: LimitFields) -> None:
    """Bounds of the operating system on this process."""
    resource.setrlimit(resource.RLIMIT_AS, (limits["memory"], limits["memory"]))
    resource.setrlimit(resource.RLIMIT_CPU, (limits["processor"], limits["processor"] + 5))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits["written"], limits["written"]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


class SoundWriter:
    """Takes the frames of one sound stream; writes 16 kHz mono, in step with the frames' times."""

    def __init__(self, file: BinaryIO, start: float, limits: LimitFields) -> None:
        self.file, self.start, self.most = file, start, int(limits["seconds"] * RATE)
        self.written = 0
        self.resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
        self.too_long = False

    def take(self, frame: Any) -> None:
        """Write one frame, with silence before it where its time says that something is missing."""
        if frame is not None and frame.time is not None and self.written < self.most:
            gap = frame.time - self.start - self.written / RATE
            if gap > DRIFT and math.isfinite(gap):
                self.write(np.zeros(min(int(gap * RATE), self.most - self.written), np.float32))
        if frame is not None:
            frame.pts = None  # else the resampler refuses times that run backwards
        for part in self.resampler.resample(frame):
            self.write(np.nan_to_num(part.to_ndarray()[0], posinf=1, neginf=-1).clip(-1, 1))

    def write(self, samples: Any) -> None:
        """Write samples, at most as many as the limit allows."""
        self.too_long |= self.written + len(samples) > self.most
        samples = samples[: self.most - self.written]
        self.file.write(samples.astype("<f4").tobytes())
        self.written += len(samples)


class PictureWriter:
    """Takes the frames of the video stream; writes some of them as JPEG, turned upright and scaled down."""

    def __init__(self, file: BinaryIO, start: float, limits: LimitFields, expected: float) -> None:
        self.file, self.start, self.limits = file, start, limits
        self.step = max(1 / limits["rate"], expected / limits["pictures"])
        self.times, self.offsets = list[float](), [0]  # of the pictures kept
        self.end, self.last = 0.0, -math.inf
        self.size, self.rotation, self.backwards, self.too_long = (0, 0), 0, False, False

    def take(self, frame: Any, rate: float) -> None:
        """Keep this frame when it is due."""
        time = frame.time if frame.time is not None else self.start + (max(self.last, -1 / rate) + 1 / rate)
        time -= self.start
        if time < -DRIFT or not math.isfinite(time) or time <= self.last:
            self.backwards |= math.isfinite(time)
            return
        time = max(0.0, time)
        if time > self.limits["seconds"]:
            self.too_long = True
            return
        self.last = time
        held = float(frame.duration * frame.time_base) if frame.duration and frame.time_base else 1 / rate
        self.end = min(time + min(held, self.limits["seconds"]), self.limits["seconds"])
        if self.times and time < self.times[-1] + self.step * 0.999:
            return
        if len(self.times) >= self.limits["pictures"]:
            return
        self.write(frame)
        self.times.append(round(time, 6))

    def write(self, frame: Any) -> None:
        """One picture, upright, its longer side at most the limit."""
        if frame.width * frame.height > self.limits["pixels"]:
            raise TooLarge(frame.width, frame.height)
        self.rotation = int(frame.rotation or 0) % 360
        turned = self.rotation % 180 == 90
        aspect = float(frame.sample_aspect_ratio or 1) if hasattr(frame, "sample_aspect_ratio") else 1.0
        width, height = frame.width * (aspect if 0.1 < aspect < 10 else 1.0), frame.height
        scale = min(1.0, self.limits["side"] / max(width, height))
        width, height = max(2, round(width * scale)), max(2, round(height * scale))
        picture = frame.to_image(width=width, height=height)
        if self.rotation:
            picture = picture.rotate(self.rotation, expand=True)  # anticlockwise, as FFmpeg gives it
        self.size = (frame.height, frame.width) if turned else (frame.width, frame.height)
        picture.save(self.file, "JPEG", quality=92)
        self.offsets.append(self.file.tell())


class TooLarge(Exception):
    """A picture with more pixels than the limit allows."""


def decode_into(source: BinaryIO, folder: Path, limits: LimitFields) -> ClipFacts:
    """Decode everything and say what was found."""
    facts: ClipFacts = {"container": "", "sound_problem": "", "video_problem": "", "notes": [], "declared": None}
    options = {
        "format_whitelist": CONTAINERS,
        "protocol_whitelist": "pipe",
    }  # a container cannot make us open anything else
    opened: Any = av.open(source, options=options, metadata_errors="ignore")
    with opened as container:
        facts["container"] = container.format.name
        facts["declared"] = container.duration / av.time_base if container.duration else None
        start = container.start_time / av.time_base if container.start_time else 0.0
        sounds, videos = list(container.streams.audio), list(container.streams.video)
        covers = [v for v in videos if v.disposition & av.stream.Disposition.attached_pic]
        video = next((v for v in videos if v not in covers), covers[0] if covers else None)
        sound = sounds[0] if sounds else None
        if sound is None:
            facts["sound_problem"] = "no audio stream"
        if video is None:
            facts["video_problem"] = "no video stream"
        elif video.width * video.height > limits["pixels"]:
            facts["video_problem"] = large(video.width, video.height, limits)
            video = None
        if facts["declared"] is not None and limits["seconds"] * 1.01 < facts["declared"] < 1e7:
            raise Refused(
                f"lasts {facts['declared']:.0f} s, at most {limits['seconds']:g} s can be analysed. "
                "Cut it to the part that matters."
            )
        take(container, sound, video, covers, start, folder, limits, facts)
    return facts


def take(
    container: Any,
    sound: Any,
    video: Any,
    covers: list[Any],
    start: float,
    folder: Path,
    limits: LimitFields,
    facts: ClipFacts,
) -> None:
    """Read packets to the end, sound and pictures each into their file."""
    with (folder / "sound.f32").open("wb") as sound_file, (folder / "pictures.jpegs").open("wb") as picture_file:
        expected = facts["declared"] or limits["seconds"]
        rate = float(video.average_rate or 0) if video else 0.0
        facts["picture_rate"] = rate if math.isfinite(rate) else 0.0
        listener = SoundWriter(sound_file, start, limits)
        viewer = PictureWriter(picture_file, start, limits, min(expected, limits["seconds"]))
        if video:
            video.thread_type = "AUTO"
            video.codec_context.thread_count = 2
        wanted = [stream for stream in (sound, video) if stream]
        damaged = {"sound": 0, "video": 0}
        packets = container.demux(wanted) if wanted else iter(())
        while True:
            try:
                packet = next(packets, None)
            except (av.FFmpegError, ValueError) as error:  # the rest of the file cannot be read
                facts["notes"].append(f"reading ended early ({reason(error)})")
                break
            if packet is None:
                break
            which = "sound" if packet.stream is sound else "video"
            try:
                for frame in packet.decode():
                    if which == "sound":
                        listener.take(frame)
                    elif not facts["video_problem"]:
                        viewer.take(frame, facts["picture_rate"] or 25.0)
            except TooLarge as error:
                facts["video_problem"] = large(error.args[0], error.args[1], limits)
            except (av.FFmpegError, ValueError, MemoryError) as error:
                damaged[which] += 1
                facts[which + "_error"] = reason(error)
            if listener.too_long or viewer.too_long:
                raise Refused(
                    f"is longer than {limits['seconds']:g} s, the most that can be analysed. "
                    "Cut it to the part that matters."
                )
        if sound is not None and listener.written:
            listener.take(None)
        write_result(facts, listener, viewer, sound, video, video in covers, damaged)


def write_result(
    facts: ClipFacts,
    listener: SoundWriter,
    viewer: PictureWriter,
    sound: Any,
    video: Any,
    still: bool,
    damaged: dict[str, int],
) -> None:
    """Put together what was found."""
    for which, count in damaged.items():
        if count:
            facts["notes"].append(f"{count} damaged pieces of {which} were skipped")
    if sound is not None and not listener.written:
        facts["sound_problem"] = (
            f"the audio stream could not be decoded ({facts.pop('sound_error', 'it holds nothing')})"
        )
    if video is not None and not viewer.times and not facts["video_problem"]:
        facts["video_problem"] = (
            f"the video track could not be decoded ({facts.pop('video_error', 'it holds nothing')})"
        )
    if facts["video_problem"]:
        viewer.times, viewer.offsets, viewer.end = [], [0], 0.0
    elif viewer.backwards:
        facts["notes"].append("pictures whose time did not go forward were left out")
    heard = listener.written / RATE
    single = len(viewer.times) == 1
    if single and (still or heard > viewer.end):
        facts["notes"].append("the video is one still picture, taken to be shown throughout")
        viewer.end = max(viewer.end, heard)
    if viewer.times and viewer.step > 1.001 / viewer.limits["rate"] and viewer.end > viewer.step:
        facts["notes"].append(f"a picture was taken every {viewer.step:.2f} s, as the clip is long")
    facts |= {
        "duration": max(heard, viewer.end),
        "width": viewer.size[0] if viewer.times else 0,
        "height": viewer.size[1] if viewer.times else 0,
        "rotation": viewer.rotation if viewer.times else 0,
        "picture_times": viewer.times,
        "picture_offsets": viewer.offsets,
        "pictures_end": viewer.end,
    }
    if not heard and not viewer.times:
        raise Refused(f"holds nothing that can be analysed: {facts['sound_problem']}; {facts['video_problem']}.")


def large(width: int, height: int, limits: LimitFields) -> str:
    """A picture too large, in words."""
    return f"its pictures have {width} × {height} pixels, at most {limits['pixels'] / 1e6:.1f} million can be read"


def reason(error: BaseException) -> str:
    """An error of FFmpeg in a few words, without file names."""
    if isinstance(error, MemoryError):
        return "out of memory"
    return str(getattr(error, "strerror", None) or type(error).__name__).lower()[:120]


class Refused(Exception):
    """The clip is of a kind that is not analysed; says why, without its name."""


def main() -> None:
    """Decode, and leave either facts or a problem in the folder."""
    folder, limits = Path(sys.argv[1]), json.loads(sys.argv[2])
    try:
        facts = decode_into(os.fdopen(0, "rb"), folder, limits)
    except Refused as error:
        facts = {"problem": str(error)}
    except (av.FFmpegError, ValueError, MemoryError, OverflowError) as error:
        facts = {
            "problem": f"is no clip that can be read ({reason(error)}). Expected video or sound, such as mp4, webm or wav."
        }
    (folder / "decoded.json").write_text(json.dumps(facts), encoding="utf-8")


if __name__ == "__main__":
    av.logging.set_level(None)
    bound(json.loads(sys.argv[2]))
    main()
