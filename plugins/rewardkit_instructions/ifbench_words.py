"""IFBench's constraints on words and sentences (Pyatkin et al. 2025, arXiv:2507.02833): counts, ratios, orders. Pure.

They follow `instructions.py` of allenai/IFBench, one function for each.
"""

import string
import unicodedata
from collections import Counter
from itertools import pairwise

import regex

from rewardkit_instructions.detect import starts_with_verb, syllables
from rewardkit_instructions.lists import CONJUNCTIONS, PERSONS, PRONOUNS, STOP_WORDS
from rewardkit_instructions.words import EDGES, count_words, plain_words, sentences, tokens, without_punctuation

_CONSONANTS = frozenset("bcdfghjklmnpqrstvwxyz")
_PRIMES = frozenset((2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97))
_JAPANESE = regex.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
_WORD = regex.compile(r"\w+")


def word_count_range(text: str, *, min_words: int, max_words: int) -> bool:
    return min_words <= count_words(text) <= max_words


def unique_word_count(text: str, *, N: int) -> bool:  # noqa: N803 - the data set's name
    return len({word.strip(EDGES) for word in text.lower().split()}) >= N


def conjunctions(text: str, *, small_n: int) -> bool:
    found = {word for word in text.split() if word.strip(EDGES).lower() in CONJUNCTIONS}
    return len(found) >= small_n


def person_names(text: str, *, N: int) -> bool:  # noqa: N803
    return sum(name in text for name in PERSONS) >= N


def numbers(text: str, *, N: int) -> bool:  # noqa: N803
    return len(regex.findall(r"\d+", without_punctuation(text))) == N


def pronouns(text: str, *, N: int) -> bool:  # noqa: N803
    return sum(word in PRONOUNS for word in plain_words(text.replace("/", " ").lower())) >= N


def punctuation(text: str) -> bool:
    for interrobang in ("?!", "!?"):
        if interrobang in text:
            return set(".,!?;:") <= set(text.replace(interrobang, "", 1))
    return "‽" in text and set(".,!?;:") <= set(text)


def words_japanese(text: str, *, N: int) -> bool:  # noqa: N803
    words = [word.strip(EDGES) for word in text.split()]
    return all(_JAPANESE.search(word) for word in words[N - 1 :: N] if word and not word.isdigit())


def keywords_multiple(text: str, *, keyword1: str, keyword2: str, keyword3: str, keyword4: str, keyword5: str) -> bool:
    lowered = text.lower()
    wanted = {keyword1: 1, keyword2: 2, keyword3: 3, keyword4: 5, keyword5: 7}
    return all(lowered.count(keyword.strip().lower()) == count for keyword, count in wanted.items())


def stop_words(text: str, *, percentage: float) -> bool:
    words = _WORD.findall(text)
    stops = sum(word.lower() in STOP_WORDS for word in words)
    return bool(words) and stops / len(words) * 100 <= percentage


def sentence_type(text: str) -> bool:
    ends = Counter(sentence[-1:] for sentence in sentences(text))
    return ends["."] == 2 * ends["?"]


def sentence_balance(text: str) -> bool:
    ends = Counter(sentence[-1:] for sentence in sentences(text))
    return ends["."] == ends["?"] == ends["!"]


def sentence_words(text: str) -> bool:
    lengths = [len(sentence) for sentence in sentences(text)]
    return len(lengths) == 3 and len(set(lengths)) == 1


def overlap(text: str, *, reference_text: str, percentage: float) -> bool:
    ours = {text[at : at + 3] for at in range(len(text) - 2)}
    theirs = {reference_text[at : at + 3] for at in range(len(reference_text) - 2)}
    return bool(ours) and abs(len(ours & theirs) / len(ours) * 100 - percentage) <= 2


def alphabet(text: str) -> bool:
    letters = [word[0] for word in plain_words(text.lower())]
    if not letters or not set(letters) <= set(string.ascii_lowercase):
        return False
    return all((ord(after) - ord(before)) % 26 == 1 for before, after in pairwise(letters))


def vowel(text: str) -> bool:
    return "\n" not in text.strip() and len(set("aeiou") & set(text.lower())) <= 3


def consonants(text: str) -> bool:
    words = text.lower().split()
    return all(any({a, b} <= _CONSONANTS for a, b in pairwise(word)) for word in words)


def palindrome(text: str) -> bool:
    return sum(len(word) >= 5 and word == word[::-1] for word in plain_words(text.lower())) >= 10


def prime_lengths(text: str) -> bool:
    return all(len(word) in _PRIMES for word in plain_words(text))


def repeats(text: str, *, small_n: int) -> bool:
    return max(Counter(plain_words(text.lower())).values(), default=0) <= small_n


def start_verb(text: str) -> bool:
    return starts_with_verb(tokens(text))


def odd_even_syllables(text: str) -> bool:
    parity = [syllables(word) % 2 for word in plain_words(text.lower())]
    return all(before != after for before, after in pairwise(parity))


def last_first(text: str) -> bool:
    for before, after in pairwise(sentences(text)):
        last, first = before.rstrip(EDGES).split()[-1:], after.lstrip(EDGES).split()[:1]
        if not last or not first or last[0].lower() != first[0].lower():
            return False
    return True


def paragraph_last_first(text: str) -> bool:
    paragraphs = [line.strip().lower().strip(EDGES).split() for line in text.split("\n")]
    return all(words[0] == words[-1] for words in paragraphs if words)


def no_consecutive(text: str) -> bool:
    return all(before[0] != after[0] for before, after in pairwise(plain_words(text.lower())))


def keywords_specific_position(text: str, *, keyword: str, n: int, m: int) -> bool:
    found = sentences(text)
    words = tokens(found[n - 1]) if 0 < n <= len(found) else []
    return 0 < m <= len(words) and words[m - 1] == keyword.strip()


def words_position(text: str, *, keyword: str) -> bool:
    words = tokens(text)
    return len(words) > 1 and words[1] == words[-2] == keyword.strip()


def sentence_keyword(text: str, *, word: str, N: int) -> bool:  # noqa: N803
    found = sentences(text)
    return 0 < N <= len(found) and word.lower() in found[N - 1].lower()


def sentence_increment(text: str, *, small_n: int) -> bool:
    counts = [len(plain_words(sentence)) for sentence in sentences(text)]
    return all(after == before + small_n for before, after in pairwise(counts))


def alliteration_increment(text: str) -> bool:
    before = -1
    for sentence in sentences(text):
        firsts = [clean[0] for word in sentence.lower().split() if (clean := word.lstrip(EDGES))]
        same = [first == second for first, second in pairwise(firsts)]
        count = sum(1 if at and same[at - 1] else 2 for at, alike in enumerate(same) if alike)
        if count <= before:
            return False
        before = count
    return True


def sentence_alphabet(text: str) -> bool:
    found = sentences(text)
    return len(found) == 26 and all(
        sentence[:1].lower() == letter for sentence, letter in zip(found, string.ascii_lowercase, strict=True)
    )


def ascii_only(text: str) -> str:
    """A text with its accents and whatever else is not ASCII left out."""
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
