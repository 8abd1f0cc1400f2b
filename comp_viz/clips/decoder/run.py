"""Decodes a clip: its tracks, its clock, then packet after packet to the end, and what was found."""

import json
import math
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import av

from .clock import Clock, empty, read_clock
from .facts import Facts, Limits, Refused, TooLarge, reason, too_large
from .kind import container_kind
from .links import Link, links
from .pictures import Pictures
from .skipping import Skipping
from .sound import Sound
from .tracks import choose_tracks

# Containers of moving pictures and sound. Others that FFmpeg knows (playlists, lists of files, pictures, streams from the
# network) can name further files or addresses, and are never opened.
CONTAINERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpeg,mpegts,mpegvideo,flv,asf,ogg,dv,mxf,m4v,h264,hevc,ivf,nut,wtv,"
    "wav,w64,mp3,flac,aac,aiff,caf,au,amr,amrnb,amrwb,ac3,eac3,dts,ape,wv,tta,voc"
)
REPORTED = 0.2  # seconds between two reports
OPTIONS = {"format_whitelist": CONTAINERS, "protocol_whitelist": "pipe"}  # nothing can make us open anything else


def decode_to_folder(folder: Path, limits: Limits) -> None:
    """Decode standard input, and leave either facts or a problem in the folder."""
    try:
        facts = decode_into(os.fdopen(0, "rb"), folder, limits)
    except Refused as error:
        facts = {"problem": str(error)}
    except (av.FFmpegError, ValueError, MemoryError, OverflowError) as error:
        facts = {
            "problem": f"is no clip that can be read ({reason(error)}). Expected video or sound, such as mp4, webm or wav."
        }
    (folder / "decoded.json").write_text(json.dumps(facts), encoding="utf-8")


@dataclass(frozen=True)
class Plan:
    """What was found out about one file in the file before anything of it is decoded."""

    link: Link
    start: float  # seconds, by its clock
    places: tuple[int | None, int | None]  # of the streams of sound and pictures
    clock: Clock


def decode_into(source: BinaryIO, folder: Path, limits: Limits) -> Facts:
    """Decode everything and say what was found."""
    facts: Facts = {"container": "", "sound_problem": "", "video_problem": "", "notes": []}
    parts = links(source)
    plans = [plan(parts[0], limits, facts)]
    for link in parts[1:]:
        try:
            plans.append(plan(link, limits, {"notes": []}))
        except (av.FFmpegError, ValueError) as error:
            facts["notes"].append(f"reading ended early ({reason(error)})")
            break
    length, declared = sum(each.clock.length for each in plans), facts.pop("declared")
    if declared is not None and limits["seconds"] * 1.01 < min(declared, length):
        raise Refused(
            f"lasts {length:.0f} s, at most {limits['seconds']:g} s can be analysed. Cut it to the part that matters."
        )
    takes = sum(1 + len(each.clock.joins) for each in plans)
    if takes > 1:
        facts["notes"].append(f"{takes} takes in one file, each with its own clock, were joined")
    listener = Sound(folder, limits)
    with (folder / "pictures.jpegs").open("wb") as file:
        viewer = Pictures(file, limits, length)
        for each in plans:
            with opened(each.link) as container:
                sound, video = (None if place is None else container.streams[place] for place in each.places)
                start = each.start - max(listener.seconds, viewer.end)
                listener.begin(start, each.clock.joins, container.format.name)
                viewer.begin(start, video)
                reporter = Reporter(length, listener, viewer)
                read_packets(container, sound, video, each.clock, listener, viewer, facts, reporter)
                listener.flush()
    facts["notes"] += listener.finish()
    write_result(facts, listener, viewer)
    return facts


def plan(link: Link, limits: Limits, facts: Facts) -> Plan:
    """Choose the tracks of a file and read its clock."""
    with opened(link) as container:
        facts["container"] = container_kind(container)
        facts["declared"] = container.duration / av.time_base if container.duration else None
        start = container.start_time / av.time_base if container.start_time else 0.0
        tracks = choose_tracks(container, limits, facts)
        rate = float(tracks[1].average_rate or 0) if tracks[1] else 0.0
        facts["picture_rate"] = rate if math.isfinite(rate) else 0.0
        clock = read_clock(container, [track for track in tracks if track is not None])
        sound, video = (None if track is None else track.index for track in tracks)
    link.seek(0)
    return Plan(link, start, (sound, video), clock)


def opened(source: Link) -> Any:
    """The container in a file."""
    return av.open(source, options=OPTIONS, metadata_errors="ignore")


@dataclass
class Reporter:
    """Says a few times a second how far reading is, on standard output: seconds read, and seconds in all."""

    length: float
    listener: Sound
    viewer: Pictures
    last: float = 0.0

    def report(self) -> None:
        """Write a line, unless one was written a moment ago."""
        now = time.monotonic()
        if now - self.last >= REPORTED:
            self.last = now
            print(f"{max(self.listener.seconds, self.viewer.end):.2f} {self.length:.2f}", flush=True)


def read_packets(
    container: Any,
    sound: Any,
    video: Any,
    clock: Clock,
    listener: Sound,
    viewer: Pictures,
    facts: Facts,
    reporter: "Reporter",
) -> None:
    """Read packets to the end, sound and pictures each to where they belong."""
    if video:
        video.thread_type = "AUTO"
        video.codec_context.thread_count = 2
    damaged, skipping = {"sound": 0, "video": 0}, Skipping(video, clock, viewer)
    wanted = [stream for stream in (sound, video) if stream]
    packets = container.demux(wanted) if wanted else iter(())
    while True:
        try:
            packet = next(packets, None)
        except (av.FFmpegError, ValueError) as error:  # the rest of the file cannot be read
            facts["notes"].append(f"reading ended early ({reason(error)})")
            break
        if packet is None:
            break
        is_sound = sound is not None and packet.stream.index == sound.index  # an empty packet has no right index itself
        which = "sound" if is_sound else "video"
        if not empty(packet):
            clock.put_right(packet)
            if not is_sound:
                skipping.before()
        try:
            for frame in packet.decode():
                if is_sound:
                    listener.take(frame)
                elif not facts["video_problem"]:
                    skipping.after(frame)
                    viewer.take(frame, facts["picture_rate"] or 25.0)
        except TooLarge as error:
            facts["video_problem"] = too_large(error.args[0], error.args[1], viewer.limits)
        except (av.FFmpegError, ValueError, MemoryError) as error:
            damaged[which] += 1
            skipping.stop()
            facts[which + "_error"] = reason(error)
        reporter.report()
        if listener.too_long or viewer.too_long:
            raise Refused(
                f"is longer than {viewer.limits['seconds']:g} s, the most that can be analysed. Cut it to the part that matters."
            )
    for which, count in damaged.items():
        if count:
            pieces = "1 damaged piece" if count == 1 else f"{count} damaged pieces"
            facts["notes"].append(f"{pieces} of {which} {'was' if count == 1 else 'were'} skipped")


def write_result(facts: Facts, listener: Sound, viewer: Pictures) -> None:
    """Put together what was found."""
    if not facts["sound_problem"] and not listener.written:
        facts["sound_problem"] = (
            f"the audio stream could not be decoded ({facts.pop('sound_error', 'it holds nothing')})"
        )
    if not facts["video_problem"] and not viewer.times:
        facts["video_problem"] = (
            f"the video track could not be decoded ({facts.pop('video_error', 'it holds nothing')})"
        )
    if facts["video_problem"]:
        viewer.times, viewer.offsets, viewer.end = [], [0], 0.0
    elif viewer.backwards:
        facts["notes"].append("pictures whose time did not go forward were left out")
    heard = listener.seconds
    if len(viewer.times) == 1 and heard > viewer.end:
        facts["notes"].append("the video is one still picture, taken to be shown throughout")
        viewer.end = max(viewer.end, heard)
    if viewer.times and viewer.step > 1.001 / viewer.limits["rate"] and viewer.end > viewer.step:
        facts["notes"].append(f"a picture was taken every {viewer.step:.2f} s, as the clip is long")
    if viewer.times and viewer.colours.curve:
        facts["notes"].append(
            f"the pictures are HDR ({viewer.colours.curve}), shown in the colours of ordinary screens"
        )
    if viewer.times and viewer.interlaced:
        facts["notes"].append("the pictures are interlaced, of each the first of its two fields is shown")
    shown = bool(viewer.times)
    facts |= {
        "duration": max(heard, viewer.end),
        "width": viewer.size[0] if shown else 0,
        "height": viewer.size[1] if shown else 0,
        "rotation": viewer.lies.rotation if shown else 0,
        "mirrored": viewer.lies.mirrored if shown else False,
        "picture_times": viewer.times,
        "picture_offsets": viewer.offsets,
        "pictures_end": viewer.end,
    }
    if not heard and not viewer.times:
        raise Refused(f"holds nothing that can be analysed: {facts['sound_problem']}; {facts['video_problem']}.")
