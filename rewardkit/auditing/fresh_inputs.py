"""Arguments for a function that its tests do not use: made from those that they use, and of the same kind.

As EvalPlus makes them (Liu et al. 2023, arXiv:2305.01210), and more careful: a number keeps its sign, a list that is
never empty in the tests stays so, letters come from the letters that were seen. An argument outside of what a task
promises would accuse tests of missing what no right program needs to do.
"""

import ast
import contextlib
import random
from collections.abc import Iterator, Sequence
from typing import Any

FRESH = 48
"""Arguments for one function; the details of `code` list 50 tests at most."""
CANDIDATES = 40
Arguments = tuple[Any, ...]


def called_with(source: str, names: Sequence[str]) -> list[Arguments]:
    """The arguments of calls of one of these functions in a text of tests, where they are literals."""
    found: dict[str, Arguments] = {}
    for tree in _trees(source):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
                try:
                    arguments = tuple(ast.literal_eval(argument) for argument in node.args)
                except (ValueError, TypeError, SyntaxError, RecursionError):
                    continue
                if not node.keywords:
                    found.setdefault(repr(arguments), arguments)
    return list(found.values())


def _trees(source: str) -> Iterator[ast.AST]:
    """The syntax of a text, or of each of its lines that is one: docstrings hold examples behind `>>>`."""
    with contextlib.suppress(SyntaxError, ValueError):
        yield ast.parse(source)
    for line in source.splitlines():
        try:
            yield ast.parse(line.strip().removeprefix(">>>").strip())
        except (SyntaxError, ValueError):
            continue


def fresh_inputs(seen: Sequence[Arguments], seed: int = 0, most: int = FRESH) -> list[Arguments]:
    """Arguments that are not among those seen, by a fixed seed."""
    if not seen:
        return []
    generator = random.Random(seed)  # noqa: S311 - inputs of a test, nothing to guess
    known, made = {repr(one) for one in seen}, {}
    width = max(set(map(len, seen)), key=[len(one) for one in seen].count)
    seen = [one for one in seen if len(one) == width]
    columns = list(zip(*seen, strict=True))
    for _ in range(CANDIDATES * most):
        base = list(generator.choice(seen))
        for at in generator.sample(range(width), generator.randint(1, width)) if width else ():
            base[at] = _changed(base[at], columns[at], generator)
        fresh = tuple(base)
        if repr(fresh) not in known:
            known.add(repr(fresh))
            made[repr(fresh)] = fresh
        if len(made) >= most:
            break
    return list(made.values())


def _changed(value: Any, seen: Sequence[Any], generator: random.Random) -> Any:
    """A value like `value`; `seen` are the ones that stand in its place elsewhere."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        numbers = [one for one in seen if type(one) is int] or [value]
        low, high = min(numbers), max(numbers)
        steps = (value + 1, value - 1, value * 2, value + generator.randint(2, 9), generator.randint(low, high))
        return max(low, generator.choice(steps))
    if isinstance(value, float):
        return float(generator.choice((value + 1, value * 2, value / 2, value + 0.5, round(value))))
    if isinstance(value, str):
        letters = sorted({letter for one in seen if isinstance(one, str) for letter in one}) or ["a"]
        return _resequenced(value, letters, seen, generator, "")
    if isinstance(value, list):
        inner = [item for one in seen if isinstance(one, list) for item in one]
        return _resequenced(value, inner or [0], seen, generator, [])
    if isinstance(value, tuple):
        return tuple(_changed(item, [item], generator) for item in value)
    if isinstance(value, dict) and value:
        key = generator.choice(list(value))
        return {**value, key: _changed(value[key], list(value.values()), generator)}
    return value


def _resequenced(value: Any, parts: Sequence[Any], seen: Sequence[Any], generator: random.Random, empty: Any) -> Any:
    """A text or list with parts taken out, doubled, put in, changed or moved."""
    items = list(value)
    ways = ["add", "add", "swap", "double", "drop", "change"]
    for _ in range(generator.randint(1, 3)):
        at = generator.randrange(len(items)) if items else 0
        way = generator.choice(ways) if items else "add"
        if way == "add":
            items.insert(at, generator.choice(parts))
        elif way == "double":
            items.insert(at, items[at])
        elif way == "drop":
            del items[at]
        elif way == "swap":
            other = generator.randrange(len(items))
            items[at], items[other] = items[other], items[at]
        else:
            items[at] = generator.choice(parts) if isinstance(value, str) else _changed(items[at], parts, generator)
    if not items and all(len(one) for one in seen if isinstance(one, type(value))):
        items = [generator.choice(parts)]
    return empty.join(items) if isinstance(value, str) else items
