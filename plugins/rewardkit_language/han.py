"""Whether Han and kana are Chinese or Japanese."""

from collections.abc import Sequence

from rewardkit_language.words import Token

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


def chinese_or_japanese(row: Sequence[Token], target: str | None) -> list[str]:
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
