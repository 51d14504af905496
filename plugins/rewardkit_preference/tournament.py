"""A ranking of a group by comparisons of two answers, each asked in both orders. Pure.

A judge prefers what stands first (Zheng et al. 2023, arXiv:2306.05685): only a preference that survives the other order
counts, everything else is a tie.
"""

from collections.abc import Mapping, Sequence

Pair = tuple[int, int]


def pairs(count: int, opponents: int | None) -> list[Pair]:
    """Which of so many answers are compared, each pair once.

    opponents  how many each answer meets, at the least; None: all others

    With fewer opponents answer i meets i + 1, i + 2, … around a circle, so that all meet equally many.
    """
    if opponents is None or opponents >= count - 1:
        return [(a, b) for a in range(count) for b in range(a + 1, count)]
    steps = range(1, (opponents + 1) // 2 + 1)
    found = {(min(a, b), max(a, b)) for step in steps for a in range(count) for b in [(a + step) % count] if a != b}
    return sorted(found)


def outcome(first: str | None, second: str | None) -> float | None:
    """The points of answer A of a pair: 1, 0.5 or 0; None where the pair was judged in neither order.

    first   `A`, `B` or `tie` with A before B
    second  the same question with B before A, in which `A` names the answer that stands first, B
    """
    turned = {"A": "B", "B": "A", "tie": "tie", None: None}[second]
    if first is None or turned is None:
        return None
    return {"A": 1.0, "B": 0.0}.get(first, 0.5) if first == turned else 0.5


def shares(count: int, outcomes: Mapping[Pair, float | None]) -> Sequence[float | None]:
    """The share of points that each answer won, from 0.0 to 1.0; None for one of which no pair was judged."""
    won: list[list[float]] = [[] for _ in range(count)]
    for (a, b), points in outcomes.items():
        if points is not None:
            won[a].append(points)
            won[b].append(1 - points)
    return [sum(points) / len(points) if points else None for points in won]
