"""The benchmark runs here in all its steps, and what is committed of it was measured or says that it was not."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch")


def test_the_benchmark_runs_without_a_gpu_and_leaves_the_results_alone(repository: Path, tmp_path: Path) -> None:
    script, output = repository / "benchmarks" / "logps_gpu.py", tmp_path / "dry.json"
    committed = script.parent / "results" / "logps_gpu.json"
    before = committed.read_bytes()
    command = [sys.executable, str(script), "--device", "cpu", "--output", str(output)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    assert ended.returncode == 0, ended.stderr
    results = json.loads(output.read_text())
    assert results["status"] == "a dry run without a GPU"
    assert not results["left out or cut short"]
    assert {(row["method"], row["mode"]) for row in results["times"]} >= {
        (method, mode) for method in ("ours", "naive") for mode in ("forward", "frozen", "trained")
    }
    assert {row["zero share"] for row in results["times"]} == {0.0, 0.3, 0.5, 0.7}
    assert results["numerics"]["ours"]["log-prob, largest error"] < 1e-5
    assert results["numerics"]["ours"]["same bits twice"]
    assert results["numerics"]["rows with gradient 0 get exactly 0"]
    assert committed.read_bytes() == before


def test_committed_results_were_measured_or_say_that_they_were_not(repository: Path) -> None:
    results = json.loads((repository / "benchmarks" / "results" / "logps_gpu.json").read_text())
    if results["status"] == "not run on a GPU yet":
        assert set(results) == {"status"}
    else:
        assert results["status"] == "measured on a GPU"
        assert results["device"] != "cpu"
        assert results["date"]
        assert results["versions"]["torch"]
        assert results["times"]
