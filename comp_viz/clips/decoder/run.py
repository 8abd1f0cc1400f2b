"""Decodes a clip: its tracks, its clock, then packet after packet to the end, and what was found."""

import json
import math
import os
from pathlib import Path
from typing import Any, BinaryIO

import av

from .clock import Clock, empty, read_clock
from .facts import RATE, Facts, Limits, Refused, TooLarge, reason, too_large
from .pictures import Pictures
from .sound import Sound
from .tracks import choose_tracks

# Containers of moving pictures and sound. Others that FFmpeg knows (playlists, lists of files, pictures, streams from the
# network) can name further files or addresses, and are never opened.
CONTAINERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpeg,mpegts,mpegvideo,flv,asf,ogg,dv,mxf,m4v,h264,hevc,ivf,nut,wtv,"
    "wav,w64,mp3,flac,aac,aiff,caf,au,amr,amrnb,amrwb,ac3,eac3,dts,ape,wv,tta,voc"
)
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


def decode_into(source: BinaryIO, folder: Path, limits: Limits) -> Facts:
    """Decode everything and say what was found."""
    facts: Facts = {"container": "", "sound_problem": "", "video_problem": "", "notes": []}
    with opened(source) as container:
        facts["container"] = container.format.name
        declared = container.duration / av.time_base if container.duration else None
        start = container.start_time / av.time_base if container.start_time else 0.0
        tracks = choose_tracks(container, limits, facts)
        places = [None if track is None else track.index for track in tracks]
        clock = read_clock(container, [track for track in tracks if track is not None])
        if declared is not None and limits["seconds"] * 1.01 < min(declared, clock.length):
            raise Refused(
                f"lasts {clock.length:.0f} s, at most {limits['seconds']:g} s can be analysed. Cut it to the part that matters."
            )
    source.seek(0)
    with opened(source) as container:
        sound, video = (None if place is None else container.streams[place] for place in places)
        listener = Sound(folder, start, clock.joins, limits)
        with (folder / "pictures.jpegs").open("wb") as file:
            viewer = Pictures(file, video, start, limits, clock.length)
            read_packets(container, sound, video, clock, listener, viewer, facts)
        if clock.joins:
            facts["notes"].append(f"{len(clock.joins) + 1} takes in one file, each with its own clock, were joined")
        facts["notes"] += listener.finish()
        write_result(facts, listener, viewer)
    return facts


def opened(source: BinaryIO) -> Any:
    """The container in a file."""
    return av.open(source, options=OPTIONS, metadata_errors="ignore")


def read_packets(
    container: Any, sound: Any, video: Any, clock: Clock, listener: Sound, viewer: Pictures, facts: Facts
) -> None:
    """Read packets to the end, sound and pictures each to where they belong."""
    rate = float(video.average_rate or 0) if video else 0.0
    facts["picture_rate"] = rate if math.isfinite(rate) else 0.0
    if video:
        video.thread_type = "AUTO"
        video.codec_context.thread_count = 2
    damaged = {"sound": 0, "video": 0}
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
        which = "sound" if sound is not None and packet.stream_index == sound.index else "video"
        if not empty(packet):
            clock.put_right(packet)
        try:
            for frame in packet.decode():
                if which == "sound":
                    listener.take(frame)
                elif not facts["video_problem"]:
                    viewer.take(frame, facts["picture_rate"] or 25.0)
        except TooLarge as error:
            facts["video_problem"] = too_large(error.args[0], error.args[1], viewer.limits)
        except (av.FFmpegError, ValueError, MemoryError) as error:
            damaged[which] += 1
            facts[which + "_error"] = reason(error)
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
    heard = listener.written / RATE
    if len(viewer.times) == 1 and heard > viewer.end:
        facts["notes"].append("the video is one still picture, taken to be shown throughout")
        viewer.end = max(viewer.end, heard)
    if viewer.times and viewer.step > 1.001 / viewer.limits["rate"] and viewer.end > viewer.step:
        facts["notes"].append(f"a picture was taken every {viewer.step:.2f} s, as the clip is long")
    if viewer.times and viewer.colours.curve:
        facts["notes"].append(
            f"the pictures are HDR ({viewer.colours.curve}), shown in the colours of ordinary screens"
        )
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
