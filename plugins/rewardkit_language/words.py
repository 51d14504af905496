"""Words: the unit that is counted.

A word is a run of letters of one script, joined over apostrophes and hyphens: `l'eau`, `Dreiviertel-Takt`. Numbers,
signs and emoji are no words. Where spaces do not set words apart, a fixed number of letters is one word (see
`scripts.LETTERS_PER_WORD`), so a stretch of Chinese weighs its letters by 1/1.65.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rewardkit_language.mask import PLACE
from rewardkit_language.scripts import JAPANESE_LETTERS_PER_WORD, LETTERS, LETTERS_PER_WORD
from rewardkit_language.vocabulary import REGIONS

INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\ufff0-\ufff8\U000e0000-\U000e0fff]"
)
_LETTERS_AS_SIGNS = re.compile(
    "[\U0001f150-\U0001f169\U0001f170-\U0001f189\U0001f1e6-\U0001f1ff]+|[\U000e0020-\U000e007e]+"
    "|[\ufe00-\ufe0f\U000e0100-\U000e01ef]{4,}|[\u2801-\u28ff]+"
)
"""Letters in squares and circles, flags' letters, invisible tags, bytes in variation selectors, Braille."""
UNREADABLE = "\u2d63"
"""Stands for a letter of no language: a sign that can spell words, or hides them."""
_EMOJI_TAGS = re.compile("\U0001f3f4[\U000e0020-\U000e007f]{1,8}")
"""The flag of a part of a country: a black flag and its code in tags."""
_FLAGS = re.compile("[\U0001f1e6-\U0001f1ff]+")
_STRAY_MARKS = re.compile("[\u0300-\u036f\u0488\u0489\u1ab0-\u1aff\u20d0-\u20ff]+")
_SURROGATES = re.compile("[\ud800-\udfff]")

UNSPACED = frozenset((*LETTERS_PER_WORD, "kana", "cjk"))
_UNSPACED_LETTERS = {name: LETTERS[name] for name in LETTERS_PER_WORD if name != "han"}
_SPACED_LETTERS = {name: span for name, span in LETTERS.items() if name not in UNSPACED}
_TOKEN = re.compile(
    "|".join(
        [rf"(?P<{name}>[{span}]+(?:['’‘ʼʻ`´׳״‐‑-][{span}]+)*)" for name, span in _SPACED_LETTERS.items()]
        + [rf"(?P<cjk>[{LETTERS['han']}{LETTERS['kana']}]+)"]
        + [rf"(?P<{name}>[{span}]+)" for name, span in _UNSPACED_LETTERS.items()]
        + [r"(?P<other>[^\W\d_]+)", r"(?P<end>[.!?。！？؟।۔…:;\n]+|[|]+)", r"(?P<comma>[,、،，(){}\[\]«»„“”\"—–]+)"]
    )
)
_MARKS = re.compile(
    "[\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece\u17b6-\u17d3\u102b-\u103e\u0f71-\u0fbc]"
)
_JOINTS = re.compile(r"[^\w]+")
_HUMPS = re.compile(r"[^\W\d_](?:[^\W\d_A-ZÀ-ÞЀ-Я]|[’'])*")
CHAIN_LENGTH = 20
CHAIN = 5
"""A token of so many letters that has so many parts is a chain of words."""
LONGEST = 45
"""Letters of the longest word of any language; what is longer is no word, and counts by its letters."""
SPELT = 6
"""Single letters in a row that are a word set apart; and letters that count as one such word."""
SPELT_SCRIPTS = frozenset(("latin", "cyrillic", "greek"))
_LOOKALIKE = frozenset(("latin", "cyrillic", "greek", "armenian"))


@dataclass(slots=True)
class Token:
    """A word, or for a script without spaces a run of them."""

    text: str
    script: str
    """A key of `scripts.LETTERS`; `cjk` for Han and kana together; `mixed` for a word of two alphabets."""
    pause: int
    """The pause before it: 0 at most a space, 1 a comma or a bracket, 2 the end of a sentence or a line."""
    no_space_before: bool
    """It stands directly after a digit or a sign."""


_DIGITS_FOR_LETTERS = re.compile(r"(?<![\w\\])(?![0-9a-f]{7,}(?!\w))[A-Za-z]{1,20}\d[a-z][a-z\d]{0,20}(?!\w)")
FEW_DIGITS_FOR_LETTERS = 6
"""Names like `p2p` that a text may have; more words with a digit between their letters are a cipher."""


def clean(text: str) -> str:
    """The text in compatibility form (`Ａ` and `𝐀` become `A`) without invisible characters and stray marks.

    Signs that can spell words, and letters that nobody sees, become letters of no language.
    """
    if text.isascii():
        return _without_digits_for_letters(text)
    text = _SURROGATES.sub(" ", text)
    if _LETTERS_AS_SIGNS.search(text):
        text = _revealed(text)
    text = INVISIBLE.sub("", text)
    return _without_digits_for_letters(_STRAY_MARKS.sub("", unicodedata.normalize("NFKC", text)))


def _without_digits_for_letters(text: str) -> str:
    if len(_DIGITS_FOR_LETTERS.findall(text)) <= FEW_DIGITS_FOR_LETTERS:
        return text
    return _DIGITS_FOR_LETTERS.sub(lambda word: UNREADABLE * len(word[0]), text)


def _revealed(text: str) -> str:
    text = _EMOJI_TAGS.sub("", text)
    text = _FLAGS.sub(lambda run: " " if _are_flags(run[0]) else run[0], text)
    return _LETTERS_AS_SIGNS.sub(lambda run: f" {UNREADABLE * len(run[0])} ", text)


def _are_flags(run: str) -> bool:
    letters = "".join(chr(ord(sign) - 0x1F1E6 + 65) for sign in run)
    return all(letters[at : at + 2] in REGIONS for at in range(0, len(letters), 2))


def tokens(text: str) -> Iterator[Token]:
    """The words of a text that was cleaned."""
    pause, end = 2, 0
    last: Token | None = None
    for found in _TOKEN.finditer(text):
        script = found.lastgroup or "other"
        if script == "end":
            # A point inside a number or an abbreviation ends no sentence.
            after = text[found.end() : found.end() + 1]
            pause = max(pause, 2 if not after or after.isspace() or found[0] not in ".:" else 1)
            continue
        if script == "comma":
            pause = max(pause, 1)
            continue
        start = found.start()
        before = text[start - 1] if start else " "
        if last is not None and start == end and {last.script, script} <= _LOOKALIKE | {"mixed"}:
            last.text += found[0]
            last.script = "mixed"
            end = found.end()
            continue
        if last is not None:
            yield from _parts(last)
        last = Token(found[0], script, pause, not before.isspace() and before != PLACE and pause == 0)
        pause, end = 0, found.end()
    if last is not None:
        yield from _parts(last)


def _parts(token: Token) -> Iterator[Token]:
    """The words of a token that is a chain of them, `so-we-have-to-add`, `soWeHaveToAdd`; else the token."""
    if len(token.text) < CHAIN_LENGTH or token.script in UNSPACED:
        yield token
        return
    parts = [part for part in _JOINTS.split(token.text) if part]
    if len(parts) < CHAIN:
        parts = _HUMPS.findall(token.text)
    if len(parts) >= CHAIN:
        yield replace(token, text=parts[0])
        yield from (replace(token, text=part, pause=0) for part in parts[1:] if part)
    elif len(token.text) > LONGEST:
        yield replace(token, script="mixed")
    else:
        yield token


def join_letters(row: Sequence[Token]) -> list[Token]:
    """The words with letters that are set apart, `l i k e  t h i s`, joined to one token of no language.

    At least SPELT single letters in a row, with nothing but a space between two: a list of variables has commas.
    """
    joined: list[Token] = []
    start = 0
    while start < len(row):
        end = start
        while end < len(row) and len(row[end].text) == 1 and row[end].script in SPELT_SCRIPTS:
            end += 1
            if end < len(row) and row[end].pause:
                break
        if end - start >= SPELT:
            joined.append(replace(row[start], text="".join(token.text for token in row[start:end]), script="mixed"))
        else:
            end = max(end, start + 1)
            joined.extend(row[start:end])
        start = end
    return joined


def weight(token: Token, language: str) -> float:
    """How many words the token counts as, read as the language."""
    if token.script == "cjk":
        if language == "ja":
            hiragana = sum("ぁ" <= letter <= "ゟ" for letter in token.text)
            han = sum(letter >= "㐀" or letter in "々〇" for letter in token.text)
            katakana = len(token.text) - hiragana - han
            rate = JAPANESE_LETTERS_PER_WORD
            return han / rate["han"] + hiragana / rate["hiragana"] + katakana / rate["katakana"]
        return len(token.text) / LETTERS_PER_WORD["han"]
    if token.script in ("mixed", "other"):
        return max(1.0, len(token.text) / SPELT)
    if token.script in LETTERS_PER_WORD:
        return max(1.0, len(_MARKS.sub("", token.text)) / LETTERS_PER_WORD[token.script])
    return 1.0
