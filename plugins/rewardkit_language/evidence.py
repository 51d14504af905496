"""Evidence for a language: the model's opinion, common words, letters and endings, in nats.

Of a sentence as a whole for all languages of its script, and of each of its words for a few candidates.
"""

import math
import re
from collections.abc import Sequence
from functools import lru_cache

from rewardkit_language.detector import FLOOR, predict
from rewardkit_language.languages import SAME
from rewardkit_language.lexicon import is_own, lacking, languages_of, special_ending

WINDOW = 2
"""Words on either side that are read with a word."""
MODEL_WEIGHT = 0.6
"""Worth of a nat of the model about a word or a window: windows overlap, so its opinions are not independent."""
SENTENCE_WEIGHT = 1.0
"""Worth of a nat of the model about a sentence."""
COMMON_WEIGHT = 2.0
"""Nats for a language in whose common words the word is."""
LETTER_WEIGHT = 3.0
"""Nats against a language that does not have a letter of the word."""
ENDING_WEIGHT = 0.6
"""Nats for a language that has the word's ending, where its neighbours do not."""
UNMODELLED = frozenset({"hi-Latn"})
"""Labels that the model does not have: only their common words speak for them."""
UNMODELLED_P = 0.05
UNMODELLED_WORDS = 3
"""The probability that stands for the model's, and the common words that the sentence must have then."""

_MARKS = re.compile("[\u0640\u064b-\u065f\u0670]")
"""Arabic's vowel signs and the stroke that makes words longer."""
_APOSTROPHES = str.maketrans(dict.fromkeys("’‘ʼʻ`´", "'"))


def fold(code: str, script: str) -> str:
    """The code that a language counts as when it is written in the script."""
    if code == "sr" and script == "latin":
        return "hr"
    return SAME.get(code, code)


def normalized(word: str) -> str:
    """The word as the lists spell it."""
    return _MARKS.sub("", word.replace("İ", "i").translate(_APOSTROPHES).lower())


@lru_cache(maxsize=4096)
def scores_of(lower: tuple[str, ...], allowed: tuple[str, ...], script: str, target: str | None) -> dict[str, float]:
    """Nats for each language from the sentence as a whole."""
    likely = dict.fromkeys(allowed, 0.0)
    for code, p in predict(" ".join(lower)).items():
        folded = fold(code, script)
        if folded in likely:
            likely[folded] += p
    scores = {code: SENTENCE_WEIGHT * math.log(max(p, FLOOR)) for code, p in likely.items()}
    for code in UNMODELLED.intersection(scores):
        if sum(code in languages_of(word) for word in lower) >= (0 if code == target else UNMODELLED_WORDS):
            scores[code] = SENTENCE_WEIGHT * math.log(UNMODELLED_P)
    for word in lower:
        for code in languages_of(word):
            if code in scores:
                scores[code] += COMMON_WEIGHT
        if not languages_of(word) and target is not None and is_own(word, target):
            scores[target] += COMMON_WEIGHT
        for code in lacking(word):
            if code in scores:
                scores[code] -= LETTER_WEIGHT
    return scores


def evidence_of(lower: Sequence[str], candidates: tuple[str, ...], is_name: Sequence[bool]) -> list[list[float]]:
    """Nats of each word (row) for each candidate (column); a name that is spelt like any other has none."""
    names = [name and not _spelt_as_one(word, candidates) for word, name in zip(lower, is_name, strict=True)]
    plain = [word for word, name in zip(lower, names, strict=True) if not name]
    rows: list[list[float]] = []
    nth = 0
    for word, name in zip(lower, names, strict=True):
        if name:
            rows.append([0.0] * len(candidates))
            continue
        around = _nats(" ".join(plain[max(0, nth - WINDOW) : nth + WINDOW + 1]), candidates)
        rows.append([near + own for near, own in zip(around, _by_itself(word, candidates), strict=True)])
        nth += 1
    return rows


def _spelt_as_one(word: str, candidates: tuple[str, ...]) -> bool:
    """The letters or the ending of the word tell the candidates apart."""
    return any(special_ending(word, code) or code in lacking(word) for code in candidates)


@lru_cache(maxsize=50_000)
def _by_itself(word: str, candidates: tuple[str, ...]) -> list[float]:
    """Nats for each candidate from the word alone: the model's opinion, common words, letters, endings."""
    nats = list(_nats(word, candidates))
    codes, lacks = languages_of(word), lacking(word)
    ending = [len(word) > 4 and special_ending(word, code) for code in candidates]
    for at, code in enumerate(candidates):
        if code in codes:
            nats[at] += 2 * COMMON_WEIGHT
        if code in lacks:
            nats[at] -= LETTER_WEIGHT
        if ending[at] and not codes:
            nats[at] += ENDING_WEIGHT
    return nats


@lru_cache(maxsize=50_000)
def _nats(text: str, candidates: tuple[str, ...]) -> list[float]:
    """Worth of the model's probabilities for each candidate."""
    likely = [0.0] * len(candidates)
    indices = _indices(candidates)
    for code, p in predict(text).items():
        if code in indices:
            likely[indices[code]] += p
    for at, code in enumerate(candidates):
        if code in UNMODELLED:
            likely[at] = UNMODELLED_P
    return [MODEL_WEIGHT * math.log(max(p, FLOOR)) for p in likely]


@lru_cache(maxsize=1000)
def _indices(candidates: tuple[str, ...]) -> dict[str, int]:
    """The index of the candidate that each of the model's codes counts as."""
    indices = {code: index for index, code in enumerate(candidates)}
    if "hr" in indices:
        indices.setdefault("sr", indices["hr"])  # Serbian in Latin letters: no row of Cyrillic words has Croatian
    return indices | {code: indices[same] for code, same in SAME.items() if same in indices}
