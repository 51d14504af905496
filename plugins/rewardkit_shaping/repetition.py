"""The reward `repetition`: against writing the same again."""

import re
from collections.abc import Iterable, Sequence
from itertools import chain, islice
from typing import Any, NamedTuple

from pydantic import Field

from rewardkit import Reward, RewardParams, Sample, Score
from rewardkit_shaping.words import words

CHARACTERS_PER_WORD = 8
"""Characters that are compared for each word: 24 in a row for the usual three words, a little more than those take."""

_BLANKS = re.compile(r"[^\S\n]+")
_FACTOR = 0x9E3779B97F4A7C15  # odd, so that no bit of a hash is lost


class RepetitionParams(RewardParams):
    n: int = Field(default=3, ge=1, le=100)
    """Length of the n-grams, in words or tokens. 3 is the usual choice for words, 20 to 40 for tokens."""
    tokens_column: str | None = Field(default=None, min_length=1)
    """Column with the list of token ids, such as TRL's `completion_ids`; None: its words and characters."""


class Found(NamedTuple):
    """N-grams of one kind."""

    total: int
    repeated: int
    """N-grams that stand further before in the completion."""

    @property
    def share(self) -> float:
        return self.repeated / self.total if self.total > 0 else 0.0


class Repetition(Reward):
    """Minus the share of n-grams that were there before: 0 where none comes twice, nearly -1 for a loop.

    Yeo et al. 2025, arXiv:2502.03373, appendix C.2, as one number for the completion, the way open-r1's
    `get_repetition_penalty_reward` gives it (src/open_r1/rewards.py at 1416fa0c): -(1 - distinct n-grams / n-grams)
    with n = 3 words and a largest penalty of -1, ms-swift's defaults (swift/rlhf_trainers/args_mixin.py) and TRL's.
    The paper's runs punish each token of a repeated 40-gram by 0.05 instead (eddycmu/demystify-long-cot,
    scripts/section_4…/section_4.2…cosine_repetition_penalty.sh:60-61).

    Words miss loops of symbols, emoji, rulers and runs of one letter: 8 n characters in a row are compared too, and the
    greater share counts. Fewer than n words repeat nothing.
    """

    name = "repetition"
    Params = RepetitionParams
    cost_ms = 0.5
    value_range = (-1.0, 0.0)

    def score(self, samples: Sequence[Sample]) -> list[Score]:
        return [self._score(sample) for sample in samples]

    def _score(self, sample: Sample) -> Score:
        params: RepetitionParams = self.params
        if params.tokens_column is not None:
            tokens = _token_ids(sample.column(params.tokens_column))
            if tokens is None:
                found = sample.column(params.tokens_column)
                reason = f"column {params.tokens_column!r} holds no list of token ids: {found!r:.80}"
                return Score.abstained(reason, kind="unsupported")
            return _scored(params.n, tokens=ngrams(tokens, params.n))
        text = sample.completion_text
        return _scored(
            params.n, words=ngrams(words(text), params.n), characters=windows(text, params.n * CHARACTERS_PER_WORD)
        )


def ngrams(units: Sequence[object], n: int) -> Found:
    """The n-grams of words or tokens."""
    total = max(0, len(units) - n + 1)
    distinct = len(set(zip(*(islice(units, start, None) for start in range(n)), strict=False)))
    return Found(total, total - distinct)


def windows(text: str, length: int) -> Found:
    """The runs of so many characters, blanks in a row taken as one.

    Runs are compared by a hash of 64 bits, so that a megabyte takes about a tenth of a second.
    """
    import numpy as np  # noqa: PLC0415 - plugins are light to list

    text = _BLANKS.sub(" ", text)
    total = len(text) - length + 1
    if total <= 0:
        return Found(0, 0)
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)
    hashes, done = codes + np.uint64(1), 1
    # The hash of twice as many characters is that of the first half, times a factor, plus that of the second.
    result, covered = np.zeros(total, dtype=np.uint64), 0
    factor = np.uint64(_FACTOR)
    with np.errstate(over="ignore"):
        while covered < length:
            if length & done:
                result = result * factor + hashes[covered : covered + total]
                covered += done
            if covered < length:
                hashes = hashes[:-done] * factor + hashes[done:]
                factor = factor * factor + np.uint64(2)
                done *= 2
    ordered = np.sort(result)
    return Found(total, int(np.count_nonzero(ordered[1:] == ordered[:-1])))


def _scored(n: int, **kinds: Found) -> Score:
    """The score by the kind of n-gram that repeats most."""
    kind = max(kinds, key=lambda name: kinds[name].share)
    found = kinds[kind]
    if not found.repeated:
        total = max(one.total for one in kinds.values())
        return Score.scored(
            0.0, "" if total else f"fewer than {n} to compare", ngrams=next(iter(kinds.values())).total, repeated=0
        )
    what = f"{n}-grams of {kind}" if kind != "characters" else f"runs of {n * CHARACTERS_PER_WORD} characters"
    reason = f"{found.repeated} of {found.total} {what} come again"
    return Score.scored(-found.share, reason, ngrams=found.total, repeated=found.repeated, compared=kind)


def _token_ids(found: Any) -> list[int] | None:
    """Token ids, also in a list for each turn; None for anything else."""
    if not isinstance(found, list | tuple):
        return None
    flat: Iterable[Any] = chain.from_iterable(item if isinstance(item, list | tuple) else (item,) for item in found)
    tokens = list(flat)
    return tokens if all(isinstance(token, int) for token in tokens) else None
