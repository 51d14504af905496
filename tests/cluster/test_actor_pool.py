"""The engine's decisions, on a cluster to order: who judges what, and what follows when an actor or a node is lost."""

import importlib.util
import logging
import pickle
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from rewardkit import ConfigError, InfrastructureError, Sample
from rewardkit.cluster import actor_pool, lanes
from rewardkit.cluster.actor_pool import ActorPool
from rewardkit.cluster.file_parts import Probe
from rewardkit.cluster.places import gpu_places, node_places
from rewardkit.registry.registry import load_registry
from rewardkit.rubrics.resolution import resolve
from rewardkit.rubrics.rubric import Rubric
from rewardkit.shards.part import Part, PartRequest, PartSettings
from rewardkit.workers.engine import Job
from rewardkit.workers.pool import WorkerConfig

pytest.importorskip("ray")  # places are named by its scheduling strategies

spec = importlib.util.spec_from_file_location("fake_ray", Path(__file__).parent / "fake_ray.py")
fake_ray = importlib.util.module_from_spec(spec)
spec.loader.exec_module(fake_ray)
FakeRay = fake_ray.FakeRay

RUBRIC = Rubric.of({"rewards": {"format": {}}, "limits": {"batch_s": 5}})


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    for name, value in {"LOOK_S": 0.02, "TICK_S": 0.02, "GRACE_S": 0.1}.items():
        monkeypatch.setattr(actor_pool, name, value)
    for name, value in {"PAUSE_S": 0.0, "ROOM_S": 0.2}.items():
        monkeypatch.setattr(lanes, name, value)


@pytest.fixture
def start():
    pools = []

    def started(ray: Any, workers: int | None = None, rubric: Rubric = RUBRIC, places=None) -> ActorPool:
        config = WorkerConfig(rubric, resolve(rubric, load_registry()), (), False, str(Path.cwd()))
        places = places or node_places(ray, workers)
        pools.append(pool := ActorPool(ray, config, places, fixed=workers is not None))
        return pool

    yield started
    for pool in pools:
        pool.close()


def job(*completions: str, until: float | None = None) -> Job:
    return Job([[Sample(completion=text)] for text in completions], {"format": 1.0}, until)


def kinds(done: Any) -> list[str]:
    return [scores[0][2] for unit in done.result(30).results for _, scores, _ in unit]


def test_there_is_one_actor_a_node_with_a_worker_for_each_of_its_processors(start):
    ray = FakeRay(a=4, b=2, head=0)
    pool = start(ray)
    assert [(actor.node, actor.options["num_cpus"]) for actor in ray.actors] == [("a", 4), ("b", 2)]
    assert pool.workers == 6
    assert all(actor.options["max_restarts"] == 0 == actor.options["max_task_retries"] for actor in ray.actors)


def test_jobs_go_to_whichever_actor_has_least_in_hand(start):
    ray = FakeRay(a=1, b=1)
    ray.hold = True
    pool = start(ray)
    futures = [pool.submit(job(str(number))) for number in range(8)]
    held = ray.wait_held(6)  # three for each worker, and two wait
    assert sorted(actor.node for actor, _, _ in held) == ["a"] * 3 + ["b"] * 3
    busy = held[0][0]
    with ray.changed:
        ray.held = [one for one in held if one[0] is busy]
    for one in held:
        if one[0] is not busy:
            ray.answer(*one)
    later = ray.wait_held(5)[3:]  # the two go to the one that is free, not to the other's turn
    assert [actor.node for actor, _, _ in later] == [next(n for n in "ab" if n != busy.node)] * 2
    ray.release()
    assert [kinds(future) for future in futures] == [["judged"]] * 8


def test_what_a_lost_node_had_in_hand_is_judged_by_another_once(start):
    ray = FakeRay(a=2, b=2)
    ray.hold = True
    pool = start(ray)
    futures = [pool.submit(job(f"{number}a", f"{number}b")) for number in range(12)]
    ray.wait_held(12)
    ray.lose("a")
    ray.release()
    assert [kinds(future) for future in futures] == [["judged"] * 2] * 12
    assert ray.judged == {f"{number}{letter}": 1 for number in range(12) for letter in "ab"}


def test_a_node_that_comes_gets_an_actor(start):
    ray = FakeRay(a=1)
    pool = start(ray)
    ray.cpus["b"] = ray.free["b"] = 3
    assert ray.wait_actors(2)[1].node == "b"
    while pool.workers != 4:
        pass


def test_a_lost_actor_gets_a_successor_on_its_node(start):
    ray = FakeRay(a=1)
    pool = start(ray)
    ray.actors[0].die()
    assert kinds(pool.submit(job("x"))) == ["judged"]
    assert [actor.node for actor in ray.actors] == ["a", "a"]


def test_only_the_sample_that_ends_its_actor_fails(start):
    ray = FakeRay(a=2, b=2)
    pool = start(ray)
    last = ["poison" if number == 3 else "x" for number in range(8)]
    futures = [pool.submit(job(*(f"{number}.{n}" for n in range(5)), last[number])) for number in range(8)]
    ends = ["crash" if text == "poison" else "judged" for text in last]
    assert [kinds(future) for future in futures] == [["judged"] * 5 + [end] for end in ends]
    _, ((_, _, _, reason, *_),), _ = futures[3].result().results[5][0]
    found = "the process that judges on a node of the cluster was lost with it, 4 times"
    assert reason == f"{found}: RayActorError: The actor died"
    assert sum(not actor.lives for actor in ray.actors) == 4


def test_a_result_that_is_lost_on_its_way_is_judged_again_by_an_actor_that_stays(start):
    ray = FakeRay(a=1)
    pool = start(ray)
    ray.lose_results = 1
    assert kinds(pool.submit(job("x", "y"))) == ["judged"] * 2
    assert len(ray.actors) == 1


def test_a_place_whose_actors_end_one_after_the_other_is_left_out(start, caplog):
    ray = FakeRay(a=1)
    pool = start(ray)
    ray.refuses["a"] = None
    ray.on_start = lambda actor, reference, *_: actor.die()
    ray.actors[0].die()
    with pytest.raises(InfrastructureError, match="no node of the Ray cluster judges any more: node a: its actors end"):
        pool.submit(job("x")).result(30)
    assert len(ray.actors) == lanes.LOSSES_IN_A_ROW


def test_jobs_wait_for_a_cluster_without_nodes_for_a_while(start, monkeypatch):
    monkeypatch.setattr(actor_pool, "PATIENCE_S", 0.2)
    ray = FakeRay(a=1)
    pool = start(ray)
    ray.lose("a")
    with pytest.raises(InfrastructureError, match="judges any more: all were lost"):
        pool.submit(job("x")).result(30)


def test_a_node_with_another_version_is_refused_by_name(start):
    ray = FakeRay(a=1, b=1)
    ray.there["b"] = {"rewardkit": "9.9"}
    with pytest.raises(
        ConfigError, match=r"node b would judge differently: rewardkit \S+ here, 9.9 there; install the same"
    ):
        start(ray)


def test_what_a_node_refuses_at_the_start_is_an_error_if_the_user_can_correct_it(start):
    ray = FakeRay(a=1, b=1)
    ray.refuses["b"] = ConfigError("rewards.x.params.path names 'words.txt'")
    with pytest.raises(ConfigError, match=r"words\.txt"):
        start(ray)


def test_a_node_where_no_worker_starts_is_left_out(start, caplog):
    ray = FakeRay(a=1, b=2)
    ray.refuses["b"] = InfrastructureError("no sandbox there")
    with caplog.at_level(logging.WARNING, "rewardkit"):
        pool = start(ray)
    assert "leaves a node out: no sandbox there" in caplog.text
    assert kinds(pool.submit(job("x"))) == ["judged"]
    assert len(ray.actors) == 2


def test_no_node_that_starts_is_the_error_of_a_node(start):
    ray = FakeRay(a=1)
    ray.refuses["a"] = InfrastructureError("no sandbox there")
    with pytest.raises(InfrastructureError, match="no sandbox there"):
        start(ray)


def test_a_node_that_others_use_is_asked_for_fewer_processors(start):
    ray = FakeRay(a=8)
    ray.free["a"] = 3
    pool = start(ray)
    assert [actor.options["num_cpus"] for actor in ray.actors] == [8, 4, 2]
    assert kinds(pool.submit(job("x"))) == ["judged"]


def test_an_actor_that_is_slow_to_start_is_no_lack_of_room(start):
    ray = FakeRay(a=8)
    greetings = []
    ray.on_hello = lambda *call: greetings.append(call)  # its environment is being installed, say

    def then_hello():
        time.sleep(1)  # five times ROOM_S
        FakeRay.on_hello(ray, *greetings[0])

    threading.Thread(target=then_hello).start()
    start(ray)
    assert [actor.options["num_cpus"] for actor in ray.actors] == [8]


def test_a_number_of_workers_that_was_asked_for_is_not_lowered(start):
    ray = FakeRay(a=8)
    ray.free["a"] = 3
    with pytest.raises(InfrastructureError, match=r"node a has not 4 free processors \(the whole cluster has 3 free\)"):
        start(ray, workers=4)


def test_a_cluster_without_processors_is_refused():
    with pytest.raises(ConfigError, match="no node of the Ray cluster has a processor"):
        node_places(FakeRay(head=0), None)


def test_a_copy_of_a_service_has_a_gpu_of_its_own(start):
    ray = FakeRay(a=1)
    model = Rubric.of({"rewards": {"reward_model": {"params": {"model": "m", "device": ["cuda:0", "cuda:1"]}}}})
    sent = []
    ray.on_start = lambda actor, reference, parcel, *_: (sent.append(parcel), reference.answer.set_result(None))
    start(ray, 2, model, places=gpu_places(2, "reward_model"))
    assert [(actor.options["num_gpus"], actor.options["num_cpus"]) for actor in ray.actors] == [(1, 0)] * 2
    assert [pickle.loads(one).rubric.rewards["reward_model"].params["device"] for one in sent] == ["cuda"] * 2


def test_a_cancelled_job_is_cancelled_at_its_actor(start):
    ray = FakeRay(a=1)
    ray.hold = True
    pool = start(ray)
    future = pool.submit(job("x"))
    ((_, reference, _),) = ray.wait_held(1)
    future.cancel()
    with pytest.raises(ray.exceptions.TaskCancelledError):
        reference.answer.result(30)
    ray.release()
    assert kinds(pool.submit(job("y"))) == ["judged"]


def test_what_no_actor_judges_within_the_budget_of_a_batch_has_failed(start):
    ray = FakeRay(a=1)
    ray.hold = True
    pool = start(ray)
    assert kinds(pool.submit(job("x", until=time.monotonic() + 0.05))) == ["timeout"]


def test_a_closed_pool_ends_what_waits(start):
    ray = FakeRay(a=1)
    ray.hold = True
    pool = start(ray)
    futures = [pool.submit(job(str(number))) for number in range(9)]
    pool.close()
    for future in futures:
        with pytest.raises(InfrastructureError, match="closed"):
            future.result(30)
    with pytest.raises(InfrastructureError, match="closed"):
        pool.submit(job("x"))
    assert not any(actor.lives for actor in ray.actors)


def test_a_cluster_that_does_not_answer_any_more_ends_what_waits(start):
    ray = FakeRay(a=1)
    ray.hold = True
    pool = start(ray)
    future = pool.submit(job("x"))
    ray.wait_held(1)

    def gone():
        raise ConnectionError("the head is gone")

    ray.nodes = gone
    with pytest.raises(InfrastructureError, match="does not answer: ConnectionError: the head is gone"):
        future.result(30)


def test_a_sample_that_cannot_be_sent_is_an_error_as_with_local_workers(start):
    pool = start(FakeRay(a=1))
    unsendable = Job([[Sample(completion="x", columns={"lock": threading.Lock()})]], {"format": 1.0})
    with pytest.raises(Exception, match="cannot be sent to a worker"):
        pool.submit(unsendable).result(30)


def test_a_sample_that_is_nested_too_deeply_abstains_and_its_neighbours_are_judged(start):
    nested: Any = []
    for _ in range(100_000):
        nested = [nested]
    pool = start(FakeRay(a=1))
    deep = Job([[Sample(completion="x", columns={"c": c})] for c in (1, 2, nested, 4)], {"format": 1.0})
    assert kinds(pool.submit(deep)) == ["judged", "judged", "unreadable_ground_truth", "judged"]
    while nested:  # or its end would be a recursion as well
        nested = nested.pop()


@pytest.fixture
def probe(tmp_path):
    (tmp_path / "rows").write_text("a row")
    (tmp_path / "beacon").touch()
    return Probe(((str(tmp_path / "rows"), 5),), str(tmp_path / "beacon"))


def request(tmp_path, number: int) -> PartRequest:
    part = Part(number, "rows", str(tmp_path / "rows"), "lines", 0, 5, 1, str(tmp_path / f"{number}"))
    return PartRequest(PartSettings(), part)


def test_a_part_of_a_file_goes_to_a_node_that_sees_it(start, probe, tmp_path):
    ray = FakeRay(a=1, b=1)
    ray.blind = {"a"}
    pool = start(ray)
    assert not pool.sees(probe)
    assert [pool.submit_part(request(tmp_path, n)).result(30) for n in range(5)] == [f"part {n}" for n in range(5)]
    assert {actor.node for actor, _ in ray.attempts} == {"b"}
    assert (tmp_path / "4").read_text() == "by b\n"
    ray.cpus["c"] = ray.free["c"] = 1  # a node that comes later is asked as well
    while not any(lane.shares for lane in pool._lanes.ready if lane.place.name == "node c"):
        time.sleep(0.01)


def test_files_that_every_node_sees_can_be_judged_in_parts(start, probe, tmp_path):
    assert start(FakeRay(a=1, b=1)).sees(probe)
    assert not start(FakeRay(a=1, b=1)).sees(probe._replace(files=((str(tmp_path / "rows"), 6),)))
    assert not start(FakeRay(a=1, b=1)).sees(probe._replace(beacon=str(tmp_path / "nothing")))


def test_a_lost_actor_is_the_death_of_a_parts_worker_and_cannot_write_into_the_next_attempt(start, probe, tmp_path):
    ray = FakeRay(a=1, b=1)
    ray.lose_first_part = True
    pool = start(ray)
    assert pool.sees(probe)
    (tmp_path / "0").write_text("a line of the attempt before\n")
    lost = pool.submit_part(request(tmp_path, 0)).result(30)
    assert (lost.cause, lost.at) == ("crash", None)
    assert pool.submit_part(request(tmp_path, 0)).result(30) == "part 0"
    (_, first), (second, _) = ray.attempts
    first.write_text("from behind a broken network\n")
    assert (tmp_path / "0").read_text() == f"a line of the attempt before\nby {second.node}\n"


def test_a_closed_pool_ends_parts_that_wait(start, probe, tmp_path):
    ray = FakeRay(a=1)
    ray.on_judge_part = lambda *_: None
    pool = start(ray)
    assert pool.sees(probe)
    waiting = pool.submit_part(request(tmp_path, 0))
    pool.close()
    with pytest.raises(InfrastructureError, match="closed"):
        waiting.result(30)
