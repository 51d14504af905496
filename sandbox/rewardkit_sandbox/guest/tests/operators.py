"""Comparisons and arithmetic with a program's objects: what a test may compute with them, and who computes it.

| operands                              | == and !=                    | order           | arithmetic               |
|---------------------------------------|------------------------------|-----------------|--------------------------|
| one object twice                      | equal                        | the program     | the program              |
| two of one class                      | the program                  | the program     | the program              |
| two of different classes              | not equal                    | the program     | the program              |
| of a subclass of int, str, …; data    | here, on the data under it   | here, likewise  | refused unless built (1) |
| built by the test; data               | the program, with decoys (2) | TypeError       | an opaque object (1)     |
| any other object; data                | not equal                    | TypeError       | refused                  |
| what came of arithmetic (3); data     | not equal                    | TypeError       | an opaque object (1)     |
| any object; None                      | not equal                    | TypeError       | refused, or opaque (1)   |

1. `result - expected` would pass on the expected value and let the program choose the difference. So the result of
   arithmetic with plain data is an object of the program's, never a number (but for `**`, which measures no distance).
2. Its class must tell the value from seven others that are like it: see `decoys`.
3. Neither abs() nor round(), float(), int(), bool() or an operation with another object brings a number out of it.
"""

import operator
from collections.abc import Callable
from typing import Any

from rewardkit_sandbox.guest.tests.proxy import Remote, is_remote, plain_answer, probed, state_of

# Methods that a test may call by syntax, and their names in `operator`.
BINARY = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and_", "or_", "xor", "lshift", "rshift")
ORDER = ("lt", "le", "gt", "ge")
UNARY = ("neg", "pos", "invert", "abs", "round", "int", "float", "complex", "index")
_PLAIN = (int, float, complex, str, bytes, bool, type(None), list, tuple, dict, set, frozenset)


def compare(name: str, left: Remote, right: object) -> Any:
    """See the module's text: asked of the program only between two of its own."""
    state = state_of(left)
    if is_remote(right):
        if left is right and name in ("eq", "ne"):
            return name == "eq"
        if type(left) is not type(right) and name in ("eq", "ne"):
            return NotImplemented
        return plain_answer(state.link.ask("op", name, left, right), bool)
    if state.tainted or not isinstance(right, _PLAIN) or right is None:
        return NotImplemented
    plain, view = state.link.view(left)
    if plain:
        return getattr(operator, name)(view, right)
    if state.built and name in ("eq", "ne"):
        return probed("eq", left, right) == (name == "eq")
    return NotImplemented


def arithmetic(name: str, left: Any, right: Any, owner: Remote) -> Any:
    state = state_of(owner)
    other = right if owner is left else left
    if is_remote(other):
        value = state.link.ask("op", name, left, right)
        if is_remote(value):
            state_of(value).built = state.built and state_of(other).built and type(value) is type(owner)
            state_of(value).tainted = state.tainted or state_of(other).tainted
        elif state.tainted or state_of(other).tainted:
            raise TypeError("plain data cannot come of an object that came of arithmetic with plain data")
        return value
    if not state.built:
        raise TypeError(
            f"arithmetic between what the program gave, a {type(owner).__name__}, and plain data is refused"
        )
    value = state.link.ask("op", name, left, right)
    if is_remote(value):
        state_of(value).built = type(value) is type(owner)
        state_of(value).tainted = True
    elif name != "pow" or state.tainted:
        raise TypeError("arithmetic between a program's object and plain data must not give plain data")
    return value


def unary(name: str, owner: Remote, *rest: Any) -> Any:
    state = state_of(owner)
    value = state.link.ask("op", name, owner, *rest)
    if is_remote(value):
        state_of(value).tainted = state_of(value).tainted or state.tainted
    elif state.tainted:
        raise TypeError("plain data cannot come of an object that came of arithmetic with plain data")
    return value


def install() -> None:
    """Gives `Remote` the methods that differ by name only."""

    def forward(name: str) -> Callable[..., Any]:
        return lambda self, other: arithmetic(name, self, other, self)

    def backward(name: str) -> Callable[..., Any]:
        return lambda self, other: arithmetic(name, other, self, self)

    def ordered(name: str) -> Callable[..., Any]:
        return lambda self, other: compare(name, self, other)

    def single(name: str) -> Callable[..., Any]:
        return lambda self, *rest: unary(name, self, *rest)

    for name in BINARY:
        bare = name.rstrip("_")
        setattr(Remote, f"__{bare}__", forward(name))
        setattr(Remote, f"__r{bare}__", backward(name))
    for name in (*ORDER, "eq", "ne"):
        setattr(Remote, f"__{name}__", ordered(name))
    for name in UNARY:
        setattr(Remote, f"__{name}__", single(name))
