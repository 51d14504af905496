"""Evidence for a language in a single word: its letters, its endings, and the common words.

A model of character n-grams says little of words of one to five letters, and these carry a sentence. The lists
(`lexicon.toml`) are evidence, not dictionaries: a word that is on no list says nothing.
"""

import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

_CORE = frozenset("abcdefghijklmnopqrstuvwxyz'’ʼ-‐‑абвгдежзклмнопрстуфхцчш")
"""Letters that speak for no language of their script, and what joins the halves of a word."""


@dataclass(frozen=True)
class Traits:
    """The known words, letters and endings of one language."""

    letters: frozenset[str]
    """Letters that its words are spelt with; empty if any letter of its script may come."""
    endings: tuple[str, ...]
    words: frozenset[str]
    familiar: frozenset[str]
    """Further words of its own, which may be words of others too."""


@cache
def lexicon() -> dict[str, Traits]:
    """The lists by language code."""
    read = tomllib.loads(files(__package__).joinpath("lexicon.toml").read_text(encoding="utf-8"))
    return {
        code: Traits(
            _CORE | frozenset(lists["letters"]) if "letters" in lists else frozenset(),
            tuple(lists.get("endings", "").split()),
            frozenset(lists.get("words", "").split()),
            frozenset(lists.get("familiar", "").split()),
        )
        for code, lists in read.items()
    }


@cache
def _index() -> dict[str, frozenset[str]]:
    index: dict[str, set[str]] = {}
    for code, traits in lexicon().items():
        for word in traits.words:
            index.setdefault(word, set()).add(code)
    return {word: frozenset(codes) for word, codes in index.items()}


_NONE: frozenset[str] = frozenset()


def languages_of(word: str) -> frozenset[str]:
    """The languages in whose common words the word is; `word` in lower case."""
    return _index().get(word, _NONE)


def is_own(word: str, code: str) -> bool:
    """The word is a common or familiar word of the language: no sign of another one; `word` in lower case."""
    return code in languages_of(word) or ((traits := lexicon().get(code)) is not None and word in traits.familiar)


@lru_cache(maxsize=50_000)
def lacking(word: str) -> frozenset[str]:
    """The languages that do not have a letter of the word; `word` in lower case."""
    letters = frozenset(word) - _CORE
    if not letters:
        return _NONE
    return frozenset(code for code, traits in lexicon().items() if traits.letters and not letters <= traits.letters)


def special_ending(word: str, code: str) -> bool:
    """The word ends as words of the language often do, and those of its neighbours seldom; `word` in lower case."""
    traits = lexicon().get(code)
    return traits is not None and bool(traits.endings) and word.endswith(traits.endings)
