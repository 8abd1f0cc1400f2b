"""The statistics that pages share, against formulas written out by hand."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import stdtrit
from scipy.stats import rankdata

from comp_viz.analysis.stats.bootstrap import RESAMPLES, percentile_interval, resampled
from comp_viz.analysis.stats.entropy import effective_number, entropy, normalised_entropy
from comp_viz.analysis.stats.intervals import (
    clustered_error,
    half_width_by_jackknife,
    half_width_of_mean,
    interval_of_share,
)
from comp_viz.analysis.stats.ranks import auc, auc_interval, rank_correlation

EXACT = {"rel": 1e-12, "abs": 1e-12}


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.mark.parametrize("n", [2, 3, 5, 20])
def test_half_width_of_mean_is_students(rng, n):
    values = rng.random(n)
    by_hand = stdtrit(n - 1, 0.975) * np.std(values, ddof=1) / np.sqrt(n)
    assert half_width_of_mean(values) == pytest.approx(by_hand, **EXACT)
    assert half_width_of_mean(pd.Series(values)) == pytest.approx(by_hand, **EXACT)


@pytest.mark.parametrize("n", [2, 3, 20])
def test_half_width_by_jackknife_is_another_statistic(rng, n):
    values = rng.random(n)
    error = np.sqrt((n - 1) / n * sum((x - values.mean()) ** 2 for x in values))
    assert half_width_by_jackknife(values) == pytest.approx(stdtrit(n - 1, 0.975) * error, **EXACT)
    assert half_width_by_jackknife(values) == pytest.approx((n - 1) * half_width_of_mean(values), **EXACT)


def test_one_value_has_no_interval():
    assert np.isnan(half_width_of_mean([0.5]))
    assert np.isnan(half_width_by_jackknife(np.array([0.5])))


@pytest.mark.parametrize(("hits", "count"), [(0, 20), (13, 20), (20, 20), (1, 1), (431, 997)])
def test_interval_of_share_is_wilsons(hits, count):
    share, z2 = hits / count, 1.96**2
    middle = (share + z2 / (2 * count)) / (1 + z2 / count)
    half = 1.96 / (1 + z2 / count) * np.sqrt(share * (1 - share) / count + z2 / (4 * count**2))
    assert interval_of_share(hits, count) == pytest.approx((middle - half, middle + half), **EXACT)


def test_clustered_error_counts_conversations(rng):
    count = rng.integers(1, 30, 12)
    hits = rng.binomial(count, 0.6)
    share = hits.sum() / count.sum()
    by_hand = np.sqrt(sum((h - share * c) ** 2 for h, c in zip(hits, count, strict=True)) * 12 / 11) / count.sum()
    assert clustered_error(hits, count) == pytest.approx(by_hand, **EXACT)
    assert clustered_error(np.zeros(1), np.zeros(1)) == 0


@pytest.mark.parametrize("ties", [False, True])
def test_rank_correlation_is_pearsons_of_ranks(rng, ties):
    first, second = rng.random((2, 40)).astype(np.float32)
    if ties:
        first, second = first.round(1), second.round(1)
    by_hand = np.corrcoef(rankdata(first), rankdata(second))[0, 1]
    assert rank_correlation(first, second) == pytest.approx(by_hand, **EXACT)
    assert np.isnan(rank_correlation(first, np.ones(40)))
    assert np.isnan(rank_correlation(first[:1], second[:1]))


@pytest.mark.parametrize("digits", [1, 6])
def test_auc_is_the_share_of_pairs_in_order(rng, digits):
    above, below = rng.random(14).round(digits), rng.random(9).round(digits)
    pairs = [1 if a > b else 0.5 if a == b else 0 for a in above for b in below]
    assert auc(above, below) == pytest.approx(np.mean(pairs), **EXACT)
    assert auc(np.ones(3), np.ones(4)) == 0.5


def test_auc_interval_holds_areas_within_196_errors():
    low, high = auc_interval(0.7, 20, 30)
    for end in (low, high):
        pairs = 24 * ((1 - end) / (2 - end) + end / (1 + end))
        error = np.sqrt(end * (1 - end) * (1 + pairs) / 600)
        assert abs(end - 0.7) / error == pytest.approx(1.96, abs=0.02)


def test_entropy_by_hand(rng):
    weights = rng.dirichlet(np.ones(6), 5)
    by_hand = [-sum(w * np.log(w) for w in row) for row in weights]
    np.testing.assert_allclose(entropy(weights), by_hand, rtol=1e-12)
    np.testing.assert_allclose(effective_number(weights), np.exp(by_hand), rtol=1e-12)
    np.testing.assert_allclose(normalised_entropy(weights, 6), np.array(by_hand) / np.log(6), rtol=1e-6)
    assert entropy(np.eye(4)[2]) == 0
    assert effective_number(np.full(4, 0.25)) == pytest.approx(4)


def test_the_percentile_interval_is_the_middle_95_percent():
    assert percentile_interval(np.arange(1001.0), 5) == pytest.approx((25, 975))


def test_a_resample_has_as_many_conversations_as_there_are():
    sums = np.stack([np.ones(7), np.arange(7.0)], axis=1)  # [V, K]
    made = resampled(sums)
    assert made.shape == (RESAMPLES, 2)
    assert (made[:, 0] == 7).all()
    assert made[:, 1].mean() == pytest.approx(sums[:, 1].sum(), rel=0.02)
