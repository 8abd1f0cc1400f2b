"""Missing patterns: what every part takes away, the text form, checks in words, and realised missing rates."""

import contextlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comp_viz.data.conversation import Task
from comp_viz.data.dataset import Utterances
from comp_viz.data.lengths import check_lengths
from comp_viz.data.patterns.entries import Cells, Only, Rates, Uniform
from comp_viz.data.patterns.label import CONDITIONS, Label
from comp_viz.data.patterns.matrices import MAX_RATE, sample_uniform, to_hex
from comp_viz.data.patterns.pattern import EXAMPLES, MOST_PARTS, PATTERN_PARTS, PROTOCOL, Pattern
from comp_viz.data.patterns.realised import realised_rates
from comp_viz.data.patterns.text import LARGEST_COUNT, LONGEST_PATTERN
from comp_viz.data.patterns.utterances import Outage, Speaker
from comp_viz.errors import CompVizError
from comp_viz.wording import NARROW

SCORE, CLASSES = Task("sentiment"), Task("emotion", ("neutral", "happy", "strong 💪"))
NAMES = ("audio", "text", "any", 'wi"red, + 名')
SPEAKERS = ("A", "B", "any", "Ann (host)", 'q"uote\\', "山田", "\n\ud800", "a + b", "0")
SEEDS = st.integers(0, 2**32)


def utterances(lengths, M=3, share=1.0, seed=0, speakers=("A", "B"), labels=None):
    """Made-up utterances of conversations of these lengths."""
    rng, N = np.random.default_rng(seed), sum(lengths)
    return Utterances(
        NAMES[:M],
        tuple(f"c{v}" for v in range(len(lengths))),
        ("",) * len(lengths),
        np.cumsum([0, *lengths]),
        rng.random((N, M)) < share,
        np.float32(rng.integers(-3, 4, N) if labels is None else labels),
        np.array(rng.choice(list(speakers), N).tolist(), dtype=object),
        np.ones(N, np.float32),
    )


def draw(pattern, given, seed=0, task=SCORE):
    """The matrix of a pattern, or of a text."""
    pattern = Pattern.parse(pattern) if isinstance(pattern, str) else pattern
    return pattern(given, task, np.random.default_rng(seed))


@st.composite
def several(draw, conversations=(1, 5), longest=30):
    """Utterances of some conversations, more or less complete, some without labels."""
    lengths = draw(st.lists(st.integers(1, longest), min_size=conversations[0], max_size=conversations[1]))
    labels = draw(st.lists(st.sampled_from([np.nan, 0, 1, 2, -3, 1.5]), min_size=sum(lengths), max_size=sum(lengths)))
    M, share = draw(st.integers(2, 4)), draw(st.sampled_from([0.0, 0.3, 0.9, 1.0]))
    return utterances(lengths, M, share, draw(SEEDS), draw(st.sampled_from([SPEAKERS, ("",), ("A", "")])), labels)


SHARES = st.one_of(st.sampled_from([0.0, 0.5, 1.0]), st.floats(0, 1))
MODALITY = st.sampled_from(NAMES[:2])
COUNT = st.one_of(st.integers(1, 40), st.integers(1, LARGEST_COUNT))
SOME = st.sampled_from([("audio",), ("text",), ("text", "audio")])
PART = st.one_of(
    st.builds(Uniform, st.floats(0, MAX_RATE)),
    st.builds(Only, SOME),
    st.builds(Rates, st.tuples(st.tuples(st.just("text"), SHARES), st.tuples(st.just("audio"), SHARES))),
    st.builds(Outage, MODALITY, st.none() | COUNT, COUNT),
    st.builds(Speaker, st.none() | st.sampled_from(SPEAKERS), st.just(()) | SOME),
    st.builds(Label, st.sampled_from(CONDITIONS), MODALITY, SHARES),
)
PATTERNS = st.lists(PART, max_size=4).map(lambda parts: Pattern(tuple(parts)))


# Every pattern


@given(pattern=PATTERNS, some=several(), seed=SEEDS)
@settings(max_examples=200, deadline=None)
def test_a_pattern_only_takes_away_and_repeats_with_its_seed(pattern, some, seed):
    before = some.observed.copy()
    left = draw(pattern, some, seed)
    assert left.dtype == bool
    assert left.shape == before.shape
    assert not (left & ~before).any()
    np.testing.assert_array_equal(left, draw(pattern, some, seed))
    np.testing.assert_array_equal(some.observed, before)


@given(pattern=PATTERNS, some=several(), seed=SEEDS)
@settings(max_examples=100, deadline=None)
def test_only_a_random_pattern_depends_on_the_seed(pattern, some, seed):
    if not pattern.random:
        np.testing.assert_array_equal(draw(pattern, some, seed), draw(pattern, some, seed + 1))


@pytest.mark.parametrize(
    "text", ["uniform(0.3)", "rates(text=0.5)", "outage(text, any, 9)", "speaker(any)", "label(strong, text, 0.5)"]
)
def test_a_random_pattern_does_depend_on_the_seed(text):
    pattern, some = Pattern.parse("only(text, audio) + " + text), utterances([30, 20, 40])
    assert pattern.random
    assert len({draw(pattern, some, seed).tobytes() for seed in range(8)}) > 1


@pytest.mark.parametrize(
    "text",
    ["found", "uniform(0)", "only(text)", "rates(text=1, audio=0)", "outage(text, 1, 2)", "speaker(A)",
     "label(strong, text, 1)", "cells(ff)"],
)  # fmt: skip
def test_a_pattern_with_nothing_to_draw_is_not_random(text):
    assert not Pattern.parse(text).random


@given(first=PATTERNS, second=PATTERNS, some=several(), seed=SEEDS)
@settings(max_examples=100, deadline=None)
def test_parts_act_in_order_on_what_is_left(first, second, some, seed):
    rng = np.random.default_rng(seed)
    between = replace(some, observed=first(some, SCORE, rng))
    np.testing.assert_array_equal(second(between, SCORE, rng), draw(Pattern(first.parts + second.parts), some, seed))


def test_the_order_of_parts_matters():
    some = utterances([100, 100])
    fewer, more = (draw(text, some).sum() for text in ("uniform(0.5) + only(text)", "only(text) + uniform(0.5)"))
    assert fewer == pytest.approx(100, abs=20)
    assert more == 200  # one modality of each utterance is kept, and text is the only one left


@pytest.mark.parametrize(
    "pattern", [Pattern(), *map(Pattern.parse, ["uniform(0.5)", "speaker(any)", "outage(text, any, 3)"])]
)
def test_no_utterances_at_all_are_left_as_they_are(pattern):
    assert draw(pattern, utterances([])).shape == (0, 3)


# Every part


def test_as_found_takes_nothing():
    some = utterances([20, 5], share=0.6)
    np.testing.assert_array_equal(draw("found", some), some.observed)
    assert Pattern.parse("found") == Pattern()


@given(some=several(), rate=st.floats(0, MAX_RATE), seed=SEEDS)
@settings(max_examples=50, deadline=None)
def test_uniform_is_the_protocol(some, rate, seed):
    left = draw(Pattern((Uniform(rate),)), some, seed)
    np.testing.assert_array_equal(left, sample_uniform(some.observed, rate, np.random.default_rng(seed)))
    np.testing.assert_array_equal(left.any(1), some.observed.any(1))


def test_the_draws_of_uniform_are_those_that_measurements_were_made_with():
    left = sample_uniform(np.ones((6, 3), bool), 0.3, np.random.default_rng(0))
    assert left.astype(int).tolist() == [[1, 1, 0], [1, 1, 1], [1, 1, 0], [1, 0, 0], [1, 1, 0], [1, 1, 1]]


def test_only_keeps_its_modalities():
    some = utterances([20, 5], share=0.6)
    left = draw("only(audio, text)", some)
    np.testing.assert_array_equal(left[:, :2], some.observed[:, :2])
    assert not left[:, 2].any()


@given(N=st.integers(100, 300), text=SHARES, audio=SHARES, seed=SEEDS)
@settings(max_examples=60, deadline=None)
def test_rates_take_exactly_their_share_of_what_was_there(N, text, audio, seed):
    some = utterances([N, 7], share=0.9, seed=seed)
    left = draw(Pattern((Rates((("text", text), ("audio", audio))),)), some, seed)
    for u, share in enumerate((audio, text, 0)):
        there = some.observed[:, u].sum()
        taken = there - left[:, u].sum()
        assert taken == round(share * there)
        assert abs(taken / there - share) < 0.0071  # half an entry of at least 70


@given(
    start=st.integers(1, 50), length=st.integers(1, 50), lengths=st.lists(st.integers(1, 40), min_size=1, max_size=4)
)
@settings(max_examples=80, deadline=None)
def test_an_outage_takes_its_utterances_of_every_conversation_and_stops_at_the_end(start, length, lengths):
    some = utterances(lengths)
    left = draw(Pattern((Outage("text", start, length),)), some)
    for first, S in zip(some.starts, lengths, strict=False):
        numbers = {s + 1 for s in range(S) if not left[first + s, 1]}
        assert numbers == set(range(start, min(start + length, S + 1)))
    assert left[:, [0, 2]].all()


@given(length=st.integers(1, 50), lengths=st.lists(st.integers(1, 40), min_size=1, max_size=4), seed=SEEDS)
@settings(max_examples=80, deadline=None)
def test_an_outage_anywhere_lies_within_each_conversation(length, lengths, seed):
    some = utterances(lengths)
    left = draw(Pattern((Outage("audio", None, length),)), some, seed)
    for first, S in zip(some.starts, lengths, strict=False):
        gone = np.flatnonzero(~left[first : first + S, 0])
        assert len(gone) == min(length, S)
        assert (np.diff(gone) == 1).all()


def test_an_outage_anywhere_is_drawn_for_each_conversation_and_reaches_both_ends():
    some = utterances([4] * 300)
    left = draw("outage(audio, any, 2)", some)[:, 0].reshape(300, 4)
    assert {tuple(row) for row in left.tolist()} == {
        (False, False, True, True), (True, False, False, True), (True, True, False, False),
    }  # fmt: skip


@pytest.mark.parametrize("name", SPEAKERS)
def test_everything_of_a_speaker_is_gone_and_nothing_of_others(name):
    some = utterances([40, 40], speakers=SPEAKERS)
    left = draw(Pattern((Speaker(name),)), some)
    np.testing.assert_array_equal(left.all(1), some.speakers != name)
    np.testing.assert_array_equal(left.any(1), some.speakers != name)


def test_some_modalities_of_a_speaker_are_gone():
    some = utterances([40], share=0.8)
    left = draw("speaker(B, audio, text)", some)
    gone = (some.speakers == "B")[:, None] & np.array([True, True, False])
    np.testing.assert_array_equal(left, some.observed & ~gone)


def test_any_speaker_is_one_drawn_for_each_conversation():
    some = utterances([9] * 200, speakers=("A", "B", ""))
    left = draw("speaker(any)", some)
    chosen = set()
    for first in some.starts[:-1]:
        speakers, there = some.speakers[first : first + 9], left[first : first + 9].all(1)
        gone = set(speakers[~there])
        assert len(gone) == 1
        assert not (there & (speakers == min(gone))).any()
        chosen |= gone
    assert chosen == {"A", "B"}


def test_where_nobody_is_named_any_speaker_is_nobody():
    some = utterances([9, 9], speakers=("",))
    assert draw("speaker(any)", some).all()


@pytest.mark.parametrize(
    ("condition", "meets"),
    [("negative", [1, 2, 2.9]), ("neutral", [3]), ("positive", [3.1, 5, 6, 7]), ("strong", [1, 2, 5, 6, 7])],
)
def test_labels_meet_conditions_relative_to_neutral_and_the_ends_of_the_scale(condition, meets):
    """From 1 to 7 around 3, half way to the ends is 2 and 5."""
    values = [1, 2, 2.1, 2.9, 3, 3.1, 4.9, 5, 6, 7, np.nan]
    meets = [*meets, 2.1] if condition == "negative" else [*meets, 4.9] if condition == "positive" else meets
    task = Task("sentiment", low=1, high=7, neutral=3)
    left = draw(f"label({condition}, text, 1)", utterances([11], labels=values), task=task)
    np.testing.assert_array_equal(left[:, 1], [not any(np.float32(m) == np.float32(v) for m in meets) for v in values])
    assert left[:, [0, 2]].all()


@pytest.mark.parametrize(("neutral", "kept"), [(0, 0), (2, 2)])
def test_where_neutral_is_an_end_of_the_scale_it_is_not_strong(neutral, kept):
    task = Task("sentiment", low=0, high=2, neutral=neutral)
    left = draw("label(strong, text, 1)", utterances([3], labels=[0, 1, 2]), task=task)
    assert np.flatnonzero(left[:, 1]).tolist() == [kept]


@pytest.mark.parametrize(
    ("condition", "meets"), [("happy", [1]), ("neutral", [0]), ("strong", [1, 2]), ('"strong 💪"', [2])]
)
def test_labels_meet_conditions_by_class(condition, meets):
    labels = [0, 1, 2, np.nan]
    left = draw(f"label({condition}, audio, 1)", utterances([4], labels=labels), task=CLASSES)
    assert left[:, 0].tolist() == [label not in meets for label in labels]


def test_a_class_that_is_named_strong_is_that_class():
    task = Task("emotion", ("weak", "strong"))
    assert draw("label(strong, text, 1)", utterances([2], labels=[0, 1]), task=task)[:, 1].tolist() == [True, False]


@given(share=SHARES, seed=SEEDS)
@settings(max_examples=60, deadline=None)
def test_a_share_of_the_labelled_that_have_the_modality_is_missing(share, seed):
    some = utterances([300], share=0.8, seed=seed)
    left = draw(Pattern((Label("positive", "text", share),)), some, seed)
    there = some.observed[:, 1] & (some.labels > 0)
    gone = some.observed & ~left
    assert gone.sum() == round(share * there.sum())
    assert not gone[~there].any()
    assert not gone[:, [0, 2]].any()


@given(some=several(conversations=(1, 1)), seed=SEEDS)
@settings(max_examples=40, deadline=None)
def test_cells_are_a_matrix_edited_by_hand(some, seed):
    matrix = np.random.default_rng(seed).random(some.observed.shape) < 0.5
    left = draw(Pattern((Cells(to_hex(matrix)),)), some)
    np.testing.assert_array_equal(left, matrix & some.observed)


@pytest.mark.parametrize(
    ("lengths", "expected"), [([7], "expected 6 hexadecimal"), ([4, 4], "one conversation, got 2"), ([], "got 0")]
)
def test_cells_for_another_size_are_refused(lengths, expected):
    with pytest.raises(CompVizError, match=expected):
        draw("cells(fd70)", utterances(lengths))
    with pytest.raises(CompVizError, match=expected):
        Pattern.parse("cells(fd70)").check_data(utterances(lengths), SCORE)


# Text


@given(pattern=PATTERNS)
@settings(max_examples=300, deadline=None)
def test_the_text_of_a_pattern_reads_back_as_the_pattern(pattern):
    text = str(pattern)
    assert Pattern.parse(text) == pattern
    assert hash(Pattern.parse(text)) == hash(pattern)
    assert text.encode()  # whatever a speaker is called, the text can be written to a file or an address
    assert pattern.words().replace(NARROW, " ").isprintable()


@given(names=st.lists(st.text(max_size=30), min_size=1, max_size=3, unique=True))
@settings(max_examples=300, deadline=None)
def test_names_of_any_characters_read_back(names):
    only, speaker = Only(tuple(names)), Speaker(names[0] or None, tuple(names[1:]))
    label, rates = Label(names[0], names[-1], 0.5), Rates(tuple((name, 0.1) for name in names))
    pattern = Pattern((only, speaker, label, rates, Outage(names[0], None, 3)))
    assert Pattern.parse(str(pattern)) == pattern


@given(cells=st.binary(min_size=1, max_size=60))
def test_cells_read_back_even_where_they_look_like_numbers(cells):
    assert Pattern.parse(f"cells({cells.hex().upper()})") == Pattern((Cells(cells.hex()),))
    assert Pattern.parse("cells(1e05)") == Pattern((Cells("1e05"),))


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("  uniform( 0.30 )+outage(audio,8 , 12.0) ", "uniform(0.3) + outage(audio, 8, 12)"),
        ("found + uniform(5e-1) + found", "uniform(0.5)"),
        ('only("audio", "heart rate")', 'only(audio, "heart rate")'),
        ("rates( text = 0.9,audio=0)", "rates(text=0.9, audio=0)"),
        ('speaker("any", "any")', 'speaker("any", "any")'),
        ("speaker(any, 3d-pose.v2)", "speaker(any, 3d-pose.v2)"),
        ('speaker("\\u5c71\\u7530")', "speaker(山田)"),
        ("uniform(0.30000000000000004)", "uniform(0.30000000000000004)"),
    ],
)
def test_there_is_one_way_to_write_a_pattern(text, canonical):
    assert str(Pattern.parse(text)) == canonical


def test_every_example_reads_back_and_every_kind_is_known():
    for kind, part in PATTERN_PARTS.items():
        assert str(Pattern.parse(part.example)) == part.example
        assert part.example in EXAMPLES
        assert part.kind == kind
    assert list(map(str, PROTOCOL)) == ["uniform(0)", "uniform(0.3)", "uniform(0.5)", "uniform(0.7)"]


WRONG = [
    ("", "a part is missing"), (" ", "a part is missing"), ("found +", "a part is missing"), ("+ found", "cannot be read"),
    ("found()", "cannot be read"), ("found(3)", "'found' with arguments"), ("blur(3)", "no 'blur'"),
    ("Uniform(0.3)", "cannot be read"), ("uniform", "takes 1 argument, got 0"), ("uniform(0.3", "cannot be read"),
    ("uniform(0.3))", "cannot be read"), ("uniform(0.3) uniform(0.3)", "cannot be read"), ("uniform(0.3,)", "cannot be read"),
    ("uniform(0.3, 0.4)", "takes 1 argument, got 2"), ("uniform(rate=0.3)", "no argument by name, got rate="),
    ("uniform(uniform(0.3))", "cannot be read"), ("uniform(nan)", "a number, got 'nan'"), ("uniform(inf)", "a number"),
    ("uniform(Infinity)", "a number"), ("uniform(1e999)", "0 to 0.7, got inf"), ("uniform(0.71)", "0 to 0.7, got 0.71"),
    ("uniform(-0.1)", "0 to 0.7, got -0.1"), ("uniform(٣)", "a number"), ("uniform(0_1)", "a number"),
    ("uniform(" + "9" * 5000 + ")", "0 to 0.7, got inf"), ('uniform("0.3")', "a number"), ("uniform(0x1)", "a number"),
    ("only()", "cannot be read"), ("only(audio, audio)", "named twice"), ("rates(0.3)", "by name"), ("rates", "by name"),
    ("rates(text=0.5, 0.3)", "by name"), ("rates(text=1.1)", "0 to 1, got 1.1"), ("rates(text=nan)", "a number"),
    ("rates(text=0.1, text=0.2)", "named twice"), ("rates(text==0.1)", "cannot be read"),
    ("outage(audio, 0, 1)", "whole number from 1"), ("outage(audio, 1, 0)", "whole number from 1"),
    ("outage(audio, 1.5, 1)", "whole number"), ("outage(audio, -3, 1)", "whole number"), ("outage(audio, 1, 1e7)", "whole number"),
    ("outage(audio, 1, any)", "a number, got 'any'"), ('outage(audio, "any", 1)', "a number"), ("outage(audio, 8)", "takes 3 arguments, got 2"),
    ('speaker("")', "empty"), ('speaker("a)', "cannot be read"), ('speaker("\n")', "JSON string"), ('speaker("\\x")', "JSON string"),
    ("speaker('A')", "cannot be read"), ("speaker", "at least 1 argument, got 0"), ("label(strong, text)", "takes 3 arguments"),
    ("label(strong, text, -1)", "0 to 1, got -1"), ("cells(xyz)", "hexadecimal"), ("cells()", "cannot be read"), ('cells("")', "hexadecimal"),
    ("found" + " + found" * LONGEST_PATTERN, "characters, expected at most"), ("uniform(0)" + " + uniform(0)" * MOST_PARTS, "at most 20 parts"),
    ("(" * 9000, "cannot be read"), ("only(" * 1800, "cannot be read"), ("\0", "cannot be read"), ("\ud800", "cannot be read"),
    ("ｕniform(0.3)", "cannot be read"), ("uniform(0.3)\u2028+ found", "cannot be read"), ("uniform(0.3)\n", "cannot be read"),
    ('only("' + "\\\\" * 4000, "cannot be read"), ("only(" + "a=" * 4000 + ")", "cannot be read"), ("only(" + " " * 9000, "cannot be read"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), WRONG, ids=lambda value: ascii(value)[:30])
def test_what_is_no_pattern_is_refused_with_what_is_known_and_an_example(text, expected):
    with pytest.raises(CompVizError) as caught:
        Pattern.parse(text)
    message = str(caught.value)
    assert expected in message
    assert "Known are found, uniform, only, rates, outage, speaker, label, cells; an example is " in message
    Pattern.parse(message.rpartition("an example is ")[2].removesuffix("."))
    assert len(message) < 500
    assert message.isprintable()


@given(text=st.text(st.sampled_from('uniform(0.3) + only"\\,=any\n山\ud800-e'), max_size=60))
@settings(max_examples=400, deadline=None)
def test_any_text_is_a_pattern_or_refused_in_words(text):
    with contextlib.suppress(CompVizError):
        pattern = Pattern.parse(text)
        assert Pattern.parse(str(pattern)) == pattern


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("found", "everything as recorded"),
        ("uniform(0.07)", "7 % of all entries missing completely at random"),
        ("only(audio, text, video)", "only audio, text and video kept"),
        ("rates(text=0.9, audio=0.2)", "90 % of text and 20 % of audio missing completely at random"),
        ("rates(text=1)", "100 % of text missing"),
        ("outage(audio, 8, 12)", "audio missing in utterances 8 to 19"),
        ("outage(audio, 8, 1)", "audio missing in utterance 8"),
        ("outage(audio, any, 3)", "audio missing in 3 utterances in a row, anywhere"),
        ("speaker(A)", "speaker A missing"),
        ('speaker("Ann B", audio, text)', 'audio and text of speaker "Ann B" missing'),
        ("speaker(any, text)", "text of one speaker in each conversation missing"),
        ("label(strong, text, 0.8)", "80 % of text missing where the label is strong"),
        ("label(happy, text, 1)", "100 % of text missing where the label is happy"),
        ("cells(ff)", "edited by hand"),
        ("uniform(0.3) + only(text)", "30 % of all entries missing completely at random, then only text kept"),
    ],
)
def test_words_say_what_a_pattern_does(text, words):
    assert Pattern.parse(text).words() == words


# Checks against modalities, labels and speakers


@pytest.mark.parametrize(
    ("text", "task", "expected"),
    [
        ("only(text, smell)", SCORE, "no modality 'smell', only audio, text, any"),
        ("rates(smell=0.1)", SCORE, "no modality 'smell'"),
        ("outage(smell, 1, 1)", SCORE, "no modality 'smell'"),
        ("speaker(A, smell)", SCORE, "no modality 'smell'"),
        ("label(strong, smell, 1)", SCORE, "no modality 'smell'"),
        ("found + uniform(0.1) + only(smell)", SCORE, "no modality 'smell'"),
        ("label(happy, text, 1)", SCORE, "score cannot be happy, only negative, neutral, positive, strong"),
        ("label(sad, text, 1)", CLASSES, 'no class sad, only neutral, happy, "strong 💪" or strong'),
        ("label(positive, text, 1)", CLASSES, "no class positive"),
        ("label(strong, text, 1)", Task("emotion", ("happy", "sad")), "strong needs one named neutral"),
    ],
)
def test_what_is_not_there_is_refused_before_and_when_applied(text, task, expected):
    pattern, some = Pattern.parse(text), utterances([3], labels=[0, 1, 1])
    for attempt in (
        lambda: pattern.check(some.modalities, task),
        lambda: pattern.check_data(some, task),
        lambda: draw(pattern, some, task=task),
    ):
        with pytest.raises(CompVizError) as caught:
            attempt()
        assert expected in str(caught.value)


def test_whole_data_must_have_the_speaker_a_part_of_it_need_not():
    some = utterances([5, 5], speakers=("A", "B\n"))
    pattern = Pattern.parse("speaker(C)")
    assert draw(pattern, some).all()
    with pytest.raises(CompVizError, match=r'no speaker C, only A, "B\\n"\.'):
        pattern.check_data(some, SCORE)
    Pattern.parse("speaker(A) + speaker(any)").check_data(some, SCORE)


def test_of_many_speakers_an_error_names_a_few():
    some = utterances([200], speakers=[f"S{i:02}" for i in range(25)])
    with pytest.raises(CompVizError, match=r"only S00, .*S09 and \d\d more"):
        Pattern.parse("speaker(me)").check_data(some, SCORE)


@pytest.mark.parametrize("text", ["speaker(A)", "speaker(any)"])
def test_data_that_names_no_speaker_cannot_miss_one(text):
    with pytest.raises(CompVizError, match="does not say who speaks"):
        Pattern.parse(text).check_data(utterances([5], speakers=("",)), SCORE)


@pytest.mark.parametrize(
    "part", [lambda: Outage("a", 0, 1), lambda: Outage("a", 1, 0), lambda: Cells("zz"), lambda: Rates((("a", 2.0),))]
)
def test_parts_made_without_text_are_checked_too(part):
    with pytest.raises(CompVizError):
        part()


# Realised missing rates


@given(some=several(), pattern=PATTERNS, seed=SEEDS)
@settings(max_examples=100, deadline=None)
def test_what_a_pattern_came_to_adds_up(some, pattern, seed):
    shown = draw(pattern, some, seed)
    result = realised_rates(some.observed, shown, some.modalities)
    N = len(shown)
    there = {u: N * (1 - share) for u, share in result.natural.items()}
    assert result.entries == some.observed.sum() == pytest.approx(sum(there.values()))
    taken = sum(there[u] * share for u, share in result.by_modality.items())
    assert taken == pytest.approx(result.entries - shown.sum())
    assert result.rate * result.entries == pytest.approx(taken)
    assert 0 <= result.empty <= N - result.complete <= N
    assert list(result.natural) == list(result.by_modality) == list(some.modalities)


def test_what_a_pattern_came_to_by_hand():
    there = np.array([[1, 1], [1, 0], [0, 0], [1, 1]], bool)
    shown = np.array([[1, 1], [0, 0], [0, 0], [0, 1]], bool)
    result = realised_rates(there, shown, ("audio", "text"))
    assert (result.entries, result.rate, result.empty, result.complete) == (5, 2 / 5, 2, 1)
    assert result.by_modality == {"audio": 2 / 3, "text": 0}
    assert result.natural == {"audio": 1 / 4, "text": 1 / 2}


def test_nothing_comes_to_nothing():
    result = realised_rates(np.zeros((0, 2), bool), np.zeros((0, 2), bool), ("audio", "text"))
    assert (result.entries, result.rate, result.natural) == (0, 0, {"audio": 0, "text": 0})


# Lengths


def test_conversations_longer_than_the_model_reads_are_named_with_what_to_do():
    check_lengths(utterances([4, 5, 1]), 5)
    with pytest.raises(CompVizError) as caught:
        check_lengths(utterances([4, 6, 5, 9]), 5)
    assert str(caught.value) == (
        "Conversation 'c1' has 6 utterances, but max_length of the model is 5 (2 of 4 conversations are longer). "
        "Train a model with --max-length 9 or more, or cut the data: comp-viz data import SOURCE OUT --window 5."
    )
