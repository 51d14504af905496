"""From a column's value to a field of a Sample: one function for each field that trainers write in more than one way.

Each takes a value that is not None, except `completion`, which must be there. A value that cannot be the field is a
MisfitError, whose message goes on from the name of the column: "is null; …".
"""

from collections.abc import Mapping, Sequence
from typing import Any

_CUT_OFF = frozenset(("length", "max_tokens", "truncated", "true"))
"""What OpenAI's, Anthropic's and slime's finish reasons call a completion that reached the token limit."""
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
        if all(isinstance(item, str) for item in value):
            raise MisfitError(
                f"holds {len(value)} completions, and a row is judged as one; write a row for each "
                "(pandas: `frame.explode(COLUMN)`)"
            )
    if value is None:
        raise MisfitError('is null; drop the row, or write "" where the model wrote nothing')
    raise MisfitError(f"must be text or a list of chat messages, found {_found(value)}")


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


def completion_tokens(value: Any) -> int:
    """A count, or the list of token ids; a count that went through a table of floats is a count still."""
    value = plain(value)
    if isinstance(value, list):
        return len(value)
    if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0 and value == value // 1:
        return int(value)
    raise MisfitError(f"must be a number of tokens or a list of token ids, found {_found(value)}")


def truncated(value: Any) -> bool:
    """A truth value, also as 0 or 1 or in letters, or a finish reason."""
    value = plain(value)
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
    """What stands before the last message of the assistant."""
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


def _last_assistant(messages: Any) -> int:
    if messages is None:
        raise MisfitError("is null; a row needs the chat as a list of messages")
    if not isinstance(messages, list) or not all(isinstance(message, Mapping) for message in messages):
        raise MisfitError(f"must be a list of chat messages, found {_found(messages)}")
    for index in range(len(messages) - 1, -1, -1):
        if messages[index].get("role") == "assistant":
            return index
    roles = ", ".join(str(message.get("role")) for message in messages)
    raise MisfitError(f"has no message of the role 'assistant' to judge (roles: {roles or 'none'})")


def _found(value: Any) -> str:
    text = repr(value)
    return f"{type(value).__name__} {text if len(text) <= 60 else text[:57] + '…'}"
