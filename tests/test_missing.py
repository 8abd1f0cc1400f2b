"""Missing patterns: shares, what is never given back, seeds, fixed patterns, and the text form for links."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comp_viz.data.patterns.matrices import MAX_RATE, from_hex, keep_only, sample_uniform, to_hex
from comp_viz.errors import CompVizError

RATES = st.floats(0, MAX_RATE)
SEEDS = st.integers(0, 2**32)


@st.composite
def matrices(draw, rows=(0, 40), modalities=(2, 5)):
    shape = draw(st.integers(*rows)), draw(st.integers(*modalities))
    share = draw(st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0]))
    return np.random.default_rng(draw(SEEDS)).random(shape) < share


@given(N=st.integers(200, 600), M=st.integers(2, 5), rate=RATES, seed=SEEDS)
@settings(max_examples=60, deadline=None)
def test_kept_share_is_within_half_a_point_when_everything_is_there(N, M, rate, seed):
    kept = sample_uniform(np.ones((N, M), bool), rate, np.random.default_rng(seed))
    assert abs(kept.mean() - max(1 - rate, 1 / M)) < 0.005


@given(available=matrices(), rate=RATES, seed=SEEDS)
@settings(max_examples=150, deadline=None)
def test_keeps_one_where_any_was_and_never_gives_back_what_was_missing(available, rate, seed):
    before = available.copy()
    kept = sample_uniform(available, rate, np.random.default_rng(seed))
    assert kept.dtype == bool
    assert kept.shape == available.shape
    assert not (kept & ~available).any()
    np.testing.assert_array_equal(kept.any(1), available.any(1))
    np.testing.assert_array_equal(available, before)


@given(available=matrices(), rate=RATES, seed=SEEDS)
@settings(max_examples=80, deadline=None)
def test_takes_exactly_the_rate_of_what_was_there_to_take(available, rate, seed):
    kept = sample_uniform(available, rate, np.random.default_rng(seed))
    assert kept.sum() == max(round((1 - rate) * available.sum()), available.any(1).sum())


@given(available=matrices(), rate=RATES, seed=SEEDS)
@settings(max_examples=30, deadline=None)
def test_the_same_seed_takes_the_same(available, rate, seed):
    first, second = (sample_uniform(available, rate, np.random.default_rng(seed)) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_another_seed_takes_something_else():
    everything = np.ones((100, 3), bool)
    first, second = (sample_uniform(everything, 0.5, np.random.default_rng(seed)) for seed in (1, 2))
    assert (first != second).any()


@given(available=matrices(), seed=SEEDS)
@settings(max_examples=30, deadline=None)
def test_rate_zero_takes_nothing(available, seed):
    np.testing.assert_array_equal(sample_uniform(available, 0, np.random.default_rng(seed)), available)


@pytest.mark.parametrize("M", [2, 3, 4])
@pytest.mark.parametrize("rate", [0.3, 0.5, 0.7])
def test_no_modality_and_no_utterance_is_favoured(M, rate):
    kept = sample_uniform(np.ones((30_000, M), bool), rate, np.random.default_rng(0))
    share = max(1 - rate, 1 / M)
    np.testing.assert_allclose(kept.mean(0), share, atol=0.01)
    np.testing.assert_allclose(kept[:15_000].mean(), share, atol=0.01)


def test_at_the_highest_rate_exactly_one_of_three_is_kept():
    kept = sample_uniform(np.ones((500, 3), bool), 0.7, np.random.default_rng(0))
    assert (kept.sum(1) == 1).all()


@pytest.mark.parametrize("rate", [-0.01, 0.71, 1.0, float("nan"), float("inf")])
def test_rates_outside_the_protocol_are_refused(rate):
    with pytest.raises(CompVizError, match=r"expected 0 to 0\.7"):
        sample_uniform(np.ones((5, 3), bool), rate, np.random.default_rng(0))


@given(available=matrices(modalities=(3, 3)), kept=st.sets(st.sampled_from(["audio", "text", "video"])))
@settings(max_examples=40, deadline=None)
def test_a_fixed_pattern_keeps_its_modalities_as_they_were(available, kept):
    names = ("audio", "text", "video")
    pattern = keep_only(available, names, tuple(kept))
    for u, name in enumerate(names):
        np.testing.assert_array_equal(pattern[:, u], available[:, u] if name in kept else False)


def test_a_fixed_pattern_of_an_unknown_modality_is_refused():
    with pytest.raises(CompVizError, match="no modality 'smell', only audio, text"):
        keep_only(np.ones((2, 2), bool), ("audio", "text"), ("smell", "text"))


@given(observed=matrices())
@settings(max_examples=100, deadline=None)
def test_the_text_form_comes_back_as_it_was(observed):
    text = to_hex(observed)
    assert len(text) <= observed.size / 4 + 2
    np.testing.assert_array_equal(from_hex(text, *observed.shape), observed)
    np.testing.assert_array_equal(from_hex(text.upper(), *observed.shape), observed)


@pytest.mark.parametrize("text", ["", "ff", "fffffff", "ffffffff00"])
def test_a_text_of_another_length_is_refused(text):
    with pytest.raises(CompVizError, match=f"expected 8 hexadecimal characters.*got {len(text)}"):
        from_hex(text, 10, 3)


@pytest.mark.parametrize(
    "text", ["gggggggg", "ffffff  ", "ff ff ff", "  ffffff", "\nffffff\n", "0xffffff", "ff-ff-ff", "٣٣٣٣٣٣٣٣"]
)
def test_a_text_that_is_not_hexadecimal_is_refused(text):
    with pytest.raises(CompVizError, match=r"hexadecimal characters \(0-9, a-f\)"):
        from_hex(text, 10, 3)
