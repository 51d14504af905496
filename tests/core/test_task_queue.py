"""The queue of a pool, without processes: who gets which task, and when a job is done."""

import threading
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from rewardkit import InfrastructureError, Reward, Rubric, Sample, Score
from rewardkit.codec import result_fields
from rewardkit.rubrics.resolution import Step
from rewardkit.rubrics.rubric import RewardConfig
from rewardkit.workers import task_queue
from rewardkit.workers.engine import Job
from rewardkit.workers.retry import Place, WorkerExit
from rewardkit.workers.task_queue import Assignment, TaskQueue

REWARD = type("Nobody", (Reward,), {"name": "nobody"})


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> TaskQueue:
    monkeypatch.setattr(task_queue, "usable_processors", lambda: 1)
    rubric = Rubric.of({"rewards": {"nobody": {}}, "limits": {"deadline_s": 1, "batch_s": 5}})
    return TaskQueue(rubric, [Step("nobody", RewardConfig(), SimpleNamespace(reward=REWARD), None)])


def job(samples: int = 1, until: float | None = None) -> Job:
    return Job([[Sample(completion=str(number))] for number in range(samples)], {"nobody": 1.0}, until)


def judge(queue: TaskQueue, assignment: Assignment, *units: int, died: WorkerExit | None = None) -> None:
    """Reports results for these units, for all where none is named and nothing died."""
    for unit in units or (() if died else assignment.task.units):
        assignment.done[unit] = [result_fields(1.0, [Score.scored(1.0)], {})]
    queue.report(assignment, died, 0.5)


def killed(unit: int, cause: str = "time_limit") -> WorkerExit:
    return WorkerExit(cause, "killed", Place(unit, 0, 0))


def test_results_come_in_the_order_of_the_units_whoever_judged_them(queue: TaskQueue):
    future = queue.submit(job(3))
    judge(queue, queue.take(), 0, died=killed(1))
    first, second = queue.take(), queue.take()
    assert (first.task.units, second.task.units) == ((1,), (2,))
    judge(queue, second)
    assert not future.done()
    judge(queue, first)
    done = future.result(timeout=0)
    assert (len(done.results), done.seconds) == (3, 1.5)


def test_the_neighbours_of_a_sample_that_hangs_go_to_idle_workers(queue: TaskQueue):
    queue.submit(job(9))
    whole = queue.take()
    taken: list[Assignment] = []
    threads = [threading.Thread(target=lambda: taken.append(queue.take())) for _ in range(3)]
    for thread in threads:
        thread.start()
    while queue._idle < 3:
        pass
    judge(queue, whole, died=killed(4))
    for thread in threads:
        thread.join(timeout=300)
    taken.append(queue.take())
    taken.append(queue.take())
    units = [assignment.task.units for assignment in taken]
    assert sorted(len(part) for part in units) == [1, 2, 2, 2, 2]
    assert sorted(unit for part in units for unit in part) == list(range(9))


def test_what_killed_a_worker_goes_first_and_what_was_overloaded_last(queue: TaskQueue):
    queue.submit(job())
    starved = queue.take()
    queue.submit(job(2))
    broken = queue.take()
    fresh = queue.submit(job())
    judge(queue, starved, died=killed(0, "overloaded"))
    judge(queue, broken, died=killed(0))
    order = [queue.take() for _ in range(4)]
    assert [assignment.task.late for assignment in order] == [False, False, False, True]
    assert [assignment.open_job.future is fresh for assignment in order] == [False, False, True, False]


def test_no_more_of_what_was_overloaded_is_judged_at_a_time_than_there_are_processors(queue: TaskQueue):
    queue.submit(job())
    queue.submit(job())
    for starved in (queue.take(), queue.take()):
        judge(queue, starved, died=killed(0, "overloaded"))
    first = queue.take()
    assert queue._next() is None, "one processor, one of them at a time"
    judge(queue, first)
    assert queue.take().task.late


@pytest.mark.parametrize("end", [judge, lambda queue, a: queue.put_back(a)])
def test_a_job_that_was_cancelled_is_judged_no_further(queue: TaskQueue, end: Callable[[TaskQueue, Assignment], None]):
    future = queue.submit(job(2))
    assignment = queue.take()
    assert assignment.wanted
    assert future.cancel()
    assert not assignment.wanted
    end(queue, assignment)
    other = queue.submit(job())
    judge(queue, queue.take())
    assert other.done()


def test_a_job_whose_time_is_up_keeps_what_was_judged(queue: TaskQueue):
    future = queue.submit(job(3, until=0.0))
    assignment = queue.take()
    assignment.done[1] = [result_fields(1.0, [Score.scored(1.0)], {})]
    queue.expire()
    assert not assignment.wanted
    assert [unit[0][1][0][2] for unit in future.result(timeout=0).results] == ["timeout", "judged", "timeout"]
    judge(queue, assignment)
    untouched = queue.submit(job(until=1e12))
    queue.expire()
    assert not untouched.done()


def test_a_job_that_cannot_be_sent_fails_alone(queue: TaskQueue):
    future, other = queue.submit(job()), queue.submit(job())
    queue.fail(queue.take(), ValueError("cannot be sent"))
    with pytest.raises(ValueError, match="cannot be sent"):
        future.result(timeout=0)
    judge(queue, queue.take())
    assert other.done()


def test_a_closed_queue_ends_its_jobs_and_its_workers(queue: TaskQueue):
    future = queue.submit(job())
    queue.close()
    assert queue.take() is None
    with pytest.raises(InfrastructureError, match="this scorer was closed"):
        future.result(timeout=0)
    with pytest.raises(InfrastructureError, match="this scorer was closed"):
        queue.submit(job())
