"""A call of the function under test as LeetCode and its relatives mean it. This text runs inside the sandbox.

It is appended to the program, in names of its own, and turns plain data into the arguments that the function asks for:
keywords, a list that may be one argument or several, linked lists and trees. Whatever the program does to it, the
results are plain data that are compared outside.
"""

import inspect
from typing import Any


def call(program: dict[str, Any], name: str, annotations: list[str] | None, in_place: bool, case: Any) -> Any:  # noqa: FBT001
    """The function's result as plain data.

    program      the program's globals
    name         of a function, or of a method of `class Solution`; `Solution().f` names one too
    annotations  texts of the starter code's parameter types; None if there is no starter code
    in_place     the function returns nothing, and the result is its first argument
    case         {"args": […]}, {"kwargs": {…}} or {"one": value}, which the signature decides how to pass
    """
    function = found(program, name)
    args, kwargs = arguments(function, case)
    if annotations is None:
        annotations = annotations_of(function)
    args = [build(program, value, annotations[i] if i < len(annotations) else "") for i, value in enumerate(args)]
    if kwargs:
        names = parameters(function)
        kinds = {key: annotations[names.index(key)] for key in kwargs if key in names[: len(annotations)]}
        kwargs = {key: build(program, value, kinds.get(key, "")) for key, value in kwargs.items()}
    result = function(*args, **kwargs)
    if in_place and result is None:
        result = args[0] if args else next(iter(kwargs.values()))
    return plain(result)


def found(program: dict[str, Any], name: str) -> Any:
    """The function under test: a global, else a method of a new `Solution`."""
    name = name.rpartition(".")[2]
    function = program.get(name)
    if callable(function):
        if parameters(function)[:1] == ["self"]:  # a method that lost its class
            return lambda *args, **kwargs: function(None, *args, **kwargs)
        return function
    if isinstance(program.get("Solution"), type):
        method = getattr(program["Solution"](), name, None)
        if callable(method):
            return method
    raise NameError(f"the program defines no function {name!r}")


def parameters(function: Any) -> list[str]:
    """The names of the parameters; empty where they cannot be known."""
    try:
        return list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return []


def annotations_of(function: Any) -> list[str]:
    """The texts of the parameters' types."""
    try:
        return [str(parameter.annotation) for parameter in inspect.signature(function).parameters.values()]
    except (TypeError, ValueError):
        return []


def arguments(function: Any, case: Any) -> tuple[list[Any], dict[str, Any]]:
    """Positional and keyword arguments of a case."""
    if "args" in case:
        return list(case["args"]), {}
    if "kwargs" in case:
        return [], dict(case["kwargs"])
    one = case["one"]
    if isinstance(one, dict) and all(isinstance(key, str) for key in one) and fits(function, (), one):
        return [], one
    if isinstance(one, list) and not fits(function, (one,), {}) and fits(function, one, {}):
        return list(one), {}
    return [one], {}


def fits(function: Any, args: Any, kwargs: Any) -> bool:
    """True if a call with these arguments matches the signature."""
    try:
        inspect.signature(function).bind(*args, **kwargs)
    except (TypeError, ValueError):
        return False
    return True


def build(program: dict[str, Any], value: Any, annotation: str) -> Any:
    """Plain data as the type that an annotation names, where that is a linked list or a tree."""
    for kind, make in (("ListNode", linked_list), ("TreeNode", tree)):
        if kind in annotation and isinstance(program.get(kind), type):
            if isinstance(value, list) and value and all(isinstance(item, list) for item in value):
                return [make(program[kind], item) for item in value]
            if isinstance(value, list) or value is None:
                return make(program[kind], value or [])
    return value


def linked_list(node: Any, values: list[Any]) -> Any:
    """The first node of a linked list; None for no values."""
    first = None
    for value in reversed(values):
        made = node(value)
        made.next = first
        first = made
    return first


def tree(node: Any, values: list[Any]) -> Any:
    """The root of a binary tree in LeetCode's order: level by level, None for a missing child."""
    if not values or values[0] is None:
        return None
    root = node(values[0])
    level, rest = [root], iter(values[1:])
    for parent in level:  # grows while it is walked
        for side in ("left", "right"):
            value = next(rest, None)
            child = None if value is None else node(value)
            setattr(parent, side, child)
            if child is not None:
                level.append(child)
    return root


def plain(result: Any) -> Any:
    """A linked list or a tree as a list of values, in any depth of lists; anything else as it is."""
    kind = type(result).__name__
    if kind == "ListNode":
        values, seen = [], set()
        while result is not None:
            if id(result) in seen:
                raise ValueError("the linked list has a cycle")
            seen.add(id(result))
            values.append(result.val)
            result = result.next
        return values
    if kind == "TreeNode":
        values, level, count = [], [result], 0
        while level:
            count += len(level)
            if count > 1_000_000:
                raise ValueError("the tree has more than a million nodes, or a cycle")
            values += [None if one is None else one.val for one in level]
            level = [child for one in level if one is not None for child in (one.left, one.right)]
        while values and values[-1] is None:
            values.pop()
        return values
    if isinstance(result, list) and any(type(item).__name__ in {"ListNode", "TreeNode"} for item in result):
        return [plain(item) for item in result]
    return result
