"""The measures of agreement, held to published values and to their definitions."""

import numpy as np
import pytest

from rewardkit.comparison.statistics import kappa, paired, spearman, t_quantile, welch

SAMPLES = [np.random.default_rng(seed).integers(-20, 20, 3 + 3 * seed) / 4 for seed in range(8)]


@pytest.mark.parametrize(
    ("df", "quantile"),
    [(1, 12.7062), (2, 4.30265), (5, 2.57058), (10, 2.22814), (30, 2.04227), (100, 1.98397), (5000, 1.96044)],
)
def test_students_t_is_that_of_the_tables(df: float, quantile: float):
    """NIST/SEMATECH e-Handbook, 1.3.6.7.2; the last by its expansion."""
    assert t_quantile(df) == pytest.approx(quantile, abs=2e-5)


def test_kappa_is_that_of_the_textbook():
    """50 proposals, 20 yes by both, 15 no by both, 5 and 10 apart: 0.4 (Wikipedia, "Cohen's kappa", first example)."""
    old = np.array([True] * 20 + [True] * 5 + [False] * 10 + [False] * 15)
    new = np.array([True] * 20 + [False] * 5 + [True] * 10 + [False] * 15)
    assert kappa(old, new) == pytest.approx(0.4)
    assert kappa(old, old) == 1
    assert kappa(old[:20], old[:20]) is None
    assert kappa(old[:0], old[:0]) is None


def test_spearman_is_that_of_the_textbook():
    """IQ and hours of television: -29/165 (Wikipedia, "Spearman's rank correlation coefficient")."""
    iq = np.array([106, 100, 86, 101, 99, 103, 97, 113, 112, 110], dtype=float)
    hours = np.array([7, 27, 2, 50, 28, 29, 20, 12, 6, 17], dtype=float)
    assert spearman(iq, hours) == pytest.approx(-29 / 165)
    assert spearman(iq, iq * 0) is None
    assert spearman(np.array([1.0, 1.0, 2.0]), np.array([3.0, 3.0, 9.0])) == pytest.approx(1.0)


def test_welch_is_that_of_a_published_example():
    """Ruxton-style check by hand: n 4 and 3, means 3.5 and 5, variances 1.667 and 1."""
    found = welch(np.array([2.0, 3.0, 4.0, 5.0]), np.array([4.0, 5.0, 6.0]))
    assert found is not None
    assert found.difference == pytest.approx(1.5)
    variance = 5 / 3 / 4 + 1 / 3
    df = variance**2 / ((5 / 12) ** 2 / 3 + (1 / 3) ** 2 / 2)
    half = t_quantile(df) * variance**0.5
    assert (found.low, found.high) == pytest.approx((1.5 - half, 1.5 + half))
    assert welch(np.array([1.0]), np.array([2.0])) is None
    assert welch(np.ones(3), np.zeros(3)) == (-1, -1, -1)


@pytest.mark.parametrize("old", SAMPLES)
def test_a_paired_interval_holds_the_difference_and_is_empty_for_a_shift(old: np.ndarray):
    found = paired(old, old + 1)
    assert found is not None
    assert found == pytest.approx((1, 1, 1), abs=1e-9)


@pytest.mark.parametrize("old", SAMPLES)
def test_ranks_do_not_change_by_a_rising_function(old: np.ndarray):
    same = spearman(old, np.cbrt(old) * 3)
    assert same is None or same == pytest.approx(1)
