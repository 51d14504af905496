"""Which runner a text of tests is written for, by its text alone."""

import re

_PYTEST = re.compile(r"\b(?:pytest|approx|raises)\b")
_PYTEST_FILE = re.compile(r"(?m)^(?:async )?def test|^class Test\w*(?:\(object\)|\(\))?:|^(?:import|from) pytest\b")


def needs_pytest(*texts: str) -> bool:
    """True for texts that use what pytest brings."""
    return any(map(_PYTEST.search, texts))


def form_of(file: str) -> str:
    """`pytest` or `unittest`, whichever runs a file."""
    return "pytest" if _PYTEST_FILE.search(file) else "unittest"
