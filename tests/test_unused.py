"""Names in files: which of ours each stands for, and which would be used in place of one that is not."""

import pytest

from comp_viz.data.unused import Unused, match_names, nearest_name, unused_names

KNOWN = {"audio": ("acoustic",), "text": (), "video": ("vision", "visual"), "labels": ("label",), "video_ids": ("ids",)}


def test_a_name_of_ours_comes_before_another_spelling_and_that_before_another_name():
    assert match_names(["vision", "Video", "audio"], KNOWN) == {"audio": "audio", "video": "Video"}
    assert match_names(["visual", "vision"], KNOWN) == {"video": "vision"}
    assert match_names(["VIDEO_IDS", "ids", "Label"], KNOWN) == {"video_ids": "VIDEO_IDS", "labels": "Label"}
    assert match_names(["video", "vision"], KNOWN) == {"video": "video"}


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("vision", "video"), ("VISUAL", "video"), ("audio_covarep", "audio"), ("labels_v2", "labels"), ("lables", "labels"),
        ("video-id", "video_ids"), ("gaze", ""), ("x", ""), ("", ""),
    ],
)  # fmt: skip
def test_the_nearest_name(name, nearest):
    assert nearest_name(name, KNOWN) == nearest


def test_what_is_not_used_is_said_with_the_name_that_would_be():
    names = unused_names("array", ["audio", "vision", "gaze"], ["audio"], KNOWN)
    assert names == [Unused("array", "vision", "video"), Unused("array", "gaze")]
    assert [str(name) for name in names] == [
        "the array 'vision' is not used; the nearest name that would be is 'video'",
        "the array 'gaze' is not used",
    ]
