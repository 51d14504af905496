"""The nearest right name, for messages about a wrong one."""

import difflib
from collections.abc import Collection, Iterable


def nearest(name: str, known: Iterable[str]) -> str:
    """`; did you mean 'math'?` if a known name is near, else the known names; empty if none is known."""
    names = list(known)
    return did_you_mean(name, names) or (f"; known: {', '.join(names)}" if names else "")


def did_you_mean(name: str, known: Collection[str]) -> str:
    """`; did you mean 'math'?` if a known name is near, else empty."""
    near = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""
