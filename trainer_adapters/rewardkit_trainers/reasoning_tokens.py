"""Reasoning as token ids: its length, and completions whose tags the trainer's decoder left out.

Trainers decode completions without special tokens. Where the tags of the reasoning are special tokens (`[THINK]`,
`<|channel|>`), the text has lost them, and the answer cannot be told from the reasoning; the ids still have them.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from rewardkit import REASONING_FORMATS, strip_end_tokens

_HARMONY = ("<|channel|>", "<|message|>")


class TagIds(NamedTuple):
    """Token ids of one tokenizer."""

    closing: frozenset[int]
    """Tags that close reasoning."""
    special: frozenset[int]
    """Tags that a decoder leaves out with the special tokens."""


@lru_cache(maxsize=8)
def tag_ids(tokenizer: Any) -> TagIds:
    """The tags of all known formats that are one token of this tokenizer."""
    vocabulary = tokenizer.get_vocab()
    special = set(getattr(tokenizer, "all_special_ids", ()))
    rows = REASONING_FORMATS.values()
    closing = frozenset(vocabulary[tag] for row in rows for tag in row.closes if tag in vocabulary and row.anywhere)
    opening = {vocabulary[tag] for row in rows for tag in row.opens if tag in vocabulary}
    harmony = {vocabulary[token] for token in _HARMONY if token in vocabulary}
    return TagIds(closing if not harmony else frozenset(), frozenset((closing | opening | harmony) & special))


def reasoning_tokens(tokenizer: Any, ids: Sequence[int]) -> int | None:
    """Number of tokens before the last closing tag; None if there is no such tag."""
    closing = tag_ids(tokenizer).closing
    return next((at for at in range(len(ids) - 1, -1, -1) if int(ids[at]) in closing), None) if closing else None


def text_with_tags(tokenizer: Any, ids: Sequence[int], text: str) -> str:
    """The text of a completion; decoded again where its decoder has left out tags of the reasoning."""
    special = tag_ids(tokenizer).special
    if not special or special.isdisjoint(map(int, ids)):
        return text
    return strip_end_tokens(tokenizer.decode(list(ids)))
