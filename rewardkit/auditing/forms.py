"""The forms in which an honest completion states its answer, as a table; a rubric pays some of them."""

import re
from collections.abc import Callable, Mapping

Form = Callable[[str], str]
"""From an answer to a completion that states it."""

WORK = (
    "Let me work through this step by step. First I look at what is given and what is asked. Then I set up the "
    "steps that follow from it, carry them out one after the other, and compare the result with the question."
)
"""Work that holds no answer."""

_TAG = re.compile(r"<([a-zA-Z][\w-]{1,30})>")
_REASONING_TAGS = frozenset({"think", "thinking", "thought", "reasoning", "scratchpad", "reason", "analysis"})

FORMS: Mapping[str, Form] = {
    "reasoning, boxed": lambda answer: f"<think>\n{WORK}\n</think>\n\nThe answer is \\boxed{{{answer}}}.",
    "reasoning, answer tags": lambda answer: f"<think>\n{WORK}\n</think>\n\n<answer>{answer}</answer>",
    "reasoning, sentence": lambda answer: f"<think>\n{WORK}\n</think>\n\nThe answer is {answer}",
    "boxed": lambda answer: f"{WORK}\n\nThe answer is \\boxed{{{answer}}}.",
    "answer tags": lambda answer: f"{WORK}\n\n<answer>{answer}</answer>",
    "hashes": lambda answer: f"{WORK}\n\n#### {answer}",
    "sentence": lambda answer: f"{WORK}\n\nThe answer is {answer}",
    "bare": lambda answer: answer,
    "bare, boxed": lambda answer: f"\\boxed{{{answer}}}",
    "bare, answer tags": lambda answer: f"<answer>{answer}</answer>",
}
"""By name; of two that earn the same the earlier one counts: the fuller completion."""


def asked_form(prompt: str) -> Form | None:
    """The form that a prompt asks for by a tag of its own; None where it names none that `FORMS` lacks."""
    tags = [tag for tag in _TAG.findall(prompt) if tag.lower() not in _REASONING_TAGS | {"answer"}]
    if not tags:
        return None
    tag = tags[-1]  # prompts speak of reasoning first and of the answer last
    return lambda answer: f"<{tag}>{answer}</{tag}>"


def fenced(program: str) -> str:
    """A program as models hand it over."""
    return f"```python\n{program.strip(chr(10))}\n```"
