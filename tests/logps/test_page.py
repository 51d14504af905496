"""The page on log-probs runs."""

import doctest
import json
from pathlib import Path

import pytest

pytest.importorskip("torch")


def test_example_of_the_page_runs(repository: Path):
    found = doctest.testfile(str(repository / "docs" / "logps.md"), module_relative=False)
    assert found.attempted > 5
    assert not found.failed


def test_table_of_the_page_is_the_committed_result(repository: Path):
    page = (repository / "docs" / "logps.md").read_text(encoding="utf-8")
    results = json.loads((repository / "benchmarks" / "results" / "logps_cpu.json").read_text(encoding="utf-8"))
    rows = results["rows"]
    for theirs, ours in zip(rows[::2], rows[1::2], strict=True):
        time_ratio, memory_ratio = ours["cpu_s"] / theirs["cpu_s"], ours["extra_bytes"] / theirs["extra_bytes"]
        times = f"{theirs['cpu_s']:.2f} | {ours['cpu_s']:.2f} | {time_ratio:.2f}"
        memory = f"{theirs['extra_bytes'] / 1e6:.0f} | {ours['extra_bytes'] / 1e6:.0f} | {memory_ratio:.2f}"
        assert f"| {ours['pass']} | {times} | {memory} |" in page
