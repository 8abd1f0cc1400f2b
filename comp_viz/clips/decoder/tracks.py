"""Which sound and which pictures of a file are taken: those that players take, or those that were asked for."""

from typing import Any

from .facts import Facts, Limits, too_large

COVERS = ("attached_pic", "timed_thumbnails", "still_image")  # pictures about the clip, not of who speaks in it
ASIDE = ("hearing_impaired", "visual_impaired", "comment", "descriptions", "dependent")  # tracks beside the main one


def choose_tracks(container: Any, limits: Limits, facts: Facts) -> tuple[Any, Any]:
    """The stream of sound and that of pictures, each None where there is none; what there was goes into `facts`."""
    sounds, videos = list(container.streams.audio), list(container.streams.video)
    shown = [video for video in videos if not flagged(video, COVERS)]
    sound, facts["sound_track"] = main_track(sounds, limits["tracks"]["sound"])
    video, facts["video_track"] = main_track(shown, limits["tracks"]["video"])
    facts["sound_tracks"], facts["video_tracks"] = track_names(sounds), track_names(shown)
    for kind, of_kind in (("sound", sounds), ("video", shown)):
        if len(of_kind) > 1:
            number = facts[f"{kind}_track"]
            how = "as asked for" if limits["tracks"][kind] == number else "as players do"
            facts["notes"].append(f"of {len(of_kind)} {kind} tracks, number {number} was taken, {how}")
    if sound is None:
        facts["sound_problem"] = "no audio stream"
    if video is None:
        facts["video_problem"] = "no video stream"
        if videos:
            facts["notes"].append("a cover picture is no video of who speaks, and was left out")
    elif video.width * video.height > limits["pixels"]:
        facts["video_problem"] = too_large(video.width, video.height, limits)
        video = None
    return sound, video


def main_track(streams: list[Any], wanted: int) -> tuple[Any, int]:
    """The track with the number that is wanted, else the first that is marked as default, else the first; and its number."""
    if not streams:
        return None, 0
    if 1 <= wanted <= len(streams):
        return streams[wanted - 1], wanted
    main = [stream for stream in streams if not flagged(stream, ASIDE)] or streams
    track = next((stream for stream in main if flagged(stream, ("default",))), main[0])
    return track, streams.index(track) + 1


def flagged(stream: Any, names: tuple[str, ...]) -> bool:
    """Whether a stream carries one of these marks."""
    kinds = type(stream.disposition)
    return any(bool(stream.disposition & kinds[name]) for name in names if name in kinds.__members__)


def track_names(streams: list[Any]) -> list[str]:
    """What people may know each track by: its number, title, language, and the size of its pictures or its channels."""
    names = list[str]()
    for number, stream in enumerate(streams, 1):
        facts = [stream.metadata.get("title") or "", stream.language or ""]
        if stream.type == "video":
            facts.append(f"{stream.width} × {stream.height}")
        else:
            channels = stream.codec_context.layout.nb_channels
            facts.append("mono" if channels == 1 else "stereo" if channels == 2 else f"{channels} channels")
        shown = ", ".join(fact for fact in facts if fact and fact != "und")
        names.append("".join(c if c.isprintable() else " " for c in f"{number}: {shown}")[:80])
    return names
