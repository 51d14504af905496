"""The prose of a text: all but code, mathematics, addresses and tags, with the prose that hides in them.

text → regions (marked) → notation (without marks) → what is left, and hidden prose on lines of its own
"""

from rewardkit_language.hidden import abounding, in_code, in_formula, without_commands
from rewardkit_language.notation import notation
from rewardkit_language.regions import regions

PLACE = "\ufffc"
"""Stands for a masked region: neither a word nor the end of a sentence."""
LONE_WORDS = 3
"""Single words in text groups of formulas; more of them are prose."""
COMMENT_WORDS = 40
"""Words of comments in code that the code outnumbers; more of them are prose."""


def prose(text: str) -> str:
    """The text with PLACE for each region and piece of notation, and hidden prose on lines of its own."""
    parts: list[str] = []
    lone: list[str] = []
    comments: list[str] = []
    pieces: list[str] = []
    done = 0
    for region in regions(text):
        parts.append(_without_notation(text[done : region.start], pieces))
        parts.append(PLACE)
        found = in_formula(region.inside, lone) if region.kind == "formula" else in_code(region.inside, comments)
        if found:
            parts.append(f"\n{found}\n")
        else:
            pieces.append(region.inside)
        done = region.end
    parts.append(_without_notation(text[done:], pieces))
    if len(lone) > LONE_WORDS:
        parts.append("\n" + " ".join(lone))
    if sum(len(comment.split()) for comment in comments) > COMMENT_WORDS:
        parts.extend("\n" + comment for comment in comments)
    parts.extend("\n" + words for words in abounding(without_commands(" ".join(pieces))))
    return without_commands("".join(parts))


def _without_notation(text: str, pieces: list[str]) -> str:
    """The text with PLACE for each piece of notation, which goes to `pieces`."""
    parts: list[str] = []
    done = 0
    for start, end in notation(text):
        parts += (text[done:start], PLACE)
        pieces.append(text[start:end])
        done = end
    return "".join((*parts, text[done:]))
