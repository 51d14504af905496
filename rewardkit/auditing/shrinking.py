"""The smallest text that still shows something: delta debugging (Zeller and Hildebrandt 2002) in whole batches."""

import re
from collections.abc import Callable, Sequence

ROUNDS = 12
"""Batches for one text at most."""
PIECES = 16
"""Pieces that a text is cut into at most; each batch asks about the text without each of them."""

Holds = Callable[[Sequence[str]], Sequence[bool]]
"""Says of each of several texts if what is to be shown shows."""


def smallest(text: str, holds: Holds) -> str:
    """A text that is no larger, for which `holds` is true as it is for `text`; "" if nothing at all is enough."""
    if not text or holds([""])[0]:
        return ""
    parts, pieces = re.findall(r"\s*\S+|\s+$", text), 2
    for _ in range(ROUNDS):
        if len(parts) <= 1:
            break
        size = -(-len(parts) // min(pieces, len(parts)))
        cuts = range(0, len(parts), size)
        without = ["".join(parts[:at] + parts[at + size :]) for at in cuts]
        alone = ["".join(parts[at : at + size]) for at in cuts]
        candidates = list(dict.fromkeys([*alone, *without]))
        good = [one for one, fits in zip(candidates, holds(candidates), strict=True) if fits]
        if good:
            text = min(good, key=len)
            parts, pieces = re.findall(r"\s*\S+|\s+$", text), 2
        elif size == 1 or pieces >= PIECES:
            break
        else:
            pieces *= 2
    stripped = text.strip()
    return stripped if stripped and stripped != text and holds([stripped])[0] else text
