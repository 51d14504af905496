"""Time and load: what a loaded machine, a reward that always hangs and a worker that does not start come to."""

import asyncio
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from rewardkit import InfrastructureError, Result, Sample, Scorer
from rewardkit.workers import pool

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="looks at processes as POSIX shows them")

linux = pytest.mark.skipif(sys.platform != "linux", reason="measures processor time on Linux alone")

LOOPS = """
import subprocess, sys
loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(8)]
sys.stdin.read()
for loop in loops:
    loop.kill()
"""


@pytest.fixture
def busy_loops() -> Iterator[None]:
    """Eight programs that want all the processors there are.

    In a session of their own: where the kernel shares time among sessions first, the load of this test should not hang
    on what else runs in the session of the tests.
    """
    with subprocess.Popen([sys.executable, "-c", LOOPS], stdin=subprocess.PIPE, start_new_session=True) as loops:
        yield
        loops.stdin.close()


def kinds(results: list[Result], alias: str) -> list[tuple[float | None, str]]:
    return [(result.scores[alias].value, result.scores[alias].kind) for result in results]


@linux
@pytest.mark.usefixtures("busy_loops")
def test_a_loaded_machine_costs_no_right_answer_its_reward(misbehaving: Path):
    rubric = {"rewards": {"busy": {}}, "limits": {"deadline_s": 1}}
    samples = [Sample(completion="right", ground_truth=str(number)) for number in range(16)]
    with Scorer(rubric, workers=16, plugins=[misbehaving]) as scorer:
        *right, forever = scorer.score([*samples, Sample(completion="for ever", ground_truth="x")])
    assert kinds(right, "busy") == [(1.0, "judged")] * 16
    assert kinds([forever], "busy") == [(0.0, "time_limit")]


def test_a_reward_that_always_hangs_is_given_up_after_three_ground_truths(misbehaving: Path):
    rubric = {"rewards": {"hung": {}, "constant": {"weight": 0.1}}, "limits": {"deadline_s": 0.3}}
    samples = [Sample(completion="x", ground_truth=str(number)) for number in range(64)]
    with Scorer(rubric, workers=2, plugins=[misbehaving]) as scorer:
        results = scorer.score(samples)
        again = scorer.score(samples)
    for found in ([kind for _, kind in kinds(call, "hung")] for call in (results, again)):
        assert set(found) <= {"timeout", "breaker_open"}
        assert found.count("breaker_open") >= 50, "the second call costs nothing"
    assert all(result.scores["constant"].value == 1.0 for result in results), "the other rewards judge on"


def test_a_group_whose_ground_truth_hangs_the_judge_is_settled_once(misbehaving: Path, tmp_path: Path):
    rubric = {"rewards": {"stuck": {}}, "limits": {"deadline_s": 0.3}}
    asked = {"asked": str(tmp_path)}
    samples = [Sample(completion=str(number), ground_truth="hang", columns=asked) for number in range(16)]
    with Scorer(rubric, workers=1, plugins=[misbehaving]) as scorer:
        results = scorer.score([*samples, *(Sample(completion="x", ground_truth=str(n)) for n in range(4))])
        times = len(list(tmp_path.iterdir()))
        assert 1 <= times < 16
        scorer.score(samples)
        assert len(list(tmp_path.iterdir())) == times
    assert kinds(results, "stuck") == [(None, "timeout")] * 16 + [(1.0, "judged")] * 4


@linux
def test_a_judge_that_only_waits_has_failed_and_never_scores_zero(misbehaving: Path):
    rubric = {"rewards": {"hung": {}}, "limits": {"deadline_s": 0.3}}
    with Scorer(rubric, workers=1, plugins=[misbehaving]) as scorer:
        results = scorer.score([Sample(completion="x", ground_truth="wait")])
    assert kinds(results, "hung") == [(None, "timeout")]


@pytest.mark.parametrize("call", ["score", "score_async"])
def test_a_call_ends_when_its_budget_is_over_and_keeps_what_was_judged(misbehaving: Path, call: str):
    rubric = {"rewards": {"obedient": {}}, "limits": {"deadline_s": 60, "batch_s": 3}}
    samples = [Sample(completion=order) for order in ("a", "sleep 0.1", *["sleep 30"] * 6)]
    with Scorer(rubric, workers=1, plugins=[misbehaving]) as scorer:
        started = time.monotonic()
        results = scorer.score(samples) if call == "score" else asyncio.run(scorer.score_async(samples))
        assert time.monotonic() - started < 25, "nobody waited for a sleep of 30 s"
        assert kinds(results, "obedient") == [(1.0, "judged"), (9.0, "judged")] + [(None, "timeout")] * 6
        assert results[2].scores["obedient"].reason == "not judged before the batch's 3 s were over (limits.batch_s)"


def test_score_async_takes_no_thread_of_the_executor(misbehaving: Path, tmp_path: Path):
    rubric = {"rewards": {"obedient": {}}, "limits": {"deadline_s": 60}}
    taken: list[str] = []
    meeting = Sample(completion=f"meet 9 {tmp_path}")

    async def loop(scorer: Scorer) -> None:
        with ThreadPoolExecutor(max_workers=1) as only_one:
            asyncio.get_running_loop().set_default_executor(only_one)
            calls = [asyncio.create_task(scorer.score_async([meeting], progress=1.0)) for _ in range(8)]
            # Eight calls wait beside each other, each in a worker of its own.
            while len(list(tmp_path.iterdir())) < 8:  # noqa: ASYNC110, ASYNC240 - other processes write there
                await asyncio.sleep(0.01)
            await asyncio.to_thread(taken.append, "free")
            (tmp_path / "the ninth").touch()
            results = await asyncio.gather(*calls)
        assert {kind for found in results for _, kind in kinds(found, "obedient")} == {"judged"}

    with Scorer(rubric, workers=8, plugins=[misbehaving]) as scorer:
        threads = threading.active_count()
        asyncio.run(loop(scorer))
        assert threading.active_count() == threads
    assert taken == ["free"]


def test_a_worker_that_dies_while_it_starts_names_the_reward_and_its_last_words(
    misbehaving: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(pool, "START_PAUSES_S", (0.1, 0.1))
    said = r"tried 3 times: signal SIGABRT while it built the reward 'boom' \(.*:aborting\); it wrote: first line"
    with pytest.raises(InfrastructureError, match=said):
        Scorer({"rewards": {"constant": {}, "boom": {"reward": "aborting"}}}, workers=2, plugins=[misbehaving])


def test_where_not_all_workers_start_the_others_go_on(
    misbehaving: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(pool, "START_PAUSES_S", (0.1, 0.1))
    rubric = {"rewards": {"aborting": {"params": {"survivors": 1, "folder": str(tmp_path)}}}}
    with caplog.at_level(logging.WARNING, "rewardkit"), Scorer(rubric, workers=3, plugins=[misbehaving]) as scorer:
        results = scorer.score([Sample(completion="x")] * 50)
        until = time.monotonic() + 300
        while len(caplog.messages) < 2:
            assert time.monotonic() < until, "two of three workers are given up"
            time.sleep(0.05)
    assert kinds(results, "aborting") == [(1.0, "judged")] * 50
    assert caplog.messages[-1].startswith("rewardkit goes on with 1 of 3 workers: no worker process starts")


def test_when_the_last_worker_cannot_be_replaced_the_call_fails_and_the_next_one_tries_again(
    misbehaving: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(pool, "START_PAUSES_S", (0.1, 0.1))
    rubric = {
        "rewards": {"obedient": {}, "aborting": {"params": {"survivors": 1, "folder": str(tmp_path)}}},
        "limits": {"deadline_s": 60},
    }
    with Scorer(rubric, workers=1, plugins=[misbehaving]) as scorer:
        with pytest.raises(InfrastructureError, match="tried 3 times: signal SIGABRT while it built the reward 'abort"):
            scorer.score([Sample(completion="os._exit")])
        (tmp_path / "0").unlink()
        assert kinds(scorer.score([Sample(completion="xx")]), "obedient") == [(2.0, "judged")]
