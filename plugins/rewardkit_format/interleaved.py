"""Checks interleaved thinking in one text: reasoning, a tool's call and result, more reasoning, and then the answer."""

import re

from rewardkit_format.content import is_blank
from rewardkit_format.grammar import REASONING
from rewardkit_format.parse import Defect, Parse

_MOST_BLOCKS = 1_000

# A call and its result, as models write them in text: Qwen and GLM, Hunyuan, Claude's style, Kimi, DeepSeek, Search-R1.
_TOOL = re.compile(
    r"<(tool_calls?|tool_response|tool_result|function_calls?|function_results?|minimax:tool_call|search|information|"
    r"result|code|interpreter|output)\b[^>]{0,200}>.*?</\1>"
    r"|<[|｜](tool[_▁]calls?(?:_section)?)[_▁]begin[|｜]>.*?<[|｜]\2[_▁]end[|｜]>"
    r"|<[|｜](tool[_▁]outputs?)[_▁]begin[|｜]>.*?<[|｜]\3[_▁]end[|｜]>",
    re.DOTALL,
)


def calls_tools_between(text: str) -> bool:
    """True if a tool's call or result stands between two reasonings."""
    opening, closing = REASONING.tags or ("", "")
    first, last = text.find(closing), text.rfind(opening)
    return 0 <= first < last and _TOOL.search(text, first, last) is not None


def parse_interleaved(
    text: str, *, opened: bool = False, allow_empty: bool = False, calls_tools: bool = False
) -> Parse:
    """The parts of a completion and their defects: the first reasoning to the last, and the answer.

    opened       the prompt ends with the opening tag
    allow_empty  reasoning may be blank
    calls_tools  the answer may be blank: a tool call stands for it
    """
    opening, closing = REASONING.tags or ("", "")
    shift = len(opening) if opened else 0
    blocks = (opening * opened + text).split(opening, _MOST_BLOCKS)
    at = len(blocks[0]) - shift
    if len(blocks) == 1:
        return _malformed("no_open", f"no {opening}")
    if len(blocks) > _MOST_BLOCKS:
        return _malformed("multiple_open", f"{opening} more than {_MOST_BLOCKS - 1} times")
    if blocks[0].strip():
        return _malformed("text_before", f"text before {opening}, at 0")
    begin, end, answer = at + len(opening), 0, ""
    for number, block in enumerate(blocks[1:], start=1):
        last = number == len(blocks) - 1
        inner = at + len(opening)
        reasoning, closed, rest = block.partition(closing)
        at = inner + len(block)
        if not closed:
            return _malformed(
                "no_close" if last else "nested", f"{opening} at {inner - len(opening)} is not closed", last
            )
        if closing in rest:
            return _malformed("multiple_close", f"{closing} again at {inner + block.rfind(closing)}")
        if not allow_empty and is_blank(reasoning):
            return _malformed("empty_reasoning", "reasoning is empty", last)
        if not last and _TOOL.sub("", rest).strip():
            return _malformed("text_between", f"text that is no tool call behind {closing}")
        end, answer = inner + len(reasoning), rest
    if is_blank(answer) and not calls_tools:
        return Parse(
            {"reasoning": [begin, end]}, [Defect("empty_answer", "answer", "the answer is empty", fixable=True)]
        )
    return Parse({"reasoning": [begin, end], "answer": [end + len(closing), len(text)]}, [])


def _malformed(code: str, reason: str, fixable: bool = False) -> Parse:  # noqa: FBT001, FBT002
    return Parse({}, [Defect(code, "reasoning", reason, fixable)])
