"""A clip's file -> `Clip`: decode, cut into utterances, extract features of each, and say what is missing and why."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from comp_viz.clips import whisper
from comp_viz.clips.clip import Clip, FaceSearch
from comp_viz.clips.cutting import cut
from comp_viz.clips.decode import decode
from comp_viz.clips.extractors.registry import extractors_missing
from comp_viz.clips.face_orientation import with_heads_upright
from comp_viz.clips.faces import faces_missing
from comp_viz.clips.limits import check_file, printable_name
from comp_viz.clips.media import RATE, Media
from comp_viz.clips.progress import Progress, Watch
from comp_viz.clips.reading import Read, read_audio, read_text, read_video, sound_level
from comp_viz.clips.settings import Settings
from comp_viz.clips.span import Span
from comp_viz.clips.speech import NOTHING, listen
from comp_viz.clips.store import load_clip, save_clip
from comp_viz.clips.voice import voiced_share, voiced_stretches
from comp_viz.data.conversation import Floats

GALLERY, FACES = 3, 120  # faces kept for people to look at: of an utterance, and of a clip
DEFAULT_SETTINGS = Settings()


def analyse(
    path: Path,
    folder: Path,
    settings: Settings = DEFAULT_SETTINGS,
    name: str = "",
    report: Callable[[Progress], None] = lambda progress: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Clip:
    """Analyse a clip, or take it from `folder` where the same content was analysed with the same settings before.

    `folder` belongs to the caller (a session's temporary folder); all that is kept lies there, under the content's digest.
    `name` is what people call the clip, by default its file's name. Raises `CompVizError` when nothing of the clip can be
    read or a limit is passed, and `Cancelled` between steps once `cancelled()` is true. An extractor that is not there or
    fails is no error: its modality is missing, with the reason.
    """
    watch = Watch(report, cancelled)
    watch.at("decode", 0.0)
    check_file(path, settings.limits)
    digest = file_digest(path)
    place = folder / digest[:32]
    name = printable_name(name or path.name)
    done = place / f"{result_key(settings)}.clip"
    if done.is_dir():
        return load_clip(done, place / settings.tracks.folder, settings, name)
    usual = max(1.0, path.stat().st_size / 2e6)  # seconds, a guess that only moves the progress bar
    media = decode(
        path,
        place / settings.tracks.folder,
        settings.limits,
        lambda passed: watch.at("decode", passed / (passed + usual)),
        settings.tracks,
    )
    watch.at("decode", 1.0)
    clip = read_clip(media, name, digest, settings, watch)
    save_clip(clip, done)
    return clip


def file_digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def result_key(settings: Settings) -> str:
    """Names a result: the settings, and what was not ready, so that installing something is not answered from before."""
    problems = [extractors_missing(names) for _, names in settings.extractors] + [whisper.whisper_missing()]
    return hashlib.sha256(repr((settings.digest, problems)).encode()).hexdigest()[:16]


def read_clip(media: Media, name: str, digest: str, settings: Settings, watch: Watch) -> Clip:
    """Everything after decoding."""
    if any(modality == "video" for modality, _ in settings.extractors) and not faces_missing():
        media = with_heads_upright(media)
    sound = media.sound
    unheard = media.sound_problem or whisper.whisper_missing() or ""
    voice = voiced_stretches(sound, settings.thresholds.speech)
    heard = NOTHING if unheard else listen(sound, voice, settings, lambda done: watch.at("speech", done))
    watch.at("speech", 1.0)
    spans = cut(heard.words, media.duration, settings.cutting)
    extractors = dict(settings.extractors)
    reads = dict[str, list[Read]]()
    sounds = [sound[round(span.start * RATE) : round(span.end * RATE)] for span in spans]
    shares = [voiced_share(voice, span.end - span.start, span.start) for span in spans]
    looked = [FaceSearch(0, 0, 0.0, ()) for _ in spans]
    if "video" in extractors:
        reads["video"], looked = read_pictures(media, spans, extractors["video"], settings, watch)
    if "audio" in extractors:
        reads["audio"] = []
        for i, (part, voice_share) in enumerate(zip(sounds, shares, strict=True), 1):
            reads["audio"].append(read_audio(part, media.sound_problem, extractors["audio"], settings, voice_share))
            watch.at("audio", i / len(spans))
    if "text" in extractors:
        reads["text"] = []
        for i, span in enumerate(spans, 1):
            one = read_text(span, unheard, extractors["text"], settings, heard.language, heard.certainty)
            reads["text"].append(one)
            watch.at("text", i / len(spans))
    watch.at("text", 1.0)  # the last moment to stop
    quality = {
        "level": [sound_level(part) for part in sounds],
        "voice": shares,
        "confidence": [span.confidence for span in spans],
        "faces": [look.with_face / look.pictures if look.pictures else 0.0 for look in looked],
    }
    return Clip(
        name=name,
        digest=digest,
        media=media,
        settings=settings,
        spans=spans,
        features={modality: np.stack([r.features for r in reads[modality]]) for modality in extractors},
        reasons={modality: tuple(r.reason for r in reads[modality]) for modality in extractors},
        quality={what: np.array(values, np.float32) for what, values in quality.items()},
        looked=tuple(looked),
        language=heard.language,
        seconds=dict(watch.seconds),
    )


def read_pictures(
    media: Media, spans: tuple[Span, ...], names: tuple[str, ...], settings: Settings, watch: Watch
) -> tuple[list[Read], list[FaceSearch]]:
    """Look at one utterance's pictures at a time, so that memory does not grow with the clip."""
    gallery = min(GALLERY, max(1, FACES // len(spans)))
    reads, looked = list[Read](), list[FaceSearch]()
    for i, span in enumerate(spans, 1):
        numbers = media.pictures_between(span.start, span.end)
        times = [media.picture_times[number] for number in numbers]
        one, look = read_video(media.pictures(numbers), times, media.video_problem, names, settings, gallery)
        reads.append(one)
        looked.append(look if i <= FACES else FaceSearch(look.pictures, look.with_face, look.size, ()))
        watch.at("video", i / len(spans))
    return reads, looked


def envelope(sound: Floats, points: int = 1000) -> Floats:
    """Lowest and highest sample of equal stretches, `[points or fewer, 2]`: the waveform as it is drawn."""
    if not len(sound):
        return np.zeros((0, 2), np.float32)
    edges = np.unique(np.linspace(0, len(sound), min(points, len(sound)) + 1).astype(int))[:-1]
    return np.stack([np.minimum.reduceat(sound, edges), np.maximum.reduceat(sound, edges)], 1)
