"""Words, counted so that writing them together, or apart by unseen characters, saves nothing."""

import re

# Scripts that put no space between words: each letter counts. Han, kana, Thai, Lao, Burmese, Khmer.
_UNSPACED = (
    r"\u0e01-\u0e30\u0e32-\u0e33\u0e40-\u0e46\u0e81-\u0eb0\u0eb2-\u0eb3\u0ebd-\u0ec6\u1000-\u102a\u1780-\u17b3"
    r"\u3041-\u3096\u30a1-\u30fa\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]{{1,24}}")


def words(text: str) -> list[str]:
    """Runs of letters and digits in lower case; a run counts again after 24, a letter of an unspaced script alone."""
    return _WORD.findall(text.lower())
