"""The rules of retrying, as a table of deaths and what follows from them; no process is started."""

from collections.abc import Sequence
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewardkit import Reward, Sample, Score
from rewardkit.codec import result_fields
from rewardkit.rubrics.resolution import Step
from rewardkit.rubrics.rubric import Limits, RewardConfig
from rewardkit.workers.breaker import FIRST_REST_S, Breaker
from rewardkit.workers.retry import ATTEMPTS, Place, Retry, Task, WorkerExit

LIMITS = Limits(deadline_s=2, memory_mb=512)


class Clock:
    """Seconds that pass when a test says so."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def step(alias: str, *, sees: str = "sample") -> Step:
    """A step whose reward nobody builds."""
    reward = type(alias, (Reward,), {"name": alias, "sees": sees, "control_completion": f"nothing for {alias}"})
    return Step(alias, RewardConfig(), SimpleNamespace(reward=reward), None, LIMITS)


def job(*truths: str, steps: Sequence[Step] = (step("cheap"), step("dear")), breaker: Breaker | None = None) -> Retry:
    """A job of one sample for each ground truth."""
    units = [[Sample(completion="mine", ground_truth=truth)] for truth in truths]
    return Retry(units, [step.alias for step in steps], steps, breaker or Breaker())


def died(cause: str, at: tuple[int, int, int] | None) -> WorkerExit:
    return WorkerExit(cause, "signal SIGKILL", Place(*at) if at else None)


def results(retry: Retry, *units: int, score: Score | None = None) -> dict[int, list]:
    """The reply of a worker for units that it judged: known scores, and `score` of every other reward."""
    sent = {}
    for request in retry.request(Task(units)):
        known = request.known
        scores = [known.get((0, alias), score or Score.scored(1.0)) for alias in ("cheap", "dear")]
        sent[request.place] = [result_fields(None, scores, {})]
    return sent


def test_a_job_that_nothing_kills_is_one_task():
    retry = job("1", "2", "3")
    task = retry.first()
    assert task == Task((0, 1, 2))
    assert retry.report(task, results(retry, 0, 1, 2), None) == []
    assert retry.finished


@pytest.mark.parametrize(
    ("deaths", "control", "status", "kind"),
    [
        (["time_limit", "time_limit"], None, "scored", "time_limit"),
        (["memory_limit", "memory_limit"], None, "scored", "memory_limit"),
        (["crash", "time_limit"], None, "scored", "time_limit"),
        (["time_limit", "time_limit"], "time_limit", "failed", "timeout"),
        (["time_limit", "time_limit"], "timeout", "failed", "timeout"),
        (["time_limit", "time_limit"], "memory_limit", "failed", "crash"),
        (["memory_limit", "memory_limit"], "memory_limit", "failed", "crash"),
        (["time_limit", "time_limit"], "crash", "failed", "crash"),
        (["crash", "crash"], "not asked", "failed", "crash"),
        (["time_limit", "crash"], "not asked", "failed", "crash"),
        (["timeout", "timeout"], "not asked", "failed", "timeout"),
        (["overloaded", "overloaded"], "not asked", "failed", "overloaded"),
        (["overloaded", "time_limit", "time_limit"], None, "scored", "time_limit"),
        (["time_limit", "overloaded", "time_limit"], None, "scored", "time_limit"),
    ],
)
def test_the_end_of_a_sample_that_kills_its_workers(deaths: list[str], control: str | None, status: str, kind: str):
    retry = job("1")
    task, at = retry.first(), (0, 0, 1)
    for number, cause in enumerate(deaths):
        (task,) = retry.report(task, {}, died(cause, at))
        assert task.units == (0,)
        assert task.late == (cause == "overloaded" and cause not in deaths[:number]), "it waits, once"
    if control != "not asked":
        assert task.control == at
        (request,) = retry.request(task)
        assert (request.only, request.samples[0][0]) == (1, "nothing for dear")
        (task,) = retry.report(task, {}, died(control, (0, 0, 1)) if control else None)
    assert task == Task((0,))
    (request,) = retry.request(task)
    settled = request.known[0, "dear"]
    assert (settled.status, settled.kind) == (status, kind)
    assert settled.value == (0.0 if status == "scored" else None)
    assert (0, "cheap") not in request.known, "its other rewards are judged on"


def test_a_control_that_is_starved_is_asked_once_more_and_never_costs_the_completion_its_reward():
    retry = job("1")
    task = retry.first()
    for _ in range(2):
        (task,) = retry.report(task, {}, died("time_limit", (0, 0, 0)))
    (again,) = retry.report(task, {}, died("overloaded", (0, 0, 0)))
    assert again == task._replace(late=True)
    (last,) = retry.report(again, {}, died("overloaded", (0, 0, 0)))
    assert retry.request(last)[0].known[0, "cheap"].kind == "overloaded"


def test_a_control_whose_worker_dies_before_it_is_asked_is_asked_again_a_few_times():
    retry = job("1")
    task = retry.first()
    for _ in range(2):
        (task,) = retry.report(task, {}, died("time_limit", (0, 0, 0)))
    for attempt in range(1, ATTEMPTS):
        (task,) = retry.report(task, {}, died("crash", None))
        assert (task.control, task.lost) == (Place(0, 0, 0), attempt)
    (task,) = retry.report(task, {}, died("crash", None))
    assert retry.request(task)[0].known[0, "cheap"].kind == "crash"


def test_two_deaths_at_different_rewards_settle_nothing():
    retry = job("1")
    (task,) = retry.report(retry.first(), {}, died("time_limit", (0, 0, 0)))
    (task,) = retry.report(task, {}, died("time_limit", (0, 0, 1)))
    assert (task, retry.request(task)[0].known) == (Task((0,)), {})


def test_a_whole_group_is_settled_where_the_reward_sees_groups():
    steps = [step("cheap"), step("dear", sees="group")]
    retry = Retry([[Sample(completion="a"), Sample(completion="b")]], ["cheap", "dear"], steps, Breaker())
    task = retry.first()
    for _ in range(2):
        (task,) = retry.report(task, {}, died("time_limit", (0, 0, 1)))
    assert [fields[0] for fields in retry.request(task)[0].samples] == ["nothing for dear"] * 2
    (task,) = retry.report(task, {}, None)
    assert retry.request(task)[0].known.keys() == {(0, "dear"), (1, "dear")}


@pytest.mark.parametrize(("idle", "parts"), [(0, 1), (1, 2), (3, 4), (99, 8)])
def test_the_neighbours_of_a_sample_that_hangs_are_shared_out_among_idle_workers(idle: int, parts: int):
    retry = job(*"123456789")
    alone, *others = retry.report(retry.first(), {}, died("time_limit", (4, 0, 0)), idle)
    assert alone == Task((4,))
    assert len(others) == parts
    assert sorted(unit for task in others for unit in task.units) == [0, 1, 2, 3, 5, 6, 7, 8]


def test_what_was_judged_before_a_death_is_not_judged_again():
    retry = job("1", "2", "3")
    alone, others = retry.report(retry.first(), results(retry, 0), died("crash", (1, 0, 0)))
    assert (alone, others) == (Task((1,)), Task((2,)))


def test_a_unit_that_no_worker_can_be_handed_is_found_by_halves():
    retry = job(*"12345678")
    tasks, deaths = [retry.first()], 0
    while tasks:
        task = tasks.pop(0)
        if 5 in task.units:
            deaths += 1
            tasks += retry.report(task, {}, died("crash", None))
        else:
            tasks += retry.report(task, results(retry, *task.units), None)
    assert deaths <= 4
    assert retry.finished
    statuses = [retry.results[unit][0][1][0][1] for unit in range(8)]
    assert statuses == ["scored"] * 5 + ["failed"] + ["scored"] * 2


def test_what_is_left_when_time_is_up_fails_and_what_was_judged_stays():
    retry = job("1", "2")
    retry.report(retry.first(), results(retry, 0), died("timeout", (1, 0, 0)))
    retry.give_up(Score.failed("time is up", kind="timeout"))
    assert retry.finished
    assert [retry.results[unit][0][1][0][2] for unit in (0, 1)] == ["judged", "timeout"]


def hang(retry: Retry, unit: int = 0) -> Task:
    """A sample on which the reward `dear` hangs whatever the completion is; the task that follows."""
    task = Task((unit,))
    for _ in range(3):
        (task,) = retry.report(task, {}, died("time_limit", (unit, 0, 1)))
    return task


def test_a_ground_truth_that_hangs_the_judge_is_settled_once_and_opens_no_breaker():
    breaker = Breaker()
    hang(job("bad", breaker=breaker))
    for _ in range(5):
        retry = job("bad", "good", breaker=breaker)
        bad, good = retry.request(retry.first())
        assert bad.known[0, "dear"].kind == "timeout"
        assert (good.known, breaker.is_open("dear")) == ({}, False)


def test_a_ground_truth_that_cannot_be_told_from_others_is_not_remembered():
    class Local:
        """Nothing that a pickle can name."""

    breaker = Breaker()
    for _ in range(2):
        steps = [step("cheap"), step("dear")]
        units = [[Sample(completion="mine", ground_truth=Local())]]
        retry = Retry(units, ["cheap", "dear"], steps, breaker)
        assert retry.request(retry.first())[0].known == {}
        hang(retry)


def test_a_reward_that_hangs_on_three_ground_truths_in_a_row_rests_and_comes_back_by_a_trial():
    clock = Clock()
    breaker = Breaker(clock)
    for truth in "abc":
        hang(job(truth, breaker=breaker))
    retry = job("d", "e", breaker=breaker)
    assert [request.known[0, "dear"].kind for request in retry.request(retry.first())] == ["breaker_open"] * 2
    assert (0, "cheap") not in retry.request(retry.first())[0].known, "only the one that hangs rests"

    clock.now = FIRST_REST_S
    trial, other = retry.request(retry.first())
    assert trial.known == {}, "one sample tries"
    assert other.known[0, "dear"].kind == "breaker_open"
    (task,) = retry.report(Task((0,)), {}, died("time_limit", (0, 0, 1)))
    assert retry.request(task)[0].known[0, "dear"].kind == "breaker_open", "one death ends a trial"

    clock.now = 2 * FIRST_REST_S
    assert retry.request(task)[0].known[0, "dear"].kind == "breaker_open", "the second rest is twice as long"
    clock.now = 3 * FIRST_REST_S
    assert retry.request(task)[0].known == {}
    retry.report(task, {0: [result_fields(None, [Score.scored(1.0)] * 2, {})]}, None)
    assert breaker.quiet, "a score closes the breaker"
    assert job("a", breaker=breaker).request(Task((0,)))[0].known == {}, "no ground truth was to blame"


@pytest.mark.parametrize("score", [Score.abstained("why"), Score.failed("why")])
def test_a_trial_that_tells_nothing_lets_the_next_one_try(score: Score):
    clock = Clock()
    breaker = Breaker(clock)
    for truth in "abc":
        hang(job(truth, breaker=breaker))
    clock.now = FIRST_REST_S
    retry = job("d", "e", breaker=breaker)
    retry.report(Task((0,)), results(retry, 0, score=score), None)
    assert breaker.is_open("dear")
    assert retry.request(Task((1,)))[0].known == {}


def test_a_score_between_two_hangs_keeps_the_breaker_closed():
    breaker = Breaker()
    for truth in "abcdef":
        hang(job(truth, breaker=breaker))
        fine = job(f"fine {truth}", breaker=breaker)
        fine.report(fine.first(), results(fine, 0), None)
    assert not breaker.is_open("dear")


def test_waiting_that_never_ends_opens_the_breaker_too_but_blames_no_ground_truth():
    breaker = Breaker()
    for truth in "aab":
        retry = job(truth, breaker=breaker)
        (task,) = retry.report(retry.first(), {}, died("timeout", (0, 0, 1)))
        retry.report(task, {}, died("timeout", (0, 0, 1)))
    assert not breaker.is_open("dear"), "three hangs, but two ground truths"
    assert job("a", breaker=breaker).request(Task((0,)))[0].known == {}
    retry = job("c", breaker=breaker)
    (task,) = retry.report(retry.first(), {}, died("timeout", (0, 0, 1)))
    retry.report(task, {}, died("timeout", (0, 0, 1)))
    assert breaker.is_open("dear")


@given(
    units=st.integers(1, 12),
    deaths=st.lists(
        st.tuples(
            st.sampled_from(["time_limit", "memory_limit", "timeout", "overloaded", "crash"]),
            st.booleans(),
            st.integers(0, 11),
            st.integers(0, 1),
        ),
        max_size=60,
    ),
    idle=st.integers(0, 4),
)
def test_every_unit_gets_one_result_whatever_dies_when(units: int, deaths: list[tuple], idle: int):
    retry = job(*map(str, range(units)))
    tasks, steps = [retry.first()], 0
    while tasks:
        steps += 1
        assert steps < 2000, "it ends"
        task = tasks.pop()
        requests = retry.request(task)
        if deaths:
            cause, somewhere, which, at_step = deaths.pop()
            places = [task.control.unit] if task.control else list(task.units)
            unit = places[which % len(places)]
            at = (unit, 0, at_step) if somewhere and (0, ("cheap", "dear")[at_step]) not in requests[0].known else None
            tasks += retry.report(task, {}, died(cause, at), idle)
        elif task.control:
            tasks += retry.report(task, {}, None, idle)
        else:
            tasks += retry.report(task, results(retry, *task.units), None, idle)
    assert retry.finished
    assert retry.results.keys() == set(range(units))
