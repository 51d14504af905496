"""Words that are only spelt in a language's letters: English in Cyrillic or in katakana is not that language.

Where the script decides, a foreign text spelt in its letters would pass, and so would a cipher. But no stretch of
Russian does without и, в, не, and no stretch of Japanese without hiragana. A stretch of STRETCH words with fewer such
signs than any real text has is of no language that is known.

Not covered: languages for which no signs are listed here or in `lexicon.toml`, stretches of fewer than SHORTEST
words, and texts that mix real common words in.
"""

from collections.abc import Callable, Sequence

from rewardkit_language.detector import predict
from rewardkit_language.evidence import fold, normalized
from rewardkit_language.languages import RELATIVES
from rewardkit_language.lexicon import is_own, lexicon
from rewardkit_language.scripts import split
from rewardkit_language.words import UNSPACED, Token, weight

STRETCH = 30
SHORTEST = 15
SHORTEST_OF_MORE = 8
"""Words of a stretch that can be judged: the first in a text, and further ones."""

_CHINESE = frozenset(
    "的一是不了在人有我他这为之大来以个中上们到说国和地也子时道出而要于就下得可你年生自会那后能对着事其里所去行过家十用发天如然作方成"
    "者多日都三小军二无同么经法当起与好看学进种将还分此心前面又定见只主没公从這為來個們說國時會後對裡過發無經與學進種將還見沒從她它"
    "每共几幾总總数數少给給元问問题題买買"
)
"""The commonest characters: two in five of any text, and few of those that spell foreign sounds."""
_KOREAN = tuple("은는이가을를에의로도와과고다요서지며면게한할하니까든")
"""Particles and endings that three in four words end with."""
_THAI = split("ที่ การ และ ใน ของ เป็น มี ให้ ได้ ไม่ จะ ว่า จาก กับ คน นี้ กว่า ต้อง ทั้ง เขา เธอ กี่ แล้ว ถ้า")


def _chinese(row: Sequence[Token]) -> float:
    text = "".join(token.text for token in row)
    return sum(letter in _CHINESE for letter in text) / len(text)


def _japanese(row: Sequence[Token]) -> float:
    text = "".join(token.text for token in row)
    return sum("ぁ" <= letter <= "ゟ" for letter in text) / len(text)


def _korean(row: Sequence[Token]) -> float:
    return sum(token.text.endswith(_KOREAN) for token in row) / len(row)


def _thai(row: Sequence[Token]) -> float:
    text = " ".join(token.text for token in row)
    return sum(text.count(word) for word in _THAI) / sum(weight(token, "th") for token in row)


_SIGNS: dict[str, tuple[Callable[[Sequence[Token]], float], float]] = {
    "zh": (_chinese, 0.1),
    "ja": (_japanese, 0.1),
    "ko": (_korean, 0.25),
    "th": (_thai, 0.03),
}
"""How the share of signs is counted, and what it is never below in a real stretch (half the least that was seen)."""
LEAST_COMMON, LEAST_COMMON_OF_MORE = 0.05, 0.15
"""The same for the common words of `lexicon.toml`, where it lists at least LISTED of them."""
LISTED = 40
LIST_SHARE = 0.5
"""Share of the words of a list that stand after a comma or at the start of a line."""
LIST_LENGTH, LIST_ITEM = 4, 4.0
"""Pieces of a list, and words of one piece at most, in a script without spaces."""
LIST_BELIEF, SURE_BELIEF = 0.2, 0.7
"""The model's probability that a list with commas is in the language; that a list without is, or in another one."""
MODEL_SCRIPTS = ("latin", "cyrillic", "arabic", "devanagari")


def implausible(row: Sequence[Token], language: str, shortest: float = SHORTEST) -> list[int]:
    """The positions in the row, all of which passes for the language, that cannot be it.

    shortest  words of a stretch that can be judged
    """
    found: list[int] = []
    for positions in _stretches(row, language, shortest):
        stretch = [row[at] for at in positions]
        least = LEAST_COMMON if shortest == SHORTEST else LEAST_COMMON_OF_MORE
        if _lacks_signs(stretch, language, least) and not _is_list(stretch, language):
            found.extend(positions)
    return found


def _is_list(row: Sequence[Token], language: str) -> bool:
    """Names or things one after the other, which need no common words: set apart by commas or lines.

    In Latin letters the model can tell a list without commas too.
    """
    if len(row) < LIST_LENGTH:
        return False
    apart = sum(token.pause > 0 for token in row) / len(row) >= LIST_SHARE
    if row[0].script in UNSPACED:
        short = sum(weight(token, language) for token in row) / len(row) <= LIST_ITEM
        return short and (apart or row[0].script != "cjk")
    if row[0].script not in MODEL_SCRIPTS:
        return apart
    if not apart and row[0].script != "latin":
        return False
    likely = predict(" ".join(normalized(token.text) for token in row))
    kin = {language, *RELATIVES.get(language, ())}
    own = sum(p for code, p in likely.items() if fold(code, row[0].script) in kin)
    other = max((p for code, p in likely.items() if fold(code, row[0].script) not in kin), default=0.0)
    return own >= SURE_BELIEF or (apart and (own >= LIST_BELIEF or other < SURE_BELIEF))


def _stretches(row: Sequence[Token], language: str, shortest: float) -> list[range]:
    """The row in stretches of STRETCH words; what is left over joins the last one, or is one if it is long enough."""
    ends: list[int] = []
    count = 0.0
    for at, token in enumerate(row):
        count += weight(token, language)
        if count >= STRETCH:
            ends.append(at + 1)
            count = 0.0
    if count >= shortest:
        ends.append(len(row))
    elif ends:
        ends[-1] = len(row)
    return [range(start, end) for start, end in zip([0, *ends], ends, strict=False)]


def _lacks_signs(row: Sequence[Token], language: str, least_common: float) -> bool:
    if language in _SIGNS:
        share, least = _SIGNS[language]
        return share(row) < least
    traits = lexicon().get(language)
    if traits is None or len(traits.words) < LISTED:
        return False
    return sum(is_own(normalized(token.text), language) for token in row) / len(row) < least_common
