"""From a column's value to a field of a Sample: one function for each field that trainers write in more than one way.

Each takes a value that is not None, except `completion`, which must be there. A value that cannot be the field is a
MisfitError, whose message goes on from the name of the column: "is null; …".
"""

from collections.abc import Mapping, Sequence
from typing import Any

from rewardkit.message import canonical_role, reasoning_text

_CUT_OFF = frozenset(("length", "max_tokens", "max_output_tokens", "truncated", "true", "1"))
"""Finish reasons of OpenAI, Anthropic and slime for a completion that reached the token limit, in small letters."""
_PLAIN = frozenset((str, int, float, bool, list, dict, type(None)))


class MisfitError(ValueError):
    """A value that cannot be what its field asks for: what was found, and the fix."""


def plain(value: Any) -> Any:
    """A number or an array of numpy's, which tables bring, as Python's own; everything else as it is."""
    return value if type(value) in _PLAIN or not hasattr(value, "tolist") else value.tolist()


def completion(value: Any) -> Any:
    """Text, or chat messages; out of the lists of one in which verl and lm-eval wrap it."""
    value = plain(value)
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping) and "content" in value:
        return [value]
    if isinstance(value, list) and value:
        if all(isinstance(item, Mapping) for item in value):
            return value
        if len(value) == 1:
            return completion(value[0])
        if several(value):
            raise MisfitError(
                f"holds {len(value)} completions, and a row is judged as one here; `rewardkit score` takes it as it "
                "is, in Python write a row for each (pandas: `frame.explode(COLUMN)`)"
            )
    if value is None:
        raise MisfitError('is null; drop the row, or write "" where the model wrote nothing')
    raise MisfitError(f"must be text or a list of chat messages, found {_found(value)}")


def several(value: Any) -> list[Any] | None:
    """One value for each completion, where a value holds more than one; None where it holds fewer.

    Each is a list of one, so that what is judged twice is read alike: `["a", "b"]` becomes `["a"]` and `["b"]`.
    """
    value = plain(value)
    if not isinstance(value, list) or not value:
        return None
    if len(value) == 1:
        inner = several(value[0])
        return None if inner is None else [[one] for one in inner]
    value = [plain(item) for item in value]
    completions = (
        all(isinstance(item, str) for item in value)
        or all(isinstance(item, list) for item in value)
        or all(isinstance(item, Mapping) and ("message" in item or {"text", "index"} <= item.keys()) for item in value)
    )
    return [[item] for item in value] if completions else None


def choices_or_items(value: Any) -> Any:
    """The completion in OpenAI's `choices`, of which there is one, or in the output items of the Responses API."""
    value = plain(value)
    if value is None:
        raise MisfitError("is null: the request failed; drop the row")
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], Mapping):
        (choice,) = value
        if isinstance(choice.get("message"), Mapping):
            return [choice["message"]]
        if isinstance(choice.get("text"), str) and "type" not in choice:
            return choice["text"]
    return completion(value)


def prompt(value: Any) -> Any:
    """Text, or chat messages."""
    value = plain(value)
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping) and "content" in value:
        return [value]
    if isinstance(value, list) and all(isinstance(item, Mapping) for item in value):
        return value
    raise MisfitError(f"must be text or a list of chat messages, found {_found(value)}")


def reasoning(value: Any) -> str:
    """Text, or pieces of reasoning as servers write them."""
    return reasoning_text(plain(value))


def text(value: Any) -> str:
    """Text."""
    if isinstance(value, str):
        return value
    raise MisfitError(f"must be text, found {_found(value)}")


def completion_tokens(value: Any) -> int:
    """A count, or the list of token ids; a count that went through a table of floats or text is a count still."""
    value = plain(value)
    if isinstance(value, list):
        turns = [plain(ids) for ids in value] if value and not isinstance(value[0], int) else []
        return sum(map(len, turns)) if turns and all(isinstance(ids, list) for ids in turns) else len(value)
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0 and value == value // 1:
        return int(value)
    raise MisfitError(f"must be a number of tokens or a list of token ids, found {_found(value)}")


def truncated(value: Any) -> bool:
    """A truth value, also as 0 or 1 or in letters, or a finish reason."""
    value = plain(value)
    if isinstance(value, list) and len(value) == 1:
        return truncated(value[0])
    if isinstance(value, str):
        return value.lower() in _CUT_OFF
    if isinstance(value, int | float) and value in (0, 1):
        return bool(value)
    raise MisfitError(f"must be true, false or a finish reason such as 'length', found {_found(value)}")


def group(value: Any) -> str:
    """A name, or a number that serves as one; NaN, as tables write what is missing, is none."""
    value = plain(value)
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and value == value:  # noqa: PLR0124 - not NaN
        return str(value)
    raise MisfitError(f"must be a text or a number, found {_found(value)}")


def last_answer(messages: Any) -> Sequence[Any]:
    """The last message of the assistant."""
    messages = plain(messages)
    return [messages[_last_assistant(messages)]]


def before_last_answer(messages: Any) -> Sequence[Any]:
    """The messages before the last one of the assistant."""
    messages = plain(messages)
    before: Sequence[Any] = messages[: _last_assistant(messages)]
    return before


def first_argument(arguments: Any) -> Any:
    """The text that lm-eval sent: `[[prompt, options]]`, newer files `{"gen_args_0": {"arg_0": prompt}}`."""
    first = arguments
    for key in ("gen_args_0", "arg_0"):
        first = plain(first)
        if isinstance(first, Mapping):
            first = first.get(key)
        elif isinstance(first, list) and first:
            first = first[0]
    return prompt(first)


def _role(message: Mapping[str, Any]) -> str:
    return str(message.get("role", message.get("from")))


def _last_assistant(messages: Any) -> int:
    if messages is None:
        raise MisfitError("is null; a row needs the chat as a list of messages")
    if not isinstance(messages, list) or not all(isinstance(message, Mapping) for message in messages):
        raise MisfitError(f"must be a list of chat messages, found {_found(messages)}")
    for index in range(len(messages) - 1, -1, -1):
        if canonical_role(_role(messages[index])) == "assistant":
            return index
    roles = ", ".join(map(_role, messages))
    raise MisfitError(f"has no message of the role 'assistant' to judge (roles: {roles or 'none'})")


def _found(value: Any) -> str:
    text = repr(value)
    return f"{type(value).__name__} {text if len(text) <= 60 else text[:57] + '…'}"
