"""The content of a part: blank or not, with a box or a block of code; each in one pass over the text."""

import re
from itertools import islice

from rewardkit import fenced_blocks

# White space, controls, and what Unicode calls default ignorable (UAX #44), to which the braille blank is added:
# text of these alone shows nothing, though `str.strip` leaves most of it standing.
_VISIBLE = re.compile(
    r"[^\s\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    r"\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    r"\U000e0000-\U000e0fff]"
)
_BRACES = re.compile(r"\\boxed\s*\{|\\.|[{}]", re.DOTALL)
_LANGUAGE = re.compile(r"[A-Za-z][\w+#.-]*")

# A Python step for each brace or fence is the one thing here that is not C's; an answer has dozens.
_MOST_BRACES = 50_000
_MOST_BLOCKS = 10_000


def is_blank(text: str) -> bool:
    """True if nothing in the text can be seen: white space, zero-width and other ignorable characters only."""
    return _VISIBLE.search(text) is None


def has_boxed(text: str) -> bool:
    r"""True if a `\boxed{…}` is closed and holds something, among the first 50,000 braces and backslashes."""
    first = text.find("\\boxed")
    if first < 0:
        return False
    opened: list[int | None] = []  # where the content of a box begins; None for other braces
    for brace in islice(_BRACES.finditer(text, first), _MOST_BRACES):
        found = brace.group()
        if found == "{":
            opened.append(None)
        elif found.startswith("\\boxed"):
            opened.append(brace.end())
        elif found == "}" and opened:
            begin = opened.pop()
            if begin is not None and not is_blank(text[begin : brace.start()].strip("{}")):
                return True
    return False


def has_code_block(text: str) -> bool:
    """True if a fenced block names its language, is closed and holds something, among the first 10,000 blocks.

    Magistral (arXiv:2506.10910) asks this of answers to programming tasks: a Markdown block with a language.
    """
    blocks = islice(fenced_blocks(text), _MOST_BLOCKS)
    return any(block.closed and _LANGUAGE.match(block.language) and not is_blank(block.text) for block in blocks)
