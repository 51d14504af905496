"""Han characters and kana: Chinese in simplified or traditional characters, Cantonese, or Japanese.

Told by stretch between two pauses. Kana is Japanese. Characters that only a Chinese character set has (GB 2312 for
simplified, Big5 for traditional) are Chinese; which of the two has more of its own tells the kind. Cantonese is told by
the characters of its common words. A stretch with none of these is what its neighbours are.
"""

from collections.abc import Sequence
from functools import lru_cache

from rewardkit_language.words import Token

_TRADITIONAL = frozenset(
    "這麼們嗎說沒妳牠給與為個會對還過來學國圖點關實應當經變發讓從兩區廣萬數條轉聲讀樂證價貳燒澤擇譯驛觀歡權勸續總鐵廳團"
)
"""Traditional characters that modern Japanese writes in another form."""
_CANTONESE = frozenset("嘅咗喺唔佢哋啲嚟嗰冇畀㗎咁乜嘢咩噉嗌攞揾搵睇嘥咪喇啩嘞吓嗱瞓諗")
"""Characters of the common words of written Cantonese, which Mandarin does not write."""
_MANDARIN = frozenset("的是不她們们這这那了沒没什麼么和")
"""Characters of common words of Mandarin, for which Cantonese has others."""

LONGEST_KANJI = 12
"""A stretch of Han without kana or pause that is longer is Chinese, if nothing else tells."""


@lru_cache(maxsize=20_000)
def _has(charset: str, letter: str) -> bool:
    try:
        letter.encode(charset)
    except UnicodeEncodeError:
        return False
    return True


@lru_cache(maxsize=20_000)
def kind(letter: str) -> str:
    """`simplified`, `traditional`, or empty for a character that both have."""
    simplified, traditional = _has("gb2312", letter), _has("big5", letter)
    if simplified == traditional:
        return ""
    return "simplified" if simplified else "traditional"


def label_han(row: Sequence[Token], target: str | None) -> list[str]:
    """The label of each token: `ja`, `yue`, `zh-Hans`, `zh-Hant`; the target's where nothing tells them apart."""
    found: list[str | None] = []
    stretch: list[Token] = []
    for token in [*row, None]:
        if stretch and (token is None or token.pause):
            found.extend([_settled("".join(part.text for part in stretch))] * len(stretch))
            stretch = []
        if token is not None:
            stretch.append(token)
    return _chinese_kinds(row, _filled(found, target), target)


def _filled(found: Sequence[str | None], target: str | None) -> list[str]:
    """The labels; a stretch that tells nothing gets that of the one before."""
    first = next((code for code in found if code), "ja" if target == "ja" else "zh")
    filled = []
    for code in found:
        first = code or first
        filled.append(first)
    return filled


def _settled(text: str) -> str | None:
    kana = sum("ぁ" <= letter <= "ヿ" and letter != "ー" for letter in text)
    chinese = sum(
        letter in _TRADITIONAL or (kind(letter) == "simplified" and not _has("shift_jis", letter)) for letter in text
    )
    chinese += sum(letter in "你您她它吗呢吧啊哪" or letter in _CANTONESE for letter in text)
    if kana * 10 >= len(text) and kana > chinese:
        return "ja"
    return "zh" if chinese or kana or len(text) > LONGEST_KANJI else None


def _chinese_kinds(row: Sequence[Token], codes: Sequence[str], target: str | None) -> list[str]:
    """The labels, with the kind of each Chinese sentence; one that tells none is what the target is."""
    labels = list(codes)
    start = 0
    for at in range(1, len(row) + 1):
        if at == len(row) or row[at].pause == 2 or codes[at] != codes[start]:
            if codes[start] == "zh":
                sentence = "".join(token.text for token in row[start:at])
                labels[start:at] = [_kind_of(sentence, target)] * (at - start)
            start = at
    return labels


def _kind_of(sentence: str, target: str | None) -> str:
    if target in ("zh-Hans", "zh-Hant"):
        kinds = [kind(letter) for letter in sentence]
        simplified, traditional = kinds.count("simplified"), kinds.count("traditional")
        if simplified == traditional:
            return target
        return "zh-Hans" if simplified > traditional else "zh-Hant"
    cantonese = sum(letter in _CANTONESE for letter in sentence)
    mandarin = sum(letter in _MANDARIN for letter in sentence)
    if target == "yue":
        return "zh" if mandarin > cantonese else "yue"
    return "yue" if cantonese > mandarin else "zh"
