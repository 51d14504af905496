"""The distribution of a stream of numbers, in memory that does not grow with it.

The figures are those of the numbers themselves, not of their order: sums are exact (integers in units of the smallest
float), so a stream that is counted in parts has the same figures as one that is counted at once.
"""

import math
from collections import Counter
from typing import Any

DISTINCT_VALUES = 4096
"""Number of different values up to which quantiles are exact; beyond it they have three significant digits."""
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
BINS = 8

_UNIT = 1074
"""Every float is an integer in units of 2 ** -1074."""
_MORE_BITS = 64
"""Bits by which a square root is more precise than a float."""


class Spread:
    """Mean, standard deviation, quantiles and histogram of a stream of numbers."""

    def __init__(self) -> None:
        self._counts: dict[float, int] = {}
        self._rounded: Counter[float] = Counter()
        self._folded = _Sums()

    def add(self, value: float, times: int = 1) -> None:
        """Counts a value in."""
        self._counts[value] = self._counts.get(value, 0) + times
        if len(self._counts) > DISTINCT_VALUES:
            self._fold()

    def merge(self, later: "Spread") -> None:
        """Counts in what another one has counted."""
        for value, times in later._counts.items():
            self._counts[value] = self._counts.get(value, 0) + times
        self._rounded += later._rounded
        self._folded = self._folded.plus(later._folded)
        if len(self._counts) > DISTINCT_VALUES:
            self._fold()

    def _fold(self) -> None:
        """Forgets the values themselves, but for their sums and three digits of each."""
        self._folded = self._folded.with_counts(self._counts)
        self._rounded += _rounded(self._counts)
        self._counts = {}

    @property
    def count(self) -> int:
        """How many numbers there were."""
        return sum(self._counts.values()) + self._folded.count

    def as_dict(self) -> dict[str, Any]:
        """The figures; without any number in it only the count."""
        sums = self._folded.with_counts(self._counts)
        if not sums.count:
            return {"count": 0}
        counts = self._rounded + _rounded(self._counts) if self._rounded else self._counts
        ordered = sorted(counts.items())
        return {
            "count": sums.count,
            "mean": sums.mean,
            "std": sums.std,
            "min": ordered[0][0],
            "max": ordered[-1][0],
            "quantiles": {f"{q:g}": _quantile(ordered, q, sums.count) for q in QUANTILES},
            "histogram": _histogram(ordered),
        }


class _Sums:
    """Count, sum and sum of squares, exactly."""

    def __init__(self, count: int = 0, total: int = 0, squares: int = 0) -> None:
        self.count, self._total, self._squares = count, total, squares

    def with_counts(self, counts: dict[float, int]) -> "_Sums":
        count, total, squares = self.count, self._total, self._squares
        for value, times in counts.items():
            above, below = float(value).as_integer_ratio()
            units = (above << _UNIT) // below
            count += times
            total += times * units
            squares += times * units * units
        return _Sums(count, total, squares)

    def plus(self, other: "_Sums") -> "_Sums":
        return _Sums(self.count + other.count, self._total + other._total, self._squares + other._squares)

    @property
    def mean(self) -> float:
        return self._total / (self.count << _UNIT)

    @property
    def std(self) -> float:
        """The deviation of the population."""
        spread = self.count * self._squares - self._total * self._total
        return math.isqrt(spread << 2 * _MORE_BITS) / (self.count << _UNIT + _MORE_BITS)


def _rounded(counts: dict[float, int]) -> Counter[float]:
    found: Counter[float] = Counter()
    for exact, times in counts.items():
        rounded = float(f"{exact:.2e}")
        found[rounded if math.isfinite(rounded) else exact] += times
    return found


def _quantile(ordered: list[tuple[float, int]], q: float, count: int) -> float:
    """The least value that a share of at least `q` does not exceed."""
    rank, passed = q * count, 0
    for value, times in ordered:
        passed += times
        if passed >= rank:
            return value
    return ordered[-1][0]


def _histogram(ordered: list[tuple[float, int]]) -> list[int]:
    """Counts in equal bins from the least to the greatest value."""
    low, high = ordered[0][0], ordered[-1][0]
    bins = [0] * BINS
    width = (high / 2 - low / 2) or 1.0  # halves, whose difference is finite
    for value, times in ordered:
        bins[min(BINS - 1, int((value / 2 - low / 2) / width * BINS))] += times
    return bins
