"""Groups whose items stand beside each other, out of a stream."""

import hashlib
import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from rewardkit.errors import InputError

T = TypeVar("T")


def adjacent_groups(items: Iterable[T], key: Callable[[T], str | None]) -> Iterator[list[T]]:
    """Runs of items of one group; an item without a key is a group of its own.

    raises  InputError where a group comes back after another: its items cannot be seen together
    """
    seen: set[bytes] = set()
    for group, run in itertools.groupby(items, key=key):
        if group is None:
            yield from ([item] for item in run)
            continue
        digest = group_digest(group)
        if digest in seen:
            raise came_back(group)
        seen.add(digest)
        yield list(run)


def group_digest(key: str) -> bytes:
    """The identity of a group, in 16 bytes."""
    return hashlib.blake2b(key.encode("utf-8", "replace"), digest_size=16).digest()


def came_back(group: str) -> InputError:
    """The error about a group that comes back after another."""
    return InputError(f"group {group!r:.80} comes back after another group; sort the rows by group")
