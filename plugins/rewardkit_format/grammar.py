"""The grammar of a well-formed completion: parts in order, each between two tags or free.

A tagged part stands between its two tags, each of which occurs once in the whole text. A free part is all the text
between its neighbours. Between tagged parts, before and behind them, only white space may stand.
"""

from collections.abc import Sequence
from itertools import combinations, pairwise
from typing import Literal

from pydantic import Field

from rewardkit import REASONING_FORMATS, ReasoningFormat, RewardParams


class Part(RewardParams):
    """One part of a completion, such as the reasoning or the answer."""

    name: str = Field(min_length=1)
    tags: tuple[str, str] | None = None
    """The opening and the closing tag, letter by letter; None for a free part."""
    holds: Literal["boxed", "code"] | None = None
    """Needed in the part: a closed `\\boxed{…}`, or a closed code block that names its language."""


THINK = REASONING_FORMATS["think"]
REASONING = Part(name="reasoning", tags=(THINK.opens[0], THINK.closes[0]))

PRESETS: dict[str, tuple[Part, ...]] = {
    "think": (REASONING, Part(name="answer")),
    "think_answer": (REASONING, Part(name="answer", tags=THINK.answers[0])),
    "think_boxed": (REASONING, Part(name="answer", holds="boxed")),
    "think_code": (REASONING, Part(name="answer", holds="code")),
}


def grammar_of(row: ReasoningFormat, text: str) -> tuple[Part, ...]:
    """The parts of a completion in a format of the table: reasoning between its tags, and all that follows.

    Of a format's variants (Granite's "Here is" and "Here's") those that stand in the text are taken.
    """
    opening = next((tag for tag in row.opens if tag in text), row.opens[0])
    closing = next((tag for tag in row.closes if tag in text), row.closes[0])
    return Part(name="reasoning", tags=(opening, closing)), Part(name="answer")


def check_grammar(parts: Sequence[Part]) -> None:
    """Raises ValueError where the parts cannot be told apart."""
    names = [part.name for part in parts]
    if len(set(names)) < len(names):
        raise ValueError(f"each part needs a name of its own, found {names}")
    if not any(part.tags for part in parts):
        raise ValueError(f"at least one part needs tags, found none in {names}")
    for before, after in pairwise(parts):
        if before.tags is None and after.tags is None:
            raise ValueError(f"nothing divides {before.name!r} from {after.name!r}: give one of them tags")
    tags = [tag for part in parts for tag in part.tags or ()]
    for tag in tags:
        if not tag or tag != tag.strip():
            raise ValueError(f"a tag is text without white space around it, found {tag!r}")
    for one, other in combinations(tags, 2):
        if one in other or other in one:
            raise ValueError(f"the tags {one!r} and {other!r} cannot be told apart: one holds the other")
