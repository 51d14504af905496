"""Near duplicates by MinHash: a short signature for each text, and a search that does not compare all pairs.

    Broder 1997 (signatures), Indyk and Motwani 1998 (bands of them as keys).

Two texts agree in each of the 64 places of their signatures with the probability of their similarity: the runs of five
words that both have, by those that either has. Texts that agree in four places of one band are compared; at a
similarity of 0.8 these are 99.98 % of all pairs. A place holds 16 bits, so a text takes 128 bytes.
"""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from rewardkit.judgements.digest import digest
from rewardkit.selection.text import runs, words

PLACES = 64
BANDS = 16
RUN_WORDS = 5
SIGNATURE_BYTES = 2 * PLACES

CANDIDATES = 64
"""Texts that a key of a band holds at most: it bounds the comparisons where thousands of texts are much alike."""

# Not numpy's generator, whose numbers may change with its version.
_FACTORS = np.array([digest("factor", str(place)) for place in range(PLACES)]).astype(np.uint64) | np.uint64(1)
_ADDED = np.array([digest("added", str(place)) for place in range(PLACES)]).astype(np.uint64)
_PIECE = 4096


def signature(text: str) -> bytes:
    """The signature of a text, of SIGNATURE_BYTES; zeros for a text without words."""
    found = np.unique(runs(words(text), RUN_WORDS))
    if not len(found):
        return bytes(SIGNATURE_BYTES)
    least = np.full(PLACES, np.iinfo(np.uint64).max, dtype=np.uint64)
    with np.errstate(over="ignore"):
        for start in range(0, len(found), _PIECE):
            mixed = found[start : start + _PIECE, np.newaxis] * _FACTORS + _ADDED
            mixed ^= mixed >> np.uint64(32)
            np.minimum(least, mixed.min(axis=0), out=least)
        least *= np.uint64(0x9E3779B97F4A7C15)
    return bytes((least >> np.uint64(48)).astype(np.uint16).tobytes())


class Bands:
    """The texts that were taken, found by the bands of their signatures."""

    def __init__(self, signatures: NDArray[np.uint16]) -> None:
        """Takes the signatures of all texts: (N, PLACES)."""
        self._signatures = signatures
        self.held: dict[tuple[int, bytes], list[int]] = {}
        """By the number of a band and its places: the first texts that have those."""

    def nearest(self, index: int) -> tuple[int | None, float]:
        """The text that was taken and is most like this one, and their similarity; None where none is near."""
        others = sorted({other for key in self._keys(index) for other in self.held.get(key, ())})
        if not others:
            return None, 0.0
        shares = (self._signatures[others] == self._signatures[index]).mean(axis=1)
        best = int(shares.argmax())
        return others[best], float(shares[best])

    def add(self, index: int) -> None:
        """Takes a text."""
        for key in self._keys(index):
            held = self.held.setdefault(key, [])
            if len(held) < CANDIDATES:
                held.append(index)

    def _keys(self, index: int) -> list[tuple[int, bytes]]:
        own = self._signatures[index].tobytes()
        width = SIGNATURE_BYTES // BANDS
        return [(band, own[band * width : (band + 1) * width]) for band in range(BANDS)]


def near_duplicates(
    order: Iterable[int], signatures: NDArray[np.uint16], threshold: float
) -> Iterator[tuple[int, int, float]]:
    """Texts that are near duplicates of one that stands before them in `order`: (text, the earlier one, similarity).

    order       indices of texts, those first that are to stay
    signatures  (N, PLACES), a row for each text
    threshold   the similarity from which on two texts are one
    """
    bands = Bands(signatures)
    for index in order:
        other, share = bands.nearest(index)
        if other is not None and share >= threshold:
            yield index, other, share
        else:
            bands.add(index)
