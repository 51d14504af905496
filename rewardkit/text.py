"""Text of rows and plugins as it may be shown: it cannot move a cursor, forge a line or reorder its neighbours.

Control characters (C0, C1), format characters (Cf: bidirectional overrides, zero-width) and line separators are shown
as what they are, not obeyed.
"""

import unicodedata

_ESCAPED = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def printable(text: str) -> str:
    """The text with everything but line ends and tabs made visible; a text that needs nothing comes back as it is."""
    if text.isprintable():
        return text
    return "".join(char if char in "\n\t" or char.isprintable() else _visible(char) for char in text)


def one_line(text: str) -> str:
    """`printable`, and on one line: line ends become `⏎`, tabs a space."""
    return printable(text.replace("\r\n", "\n")).replace("\n", "⏎").replace("\t", " ")


def _visible(char: str) -> str:
    if unicodedata.category(char) not in _ESCAPED:
        return char  # a space of another width
    code = ord(char)
    if code < 0x20:
        return chr(0x2400 + code)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
