"""Degradations stacked and taken back: always the same as degrading at once, but only what changed is read."""

import itertools

import numpy as np
import pytest
from clip_cases import make_clip, simple_extractors

from comp_viz.clips.degradation import Degradation
from comp_viz.clips.degrade import degrade
from comp_viz.clips.stack import restack
from comp_viz.errors import CompVizError

MUTE = Degradation("mute", (0, 1), listen_again=False)
BLACK = Degradation("black", (1,))
WRITE = Degradation("rewrite", (2, 3), text="quite other words")
NOISE = Degradation("noise", (0, 2), amount=0.0, listen_again=False)
BLUR = Degradation("blur", (2,), amount=0.05)


def same(a, b):
    assert a.degradations == b.degradations
    assert a.spans == b.spans
    assert a.reasons == b.reasons
    for name in a.features:
        np.testing.assert_array_equal(a.features[name], b.features[name])
    for name in a.quality:
        np.testing.assert_array_equal(a.quality[name], b.quality[name])
    assert [(x.pictures, x.with_face, x.size) for x in a.looked] == [
        (x.pictures, x.with_face, x.size) for x in b.looked
    ]


@pytest.mark.parametrize("order", list(itertools.permutations((MUTE, BLACK, WRITE, NOISE), 3)))
def test_stacking_one_by_one_is_degrading_at_once(order, tmp_path, monkeypatch):
    simple_extractors(monkeypatch)
    clip, now = make_clip(tmp_path), None
    for count in range(1, len(order) + 1):
        now = restack(clip, order[:count], now)
        same(now, degrade(clip, order[:count]))


@pytest.mark.parametrize("gone", range(4))
def test_taking_one_back_is_never_having_done_it(gone, tmp_path, monkeypatch):
    simple_extractors(monkeypatch)
    clip, done = make_clip(tmp_path), [MUTE, BLACK, WRITE, BLUR]
    left = done[:gone] + done[gone + 1 :]
    same(restack(clip, left, restack(clip, done)), degrade(clip, left))


def test_only_what_changed_is_extracted_again(tmp_path, monkeypatch):
    calls: list[str] = []
    simple_extractors(monkeypatch, calls)
    clip = make_clip(tmp_path)
    first = restack(clip, [NOISE])
    assert calls == ["ears", "ears"]
    calls.clear()
    restack(clip, [NOISE, BLUR], first)  # utterance 2 has both, utterance 0 is as it was
    assert sorted(calls) == ["ears", "eyes"]
    calls.clear()
    both = restack(clip, [NOISE, Degradation("rewrite", (3,), text="x")], first)
    assert calls == ["reader"]
    assert both.reasons["text"][3] == ""


def test_the_clip_as_recorded_is_never_changed(tmp_path, monkeypatch):
    simple_extractors(monkeypatch)
    clip = make_clip(tmp_path)
    before = {name: x.copy() for name, x in clip.features.items()}
    restack(clip, [MUTE, BLUR, WRITE], restack(clip, [MUTE]))
    for name, x in before.items():
        np.testing.assert_array_equal(x, clip.features[name])


def test_muting_and_black_make_modalities_missing_with_a_reason(tmp_path, monkeypatch):
    simple_extractors(monkeypatch)
    found = restack(make_clip(tmp_path), [MUTE, BLACK])
    assert "silence" in found.reasons["audio"][0]
    assert "no face" in found.reasons["video"][1]
    assert not found.conversation.observed[1, [0, 2]].any()
    assert not found.features["audio"][0].any()


def test_an_utterance_that_there_is_not_is_named(tmp_path, monkeypatch):
    simple_extractors(monkeypatch)
    with pytest.raises(CompVizError, match="from 0 to 3, got 9"):
        restack(make_clip(tmp_path), [Degradation("mute", (9,))])
