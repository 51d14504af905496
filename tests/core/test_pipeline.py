"""Judging in worker processes: order, limits, and what every kind of misbehaviour comes to."""

import asyncio
import os
import pydoc
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rewardkit import ConfigError, InfrastructureError, InputError, Result, Sample, Score, Scorer
from rewardkit.pipeline import JOB_SAMPLES, JOBS_AHEAD

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="looks at processes as POSIX shows them")

RUBRIC = {
    "rewards": {"obedient": {}, "constant": {"weight": 0.1}},
    "limits": {"deadline_s": 1, "memory_mb": 512},
}


@pytest.fixture(scope="module")
def scorer(misbehaving: Path) -> Iterator[Scorer]:
    with Scorer(RUBRIC, workers=2, plugins=[misbehaving]) as scorer:
        yield scorer


def judged(scorer: Scorer, *orders: str) -> list[Result]:
    return scorer.score([Sample(completion=order) for order in orders])


def child_processes(pid: int) -> set[int]:
    """Every process below `pid`."""
    found, last = set(), {pid}
    while last:
        with subprocess.Popen(["ps", "-A", "-o", "pid=,ppid="], stdout=subprocess.PIPE, text=True) as ps:
            pairs = [tuple(map(int, line.split())) for line in ps.stdout]
        pairs = [pair for pair in pairs if pair[0] != ps.pid]
        last = {child for child, parent in pairs if parent in last} - found
        found |= last
    return found


def wait_until(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 300
    while not holds():
        assert time.monotonic() < until, "it did not come true in 300 s"
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        ("raise", "'obedient' raised ValueError: told to (misbehaving.py, line"),
        ("exit politely", "'obedient' raised SystemExit"),
        ("os._exit", "the process that judged it died, tried twice: exit code 0"),
        ("crash", "the process that judged it died, tried twice: signal SIGSEGV"),
        ("wrong number", "'obedient' returned 0 scores for 1 sample"),
        ("no Score", "'obedient' returned the text '1.0'; return a number"),
        ("nan", "a score must be a finite number, not nan"),
        ("infinity", "a score must be a finite number, not inf"),
        ("unjsonable", "'obedient' raised TypeError"),
        ("cancel", "'obedient' raised CancelledError"),
        ("bad str", "'obedient' raised MuteError: (its __str__ raises)"),
        ("bad status", "'obedient' made a Score with the status 'win' and value 1.0"),
        ("fork and exit", "the process that judged it died, tried twice: exit code 7"),
    ],
)
def test_the_judges_fault_is_failed_and_never_zero(scorer: Scorer, order: str, reason: str):
    (result,) = judged(scorer, order)
    score = result.scores["obedient"]
    assert (score.status, score.value, result.reward) == ("failed", None, None)
    assert reason in score.reason
    assert result.scores["constant"] == Score.scored(1.0), "the other rewards judge on"


@pytest.mark.parametrize("order", ["hang", "hang in C", "leave the group"])
def test_a_completion_that_takes_all_time_scores_zero(scorer: Scorer, order: str):
    (result,) = judged(scorer, order)
    assert result.scores["obedient"] == Score.scored(
        0.0, "out of time: not judged within 1 s, tried twice", kind="time_limit"
    )
    assert result.reward == pytest.approx(0.1)


@pytest.mark.parametrize("order", ["allocate", "fork and allocate"])
def test_a_completion_that_takes_all_memory_scores_zero(misbehaving: Path, order: str):
    rubric = {"rewards": {"obedient": {}}, "limits": {"deadline_s": 60, "memory_mb": 512}}
    with Scorer(rubric, workers=1, plugins=[misbehaving]) as scorer:
        (result,) = judged(scorer, order)
    reason = "out of memory: judging takes more than 512 MB, tried twice"
    assert result.scores["obedient"] == Score.scored(0.0, reason, kind="memory_limit")


@pytest.mark.parametrize("order", ["hang", "allocate"])
def test_a_reward_that_takes_all_whatever_the_completion_says_has_failed(misbehaving: Path, order: str):
    rubric = RUBRIC | {"rewards": {"stuck": {"gate": "constant"}, "constant": {"weight": 0.1}}}
    samples = [Sample(completion="a", ground_truth=order), Sample(completion="b", ground_truth="4")]
    with Scorer(rubric, workers=1, plugins=[misbehaving]) as scorer:
        stuck, fine = scorer.score(samples)
    assert (stuck.reward, stuck.scores["stuck"].status) == (None, "failed")
    assert "'I do not know.' in its place takes as much" in stuck.scores["stuck"].reason
    assert stuck.scores["constant"] == Score.scored(1.0)
    assert fine.reward == pytest.approx(1.1)


def test_a_gigabyte_of_print_harms_nobody(misbehaving: Path, capfd: pytest.CaptureFixture[str]):
    with Scorer(
        {"rewards": {"obedient": {}}, "limits": {"deadline_s": 60}}, workers=1, plugins=[misbehaving]
    ) as patient:
        assert judged(patient, "print")[0].scores["obedient"].value == len("print")
    assert capfd.readouterr() == ("", "")


def test_long_reasons_and_details_are_bounded(scorer: Scorer):
    score = judged(scorer, "long details")[0].scores["obedient"]
    assert len(score.reason) == 1000
    assert score.details["left_out"].endswith("bytes of details")


def test_details_may_hold_integers_of_any_size(scorer: Scorer):
    assert judged(scorer, "large details")[0].scores["obedient"].details == {"number": 2**100}


def test_a_sample_that_kills_its_worker_harms_no_neighbour(scorer: Scorer):
    orders = ["a", "bb", "os._exit", "ccc", "hang", "dddd", "crash", "eeeee", "allocate", "ffffff"]
    values = [result.scores["obedient"].value for result in judged(scorer, *orders)]
    assert values == [1, 2, None, 3, 0.0, 4, None, 5, 0.0, 6]


def test_a_sample_that_kills_its_worker_is_tried_once_more(scorer: Scorer, tmp_path: Path):
    (result,) = scorer.score([Sample(completion="crash once", columns={"marker": str(tmp_path / "tried")})])
    assert result.scores["obedient"] == Score.scored(1.0)


def test_a_deadline_counts_for_one_sample_not_for_its_batch(scorer: Scorer):
    assert all(result.scores["obedient"].value == 9 for result in judged(scorer, *["sleep 0.4"] * 6))


@pytest.mark.parametrize(("name", "status"), [("busy", "failed"), ("patient", "scored")])
def test_a_reward_may_have_the_time_of_several_deadlines(misbehaving: Path, name: str, status: str):
    rubric = {"rewards": {name: {}}, "limits": {"deadline_s": 0.1}}
    with Scorer(rubric, workers=1, plugins=[misbehaving]) as scorer:
        (result,) = scorer.score([Sample(completion="x")])
    assert result.scores[name].status == status


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.permutations(["", "a", "bb", "ccc", "raise", "nan", "abstain"] * 3))
def test_rewards_follow_their_samples_under_permutation(scorer: Scorer, orders: list[str]):
    alone = {order: judged(scorer, order)[0] for order in set(orders)}
    assert judged(scorer, *orders) == [alone[order] for order in orders]


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_the_number_of_workers_changes_nothing(misbehaving: Path, scorer: Scorer, workers: int):
    orders = [*("x" * n for n in range(300)), "raise", "os._exit", "abstain"]
    with Scorer(RUBRIC, workers=workers, plugins=[misbehaving]) as other:
        assert judged(other, *orders) == judged(scorer, *orders)


def test_a_stream_keeps_its_order_and_reads_only_a_little_ahead(scorer: Scorer):
    read = 0

    def samples() -> Iterator[Sample]:
        nonlocal read
        for number in range(50_000):
            read += 1
            yield Sample(completion="x" * (number % 7))

    for number, result in enumerate(scorer.stream(samples())):
        assert result.scores["obedient"].value == number % 7
        assert read - number <= JOB_SAMPLES * (2 * JOBS_AHEAD + 1)


def test_any_thread_and_any_event_loop_can_score(scorer: Scorer):
    answers: dict[int, list[Result]] = {}

    def work(number: int) -> None:
        answers[number] = judged(scorer, "x" * number, "hang")

    async def loop() -> list[list[Result]]:
        beats = 0

        async def beat() -> None:
            nonlocal beats
            while True:
                await asyncio.sleep(0.05)
                beats += 1

        beating = asyncio.create_task(beat())
        results = await asyncio.gather(*(scorer.score_async([Sample(completion=o)]) for o in ("a", "hang", "ccc")))
        beating.cancel()
        assert beats > 2, "the event loop went on meanwhile"
        return results

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    from_loop = asyncio.run(loop())
    for thread in threads:
        thread.join()
    assert [[r.scores["obedient"].value for r in answers[n]] for n in range(4)] == [[n, 0.0] for n in range(4)]
    assert [results[0].scores["obedient"].value for results in from_loop] == [1, 0.0, 3]


def test_a_reward_that_sees_groups_gets_each_whole(misbehaving: Path):
    rubric = {"rewards": {"rank": {}}}
    rows = [("a", "x"), ("b", "xx"), ("a", "xxx"), ("b", "x"), ("a", "xx")]
    samples = [Sample(completion=text, group=group) for group, text in rows]
    with Scorer(rubric, workers=2, plugins=[misbehaving]) as scorer:
        results = scorer.score(samples)
        assert [r.scores["rank"].details["size"] for r in results] == [3, 2, 3, 2, 3]
        assert [r.reward for r in results] == pytest.approx([1 / 3, 1.0, 1.0, 0.5, 2 / 3])
        with pytest.raises(InputError, match="group 'a' comes back after another group"):
            list(scorer.stream(samples))


def test_a_closed_gate_saves_the_judging(misbehaving: Path):
    rubric = {
        "rewards": {"obedient": {"gate": "column"}, "column": {"weight": 0, "params": {"column": "open"}}},
        "limits": {"deadline_s": 1},
    }
    with Scorer(rubric, workers=1, plugins=[misbehaving]) as scorer:
        results = scorer.score([Sample(completion="hang", columns={"open": 0})] * 40)
    assert {(r.reward, r.scores["obedient"].reason) for r in results} == {
        (0.0, "not judged: the gate 'column' is closed")
    }


def test_rows_of_the_fields_shapes_are_taken(misbehaving: Path):
    rubric = {"rewards": {"column": {"params": {"column": "ground_truth"}}}}
    with Scorer(rubric, workers=1, plugins=[misbehaving]) as scorer:
        assert [r.reward for r in scorer.score([{"prompt": "p", "completion": "c", "answer": 3}])] == [3.0]
        with pytest.raises(InputError, match="rows, row 1"):
            scorer.score([{"promt": "p"}])


def test_a_schedule_reads_the_progress_of_training(misbehaving: Path):
    rubric = {"rewards": {"constant": {"weight": [[0, 0.5], [1, 1.5]]}}}
    with Scorer(rubric, workers=1, plugins=[misbehaving]) as scorer:
        rewards = [scorer.score([Sample(completion="")], progress=p)[0].reward for p in (0, 0.5, 1)]
    assert rewards == [0.5, 1.0, 1.5]


def test_bad_configuration_raises_before_any_sample(misbehaving: Path):
    with pytest.raises(InfrastructureError, match=r"reward 'unbuildable' .* did not start: OSError: no such model"):
        Scorer({"rewards": {"unbuildable": {}}}, plugins=[misbehaving])
    with pytest.raises(ConfigError, match="workers: found 0"):
        Scorer({"rewards": {"constant": {}}}, workers=0, plugins=[misbehaving])


def test_rewards_that_leave_no_memory_for_a_sample_are_refused(misbehaving: Path):
    rubric = {"rewards": {"hoarder": {}}, "limits": {"memory_mb": 256}}
    with pytest.raises(ConfigError, match=r"limits.memory_mb: 256: the rewards take \d+ MB once loaded; write \d+"):
        Scorer(rubric, workers=1, plugins=[misbehaving])


def test_a_worker_that_cannot_be_started_is_an_error_and_no_hang(misbehaving: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "executable", "/nonexistent")
    with pytest.raises(InfrastructureError, match="no worker process starts"):
        Scorer({"rewards": {"constant": {}}}, plugins=[misbehaving])


def test_what_cannot_be_sent_to_a_worker_is_named(scorer: Scorer):
    class Local:
        pass

    with pytest.raises(InputError, match="must be plain data"):
        scorer.score([Sample(completion="x", ground_truth=Local())])
    assert judged(scorer, "xx")[0].scores["obedient"].value == 2


def test_a_condition_that_cannot_be_compared_fails_its_sample_alone(misbehaving: Path):
    rubric = {"rewards": {"constant": {"when": {"odd": 1}}}}
    with Scorer(rubric, workers=1, plugins=[misbehaving]) as scorer:
        odd, even = scorer.score([Sample(completion="", columns={"odd": np.array([1, 1])}), Sample(completion="")])
    assert odd.scores["constant"].status == "failed"
    assert even.scores["constant"].status == "abstained"


def test_what_nobody_waits_for_is_judged_no_further(misbehaving: Path):
    rubric = {"rewards": {"obedient": {}}, "limits": {"deadline_s": 60}}

    async def cancelled(scorer: Scorer) -> None:
        waiting = asyncio.create_task(scorer.score_async([Sample(completion="sleep 5")] * 20))
        await asyncio.sleep(0.5)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    with Scorer(rubric, workers=1, plugins=[misbehaving]) as scorer:
        started = time.monotonic()
        asyncio.run(cancelled(scorer))
        assert judged(scorer, "xx")[0].scores["obedient"].value == 2
        assert time.monotonic() - started < 80, "the 100 s that nobody waited for were not slept"


def test_a_forked_child_neither_hangs_nor_harms_its_parent(misbehaving: Path):
    code = """
import os, sys
from rewardkit import InfrastructureError, Sample, Scorer
scorer = Scorer({"rewards": {"constant": {}}}, workers=1, plugins=[sys.argv[1]])
child = os.fork()
if child == 0:
    try:
        scorer.score([Sample(completion="x")])
    except InfrastructureError as error:
        assert "belongs to the process that made it" in str(error)
        sys.exit(0)
    sys.exit(1)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
assert scorer.score([Sample(completion="x")])[0].reward == 1.0
"""
    subprocess.run([sys.executable, "-c", code, misbehaving], check=True, timeout=900)


def test_the_working_directory_may_change(misbehaving: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(misbehaving.parent)
    with Scorer(RUBRIC, workers=1, plugins=[misbehaving.name]) as scorer:
        monkeypatch.chdir(tmp_path)
        assert [r.scores["obedient"].value for r in judged(scorer, "os._exit", "xx")] == [None, 2]


def test_a_closed_scorer_says_so(misbehaving: Path):
    scorer = Scorer({"rewards": {"constant": {}}}, workers=1, plugins=[misbehaving])
    scorer.close()
    scorer.close()
    with pytest.raises(InfrastructureError, match="this scorer was closed"):
        judged(scorer, "x")


def test_closing_is_a_method_that_help_shows():
    assert "close(self)" in pydoc.render_doc(Scorer, renderer=pydoc.plaintext)


def test_closing_ends_a_scorer_that_is_at_work(misbehaving: Path):
    scorer = Scorer({"rewards": {"obedient": {}}, "limits": {"deadline_s": 60}}, workers=2, plugins=[misbehaving])
    caught: list[BaseException] = []

    def work() -> None:
        try:
            judged(scorer, "hang", "hang", "hang")
        except InfrastructureError as error:
            caught.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    time.sleep(0.5)
    before = child_processes(os.getpid())
    scorer.close()
    thread.join(timeout=300)
    assert not thread.is_alive()
    assert len(caught) == 1
    assert len(child_processes(os.getpid())) <= len(before) - 2


def test_nothing_leaks_over_ten_thousand_samples_and_many_deaths(misbehaving: Path):
    def descriptors() -> int:
        return len(list(Path("/proc/self/fd" if sys.platform == "linux" else "/dev/fd").iterdir()))

    before, children, threads = descriptors(), child_processes(os.getpid()), threading.active_count()
    with Scorer(RUBRIC, workers=2, plugins=[misbehaving]) as scorer:
        judged(scorer, *["os._exit" if n % 5000 == 0 else "x" for n in range(10_000)])
        during = descriptors()
        judged(scorer, *["os._exit" if n % 5000 == 0 else "x" for n in range(10_000)])
        assert descriptors() == during
    wait_until(lambda: threading.active_count() == threads)
    assert descriptors() == before
    assert child_processes(os.getpid()) <= children


PROGRAM = """
import sys, threading, time
from rewardkit import Sample, Scorer
scorer = Scorer({"rewards": {"obedient": {}}, "limits": {"deadline_s": 60}}, workers=2, plugins=[sys.argv[1]])
scorer.score([Sample(completion="x")])
print("ready", flush=True)
if sys.argv[2] == "end":
    sys.exit()
scorer.score([Sample(completion="hang")] * 2)
"""


@pytest.mark.parametrize("how", ["end", "KeyboardInterrupt", "SIGKILL"])
def test_no_worker_outlives_its_parent(misbehaving: Path, how: str):
    command = [sys.executable, "-c", PROGRAM, str(misbehaving), how]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        if how != "end":
            time.sleep(0.5)
            workers = child_processes(process.pid)
            assert len(workers) == 2
            process.send_signal(2 if how == "KeyboardInterrupt" else 9)
            wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers))
        process.communicate(timeout=900)
        if how == "end":
            assert process.returncode == 0
        if how == "KeyboardInterrupt":
            assert process.returncode == -2


def test_a_sample_that_is_nested_too_deeply_is_left_out_alone(scorer: Scorer):
    deep: object = "x"
    for _ in range(20_000):
        deep = [deep]
    samples = [Sample(completion="four") for _ in range(9)]
    samples[4] = Sample(completion="four", ground_truth=deep)
    results = scorer.score(samples)
    assert [result.scores["obedient"].value for result in results] == [4.0] * 4 + [None] + [4.0] * 4
    assert results[4].reward is None
    assert results[4].scores["obedient"].kind == "unreadable_ground_truth"
