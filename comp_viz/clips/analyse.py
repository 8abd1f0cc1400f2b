"""A clip's file -> `Clip`: decode, cut into utterances, extract features of each, and say what is missing and why."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
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
from comp_viz.clips.models import load_models
from comp_viz.clips.one_thread import one_blas_thread
from comp_viz.clips.progress import Draft, Progress, Watch
from comp_viz.clips.reading import Read, read_audio, read_text, read_video, sound_level
from comp_viz.clips.settings import Settings
from comp_viz.clips.span import Span
from comp_viz.clips.speech import NOTHING, Heard, Listening, listen
from comp_viz.clips.store import load_clip, save_clip
from comp_viz.clips.voice import Stretches, voiced_share, voiced_stretches
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
    turn: Callable[[float], None] = lambda seconds: None,
) -> Clip:
    """Analyse a clip, or take it from `folder` where the same content was analysed with the same settings before.

    `folder` belongs to the caller (a session's temporary folder); all that is kept lies there, under the content's digest.
    `name` is what people call the clip, by default its file's name. Raises `CompVizError` when nothing of the clip can be
    read or a limit is passed, and `Cancelled` between steps once `cancelled()` is true. An extractor that is not there or
    fails is no error: its modality is missing, with the reason. `turn` is called with the seconds that the clip lasts once it
    is decoded, and returns when the rest, which is most of the work, may begin.
    """
    watch = Watch(report, cancelled)
    watch.at("decode", 0.0)
    name = printable_name(name or path.name)
    check_file(path, settings.limits, name)
    digest = file_digest(path)
    place = folder / digest[:32]
    done = place / f"{result_key(settings)}.clip"
    if done.is_dir():
        return load_clip(done, place / settings.tracks.folder, settings, name)
    decoded = place / settings.tracks.folder
    known = decoded.is_dir()

    def tick(read: float, length: float) -> None:
        if length > 0:
            watch.expect(**dict.fromkeys(("decode", "speech", "video", "audio", "text"), length), load=0.0)
        watch.at("decode", min(0.99, read / length) if length > 0 else 0.0)

    media = decode(path, decoded, settings.limits, tick, settings.tracks, name)
    watch.draft = Draft(media)
    watch.expect(**expected_work(media), decode=0.0 if known else media.duration)
    watch.at("decode", 1.0)
    turn(media.duration)
    watch.pause()
    load_models(media, settings, watch)
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


def expected_work(media: Media) -> dict[str, float]:
    """Seconds of the clip that each stage is going to work through, before it is known how much is spoken in it."""
    heard = 0.0 if media.sound_problem else media.duration
    words = 0.0 if whisper.whisper_missing() else heard
    seen = 0.0 if media.video_problem or faces_missing() else media.pictures_end
    return {"load": 0.0, "speech": words, "audio": heard, "text": words, "video": seen}


@one_blas_thread()
def read_clip(media: Media, name: str, digest: str, settings: Settings, watch: Watch) -> Clip:
    """Everything after decoding, with the models in memory."""
    if any(modality == "video" for modality, _ in settings.extractors) and not faces_missing():
        media = with_heads_upright(media)
    sound = media.sound
    unheard = media.sound_problem or whisper.whisper_missing() or ""
    watch.draft = Draft(media)
    watch.at("speech", 0.0)
    voice = voiced_stretches(sound, settings.thresholds.speech)
    heard = NOTHING
    if not voice:
        watch.expect(speech=0.0, audio=0.0, text=0.0)
    elif not unheard:
        heard = recognised(media, voice, settings, watch)
    watch.at("speech", 1.0)
    spans = cut(heard.words, media.duration, settings.cutting)
    watch.draft = Draft(media, spans)
    extractors = dict(settings.extractors)
    reads = dict[str, list[Read]]()
    sounds = [sound[round(span.start * RATE) : round(span.end * RATE)] for span in spans]
    shares = [voiced_share(voice, span.end - span.start, span.start) for span in spans]
    looked = [FaceSearch(0, 0, 0.0, ()) for _ in spans]
    if "video" in extractors:
        reads["video"], looked = read_pictures(media, spans, extractors["video"], settings, watch)

    def read_each(modality: str, read_one: Callable[[int], Read]) -> None:
        reads[modality] = []
        for i in range(len(spans)):
            watch.at(modality, i / len(spans), (i + 1) / len(spans))
            reads[modality].append(read_one(i))
            add_to_draft(watch, modality, reads[modality])
        watch.at(modality, 1.0)

    if "audio" in extractors:
        names = extractors["audio"]
        read_each("audio", lambda i: read_audio(sounds[i], media.sound_problem, names, settings, shares[i]))
    if "text" in extractors:
        read_each(
            "text",
            lambda i: read_text(spans[i], unheard, extractors["text"], settings, heard.language, heard.certainty),
        )
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


def recognised(media: Media, voice: Stretches, settings: Settings, watch: Watch) -> Heard:
    """The words, with those found so far shown on the way, in utterances."""

    def tick(now: Listening) -> None:
        if now.words:
            watch.draft = Draft(media, cut(now.words, now.until, settings.cutting))
        watch.expect(speech=now.whole, audio=now.whole)
        watch.at("speech", now.share, now.then)

    return listen(media.sound, voice, settings, tick)


def read_pictures(
    media: Media, spans: tuple[Span, ...], names: tuple[str, ...], settings: Settings, watch: Watch
) -> tuple[list[Read], list[FaceSearch]]:
    """Look at one utterance's pictures at a time, so that memory does not grow with the clip."""
    gallery = min(GALLERY, max(1, FACES // len(spans)))
    reads, looked = list[Read](), list[FaceSearch]()
    ends = np.cumsum([0.0, *(span.end - span.start for span in spans)])
    for i, span in enumerate(spans, 1):
        watch.at("video", *(float(end / ends[-1]) for end in ends[i - 1 : i + 1]))
        numbers = media.pictures_between(span.start, span.end)
        times = [media.picture_times[number] for number in numbers]
        one, look = read_video(media.pictures(numbers), times, media.video_problem, names, settings, gallery)
        reads.append(one)
        looked.append(look if i <= FACES else FaceSearch(look.pictures, look.with_face, look.size, ()))
        add_to_draft(watch, "video", reads)
    watch.at("video", 1.0)
    return reads, looked


def add_to_draft(watch: Watch, modality: str, reads: list[Read]) -> None:
    """Show what was read of a modality so far."""
    reasons = {**watch.draft.reasons, modality: tuple(read.reason for read in reads)}
    watch.draft = replace(watch.draft, reasons=reasons)


def envelope(sound: Floats, points: int = 1000) -> Floats:
    """Lowest and highest sample of equal stretches, `[points or fewer, 2]`: the waveform as it is drawn."""
    if not len(sound):
        return np.zeros((0, 2), np.float32)
    edges = np.unique(np.linspace(0, len(sound), min(points, len(sound)) + 1).astype(int))[:-1]
    return np.stack([np.minimum.reduceat(sound, edges), np.maximum.reduceat(sound, edges)], 1)
