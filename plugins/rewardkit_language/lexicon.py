"""What speaks for a language at a word by itself: its letters, its endings, and the common words.

A model of character n-grams says little of words of one to five letters, and these carry a sentence. The lists are
written by hand (`lexicon.toml`); they are evidence, not dictionaries: a word that is on no list says nothing.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

COMMON_WEIGHT = 8.0
"""Nats against a language that lacks a word which is common in another candidate."""
LETTER_WEIGHT = 1.5
"""Nats against a language that does not have a letter of the word."""
ENDING_WEIGHT = 1.25
"""Nats against a language that lacks the word's ending, which another candidate has."""

_CORE = frozenset("abcdefghijklmnopqrstuvwxyz'’ʼ-‐‑абвгдежзклмнопрстуфхцчш")
"""Letters that speak for no language of their script, and what joins the halves of a word."""


@dataclass(frozen=True)
class Traits:
    """What is known of one language's words."""

    letters: frozenset[str]
    endings: tuple[str, ...]
    words: frozenset[str]


@cache
def lexicon() -> dict[str, Traits]:
    """The lists by language code."""
    read = tomllib.loads(files(__package__).joinpath("lexicon.toml").read_text(encoding="utf-8"))
    return {
        code: Traits(
            _CORE | frozenset(lists["letters"]),
            tuple(lists.get("endings", "").split()),
            frozenset(lists.get("words", "").split()),
        )
        for code, lists in read.items()
    }


def against(word: str, languages: tuple[str, ...]) -> list[float]:
    """Nats that the word's spelling speaks against each of the languages; `word` in lower case."""
    known = lexicon()
    traits = [known.get(code) for code in languages]
    common = [trait is not None and word in trait.words for trait in traits]
    ending = [trait is not None and len(word) > 4 and word.endswith(trait.endings) for trait in traits]
    own = frozenset(word) - _CORE
    cost = [0.0] * len(languages)
    for at, trait in enumerate(traits):
        if any(common):
            cost[at] += 0.0 if common[at] else COMMON_WEIGHT
        elif any(ending):
            cost[at] += 0.0 if ending[at] else ENDING_WEIGHT
        if own and trait is not None and not own <= trait.letters:
            cost[at] += LETTER_WEIGHT
    return cost
