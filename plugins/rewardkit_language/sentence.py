"""A sentence in a script that several languages share: read first, then what it calls foreign has to prove it."""

from collections.abc import Iterator, Mapping, Sequence

from rewardkit_language.chain import likeliest
from rewardkit_language.evidence import UNMODELLED, UNMODELLED_WORDS, evidence_of, normalized, scores_of
from rewardkit_language.languages import RELATIVES
from rewardkit_language.lexicon import is_own, lacking, languages_of
from rewardkit_language.words import Token

LONGEST_SENTENCE = 30
"""Words; a longer one is read in parts."""
SHORT_LINE = 2
"""Words of a line that is no sentence by itself."""
TARGET_PRIOR = 1.5
"""Nats for the target before anything is read."""
SWITCH = (2.5, 2.0)
"""Nats that a change of language costs: within a phrase, after a comma."""
CANDIDATES = 4
"""Languages that the words of one sentence may be in, the target included."""
PROOF = 4.0
"""Nats by which a foreign stretch inside a sentence must speak for its language over the target."""
PROOF_WORDS = 1.5
"""Words that must tell the language of a foreign stretch."""
SIGNS_SHARE = 0.12
"""Share of common words, or letters of its own, that a stretch in a foreign language has at least."""
NO_COMMON_WORDS = 5
"""Words of a stretch that cannot all be uncommon ones, but in a list."""
PROOF_HINT, PROOF_HINT_WORDS = 1.5, 0.5
"""The same for a language that the text has other stretches of."""
ESTABLISHED = 2.5
"""Words of a language in a text, signs among them, that make it one that the text is in."""
MODEL_ALONE = 5.0
"""Nats by which a relative of the target must lead, if only the model speaks for it."""
LIST_SHARE = 0.5
"""Share of the words of a list that stand after a comma."""
LIST_SIGNS_SHARE = 0.2
"""Share of a list's words that must speak for a relative of the target."""
NAMES_SHARE = 0.75
"""Share of capitalised words above which a sentence is written in capitals and has no names to tell."""


def sentences(words: Sequence[Token]) -> list[Sequence[Token]]:
    """The words by sentence; short lines, as of a list, are read together, and what is too long in parts."""
    lines: list[list[Token]] = []
    for word in words:
        if word.pause == 2 or not lines:
            lines.append([])
        lines[-1].append(word)
    rows: list[list[Token]] = []
    after_short = False
    for line in lines:
        short = len(line) <= SHORT_LINE
        if short and after_short:
            rows[-1].extend(line)
        else:
            rows.append(line)
        after_short = short
    return [part for row in rows for part in _parts(row)]


def _parts(row: Sequence[Token]) -> Iterator[Sequence[Token]]:
    """A sentence in parts of LONGEST_SENTENCE words at most, cut at a pause if there is one in the second half."""
    while len(row) > LONGEST_SENTENCE:
        pauses = [at for at in range(LONGEST_SENTENCE // 2, LONGEST_SENTENCE + 1) if row[at].pause]
        cut = pauses[-1] if pauses else LONGEST_SENTENCE
        yield row[:cut]
        row = row[cut:]
    yield row


class Sentence:
    """A sentence: first it is read, then what it calls foreign has to prove it."""

    def __init__(self, row: Sequence[Token], allowed: tuple[str, ...], target: str | None) -> None:
        self.row = row
        self.lower = [normalized(word.text) for word in row]
        self.allowed = allowed
        self.target = target
        self.is_list = len(row) > 3 and sum(word.pause > 0 for word in row) >= LIST_SHARE * len(row)
        capitals = sum(word.text[0].isupper() for word in row)
        self.has_names = capitals <= NAMES_SHARE * len(row) + 1 or self.is_list
        self.has_nouns = False
        self.best = ""
        self.candidates: tuple[str, ...] = ()
        self.evidence: list[list[float]] = []
        self.labels: list[str] = []

    def is_name(self, at: int) -> bool:
        """The word is capitalised as a name is: not for its position, and not because all words are."""
        if not self.has_names or (self.has_nouns and not self.is_list):
            return False
        word = self.row[at]
        return word.text[0].isupper() and (self.is_list or (at > 0 and word.pause < 2))

    @property
    def foreign(self) -> int:
        """Number of words that are not in the target, before proof."""
        return sum(code != self.target for code in self.labels)

    def read(self, *, chain: bool) -> None:
        """Label the words: all alike where the sentence is clear or `chain` is false, else by the chain."""
        length = len(self.row)
        scores = scores_of(tuple(self.lower), self.allowed, self.row[0].script, self.target)
        best = self.best = self._best(scores)
        if not chain or (best == self.target and not self._is_suspicious(best)):
            self.labels = [best] * length
            return
        ranked = [best, *sorted(scores.keys() - {best}, key=scores.__getitem__, reverse=True)]
        self.candidates = _candidates(self.lower, ranked, self.target)
        names = [self.is_name(at) for at in range(length)]
        # German writes all nouns as others write names.
        self.has_nouns = "de" in self.candidates and (
            self.target == "de" or any("de" in languages_of(word) and not self._owns(word) for word in self.lower)
        )
        self.evidence = evidence_of(self.lower, self.candidates, names)
        costs = [SWITCH[min(word.pause, 1)] for word in self.row]
        prior = [TARGET_PRIOR if code == self.target else 0.0 for code in self.candidates]
        path = likeliest(self.evidence, costs, prior)
        self.labels = [self.candidates[state] for state in path]

    def _owns(self, word: str) -> bool:
        return self.target is not None and is_own(word, self.target)

    def _is_suspicious(self, target: str) -> bool:
        """A word speaks for another language and not for the target."""
        return any(
            target in lacking(word)
            or (len(word) > 2 and not languages_of(word).isdisjoint(self.allowed) and not is_own(word, target))
            for word in self.lower
        )

    def _best(self, scores: Mapping[str, float]) -> str:
        """The likeliest language; a relative of the target only if words or letters speak for it too."""
        target = self.target
        if target is None:
            return max(scores, key=scores.__getitem__)
        near = RELATIVES.get(target, frozenset())
        best, lead = target, 0.0
        for code, score in scores.items():
            ahead = score - scores[target]
            if ahead <= lead:
                continue
            signs = self._signs_over(code, target) if code in near or self.is_list else 0
            if self.is_list and signs < LIST_SIGNS_SHARE * len(self.row):
                continue
            if code not in near:
                needed = TARGET_PRIOR
            elif signs > 0:
                needed = 0.0
            else:
                needed = MODEL_ALONE
            if ahead > needed:
                best, lead = code, ahead
        return best

    def _signs_over(self, code: str, target: str) -> int:
        """Common words and letters that speak for the language, less those that speak for the target."""
        words = sum((code in codes) - (target in codes) for codes in map(languages_of, self.lower))
        return words + sum((target in lacks) - (code in lacks) for lacks in map(lacking, self.lower))

    def stretches(self, home: str) -> Iterator[tuple[int, int, str]]:
        """Start, end and language of each stretch that is not in `home`."""
        start = 0
        while start < len(self.labels):
            end = start + 1
            while end < len(self.labels) and self.labels[end] == self.labels[start]:
                end += 1
            if self.labels[start] != home:
                yield start, end, self.labels[start]
            start = end

    def evidence_by_language(self) -> Iterator[tuple[str, float, bool]]:
        """For each stretch that is not in the target its language, the words that tell it, and if it has its signs."""
        target = self.target or ""
        for start, end, code in self.stretches(target):
            yield code, self._telling(start, end, code, target), self._has_signs(start, end, code, target)

    def proven(self, established: set[str]) -> list[str]:
        """The labels, with the target (else the sentence's own language) for what does not prove its language."""
        if self.target is None or not self.candidates:
            if len(self.row) == 1 and self.target is not None and self.labels[0] not in established:
                return [self.target]
            return self.labels
        home = self._home()
        labels = list(self.labels)
        for start, end, code in self.stretches(home):
            if not self._is_proven(start, end, code, home, established):
                labels[start:end] = [self._likelier(start, end, home)] * (end - start)
        return labels

    def _likelier(self, start: int, end: int, home: str) -> str:
        """The target, if the words of a stretch speak for it over `home`, else `home`."""
        target = str(self.target)
        if target == home or target not in self.candidates or self._lead(start, end, target, home) <= 0:
            return home
        return target if self._has_signs(start, end, target, home) else home

    def _home(self) -> str:
        """The language of words that do not prove another one: the target, if the sentence may be in it."""
        best, target = self.best, str(self.target)
        if target not in self.candidates:
            return best
        end = len(self.row)
        foreign = best != target and self._telling(0, end, best, target) >= PROOF_WORDS
        foreign = foreign and (self._has_signs(0, end, best, target) or self._has_none(0, end, target))
        return best if foreign else target

    def _is_proven(self, start: int, end: int, code: str, home: str, established: set[str]) -> bool:
        lead, telling = self._lead(start, end, code, home), self._telling(start, end, code, home)
        if code in established and end - start < NO_COMMON_WORDS:
            return lead >= PROOF_HINT and telling >= PROOF_HINT_WORDS
        if lead < PROOF or telling < PROOF_WORDS:
            return False
        return self._has_signs(start, end, code, home) or self._has_none(start, end, home)

    def _has_signs(self, start: int, end: int, code: str, home: str) -> bool:
        """The stretch has common words of the language, or letters, that `home` does not have."""
        signs = 0
        for at in range(start, end):
            word = self.lower[at]
            codes, lacks = languages_of(word), lacking(word)
            name = self.is_name(at)
            signs += (code in codes and not is_own(word, home) and not name) or (
                home in lacks and code not in lacks and not (name and self.is_list)
            )
        words = sum(not self.is_name(at) for at in range(start, end))
        return signs >= max(1, SIGNS_SHARE * words)

    def _has_none(self, start: int, end: int, own: str) -> bool:
        """The stretch is too long to have no common word of the language that it would be in."""
        if self.is_list or end - start < NO_COMMON_WORDS:
            return False
        return not any(is_own(word, own) for word in self.lower[start:end])

    def _lead(self, start: int, end: int, code: str, own: str) -> float:
        other, mine = self.candidates.index(code), self.candidates.index(own)
        return sum(row[other] - row[mine] for row in self.evidence[start:end])

    def _telling(self, start: int, end: int, code: str, home: str) -> float:
        """The words of a stretch that tell its language: names, and short words that stand alone, do not."""
        telling = 0.0
        for at in range(start, end):
            word = self.lower[at]
            codes = languages_of(word)
            if len(word) < 2 or is_own(word, home):
                continue
            name = self.is_name(at)
            if code in codes:
                telling += 1.0
            elif home in lacking(word) and code not in lacking(word):
                telling += 1.5 if not name else 0.0 if self.is_list else 0.5
            elif not name:
                telling += 0.1 if self.is_list else 0.5
        return telling


def _candidates(lower: Sequence[str], ranked: Sequence[str], target: str | None) -> tuple[str, ...]:
    """The languages that the words of a sentence may be in, the target first."""
    hits: dict[str, int] = {}
    for word in set(lower):
        codes = languages_of(word)
        if target not in codes and len(word) > 1:
            for code in codes:
                hits[code] = hits.get(code, 0) + 1
    by_words = sorted((code for code in hits if code in ranked), key=lambda code: (-hits[code], ranked.index(code)))
    chosen = [target] if target else []
    chosen += [*ranked[:2], *by_words[:2], *ranked[2:3]]
    chosen = [
        code for code in chosen if code not in UNMODELLED or code == ranked[0] or hits.get(code, 0) >= UNMODELLED_WORDS
    ]
    if target is not None:
        # Nobody mixes near languages within a sentence: it is in the likelier one.
        near, best = RELATIVES.get(target, frozenset()), ranked[0]
        if best in near:
            chosen = [best, *(code for code in chosen if code != target and code not in near)]
        else:
            chosen = [code for code in chosen if code not in near]
    return tuple(dict.fromkeys(chosen))[:CANDIDATES]
