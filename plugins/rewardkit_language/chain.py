"""The likeliest row of languages of the words of a sentence: a hidden Markov chain (Viterbi 1967)."""

from collections.abc import Sequence


def likeliest(evidence: Sequence[Sequence[float]], costs: Sequence[float], prior: Sequence[float]) -> list[int]:
    """The likeliest row of states.

    evidence  evidence[t][s]: nats for state s at position t
    costs     costs[t]: nats that another state at t than at t - 1 costs
    prior     nats of each state at the start
    """
    best = [nats + before for nats, before in zip(evidence[0], prior, strict=True)]
    came: list[list[int]] = []
    for row, cost in zip(evidence[1:], costs[1:], strict=True):
        top = max(range(len(best)), key=best.__getitem__)
        origins = [state if best[state] >= best[top] - cost else top for state in range(len(best))]
        best = [gain + max(before, best[top] - cost) for gain, before in zip(row, best, strict=True)]
        came.append(origins)
    state = best.index(max(best))
    path = [state]
    for origins in reversed(came):
        state = origins[state]
        path.append(state)
    return path[::-1]
