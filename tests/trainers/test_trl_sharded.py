"""Two processes that share one model by FSDP2: our trainer trains as TRL's own does, and each keeps what it judged."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("trl")


@pytest.fixture(scope="module")
def output(model_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that `sharded_run.py` has written."""
    folder = tmp_path_factory.mktemp("sharded")
    script = Path(__file__).parent / "sharded_run.py"
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--standalone"]
    done = subprocess.run(
        [*command, str(script), str(model_path), str(folder)],
        env={**os.environ, "OMP_NUM_THREADS": "1", "ACCELERATE_USE_CPU": "true"},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return folder


def test_a_sharded_model_trains_as_trls_own_trainer_trains_it(output: Path):
    runs = json.loads((output / "runs.json").read_text())
    for theirs, mine in zip(runs["theirs"]["curve"], runs["mine"]["curve"], strict=True):
        assert mine == pytest.approx(theirs, abs=1e-5)
    for name, values in runs["theirs"]["parameters"].items():
        assert runs["mine"]["parameters"][name] == pytest.approx(values, abs=1e-5)


def test_each_process_keeps_what_it_judged(output: Path):
    for rank in (0, 1):
        lines = (output / "ours" / "judged" / f"rank-{rank:05d}.jsonl").read_text().splitlines()
        assert [json.loads(line)["training"]["step"] for line in lines] == [1] * 4 + [2] * 4 + [3] * 4


def test_a_reward_that_sees_groups_is_refused_where_processes_share_them(output: Path):
    refused = json.loads((output / "runs.json").read_text())["refused"]
    assert "length_relative of rubric sees whole groups, and a process gets only a part of some" in refused
