"""The page on log-probs runs."""

import doctest
from pathlib import Path

import pytest

pytest.importorskip("torch")


def test_example_of_the_page_runs(repository: Path):
    found = doctest.testfile(str(repository / "docs" / "logps.md"), module_relative=False)
    assert found.attempted > 5
    assert not found.failed
