"""Fenced code blocks: what opens one, what closes it, and where it lies in the text."""

import pytest

from rewardkit import fenced_blocks


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("no fence", []),
        ("```\na\n```", [("", "a\n", True)]),
        ("```python\na\n```\n", [("python", "a\n", True)]),
        ("``` Python title=x\na\n```", [("python", "a\n", True)]),
        ("~~~\n```\n~~~", [("", "```\n", True)]),
        ("````\n```\na\n````", [("", "```\na\n", True)]),
        ("```\na\n`````", [("", "a\n", True)]),
        ("```\na", [("", "a", False)]),
        ("```\na\n``` x\nb", [("", "a\n``` x\nb", False)]),
        ("   ```\na\n   ```", [("", "a\n", True)]),
        ("    ```\na", []),
        ("``` a`b\nc", []),
        ("text ```a``` text", []),
        ("```\r\na\r\n```\r\nb", [("", "a\r\n", True)]),
        ("```\na\n```\n```c\nb\n```", [("", "a\n", True), ("c", "b\n", True)]),
        ("```", [("", "", False)]),
        ("```\n```", [("", "", True)]),
    ],
)
def test_fences_open_and_close_as_in_commonmark(text, blocks):
    assert [(block.language, block.text, block.closed) for block in fenced_blocks(text)] == blocks


def test_a_block_knows_its_place():
    text = "before\n```\na\n```\nafter"
    [block] = fenced_blocks(text)
    assert text[: block.start] == "before\n"
    assert text[block.end :] == "after"


@pytest.mark.parametrize("piece", ["```\n", "```", "`", "~~~ \n", " ", "\n", "```a\n````b\n"])
def test_a_megabyte_is_read_in_a_moment(quick, piece):
    quick(lambda: list(fenced_blocks(piece * (1_000_000 // len(piece)))))
