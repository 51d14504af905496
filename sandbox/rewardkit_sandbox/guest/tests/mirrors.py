"""Mutable data that tests and a program share: a copy here is kept like the program's own."""

from collections import deque
from typing import Any

from rewardkit_sandbox.guest.tests import arrays, rpc_server


class Mirrors:
    """Lists and other mutable data that belong to the program's objects: one copy here for each, kept alike.

    A test may change them, as in `cart.items.append(3)`: before the next request the program's own is changed too.
    """

    MOST = 64

    def __init__(self) -> None:
        self._copies: dict[int, tuple[Any, bytes | None]] = {}

    def get(self, handle: int, value: Any) -> Any:
        """The copy of what the program calls by this number, with the value that it has now."""
        copy = self._copies.pop(handle, (value, None))[0]
        if type(copy) is not type(value):
            copy = value
        update(copy, value)
        self._copies[handle] = copy, rpc_server.snapshot(copy)
        if len(self._copies) > self.MOST:
            del self._copies[next(iter(self._copies))]
        return copy

    def changes(self) -> list[tuple[int, Any]]:
        """The copies that the tests have changed since the last call."""
        found = []
        for handle, (copy, before) in self._copies.items():
            now = rpc_server.snapshot(copy)
            if now != before:
                self._copies[handle] = copy, now
                found.append((handle, copy))
        return found


def update(argument: Any, new: Any) -> None:
    """Makes a mutable argument what the call made of it; rows that keep their place stay the same objects."""
    if type(argument) is not type(new) or argument is new or arrays.update(argument, new):
        return
    if isinstance(argument, (list, deque)):
        kept = list(argument)
        argument.clear()
        for old, item in zip(kept, new, strict=False):
            argument.append(_updated(old, item))
        argument.extend(list(new)[len(kept) :])
    elif isinstance(argument, dict):
        rows = {key: _updated(argument[key], item) if key in argument else item for key, item in new.items()}
        argument.clear()
        argument.update(rows)
    elif isinstance(argument, set):
        argument.clear()
        argument.update(new)
    elif isinstance(argument, bytearray):
        argument[:] = new


def _updated(old: Any, new: Any) -> Any:
    if type(old) is type(new) and isinstance(old, (list, dict, set, bytearray, deque)):
        update(old, new)
        return old
    return new
