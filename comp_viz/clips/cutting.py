"""Cuts a clip into utterances: sentences and pauses where somebody speaks, and windows where nobody does."""

from collections.abc import Sequence
from itertools import pairwise

from comp_viz.clips.settings import Cutting
from comp_viz.clips.span import Span, Word

ENDS = tuple(".?!…。？！")
ROOM = 0.15  # seconds at most before the first and after the last word of an utterance


def cut(words: Sequence[Word], duration: float, cutting: Cutting) -> tuple[Span, ...]:
    """Utterances in order of time, never overlapping, at least one for any clip that lasts."""
    groups = join_short_groups(split_at_pauses(list(words), cutting), cutting)
    groups = [part for group in groups for part in cut_long_group(group, cutting)]
    spoken = group_spans(groups, duration)
    spans, at = list[Span](), 0.0
    for span in (*spoken, None):
        until = span.start if span else duration
        least = cutting.quiet if spoken else 0.0
        if until - at >= max(least, 1e-3):
            spans += silent_windows(at, until, cutting)
        if span:
            spans.append(span)
            at = span.end
    return tuple(spans)


def split_at_pauses(words: list[Word], cutting: Cutting) -> list[list[Word]]:
    """Words in groups that end with a sentence or a pause."""
    groups = list[list[Word]]()
    for word in words:
        last = groups[-1][-1] if groups else None
        if last is None or last.text.endswith(ENDS) or word.start - last.end >= cutting.pause:
            groups.append([word])
        else:
            groups[-1].append(word)
    return groups


def join_short_groups(groups: list[list[Word]], cutting: Cutting) -> list[list[Word]]:
    """Groups too short to tell anything from go to the nearer neighbour, unless it is further away than a pause."""
    done = list[list[Word]]()
    for i, group in enumerate(groups):
        short = group[-1].end - group[0].start < cutting.shortest
        before = group[0].start - done[-1][-1].end if done else float("inf")
        after = groups[i + 1][0].start - group[-1].end if i + 1 < len(groups) else float("inf")
        if short and min(before, after) < cutting.pause:
            if before <= after:
                done[-1] += group
            else:
                groups[i + 1] = group + groups[i + 1]
            continue
        done.append(group)
    return done


def cut_long_group(group: list[Word], cutting: Cutting) -> list[list[Word]]:
    """A group that goes on too long, cut at its longest pauses."""
    if len(group) < 2 or group[-1].end - group[0].start <= cutting.longest:
        return [group]
    pauses = [after.start - before.end for before, after in pairwise(group)]
    middle = (group[0].start + group[-1].end) / 2
    # of equally long pauses the one nearest to the middle, so that both parts get shorter
    at = max(range(len(pauses)), key=lambda i: (round(pauses[i], 2), -abs(group[i].end - middle))) + 1
    return cut_long_group(group[:at], cutting) + cut_long_group(group[at:], cutting)


def group_spans(groups: list[list[Word]], duration: float) -> list[Span]:
    """Each group as an utterance, with a little room around its words but never into its neighbour's."""
    spans = list[Span]()
    for i, group in enumerate(groups):
        free = group[0].start - groups[i - 1][-1].end if i else group[0].start
        start = max(spans[-1].end if spans else 0.0, group[0].start - max(0.0, min(ROOM, free / 2)))
        free = groups[i + 1][0].start - group[-1].end if i + 1 < len(groups) else duration - group[-1].end
        end = min(duration, group[-1].end + max(0.0, min(ROOM, free / 2)))
        if end > start:
            spans.append(Span(round(start, 3), round(end, 3), tuple(group)))
    return spans


def silent_windows(start: float, end: float, cutting: Cutting) -> list[Span]:
    """A stretch where nobody speaks, in equal parts."""
    count = max(1, -int(-(end - start) // cutting.window))
    edges = [round(start + (end - start) * i / count, 3) for i in range(count + 1)]
    return [Span(a, b) for a, b in pairwise(edges)]
