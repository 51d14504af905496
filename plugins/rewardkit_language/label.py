"""The language of each word of a script that several languages share.

sentence → scores of all its languages → clearly the target's? all words are → else a hidden Markov chain over the words
of the sentence (`chain`), and what it calls foreign must prove it (`sentence`)

A sentence speaks for a language by three things (`evidence`): the model's opinion of the whole sentence, its common
words, and letters that the language does not have. Inside a sentence the chain weighs the same for each word, with the
model's opinion of the word and of the words around it; changing the language costs (code-switching as a chain: King &
Abney 2013, NAACL N13-1131). Names, symbols and short words that stand alone prove nothing.
"""

from collections.abc import Sequence

from rewardkit_language.evidence import fold
from rewardkit_language.sentence import ESTABLISHED, Sentence, sentences
from rewardkit_language.words import Token

CHAIN_WORDS = 600
"""Words of a text that the chain reads; in what follows each sentence is in one language."""


def label(words: Sequence[Token], languages: Sequence[str], target: str | None) -> list[str]:
    """The language of each word; one of `languages` or the target.

    words      of one script, in order
    languages  that are looked for
    """
    if not words:
        return []
    script = words[0].script
    allowed = tuple(sorted({fold(code, script) for code in languages} | ({target} if target else set())))
    rows = [Sentence(row, allowed, target) for row in sentences(words)]
    read = 0
    for sentence in rows:
        sentence.read(chain=read < CHAIN_WORDS)
        read += sentence.foreign
    # A language that many words are in makes it likelier that single words are in it too.
    established = _established(rows)
    return [code for sentence in rows for code in sentence.proven(established)]


def _established(rows: Sequence[Sentence]) -> set[str]:
    telling: dict[str, float] = {}
    for row in rows:
        for code, words, has_signs in row.evidence_by_language():
            if has_signs:
                telling[code] = telling.get(code, 0.0) + words
    return {code for code, words in telling.items() if words >= ESTABLISHED}
