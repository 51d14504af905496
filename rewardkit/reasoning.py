"""Where the thought ends and the answer begins.

Reasoning models write `<think> … </think> answer`. Some chat templates open the thought themselves, at the end of the
prompt, and the completion then only closes it. Every reward that asks about the thought or about the answer asks
here, so that all of them see the same two parts.

This finds the parts of any text, well-formed or not; whether the text is well-formed is for the `format` reward to
say. One pass over the text by `str.find`, whatever the text.
"""

import re
from typing import NamedTuple

OPEN = "<think>"
CLOSE = "</think>"

_ANSWER_OPEN = "<answer>"
_ANSWER_CLOSE = "</answer>"

# What ends a turn or pads a batch, left behind when a trainer decodes with special tokens: `<|im_end|>` and its like in
# whatever template, DeepSeek's with full-width bars, and the older ones without bars.
_OLDER = ("</s>", "<eos>", "<pad>", "<end_of_turn>", "[PAD]")
# Backwards from the end and possessive, so that it stays linear: `(…)*$` would start again at each token.
_ENDING = re.compile(
    r"(?:\s++|>[|｜][^|｜<>\s]{1,40}[|｜]<|" + "|".join(re.escape(token[::-1]) for token in _OLDER) + ")*+"
)


class Parts(NamedTuple):
    """A completion in two parts, each stripped of surrounding white space."""

    reasoning: str | None
    """None where the completion holds no thought."""
    answer: str
    """All that follows the thought, out of its `<answer>` tags where they are around the whole of it: empty while a
    thought is still open, the whole text where there is none."""


def strip_end_tokens(text: str) -> str:
    """The text without white space, end-of-turn and padding tokens at its end."""
    text = text.rstrip()
    if not text.endswith(("|>", "｜>", *_OLDER)):
        return text
    ending = _ENDING.match(text[::-1])
    return text[: len(text) - ending.end()] if ending else text


def opens_reasoning(prompt: str) -> bool:
    """Whether the prompt ends inside a thought, as the templates of R1's distillations end it."""
    return prompt[-64:].rstrip().endswith(OPEN)


def split_reasoning(completion: str, *, opened: bool = False) -> Parts:
    """The thought and the answer of a completion.

    opened  the prompt has opened the thought already (see `opens_reasoning`)

    The thought runs from the first opening tag (or the start, where the prompt opened it) to the last closing tag: a
    closing tag that is repeated cannot smuggle reasoning into the answer. A closing tag without an opening one closes
    a thought that began with the text.
    """
    completion = strip_end_tokens(completion)
    close = completion.rfind(CLOSE)
    start = completion.find(OPEN)
    if close < 0:
        if start < 0:
            return Parts(completion.strip(), "") if opened else Parts(None, _unwrapped(completion.strip()))
        return Parts(completion[start + len(OPEN) :].strip(), "")
    begin = start + len(OPEN) if 0 <= start < close else 0
    return Parts(completion[begin:close].strip(), _unwrapped(completion[close + len(CLOSE) :].strip()))


def _unwrapped(answer: str) -> str:
    """The answer out of its `<answer>` tags, where one pair is around the whole of it."""
    inner = answer.removeprefix(_ANSWER_OPEN).removesuffix(_ANSWER_CLOSE)
    one_pair = len(answer) - len(inner) == len(_ANSWER_OPEN + _ANSWER_CLOSE)
    return inner.strip() if one_pair and _ANSWER_OPEN not in inner and _ANSWER_CLOSE not in inner else answer
