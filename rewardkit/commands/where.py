"""`--where`: a condition on a judged row, such as `scores.math.value == 0 and data_source == "gsm8k"`.

Python's syntax for comparisons, `and`, `or`, `not`, `in`, literals and dotted names, and nothing else: it is walked as
a tree, never run. A name is looked up in the row's judgement (`reward`, `advantage`, `scores.ALIAS.value`), then in the
row's columns; what is not there is None. `scores["my-plugin:math"].value` writes an alias that is not a name.
"""

import ast
import itertools
import operator
from collections.abc import Callable, Mapping
from typing import Any

from rewardkit.errors import ConfigError

Condition = Callable[[Mapping[str, Any], Mapping[str, Any]], Any]

_COMPARISONS: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda left, right: left in right,
    ast.NotIn: lambda left, right: left not in right,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
}
_CONSTANTS = {"null": None, "true": True, "false": False}


def condition(text: str) -> Condition:
    """The condition that a text writes, as a function of a row's block and of its columns.

    raises  ConfigError if the text is not such a condition
    """
    try:
        tree = ast.parse(text.strip(), mode="eval").body
        _check(tree)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ConfigError(
            f"--where {text!r:.80}: {getattr(error, 'msg', error)}; write something like 'scores.math.value == 0'"
        ) from None
    return lambda block, columns: _value(tree, block, columns)


def _check(node: ast.expr) -> None:
    """Refuses what is not part of a condition."""
    match node:
        case ast.BoolOp(values=parts) | ast.List(elts=parts) | ast.Tuple(elts=parts):
            inner = parts
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=part) | ast.Attribute(value=part):
            inner = [part]
        case ast.Compare(left=left, comparators=others):
            inner = [left, *others]
        case ast.Subscript(value=part, slice=ast.Constant()):
            inner = [part]
        case ast.Name() | ast.Constant():
            inner = []
        case _:
            raise ValueError(f"{ast.unparse(node)[:40]!r} cannot be used in a condition")
    for part in inner:
        _check(part)


def _value(node: ast.expr, block: Mapping[str, Any], columns: Mapping[str, Any]) -> Any:
    def of(part: ast.expr) -> Any:
        return _value(part, block, columns)

    match node:
        case ast.BoolOp(op=ast.And(), values=parts):
            return all(of(part) for part in parts)
        case ast.BoolOp(values=parts):
            return any(of(part) for part in parts)
        case ast.UnaryOp(op=ast.Not(), operand=part):
            return not of(part)
        case ast.UnaryOp(operand=part):
            return -of(part)
        case ast.Compare(left=left, ops=ops, comparators=others):
            values = [of(left), *map(of, others)]
            return all(_holds(op, *pair) for op, pair in zip(ops, itertools.pairwise(values), strict=True))
        case ast.List(elts=parts) | ast.Tuple(elts=parts):
            return [of(part) for part in parts]
        case ast.Name(id=name):
            return block[name] if name in block else columns[name] if name in columns else _CONSTANTS.get(name)
        case ast.Attribute(value=part, attr=name):
            return _inside(of(part), name)
        case ast.Subscript(value=part, slice=ast.Constant(value=key)):
            return _inside(of(part), key)
        case ast.Constant(value=value):
            return value
    raise AssertionError(f"not checked: {ast.dump(node)}")


def _holds(op: ast.cmpop, left: Any, right: Any) -> bool:
    """A comparison; one of values that have no order, such as None, does not hold."""
    try:
        return bool(_COMPARISONS[type(op)](left, right))
    except TypeError:
        return False


def _inside(value: Any, key: Any) -> Any:
    if isinstance(value, Mapping):
        return value.get(key)
    if isinstance(value, list | tuple) and isinstance(key, int) and -len(value) <= key < len(value):
        return value[key]
    return None
