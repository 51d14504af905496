"""Calls in Python's syntax: `[weather(city="Paris"), clock()]`. Pure; nothing is run.

Written by Llama 4, LFM2 and OLMo 3, and by any model under BFCL's prompt.
"""

import ast
from collections.abc import Iterator
from typing import Any

from rewardkit_tool_calls.call import Call, NotACallError

MOST_CHARACTERS = 100_000


def python_calls(text: str) -> list[Call]:
    """The calls of a text that is nothing else: one, several on lines, or a list of them.

    raises  NotACallError
    """
    if len(text) > MOST_CHARACTERS:
        raise NotACallError(f"more than {MOST_CHARACTERS} characters of Python")
    try:
        tree = ast.parse(text.strip())
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise NotACallError(f"not Python: {error}") from None
    calls = [_call(node) for statement in tree.body for node in _calls(statement)]
    if not calls:
        raise NotACallError("no call")
    return calls


def _calls(statement: ast.stmt) -> Iterator[ast.expr]:
    if not isinstance(statement, ast.Expr):
        raise NotACallError("Python that is no call")
    if isinstance(statement.value, ast.List | ast.Tuple):
        yield from statement.value.elts
    else:
        yield statement.value


def _call(node: ast.expr) -> Call:
    if not isinstance(node, ast.Call):
        raise NotACallError("Python that is no call")
    arguments: dict[str, Any] = {}
    for keyword in node.keywords:
        if keyword.arg is None:
            raise NotACallError("arguments behind ** are not read")
        arguments[keyword.arg] = _value(keyword.value)
    for position, argument in enumerate(node.args):
        arguments[str(position)] = _value(argument)
    return Call(ast.unparse(node.func), arguments)


def _value(node: ast.expr) -> Any:
    try:
        return _plain(ast.literal_eval(node))
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        # `true`, a variable or a nested call: BFCL compares its source
        words = {"true": True, "false": False, "null": None}
        source = ast.unparse(node)
        return words.get(source, source)


def _plain(value: Any) -> Any:
    """Python's values as JSON has them."""
    if isinstance(value, tuple | list | set):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return value
