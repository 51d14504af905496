"""The measures of agreement between two judgements. Pure; None where a measure is not defined."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_LARGE_DF = 2000.0
_NORMAL_975 = 1.959963984540054


class Interval(NamedTuple):
    """A difference of means with its 95 % confidence interval."""

    difference: float
    low: float
    high: float


def spearman(old: Floats, new: Floats) -> float | None:
    """Spearman's rank correlation, ties at their mean rank; None where either side does not vary."""
    if len(old) < 2:
        return None
    one, other = _ranks(old), _ranks(new)
    one, other = one - one.mean(), other - other.mean()
    scale = math.sqrt(float((one**2).sum()) * float((other**2).sum()))
    return float((one * other).sum()) / scale if scale > 0 else None


def kappa(old: NDArray[np.bool_], new: NDArray[np.bool_]) -> float | None:
    """Cohen's kappa of two verdicts (Cohen 1960); None where both give one and the same verdict to every row."""
    if not len(old):
        return None
    agreed = float((old == new).mean())
    right = float(old.mean()), float(new.mean())
    expected = right[0] * right[1] + (1 - right[0]) * (1 - right[1])
    return None if expected == 1 else (agreed - expected) / (1 - expected)


def welch(old: Floats, new: Floats) -> Interval | None:
    """The difference of the means (new - old), with Welch's interval (1947): unequal variances, samples apart.

    The rows of the two sides are the same, so `paired` is narrower where they agree; Welch's holds in any case.
    """
    if len(old) < 2 or len(new) < 2:
        return None
    parts = [float(side.var(ddof=1)) / len(side) for side in (old, new)]
    difference, variance = float(new.mean() - old.mean()), sum(parts)
    if not variance:
        return Interval(difference, difference, difference)
    df = variance**2 / sum(part**2 / (len(side) - 1) for part, side in zip(parts, (old, new), strict=True))
    half = t_quantile(df) * math.sqrt(variance)
    return Interval(difference, difference - half, difference + half)


def paired(old: Floats, new: Floats) -> Interval | None:
    """The mean of the differences (new - old) with its t interval."""
    apart = new - old
    if len(apart) < 2:
        return None
    mean = float(apart.mean())
    half = t_quantile(len(apart) - 1) * math.sqrt(float(apart.var(ddof=1)) / len(apart))
    return Interval(mean, mean - half, mean + half)


def t_quantile(df: float) -> float:
    """The 97.5 % quantile of Student's t, to six digits."""
    if df > _LARGE_DF:
        return _NORMAL_975 + (_NORMAL_975**3 + _NORMAL_975) / (4 * df)
    from mpmath import betainc  # noqa: PLC0415 - only for small samples

    low, high = 0.0, 20.0
    while 1 - _t_tail(high, df, betainc) < 0.975:
        high *= 4
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if 1 - _t_tail(middle, df, betainc) < 0.975 else (low, middle)
    return (low + high) / 2


def _t_tail(t: float, df: float, betainc: object) -> float:
    """The probability of a greater t."""
    assert callable(betainc)
    return float(betainc(df / 2, 0.5, 0, df / (df + t * t), regularized=True)) / 2


def _ranks(values: Floats) -> Floats:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[inverse], dtype=np.float64)
