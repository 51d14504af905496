"""A reward that has one process for the whole run: what it costs, and what is said when it misbehaves."""

import asyncio
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

import rewardkit
from rewardkit import ConfigError, InfrastructureError, Reward, RewardParams, Rubric, Sample, Score, Scorer
from rewardkit.registry.registry import load_registry
from rewardkit.rubrics.resolution import resolve
from rewardkit.workers.phases import phases_of
from rewardkit.workers.service import FAULTS_IN_A_ROW


class ModelParams(RewardParams):
    loads: str = ""
    """A folder in which each load leaves a file."""
    copies: int = 1
    fault: str = ""


class Model(Reward):
    """A model that counts its loads and does what completions say."""

    name = "model"
    Params = ModelParams
    runs = "service"
    sees = "batch"

    def __init__(self, params: Any, context: rewardkit.RewardContext) -> None:
        super().__init__(params, context)
        if params.fault == "config":
            raise ConfigError("model: pip install the-model")
        if params.fault:
            raise RuntimeError("no GPU")
        if params.loads:
            (Path(params.loads) / str(os.getpid())).touch()

    @classmethod
    def copies(cls, params: Any) -> Sequence[Any]:
        return [params] * params.copies

    def score(self, samples: Sequence[Sample]) -> list[Score]:
        orders = [sample.completion_text for sample in samples]
        if "hang" in orders:
            time.sleep(60)
        if "spin" in orders:
            while True:
                pass
        if "die" in orders:
            os._exit(3)
        if "leak" in orders:
            hoard = []
            while True:
                hoard.append(bytearray(2**24))
        if "wrong number" in orders:
            return []
        if "batch" in orders[0]:
            return [Score.scored(len(orders))] * len(orders)
        return [Score.scored(float(os.getpid() if order == "pid" else len(order))) for order in orders]


def rows(*completions: str) -> list[dict[str, str]]:
    return [{"prompt": f"p{number}", "completion": text} for number, text in enumerate(completions)]


def model(loads: Path | str = "", **params: Any) -> dict[str, Any]:
    return {"reward": Model, "params": {"loads": str(loads), **params}}


def test_four_workers_share_one_copy_of_a_model(tmp_path: Path):
    loads, workers = tmp_path / "loads", tmp_path / "workers"
    loads.mkdir()
    workers.mkdir()

    def cheap(completion):
        (workers / str(os.getpid())).touch()
        while len(list(workers.iterdir())) < 2:  # two workers meet, whichever they are
            time.sleep(0.01)
        return os.getpid()

    rubric = {"rewards": {"cheap": cheap, "model": model(loads)}, "limits": {"deadline_s": 120}}
    with Scorer(rubric, workers=4) as scorer:
        results = scorer.score(rows(*["pid"] * 400))
    assert len(list(loads.iterdir())) == 1
    assert {result.scores["model"].value for result in results} == {float(next(loads.iterdir()).name)}
    assert len({result.scores["cheap"].value for result in results}) > 1


def test_a_service_has_a_process_for_each_copy_that_it_asks_for(tmp_path: Path):
    with Scorer({"rewards": {"model": model(tmp_path, copies=2)}}, workers=1) as scorer:
        until = time.monotonic() + 300
        while len(list(tmp_path.iterdir())) < 2 and time.monotonic() < until:  # the first judges while the other starts
            scorer.score(rows("pid"))
            time.sleep(0.05)
    assert len(list(tmp_path.iterdir())) == 2


def test_thirty_two_prompts_are_judged_in_the_time_of_one_request():
    begun = []

    async def judge(completion):
        begun.append(asyncio.get_running_loop().create_future())
        if len(begun) == 32:  # no request ends before all have begun
            begun[0].set_result(None)
        await begun[0]
        return len(completion)

    with Scorer({"rewards": {"judge": {"reward": judge, "params": {"concurrency": 32}}}}, workers=4) as scorer:
        results = scorer.score(rows(*["abc"] * 32))
    assert [result.reward for result in results] == [3.0] * 32


def test_concurrency_is_a_limit_for_the_whole_run(tmp_path: Path):
    running = [0, 0]

    async def judge(completion):
        running[0] += 1
        running[1] = max(running)
        await asyncio.sleep(0.01)
        running[0] -= 1
        return float(running[1])

    with Scorer({"rewards": {"judge": {"reward": judge, "params": {"concurrency": 3}}}}, workers=4) as scorer:
        most = max(result.reward or 0 for result in scorer.score(rows(*["x"] * 64)))
    assert most == 3.0


def test_requests_per_minute_are_a_limit_for_the_whole_run():
    async def judge(completion):
        return 1.0

    limits = {"reward": judge, "params": {"requests_per_minute": 600}}
    with Scorer({"rewards": {"judge": limits}}, workers=4) as scorer:
        began = time.monotonic()
        scorer.score(rows(*["x"] * 11))
        assert time.monotonic() - began >= 1.0


@pytest.fixture(scope="module")
def patient() -> Iterator[Scorer]:
    rubric = {
        "rewards": {
            "length": lambda completion: float(len(completion)),
            "model": model() | {"limits": {"deadline_s": 0.5, "memory_mb": 512}},
        }
    }
    with Scorer(rubric, workers=2) as scorer:
        yield scorer


@pytest.mark.parametrize(
    ("order", "status", "kind"),
    [
        ("hang", "failed", "timeout"),
        ("spin", "scored", "time_limit"),
        ("die", "failed", "crash"),
        ("leak", "scored", "memory_limit"),
    ],
)
def test_a_service_that_misbehaves_costs_its_sample_alone(patient: Scorer, order: str, status: str, kind: str):
    results = patient.score(rows("a", "bb", order, "ccc"))
    scores = [result.scores["model"] for result in results]
    assert (scores[2].status, scores[2].kind) == (status, kind)
    assert [scores[index].value for index in (0, 1, 3)] == [1.0, 2.0, 3.0]
    assert [result.scores["length"].value for result in results] == [1.0, 2.0, float(len(order)), 3.0]


def test_a_wrong_number_of_scores_fails_its_batch_and_never_scores(patient: Scorer):
    results = patient.score(rows("a", "wrong number"))
    assert {result.scores["model"].kind for result in results} == {"plugin_error"}
    assert "returned 0 scores for 2 samples" in results[0].scores["model"].reason
    assert patient.score(rows("a"))[0].scores["model"].value == 1.0


def test_a_service_that_dies_again_and_again_is_not_started_for_ever(tmp_path: Path):
    with Scorer({"rewards": {"model": model(tmp_path), "one": lambda completion: 1.0}}, workers=1) as scorer:
        kinds = [scorer.score(rows("die"))[0].scores["model"].kind for _ in range(FAULTS_IN_A_ROW + 2)]
        assert scorer.score(rows("a"))[0].scores["one"].value == 1.0
    assert kinds == ["crash"] * FAULTS_IN_A_ROW + ["unavailable"] * 2
    assert len(list(tmp_path.iterdir())) <= 2 * FAULTS_IN_A_ROW + 1


def test_a_service_whose_constructor_raises_is_unavailable_and_the_run_goes_on(caplog: pytest.LogCaptureFixture):
    with Scorer({"rewards": {"model": model(fault="x"), "one": lambda completion: 1.0}}, workers=1) as scorer:
        result = scorer.score(rows("a"))[0]
    score = result.scores["model"]
    assert (score.status, score.kind, result.reward) == ("failed", "unavailable", None)
    assert "RuntimeError: no GPU" in score.reason
    assert result.scores["one"].value == 1.0
    assert "'model' is unavailable from here on" in caplog.text


def test_a_service_that_lacks_its_package_is_an_error_before_the_first_row():
    with pytest.raises(ConfigError, match="pip install the-model"):
        Scorer({"rewards": {"model": model(fault="config")}}, workers=1)


def test_gates_and_needs_reach_from_workers_to_services_and_back():
    @rewardkit.reward(needs=("model",))
    def doubled(model, completion):
        return 2 * model.value

    rubric = {
        "rewards": {
            "doubled": doubled,
            "model": model() | {"gate": "long"},
            "long": lambda completion: float(len(completion) > 1),
        }
    }
    with Scorer(rubric, workers=2) as scorer:
        short, long = scorer.score(rows("a", "bb"))
    assert (short.scores["model"].kind, long.scores["model"].value) == ("not_asked", 2.0)
    assert (long.scores["doubled"].value, long.reward) == (4.0, 7.0)


def test_phases_follow_gates_and_needs():
    async def judge(completion):
        return 1.0

    def plain(completion):
        return 1.0

    rubric = Rubric.of(
        {
            "rewards": {
                "a": plain,
                "judge": {"reward": judge, "gate": "a"},
                "other": judge,
                "b": {"reward": plain, "gate": "judge"},
                "last": {"reward": judge, "gate": ["b", "other"]},
            }
        }
    )
    phases = phases_of(rubric, resolve(rubric, load_registry()))
    assert [(set(phase.workers), set(phase.services)) for phase in phases] == [
        ({"a"}, {"judge", "other"}),
        ({"b"}, {"last"}),
    ]


def test_a_batch_gathers_the_samples_of_many_jobs():
    with Scorer({"rewards": {"model": model(), "one": lambda completion: 1.0}}, workers=2) as scorer:
        sizes = [result.scores["model"].value for result in scorer.score(rows(*["batch"] * 64))]
    assert max(sizes) > 8


def test_a_group_reaches_a_service_whole():
    @rewardkit.reward(sees="group", runs="service")
    def shortest(completion):
        return [len(text) == min(map(len, completion)) for text in completion]

    samples = [{"prompt": p, "completion": c} for p, c in [("a", "x"), ("a", "yy"), ("b", "zzz"), ("b", "z")]]
    with Scorer({"rewards": {"shortest": shortest}}, workers=1) as scorer:
        assert [result.reward for result in scorer.score(samples)] == [1.0, 0.0, 0.0, 1.0]


def test_a_stream_keeps_its_order(patient: Scorer):
    results = patient.stream(rows(*["x" * (number % 7) for number in range(300)]))
    assert [result.scores["model"].value for result in results] == [float(number % 7) for number in range(300)]


def test_closing_ends_a_scorer_whose_service_is_at_work():
    async def judge(completion):
        await asyncio.sleep(30)
        return 1.0

    scorer = Scorer({"rewards": {"judge": judge}, "limits": {"deadline_s": 60}}, workers=1)
    pending = scorer.stream(rows("a"))
    future = asyncio.run(_score_soon(scorer))
    assert isinstance(future, InfrastructureError)
    del pending


async def _score_soon(scorer: Scorer) -> BaseException | None:
    task = asyncio.ensure_future(scorer.score_async(rows("a")))
    await asyncio.sleep(0.3)
    await asyncio.to_thread(scorer.close)
    return (await asyncio.gather(task, return_exceptions=True))[0]


def test_a_reward_has_limits_of_its_own():
    def slow(completion):
        until = time.process_time() + 0.6
        while time.process_time() < until:
            pass
        return 1.0

    rubric = {
        "rewards": {"short": {"reward": slow, "limits": {"deadline_s": 0.2}}, "long": slow},
        "limits": {"deadline_s": 30},
    }
    with Scorer(rubric, workers=1) as scorer:
        scores = scorer.score(rows("a"))[0].scores
    assert (scores["short"].status, scores["long"].value) == ("failed", 1.0)
    assert "not judged within 0.2 s" in scores["short"].reason


def test_a_reward_is_told_its_own_limits():
    rubric = Rubric.of({"rewards": {"math": {"limits": {"deadline_s": 3}}, "code": {}}, "limits": {"memory_mb": 512}})
    assert (rubric.context_of("math").deadline_s, rubric.context_of("code").deadline_s) == (3, 10)
    assert rubric.context_of("math").memory_bytes == 512 * 1024**2
