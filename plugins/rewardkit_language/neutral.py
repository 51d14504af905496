"""Words of no language: symbols of variables, functions and units, acronyms, names in another script's text.

`AB`, `sin`, `km`, `NATO` and `print` stand in text of every language. So that nobody writes a sentence in them, those
that are words of a language too are neutral only while they are few.
"""

from collections.abc import Sequence

from rewardkit_language.lexicon import languages_of
from rewardkit_language.vocabulary import FUNCTIONS, PROGRAM_WORDS, UNITS
from rewardkit_language.words import Token, weight

LONGEST_ACRONYM = 5
LONGEST_RUN = 3
"""Names or program words in a row; more are a sentence."""
FEW = 5
FEW_SHARE = 0.2
"""Names and program words that may be in a text of another script: FEW, or a fifth of all words if that is more."""


def without_neutral(words: Sequence[Token], script: str | None, target: str | None) -> list[Token]:
    """The words without those that are of no language.

    script  that the text's language is written in
    target  its label
    """
    few = max(FEW, FEW_SHARE * sum(weight(word, "") for word in words))
    kept = [word for at, word in enumerate(words) if not _is_symbol(words, at, script, target)]
    acronyms = {at for at, word in enumerate(kept) if _is_acronym(word)}
    capitals = {at for at in acronyms if target not in languages_of(kept[at].text.lower())}
    common = {at for at in capitals if languages_of(kept[at].text.lower())}
    if len(common) > few:
        capitals -= common
    kept = [word for at, word in enumerate(kept) if at not in capitals]
    if script == "latin":
        return kept
    for is_neutral in (_is_program_word, _is_name):
        found = {at for at in range(len(kept)) if is_neutral(kept, at)}
        if len(found) <= few:
            kept = [word for at, word in enumerate(kept) if at not in found]
    return kept


def _is_symbol(words: Sequence[Token], at: int, script: str | None, target: str | None) -> bool:
    """A variable, the name of a function, or a unit."""
    word = words[at]
    if word.script not in ("latin", "greek"):
        return False
    single = len(word.text) == 1 and (word.text.isascii() or word.script == "greek")
    product = len(word.text) == 2 and word.script != script and not languages_of(word.text.lower())
    if not single and not product and word.text.lower() not in FUNCTIONS and word.text not in UNITS:
        return False
    if word.script != script:
        return True
    if target is None or target not in languages_of(word.text.lower()):
        return True
    beside = [other for other in (*words[max(0, at - 1) : at], *words[at + 1 : at + 2]) if other.script == word.script]
    return word.no_space_before or not any(len(other.text) > 1 for other in beside)


def _is_acronym(word: Token) -> bool:
    """Capitals only: the points of a figure, an abbreviation."""
    return word.script == "latin" and 2 <= len(word.text) <= LONGEST_ACRONYM and word.text.isupper()


def _is_program_word(words: Sequence[Token], at: int) -> bool:
    """A word of a program in text of another script, LONGEST_RUN of them in a row at most."""
    run = _latin_run(words, at)
    return 0 < len(run) <= LONGEST_RUN and all(word.text.lower() in PROGRAM_WORDS for word in run)


def _is_name(words: Sequence[Token], at: int) -> bool:
    """A name in text of another script: capitalised, LONGEST_RUN in a row at most, and no common word."""
    run = _latin_run(words, at)
    if not run or languages_of(words[at].text.lower()):
        return False
    return len(run) <= LONGEST_RUN and len(run) < len(words) and all(word.text[0].isupper() for word in run)


def _latin_run(words: Sequence[Token], at: int) -> Sequence[Token]:
    """The Latin words in a row around a position; empty if the word there is not Latin."""
    if words[at].script != "latin":
        return ()
    start, end = at, at + 1
    while start > 0 and at - start <= LONGEST_RUN and words[start - 1].script == "latin" and not words[start].pause:
        start -= 1
    while end < len(words) and end - at <= LONGEST_RUN and words[end].script == "latin" and not words[end].pause:
        end += 1
    return words[start:end]
