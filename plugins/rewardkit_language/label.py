"""Which language each word of an ambiguous script is in.

The words of one script stand in a row; a hidden Markov chain runs over them. What speaks for a language at a word:
the model's opinion of a window of words around it and of the word alone, and whether the word is one of the
language's common words. Changing the language costs, less so after a pause and least after the end of a sentence
(Viterbi 1967; code-switching as a chain: King & Abney 2013, NAACL N13-1131).
"""

import math
from collections.abc import Sequence
from functools import lru_cache

from rewardkit_language.common_words import COMMON
from rewardkit_language.detector import FLOOR, predict
from rewardkit_language.languages import SAME
from rewardkit_language.words import Token

WINDOW = 2
"""Words on either side that are read with a word."""
SWITCH = (4.0, 3.0, 1.5)
"""What a change of language costs, in nats: within a phrase, after a comma, after the end of a sentence."""
WINDOW_WEIGHT = 1.0
WORD_WEIGHT = 0.5
COMMON_WEIGHT = 2.0
CANDIDATES = 6
CHUNK = 12
"""At most so many words are asked about at once to find the languages that a text may be in."""

_FLOOR = math.log(FLOOR)


@lru_cache(maxsize=50_000)
def _alone(word: str) -> dict[str, float]:
    return _log_likely(predict(word))


def _log_likely(row: dict[str, float]) -> dict[str, float]:
    folded: dict[str, float] = {}
    for code, p in row.items():
        same = SAME.get(code, code)
        folded[same] = folded.get(same, 0.0) + p
    return {code: math.log(p) for code, p in folded.items()}


def fold(code: str, script: str) -> str:
    """The code that a language counts as when it is written in the script."""
    if code == "sr" and script == "latin":
        return "hr"
    return SAME.get(code, code)


def label(words: Sequence[Token], languages: Sequence[str], target: str | None) -> list[str]:
    """The language of each word; one of `languages` or the target.

    words      of one script, in order
    languages  that are looked for
    """
    if not words:
        return []
    script = words[0].script
    lower = [word.text.lower() for word in words]
    allowed = {fold(code, script) for code in languages} | ({target} if target else set())
    candidates = _candidates(words, lower, allowed, target, script)
    if len(candidates) == 1:
        return candidates * len(words)
    evidence = [_evidence(lower, at, candidates) for at in range(len(lower))]
    return [candidates[state] for state in _viterbi(evidence, [word.pause for word in words])]


def _candidates(
    words: Sequence[Token], lower: Sequence[str], allowed: set[str], target: str | None, script: str
) -> list[str]:
    mass: dict[str, float] = {}
    start = 0
    for at in range(1, len(words) + 1):
        if at == len(words) or words[at].pause == 2 or at - start == CHUNK:
            chunk = predict(" ".join(lower[start:at]))
            for code, p in chunk.items():
                if p > 0.05 and (folded := fold(code, script)) in allowed:
                    mass[folded] = mass.get(folded, 0.0) + p * (at - start)
            start = at
    ranked = sorted(mass, key=mass.__getitem__, reverse=True)
    chosen = [target] if target else []
    if script == "latin":
        chosen.append("en")
    chosen.extend(code for code in ranked if mass[code] >= 1.0)
    chosen.extend(ranked[:1])
    return list(dict.fromkeys(chosen))[:CANDIDATES] or sorted(allowed)[:1]


def _evidence(lower: Sequence[str], at: int, candidates: Sequence[str]) -> list[float]:
    around = _log_likely(predict(" ".join(lower[max(0, at - WINDOW) : at + WINDOW + 1])))
    word = lower[at]
    alone = _alone(word)
    known = [word in COMMON.get(code, ()) for code in candidates]
    any_known = any(known)
    return [
        WINDOW_WEIGHT * around.get(code, _FLOOR)
        + WORD_WEIGHT * alone.get(code, _FLOOR)
        - (COMMON_WEIGHT if any_known and not common else 0.0)
        for code, common in zip(candidates, known, strict=True)
    ]


def _viterbi(evidence: Sequence[Sequence[float]], pauses: Sequence[int]) -> list[int]:
    """The likeliest row of states: `evidence[t][s]` in nats, `SWITCH[pauses[t]]` off for a change before t."""
    states = range(len(evidence[0]))
    best = list(evidence[0])
    came: list[list[int]] = []
    for row, pause in zip(evidence[1:], pauses[1:], strict=True):
        top = max(states, key=best.__getitem__)
        floor = best[top] - SWITCH[pause]
        came.append([state if best[state] >= floor else top for state in states])
        best = [max(best[state], floor) + row[state] for state in states]
    state = max(states, key=best.__getitem__)
    path = [state]
    for row in reversed(came):
        state = row[state]
        path.append(state)
    return path[::-1]
