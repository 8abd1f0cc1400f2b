"""From the ids of utterances to conversations: which belong together, and in which order."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from comp_viz.data.dataset import Doubles
from comp_viz.data.findings import Findings
from comp_viz.data.layouts.choices import Choices
from comp_viz.wording import how_many, shortened

# How an id is made of a conversation and the number of the utterance: MMSA, MultiBench, MELD by MERTools, others.
FORMS = tuple(
    map(
        re.compile, (r"(.+)\$_\$(.+)", r"(.+)\[(\d+)\]", r"(.+dia\d+)_utt(\d+)", r"(Ses0\d.+)_([FM]\d+)", r"(.+)_(\d+)")
    )
)
GROUPINGS = ("video", "clip")
MOST_OF_A_VIDEO = 500  # utterances on average, from which the beginning of ids is taken to name no video


@dataclass(frozen=True)
class Places:
    """Where each of `N` utterances stands."""

    conversations: list[str]  # [N]
    positions: list[int]  # [N]
    starts: Doubles | None = None  # [N] seconds, where ids have them
    ends: Doubles | None = None


def place_utterances(
    file: str, ids: Sequence[Sequence[str]], splits: Sequence[str], choices: Choices, findings: Findings
) -> Places:
    """Conversations and positions by the ids `[N]`, each of one text or of video, start and end, and by their splits `[N]`.

    Utterances are in order of their number or start, else as the file has them. A video with clips both in test and in
    another split becomes a conversation for each split, which is noted.
    """
    timed = all(len(parts) == 3 for parts in ids)
    names = [parts[0] if parts else "" for parts in ids]
    pairs = [(name, "") for name in names] if timed else [split_id(name) for name in names]
    few = len(names) > MOST_OF_A_VIDEO * len({video for video, _ in pairs})
    alone = few or (len({video for video, _ in pairs}) == 1 < len(set(splits)))  # "sample_1" and the like name no video
    groupings = tuple(reversed(GROUPINGS)) if alone else GROUPINGS
    if choices.pick("conversations", groupings, "a conversation: all clips of a video, or each clip alone") == "clip":
        return Places([" ".join(parts) for parts in ids], [0] * len(ids))
    videos = apart_by_split(file, [video for video, _ in pairs], splits, findings)
    if timed:
        starts, ends = (seconds([parts[column] for parts in ids]) for column in (1, 2))
        return Places(videos, ranks(videos, starts), starts, ends)
    numbers = seconds([number for _, number in pairs])
    return Places(videos, ranks(videos, numbers))


def split_id(name: str) -> tuple[str, str]:
    """Conversation and number of an utterance; an id of no known form is a conversation of its own."""
    match = next((match for form in FORMS if (match := form.fullmatch(name))), None)
    return (match[1], match[2]) if match else (name, "")


def seconds(texts: Sequence[str]) -> Doubles:
    """Numbers of texts, NaN where one is none."""
    numbers = np.full(len(texts), np.nan)
    for place, text in enumerate(texts):
        try:
            numbers[place] = float(text)
        except ValueError:
            continue
    return numbers


def ranks(videos: Sequence[str], keys: Doubles) -> list[int]:
    """The place of each utterance in its video by its key, and by its place in the file where some key is none."""
    codes = np.unique(np.array(videos, dtype=object).astype(str), return_inverse=True)[1]
    without = np.isin(codes, codes[~np.isfinite(keys)])
    order = np.lexsort((np.arange(len(keys)), np.where(without, 0, keys), codes))
    starts = np.r_[True, np.diff(codes[order]) != 0]
    places = np.arange(len(order)) - np.maximum.accumulate(np.where(starts, np.arange(len(order)), 0))
    positions = np.empty(len(order), np.int64)
    positions[order] = places
    return [int(place) for place in positions]


def apart_by_split(file: str, videos: Sequence[str], splits: Sequence[str], findings: Findings) -> list[str]:
    """Names of conversations: of a video, or of its part in a split where test and another split share it."""
    of_video: defaultdict[str, set[str]] = defaultdict(set)
    for video, split in zip(videos, splits, strict=True):
        of_video[video].add(split)
    shared = {video for video, there in of_video.items() if "test" in there and len(there) > 1}
    if shared:
        findings.problem(
            file,
            f"{how_many(len(shared), 'video')} with clips both in test and in another split, as {shortened(min(shared), 60)!r}: their parts "
            "are conversations of their own, but what is tested on may have been learned from",
        )
    return [f"{video} ({split})" if video in shared else video for video, split in zip(videos, splits, strict=True)]
