"""Which language each word of an ambiguous script is in.

The words of one script stand in a row; a hidden Markov chain runs over them. What speaks for a language at a word:
the model's opinion of a window of words around it and of the word alone, and whether the word is one of the
language's common words. Changing the language costs, less so after a pause and least after the end of a sentence
(Viterbi 1967; code-switching as a chain: King & Abney 2013, NAACL N13-1131).
"""

import math
from collections.abc import Sequence
from functools import lru_cache

from rewardkit_language.detector import FLOOR, predict
from rewardkit_language.languages import RELATIVES, SAME
from rewardkit_language.lexicon import against, lexicon
from rewardkit_language.words import Token

WINDOW = 2
"""Words on either side that are read with a word."""
SWITCH = (4.0, 3.5, 2.0)
"""What a change of language costs, in nats: within a phrase, after a comma, after the end of a sentence."""
MODEL_WEIGHT = 0.6
"""What a nat of the model is worth: it sees overlapping windows, so its opinions are not independent."""
CANDIDATES = 6
CHUNK = 12
"""At most so many words are asked about at once to find the languages that a text may be in."""

MASS = 1.4
"""Words that a language must have been given, in expectation, to be looked for."""
KIN = 3.0
"""How much more it costs to change to a relative: near languages are taken for one another, and seldom mixed."""
LEAD = 2.5
"""Nats by which the stretches that are likely in a relative of the target must favour it over the target."""


@lru_cache(maxsize=50_000)
def _by_itself(word: str, candidates: tuple[str, ...]) -> list[float]:
    """Nats for each candidate from the word alone: what the model makes of it, its spelling, the common words."""
    alone = _nats(predict(word), candidates)
    return [nats - cost for nats, cost in zip(alone, against(word, candidates), strict=True)]


def _nats(row: dict[str, float], candidates: tuple[str, ...]) -> list[float]:
    """What the model's probabilities are worth for each candidate."""
    likely = [0.0] * len(candidates)
    places = _places(candidates)
    for code, p in row.items():
        if code in places:
            likely[places[code]] += p
    return [MODEL_WEIGHT * math.log(p or FLOOR) for p in likely]


@lru_cache(maxsize=1000)
def _places(candidates: tuple[str, ...]) -> dict[str, int]:
    """By each of the model's codes the place of the candidate that it counts as."""
    places = {code: place for place, code in enumerate(candidates)}
    if "hr" in places:
        places.setdefault("sr", places["hr"])  # Serbian in Latin letters: no row of Cyrillic words has Croatian
    return places | {code: places[same] for code, same in SAME.items() if same in places}


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
    lower = [word.text.replace("İ", "i").replace("’", "'").lower() for word in words]
    allowed = {fold(code, script) for code in languages} | ({target} if target else set())
    candidates = _candidates(words, lower, allowed, target)
    if len(candidates) == 1:
        return [candidates[0]] * len(words)
    alone = [_by_itself(word, candidates) for word in lower]
    around = [
        _nats(predict(" ".join(lower[max(0, at - WINDOW) : at + WINDOW + 1])), candidates) for at in range(len(lower))
    ]
    evidence = [[near + own for near, own in zip(*pair, strict=True)] for pair in zip(around, alone, strict=True)]
    changes = [_changes(candidates, cost) for cost in SWITCH]
    return [candidates[state] for state in _viterbi(evidence, [changes[word.pause] for word in words])]


def _candidates(words: Sequence[Token], lower: Sequence[str], allowed: set[str], target: str | None) -> tuple[str, ...]:
    """The languages that some stretch of the words may be in, the target first."""
    script = words[0].script
    mass: dict[str, float] = {}
    lead: dict[str, float] = {}
    start = 0
    for at in range(1, len(words) + 1):
        if at == len(words) or words[at].pause == 2 or at - start == CHUNK:
            likely: dict[str, float] = {}
            for code, p in predict(" ".join(lower[start:at])).items():
                if (folded := fold(code, script)) in allowed:
                    likely[folded] = likely.get(folded, 0.0) + p
            own = math.log(likely.get(target, FLOOR)) if target else 0.0
            for code, p in likely.items():
                mass[code] = mass.get(code, 0.0) + p * (at - start)
                if p > 0.2:
                    lead[code] = lead.get(code, 0.0) + math.log(p) - own
            start = at
    ranked = sorted(mass, key=mass.__getitem__, reverse=True)
    chosen = [target] if target else []
    relatives = RELATIVES.get(target, frozenset()) if target else frozenset()
    for code in relatives.intersection(lead):
        lead[code] += sum(_lead(word, str(target), code) for word in lower)
    chosen.extend(
        code for code in ranked if mass[code] >= MASS and (code not in relatives or lead.get(code, 0.0) > LEAD)
    )
    if not chosen:
        chosen.extend(ranked[:1] or sorted(allowed)[:1])
    chosen.extend(_by_common_words(set(lower), chosen, allowed - relatives))
    return tuple(dict.fromkeys(chosen))[:CANDIDATES]


@lru_cache(maxsize=50_000)
def _lead(word: str, target: str, relative: str) -> float:
    """Nats by which the spelling of a word favours the relative, within LEAD to either side."""
    target_cost, relative_cost = against(word, (target, relative))
    return max(-LEAD, min(LEAD, target_cost - relative_cost))


def _by_common_words(words: set[str], chosen: Sequence[str], allowed: set[str]) -> list[str]:
    """Further languages: those with common words in the text that are common in none of the chosen ones."""
    known = lexicon()
    left = {word for word in words if len(word) > 1}.difference(
        *(known[code].words for code in chosen if code in known)
    )
    hits = {code: len(left & traits.words) for code, traits in known.items() if code in allowed and code not in chosen}
    return sorted((code for code, count in hits.items() if count), key=hits.__getitem__, reverse=True)


def _changes(candidates: tuple[str, ...], cost: float) -> list[list[float]]:
    """Nats that it costs to go over to each candidate (row) from each (column)."""
    return [
        [0.0 if one == other else cost * (KIN if other in RELATIVES.get(one, ()) else 1.0) for other in candidates]
        for one in candidates
    ]


def _viterbi(evidence: Sequence[Sequence[float]], changes: Sequence[Sequence[Sequence[float]]]) -> list[int]:
    """The likeliest row of states: evidence[t][s] nats for s at t, less changes[t][s][r] for coming there from r."""
    best = list(evidence[0])
    came: list[list[int]] = []
    for row, change in zip(evidence[1:], changes[1:], strict=True):
        scores, origins = [], []
        for gain, costs in zip(row, change, strict=True):
            reached = [before - cost for before, cost in zip(best, costs, strict=True)]
            top = max(reached)
            scores.append(top + gain)
            origins.append(reached.index(top))
        best = scores
        came.append(origins)
    state = best.index(max(best))
    path = [state]
    for origins in reversed(came):
        state = origins[state]
        path.append(state)
    return path[::-1]
