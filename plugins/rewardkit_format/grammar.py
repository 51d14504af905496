"""What a well-formed completion is: parts in order, each between two tags or free.

A tagged part stands between its two tags, each of which occurs once in the whole text. A free part is all the text
between its neighbours. Between tagged parts, before and behind them, only white space may stand.
"""

from collections.abc import Sequence
from itertools import combinations, pairwise
from typing import Literal

from pydantic import Field

from rewardkit import RewardParams


class Part(RewardParams):
    """One part of a completion, such as the thought or the answer."""

    name: str = Field(min_length=1)
    tags: tuple[str, str] | None = None
    """The opening and the closing tag, letter by letter; None for a free part."""
    holds: Literal["boxed", "code"] | None = None
    """What must stand in the part: a closed `\\boxed{…}`, or a closed code block that names its language."""


THOUGHT = Part(name="thought", tags=("<think>", "</think>"))

PRESETS: dict[str, tuple[Part, ...]] = {
    "think": (THOUGHT, Part(name="answer")),
    "think_answer": (THOUGHT, Part(name="answer", tags=("<answer>", "</answer>"))),
    "think_boxed": (THOUGHT, Part(name="answer", holds="boxed")),
    "think_code": (THOUGHT, Part(name="answer", holds="code")),
}


def check_grammar(parts: Sequence[Part]) -> None:
    """Raises ValueError where the parts could not be told apart."""
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
