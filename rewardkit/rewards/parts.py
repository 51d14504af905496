"""The names that a reward function may ask for: a table of data. Every other name is a column of the row.

    @rewardkit.reward
    def short(answer_text, words: int = 50):
        return 1 <= len(answer_text.split()) <= words

A name of several completions holds a list, a value for each completion of a group or batch; a name of one completion
does too, where the function sees a group or a batch.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from rewardkit.message import Message
from rewardkit.sample import Sample


class Part(NamedTuple):
    """One name that a function may ask for."""

    meaning: str
    of: Callable[[Sample], Any]
    """The value of one sample."""


def _chat(value: str | tuple[Message, ...]) -> Any:
    """A text, or chat messages as dictionaries: what TRL hands to its reward functions."""
    return value if isinstance(value, str) else [message.model_dump(exclude_none=True) for message in value]


def _extra_info(sample: Sample) -> Any:
    found = sample.columns.get("extra_info")
    return {} if found is None else found


PARTS: Mapping[str, Part] = {
    "completion": Part("text of the completion, reasoning and answer", lambda s: s.completion_text),
    "answer_text": Part("text behind the reasoning", lambda s: s.parts.answer),
    "reasoning": Part("text of the reasoning, empty without any", lambda s: s.parts.reasoning or ""),
    "prompt": Part("text of the prompt", lambda s: s.prompt_text),
    "ground_truth": Part("the right answer or its tests; a row without one abstains", lambda s: s.ground_truth),
    "sample": Part("the whole `Sample`", lambda s: s),
    "turns": Part("each turn of the model, with `text` and `parts`", lambda s: s.turns),
    "completion_tokens": Part("number of tokens, None if unknown", lambda s: s.completion_tokens),
    "truncated": Part("True if the token limit cut the completion off, None if unknown", lambda s: s.truncated),
    "group": Part("key that the completions of one prompt share", lambda s: s.group_key),
    "solution_str": Part("the completion, as verl calls it", lambda s: s.completion_text),
}
"""Parts of one completion."""

LISTS: Mapping[str, Part] = {
    "completions": Part("completions: texts, or lists of chat messages", lambda s: _chat(s.completion)),
    "prompts": Part("prompts: texts, or lists of chat messages", lambda s: _chat(s.prompt)),
    "samples": Part("whole `Sample`s", lambda s: s),
}
"""Parts of several completions: a function that asks for one of these gets lists and returns a list, as in TRL."""

VERL: Mapping[str, Part] = {
    "data_source": Part("the row's data_source, None without one", lambda s: s.columns.get("data_source")),
    "extra_info": Part("the row's extra_info, empty without one", _extra_info),
}
"""Columns that verl hands to every function, also where a row has none: of functions that ask for `solution_str`."""
