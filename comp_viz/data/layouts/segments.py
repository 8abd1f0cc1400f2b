"""Segments of conversations, by annotation tools: ELAN (.eaf), subtitles (.srt, .vtt), Praat (.TextGrid)."""

import re
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from comp_viz.data.extra import import_format_library
from comp_viz.errors import CompVizError

MOST_BYTES = 64 << 20  # of an annotation file
# What pysubs2 goes through again from every place of it: runs of one blank, and what begins like a tag and never ends.
RUNS, UNCLOSED = re.compile(r"([ \n])\1{2,}"), re.compile(r"<(?![^<>]{0,200}>)")
HELD = "\ue000"  # stands for what is no tag while subtitles are read


@dataclass(frozen=True)
class Segment:
    """A stretch of a conversation."""

    start: float  # seconds
    end: float
    text: str
    tier: str = ""  # "" where the format has none
    speaker: str = ""


@dataclass(frozen=True)
class Annotations:
    """What a file says of one conversation."""

    segments: list[Segment] = field(default_factory=list)
    parent_of: dict[str, str] = field(default_factory=dict)  # tier -> the tier that it belongs to, in ELAN


def read_elan(path: Path) -> Annotations:
    """All tiers of an ELAN file, by pympi-ling."""
    pympi = import_format_library("pympi", f"{path.name} is a file of ELAN")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # versions of the format that it does not know yet
        eaf = pympi.Elan.Eaf(str(path))
    made = Annotations()
    for tier in eaf.get_tier_names():
        settings = eaf.get_parameters_for_tier(tier)
        speaker = settings.get("PARTICIPANT") or ""
        if parent := settings.get("PARENT_REF"):
            made.parent_of[tier] = parent
        rows = eaf.get_annotation_data_for_tier(tier)
        made.segments.extend(Segment(row[0] / 1000, row[1] / 1000, row[2] or "", tier, speaker) for row in rows)
    return made


def read_subtitles(path: Path) -> Annotations:
    """Subtitles, by pysubs2. A name and a colon before the words is the speaker, as is the voice of WebVTT."""
    pysubs2 = import_format_library("pysubs2", f"{path.name} holds subtitles")
    text = RUNS.sub(r"\1\1", UNCLOSED.sub(HELD, path.read_text("utf-8-sig", "replace")))
    lines = pysubs2.SSAFile.from_string(text)
    return Annotations(
        [
            Segment(line.start / 1000, line.end / 1000, line.plaintext.strip().replace(HELD, "<"), "", line.name)
            for line in lines
        ]
    )


def read_textgrid(path: Path) -> Annotations:
    """All tiers of intervals of a TextGrid, by praatio; those without words are silence."""
    import_format_library("praatio", f"{path.name} is a TextGrid of Praat")
    from praatio import textgrid

    grid = textgrid.openTextgrid(
        str(path), includeEmptyIntervals=False, reportingMode="silence", duplicateNamesMode="rename"
    )
    tiers = [grid.getTier(name) for name in grid.tierNames]
    intervals = [tier for tier in tiers if isinstance(tier, textgrid.IntervalTier)]
    return Annotations([Segment(e.start, e.end, e.label, tier.name) for tier in intervals for e in tier.entries])


SEGMENT_READERS: dict[str, Callable[[Path], Annotations]] = {
    ".eaf": read_elan, ".srt": read_subtitles, ".vtt": read_subtitles, ".textgrid": read_textgrid,
}  # fmt: skip


def read_annotations(path: Path) -> Annotations:
    """The segments of one file in order of time. Raises `CompVizError` when it cannot be read, or has none."""
    if path.stat().st_size > MOST_BYTES:
        raise CompVizError(
            f"{path.name} is larger than {MOST_BYTES >> 20} MB, more than annotations of a conversation take."
        )
    try:
        made = SEGMENT_READERS[path.suffix.lower()](path)
    except CompVizError:
        raise
    except Exception as error:  # whatever such a library raises for a file that is another thing
        raise CompVizError(
            f"{path.name} cannot be read ({str(error)[:150]}). Open it in the program that made it, and save it again."
        ) from None
    if not made.segments:
        raise CompVizError(f"{path.name} has no segments.")
    return Annotations(sorted(made.segments, key=lambda segment: (segment.start, segment.end)), made.parent_of)


def segment_rows(conversation: str, annotations: Annotations, utterances: str) -> Iterator[dict[str, object]]:
    """A row an utterance of the tier `utterances` ("" for all that belong to no other); other tiers are columns by time."""
    tiers = {segment.tier for segment in annotations.segments}
    own = {utterances} if utterances else {tier for tier in tiers if tier not in annotations.parent_of}
    others = sorted(tiers - own)
    position = 0
    for segment in annotations.segments:
        if segment.tier not in own:
            continue
        extra = {tier_column(tier): "" for tier in others}
        for tier in others:
            if annotations.parent_of.get(tier, segment.tier) == segment.tier and (
                text := text_within(annotations, tier, segment)
            ):
                extra[tier_column(tier)] = text
        speaker = segment.speaker or (segment.tier if len(own) > 1 else "")
        yield {
            "conversation": conversation, "position": position, "start": segment.start, "end": segment.end,
            "speaker": speaker, "text": segment.text, **extra,
        }  # fmt: skip
        position += 1


def tier_column(tier: str) -> str:
    """The column of a tier: what is before the speaker in `emotion@A`, as ELAN's users name tiers."""
    return tier.partition("@")[0] or tier


def text_within(annotations: Annotations, tier: str, segment: Segment) -> str:
    """What a tier says of most of a segment, "" where it says nothing."""
    shares = [
        (min(other.end, segment.end) - max(other.start, segment.start), other.text)
        for other in annotations.segments
        if other.tier == tier and other.start < segment.end and other.end > segment.start
    ]
    return max(shares, default=(0.0, ""))[1]
