"""Where the thought ends and the answer begins.

Reasoning models write `<think> … </think> answer`. Some chat templates open the thought themselves, at the end of the
prompt, and the completion then only closes it. Every reward that asks about the thought or about the answer asks
here, so that all of them see the same two parts.

This finds the parts of any text, well-formed or not; whether the text is well-formed is for the `format` reward to
say. One pass over the text by `str.find`, whatever the text.
"""

from typing import NamedTuple

OPEN = "<think>"
CLOSE = "</think>"


class Parts(NamedTuple):
    """A completion in two parts, each stripped of surrounding white space."""

    thought: str | None
    """None where the completion holds no thought."""
    answer: str
    """All that follows the thought: empty while a thought is still open, the whole text where there is none."""


def opens_thought(prompt: str) -> bool:
    """Whether the prompt ends inside a thought, as the templates of R1's distillations end it."""
    return prompt[-64:].rstrip().endswith(OPEN)


def split_thought(completion: str, *, opened: bool = False) -> Parts:
    """The thought and the answer of a completion.

    opened  the prompt has opened the thought already (see `opens_thought`)

    The thought runs from the first opening tag (or the start, where the prompt opened it) to the last closing tag: a
    closing tag that is repeated cannot smuggle reasoning into the answer. A closing tag without an opening one closes
    a thought that began with the text.
    """
    close = completion.rfind(CLOSE)
    start = completion.find(OPEN)
    if close < 0:
        if start < 0:
            return Parts(completion.strip(), "") if opened else Parts(None, completion.strip())
        return Parts(completion[start + len(OPEN) :].strip(), "")
    begin = start + len(OPEN) if 0 <= start < close else 0
    return Parts(completion[begin:close].strip(), completion[close + len(CLOSE) :].strip())
