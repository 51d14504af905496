"""How many words of a text are in which language.

mask what is no language → words → by script where the script settles it, by the detector where it does not → counts
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rewardkit_language.detector import predict
from rewardkit_language.label import fold, label
from rewardkit_language.lexicon import lexicon
from rewardkit_language.mask import NEUTRAL, prose
from rewardkit_language.plausible import implausible
from rewardkit_language.scripts import LANGUAGES
from rewardkit_language.words import Token, clean, join_letters, tokens, weight

READ = 200_000
"""Characters that are read of a text; of a longer one, BLOCKS stretches that lie evenly over it."""
BLOCKS = 40
UNKNOWN = "und"
"""Words of no language that is known, or spelt in two alphabets at once."""
SPANS = 5
SPAN_LENGTH = 80


@dataclass
class Measure:
    """Words by language, and where the foreign ones are."""

    words: dict[str, float] = field(default_factory=dict)
    spans: list[tuple[str, str]] = field(default_factory=list)
    """Language and text of stretches that are not in the target, longest first."""

    @property
    def total(self) -> float:
        return sum(self.words.values())

    def share(self, targets: Iterable[str]) -> float:
        return sum(self.words.get(code, 0.0) for code in targets) / self.total

    @property
    def main(self) -> str | None:
        """The language of most words."""
        return max(self.words, key=self.words.__getitem__, default=None)


def counts_as(target: str) -> frozenset[str]:
    """The labels that count as the target: of Serbian both alphabets."""
    return frozenset({"sr", "hr"} if target == "sr" else {fold(target, "")})


def measure(text: str, target: str | None = None) -> Measure:
    """Words by language of a text; a target that the text is asked for is looked for even where it is rare."""
    target = fold(target, "") if target else None
    words = _without_neutral(join_letters(list(tokens(prose(clean(_sampled(text)))))), target)
    labels = _labels(words, target)
    result = Measure()
    for word, language in zip(words, labels, strict=True):
        result.words[language] = result.words.get(language, 0.0) + weight(word, language)
    wanted = counts_as(target) if target else {result.main}
    result.spans = _spans(words, labels, wanted)
    return result


def _sampled(text: str) -> str:
    if len(text) <= READ:
        return text
    size = READ // BLOCKS
    starts = ((len(text) - size) * block // (BLOCKS - 1) for block in range(BLOCKS))
    return "\n".join(text[start : start + size] for start in starts)


def _without_neutral(words: Sequence[Token], target: str | None) -> list[Token]:
    """Without the words that are of no language: symbols, units, and in other scripts' text acronyms and names."""
    latin_target = target is None or target in LANGUAGES["latin"] or not any(target in s for s in LANGUAGES.values())
    kept = []
    for at, word in enumerate(words):
        before = words[at - 1] if at else None
        after = words[at + 1] if at + 1 < len(words) else None
        if word.script in ("latin", "greek"):
            beside = [w for w in (before, after) if w is not None and w.script == word.script]
            if len(word.text) == 1 and (word.glued or not any(len(w.text) > 1 for w in beside)):
                continue
            if word.script == "latin":
                if word.text.lower() in NEUTRAL and (word.glued or not beside):
                    continue
                if not latin_target and _is_name(word, words, at):
                    continue
        kept.append(word)
    return kept


def _is_name(word: Token, words: Sequence[Token], at: int) -> bool:
    """Whether a Latin word in other text is an acronym or a name: capitalised, at most three in a row."""
    if not word.text[0].isupper():
        return False
    if any(word.text.lower() in traits.words for traits in lexicon().values()) and not word.text.isupper():
        return False
    start, end = at, at + 1
    while start > 0 and at - start < 3 and words[start - 1].script == "latin":
        start -= 1
    while end < len(words) and end - at < 4 and words[end].script == "latin":
        end += 1
    run = words[start:end]
    return len(run) <= 3 and len(run) < len(words) and all(w.text[0].isupper() for w in run)


def _labels(words: Sequence[Token], target: str | None) -> list[str]:
    labels = [UNKNOWN] * len(words)
    by_script: dict[str, list[int]] = {}
    for at, word in enumerate(words):
        by_script.setdefault(word.script, []).append(at)
    for script, places in by_script.items():
        row = [words[at] for at in places]
        if script == "cjk":
            found = _chinese_or_japanese(row, target)
        elif script in ("mixed", "other"):
            continue
        else:
            found = _of_script(row, script, target)
        for at, language in zip(places, found, strict=True):
            labels[at] = language
        _doubt(words, places, labels)
    return labels


def _doubt(words: Sequence[Token], places: Sequence[int], labels: list[str]) -> None:
    """Takes the label from stretches that are only spelt in the letters of their language."""
    for language in {labels[at] for at in places}:
        own = [at for at in places if labels[at] == language]
        for nth in implausible([words[at] for at in own], language):
            labels[own[nth]] = UNKNOWN


def _of_script(row: Sequence[Token], script: str, target: str | None) -> list[str]:
    languages = LANGUAGES[script]
    if len(languages) == 1:
        return [languages[0]] * len(row)
    other = any(target in codes for name, codes in LANGUAGES.items() if name != script)
    if target is not None and other and target not in languages:
        # No word of this script can be in the target: one question names the language for the report.
        likely = predict(" ".join(word.text for word in row[:100]))
        ranked = [code for code in sorted(likely, key=likely.__getitem__, reverse=True) if code in languages]
        return [fold(ranked[0] if ranked else languages[0], script)] * len(row)
    return label(row, languages, fold(target, script) if target else None)


_CHINESE = frozenset(
    "这这们你您她它吗呢吧啊哪个为对说没还给时东车长门问间见现电话语请谢认识让谁该课读写书买卖钱银铁错难题页顺须风飞马鱼鸟龙齐实"
    "处员图场坏块头夺妇孙宁宝审尔层岁岛币师帮开应异张归录忆态总恋战户扑执扩护报择换据损摆显术机权极构标树样桥检楼欢残毕气汉汤沟泪"
    "洁测浓涨满灭灵炼热爱爷产疗盖监盘础确离种积稳竞笔笼类红约级纪线练组细终经结绕统继续维绿缓编缘罗罢义习职联肃胜脑脸舰艺节荐药虑虽"
    "补装规视览觉订计议记许论设访证评诉试诗详误调谈谋谓谱贝负财责败货质贪购贵费贺资赏赖赛赢赵趋跃轮软轻载较输辑达过运进远连迟适选逻"
    "遗邮郑释针钟钢铜链锁锅镜闭闻阅队阳阴阶际陆陈险随隐韩顶项顾顿颜额饭馆驱验骂鸡鸣這們麼嗎說沒妳牠給與為個會對還過來學國圖點關實應"
    "當經變發讓從兩區廣萬"
)
"""Han characters of Chinese, simplified or traditional, that modern Japanese does not write."""

LONGEST_KANJI = 12
"""A stretch of Han without kana or pause that is longer is Chinese, where nothing else decides."""


def _chinese_or_japanese(row: Sequence[Token], target: str | None) -> list[str]:
    """By stretch between pauses: with kana Japanese, with Chinese characters Chinese, else as its neighbour."""
    found: list[str | None] = []
    stretch: list[Token] = []
    for token in [*row, None]:
        if stretch and (token is None or token.pause):
            found.extend([_settled("".join(part.text for part in stretch))] * len(stretch))
            stretch = []
        if token is not None:
            stretch.append(token)
    first = next((code for code in found if code), "ja" if target == "ja" else "zh")
    filled = []
    for code in found:
        first = code or first
        filled.append(first)
    return filled


def _settled(text: str) -> str | None:
    kana = sum("ぁ" <= letter <= "ヿ" and letter != "ー" for letter in text)
    chinese = sum(letter in _CHINESE for letter in text)
    if kana * 10 >= len(text) and kana > chinese:
        return "ja"
    return "zh" if chinese or kana or len(text) > LONGEST_KANJI else None


def _spans(words: Sequence[Token], labels: Sequence[str], wanted: Iterable[str | None]) -> list[tuple[str, str]]:
    wanted = set(wanted)
    spans: list[tuple[int, str, str]] = []
    at = 0
    while at < len(words):
        end = at + 1
        while end < len(words) and labels[end] == labels[at]:
            end += 1
        if labels[at] not in wanted:
            text = " ".join(word.text for word in words[at : min(end, at + 20)])
            spans.append((end - at, labels[at], text if len(text) <= SPAN_LENGTH else text[: SPAN_LENGTH - 1] + "…"))
        at = end
    spans.sort(key=lambda span: -span[0])
    return [(language, text) for _, language, text in spans[:SPANS]]
