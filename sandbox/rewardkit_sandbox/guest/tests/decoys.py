"""Values that are like another one and differ from it: what a class must tell from the value that a test expects."""

import random
from typing import Any

HOW_MANY = 7
_SYSTEM = random.SystemRandom()


def decoys(value: Any, *, far: bool) -> tuple[list[Any], int]:
    """Some decoys, and a random place among them for the value itself.

    far     True for members of a container, which may hold the neighbours of a value as well
    """
    found = [far_decoy(value) if far else decoy(value) for _ in range(HOW_MANY)]
    return [item for item in found if item != value], _SYSTEM.randrange(HOW_MANY + 1)


def far_decoy(value: Any) -> Any:
    """A value of the same kind that no container is likely to hold."""
    if type(value) is str:
        return "".join(_SYSTEM.choices("abcdefghijklmnopqrstuvwxyz", k=12))
    return decoy(value) + _SYSTEM.randint(10**6, 10**9) if type(value) in (int, float) else decoy(value)


def decoy(value: Any) -> Any:
    """A value of the same kind, near the given one."""
    kind = type(value)
    if kind is bool:
        return not value
    if kind in (int, float, complex):
        return value + _SYSTEM.choice((-1, 1)) * _SYSTEM.randint(1, 9)
    if kind is str:
        at = _SYSTEM.randrange(len(value) + 1)
        return value[:at] + _SYSTEM.choice("abcdefghijklmnopqrstuvwxyz0123456789") + value[at + _SYSTEM.randrange(2) :]
    if kind is bytes:
        return value + bytes([_SYSTEM.randrange(256)])
    if kind in (list, tuple):
        items = list(value)
        if not items or _SYSTEM.randrange(4) == 0:
            items.append(_SYSTEM.randint(-9, 9))
        else:
            at = _SYSTEM.randrange(len(items))
            items[at] = decoy(items[at])
        return kind(items)
    if kind in (set, frozenset):
        return kind({*value, _SYSTEM.randint(10**6, 10**9)})
    if kind is dict:
        return {**value, _SYSTEM.randint(10**6, 10**9): 0}
    return _SYSTEM.randint(10**6, 10**9)
