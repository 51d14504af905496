"""Checks a completion in harmony's channels (gpt-oss): `analysis`, then `final` or a call of a tool."""

from itertools import pairwise

from rewardkit import harmony_messages, strip_end_tokens
from rewardkit_format.content import is_blank
from rewardkit_format.parse import Defect, Parse

_OPEN = "<|channel|>analysis<|message|>"
_FINAL = "<|channel|>final<|message|>"


def parse_channels(text: str, prompt_end: str = "", *, allow_empty: bool = False) -> Parse:
    """The parts of a completion in channels and their defects.

    prompt_end   the end of the prompt, which may have begun the first message
    allow_empty  reasoning may be blank or missing
    """
    messages = harmony_messages(text, prompt_end)
    reasoning = [message for message in messages if message.role == "reasoning"]
    answers = [message for message in messages if message.role == "answer"]
    last = messages[-1] if messages else None
    spans: dict[str, list[int]] = {}
    defects: list[Defect] = []
    if messages and text[: messages[0].begin].strip():
        defects.append(Defect("text_before", "reasoning", f"text before the first message, at {messages[0].begin}"))
    elif not reasoning and not allow_empty:
        defects.append(Defect("no_open", "reasoning", f"no {_OPEN}", _OPEN.startswith(text.strip())))
    elif reasoning and answers and reasoning[-1].begin > answers[0].begin:
        defects.append(Defect("wrong_order", "reasoning", f"analysis at {reasoning[-1].begin}, after the answer"))
    elif not allow_empty and all(is_blank(text[part.inner_begin : part.inner_end]) for part in reasoning):
        defects.append(Defect("empty_reasoning", "reasoning", "the reasoning is empty", reasoning[-1] is last))
    elif reasoning:
        spans["reasoning"] = [reasoning[0].inner_begin, reasoning[-1].inner_end]
    for before, after in pairwise(messages):
        if strip_end_tokens(text[before.inner_end : after.begin]):
            defects.append(Defect("text_between", "answer", f"text between two messages, at {before.inner_end}"))
            break
    if len(answers) > 1:
        defects.append(Defect("multiple_open", "answer", f"{_FINAL} at {answers[0].begin} and {answers[1].begin}"))
    elif not answers and not (last and last.role == "tool"):
        defects.append(Defect("no_open", "answer", f"no {_FINAL}", fixable=True))
    elif answers and is_blank(strip_end_tokens(text[answers[0].inner_begin : answers[0].inner_end])):
        defects.append(Defect("empty_answer", "answer", "the answer is empty", answers[0] is last))
    elif answers and last is answers[0] and strip_end_tokens(text[last.inner_end :]):
        defects.append(Defect("text_after", "answer", f"text after the answer, at {last.inner_end}"))
    elif answers:
        spans["answer"] = [answers[0].inner_begin, answers[0].inner_end]
    return Parse(spans, defects)
