"""Text that a terminal cannot obey, and plain columns of it."""

import pytest

from rewardkit.commands import plain
from rewardkit.text import one_line, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, ünïcode, 鸡, 😀", "plain, ünïcode, 鸡, 😀"),
        ("a\u00a0b\u3000c", "a\u00a0b\u3000c"),
        ("\x1b[2J", "␛[2J"),
        ("\x00\x07\x08", "␀␇␈"),
        ("\x7f", "\\x7f"),
        ("\x9b31m", "\\x9b31m"),
        ("\u202eabc", "\\u202eabc"),
        ("\u200b\u2066\ufeff", "\\u200b\\u2066\\ufeff"),
        ("a\u2028b\u2029c", "a\\u2028b\\u2029c"),
        ("\U000e0041", "\\U000e0041"),
        ("\ud800", "\\ud800"),
        ("\r", "␍"),
    ],
)
def test_what_a_terminal_would_obey_is_shown(text: str, shown: str):
    assert printable(text) == shown
    assert one_line(text) == shown


def test_line_ends_stay_in_a_text_and_are_shown_in_a_line():
    assert printable("a\n\tb") == "a\n\tb"
    assert one_line("a\n\tb\r\nc") == "a⏎ b⏎c"


def test_columns_are_wrapped_and_never_cut(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COLUMNS", "30")
    rows = [("name", "about"), ("a_long_name", "words that go on in their own column")]
    lines = plain.aligned(rows).splitlines()
    assert lines[0] == "name         about"
    assert all(line.startswith(" " * 13) for line in lines[2:])
    assert " ".join(line[13:] for line in lines[1:]) == rows[1][1]
