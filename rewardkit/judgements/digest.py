"""Texts as numbers, by which equal ones are found without holding them."""

from hashlib import blake2b


def digest(*texts: str) -> int:
    """A number of 64 bits for some texts, the same everywhere; signed, as `array` and numpy hold it."""
    hasher = blake2b(digest_size=8)
    for text in texts:
        raw = text.encode("utf-8", "surrogatepass")
        hasher.update(len(raw).to_bytes(8, "big") + raw)
    return int.from_bytes(hasher.digest(), "big", signed=True)
