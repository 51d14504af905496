"""Judging on a real cluster of two nodes on this machine: the local engine's bytes, whatever is killed meanwhile."""

import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from rewardkit import ConfigError, InfrastructureError, Sample, Score, Scorer
from rewardkit.cli import app
from rewardkit.cluster.actor_pool import ActorPool
from rewardkit.cluster.connection import connect
from rewardkit.shards import choice

pytest.importorskip("ray")

pytestmark = pytest.mark.filterwarnings("default")  # we cannot fix the warnings of ray

NODE = {"num_cpus": 4, "object_store_memory": 100 * 2**20}
HEALTH = {"health_check_period_ms": 1000, "health_check_failure_threshold": 3}
"""A node that is killed is noticed after three seconds, where Ray's default takes half a minute."""

PLUGIN = '''
"""A reward that does what the completion says, and scores its length."""

import ctypes
import os
import time
from pathlib import Path

import rewardkit
from beside import LENGTH


@rewardkit.reward
def deeds(completion):
    deed, where = (*completion.split(), "", "")[:2]
    if deed == "exit":
        os._exit(7)
    if deed == "crash":
        ctypes.string_at(0)
    if deed == "nap" and Path(where).exists():
        time.sleep(1.5)  # the output is handed over once a second
    while deed == "wait" and Path(where).exists():
        time.sleep(0.05)
    return float(LENGTH(completion))
'''

SERVICE = """
import os

from rewardkit import Reward, Score, hookimpl


class Served(Reward):
    name = "served"
    runs = "service"

    @classmethod
    def copies(cls, params):
        return [params, params]

    @classmethod
    def own_gpu(cls, params):
        return params

    def score(self, samples):
        return [Score.scored(1.0, gpu=os.environ["CUDA_VISIBLE_DEVICES"]) for _ in samples]


@hookimpl
def rewardkit_rewards():
    return [Served]
"""


@pytest.fixture(scope="module")
def cluster():
    """Two nodes with processes, ports and folders of their own; this process is connected to them."""
    import ray
    from ray.cluster_utils import Cluster

    head = {"num_gpus": 2, "include_dashboard": False, "_system_config": HEALTH, **NODE}
    made = Cluster(initialize_head=True, head_node_args=head)
    try:
        made.add_node(**NODE)
        ray.init(address=made.address, logging_level="ERROR", log_to_driver=False)
        yield made
    finally:
        ray.shutdown()
        made.shutdown()


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A rubric, its plugin, a module beside it, and 600 rows: two kill their worker, one waits until a file is gone."""
    path = tmp_path_factory.mktemp("run")
    (path / "beside.py").write_text("LENGTH = len\n")
    (path / "deeds.py").write_text(PLUGIN)
    (path / "rubric.yaml").write_text(
        "plugins: [deeds.py]\nlimits: {deadline_s: 100}\nrewards: {deeds: {}, format: {weight: 0.5}}\n"
    )
    hold = path / "hold"
    deeds = {10: f"nap {hold}", 100: "exit", 300: f"wait {hold}", 400: "crash"}
    lines = [f'{{"id": {n}, "completion": "{deeds.get(n, "<think>a</think> " + "b" * (n % 7))}"}}' for n in range(600)]
    (path / "rows.jsonl").write_text("\n".join(lines) + "\n")
    return path


def score(*more: str) -> int:
    """Runs the command in this process."""
    with pytest.raises(SystemExit) as ended:
        app(["score", "rows.jsonl", "-c", "rubric.yaml", "--trust", "--workers", "1", "-q", *more])
    return int(ended.value.code or 0)


@pytest.fixture(scope="module")
def undisturbed(folder) -> bytes:
    """The output of this machine's workers."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert score("-o", "local.jsonl") == 0
    return (folder / "local.jsonl").read_bytes()


@pytest.fixture(scope="module")
def scorer(cluster, folder):
    """A scorer with an actor on each node."""
    rubric = {"rewards": {"deeds": {}}, "plugins": [str(folder / "deeds.py")]}
    with Scorer(rubric, engine="ray", workers=1) as made:
        yield made


def lanes(scorer: Scorer) -> list[Any]:
    """Its actors that judge, as its engine sees them."""
    return scorer.engine._lanes.ready


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 200
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def judged_while(scorer: Scorer, folder: Path, kill: Callable[[], None]) -> None:
    """Kills something when every actor has rows in hand, and looks for a result of each row, in order."""
    hold = folder / "hold"
    hold.touch()
    scorer._sample_s = 0.05  # as if rows took so long: jobs of five rows, for every actor
    rows = [{"completion": f"wait {hold} " + "b" * (n % 9)} for n in range(300)]
    with ThreadPoolExecutor(1) as thread:
        judged = thread.submit(lambda: list(scorer.stream(rows)))
        until(lambda: all(len(lane.in_hand) >= 3 for lane in lanes(scorer)))
        kill()
        hold.unlink()
        values = [result.scores["deeds"].value for result in judged.result()]
    assert values == [len(row["completion"]) for row in rows]


def test_the_command_gives_the_bytes_of_local_workers(cluster, folder, undisturbed, monkeypatch):
    monkeypatch.chdir(folder)  # a relative path means another folder in an actor
    assert score("-o", "ray.jsonl", "--engine", "ray", "--address", cluster.address) == 0
    assert (folder / "ray.jsonl").read_bytes() == undisturbed


def test_nodes_that_share_the_files_judge_parts_of_them_to_the_same_bytes(cluster, folder, undisturbed, monkeypatch):
    monkeypatch.chdir(folder)
    monkeypatch.setattr(choice, "DEAR_PART_BYTES", 4096)  # some parts with a row that kills its worker, some without
    asked = []
    submit_part = ActorPool.submit_part
    monkeypatch.setattr(ActorPool, "submit_part", lambda *given: asked.append(given) or submit_part(*given))
    assert score("-o", "parts.jsonl", "--shards", "1", "--engine", "ray", "--address", cluster.address) == 0
    assert (folder / "parts.jsonl").read_bytes() == undisturbed
    assert len(asked) > 6
    assert not [path.name for path in folder.iterdir() if path.name.startswith(".")]


def test_an_actor_that_is_killed_loses_and_doubles_nothing(scorer, folder):
    import ray

    judged_while(scorer, folder, lambda: ray.kill(lanes(scorer)[0].actor))


def test_workers_have_one_thread_the_drivers_folder_and_functions_of_a_script(cluster, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)

    def where(sample: Sample) -> Score:
        threads = os.environ.get("OMP_NUM_THREADS")
        return Score.scored(float(sample.completion_text), cwd=str(Path.cwd()), threads=threads)

    with Scorer({"rewards": {"where": where}}, engine="ray", workers=2) as scorer:
        (result,) = scorer.score([{"completion": "7"}])
    assert result.reward == 7.0
    assert result.scores["where"].details == {"cwd": str(tmp_path), "threads": "1"}


def test_each_copy_of_a_service_has_a_gpu_of_the_cluster(cluster, tmp_path):
    (tmp_path / "service.py").write_text(SERVICE)
    rubric = {"rewards": {"served": {"gate": "format"}, "format": {"weight": 0.5}}}
    with Scorer(rubric, plugins=[tmp_path / "service.py"], engine="ray", workers=1) as scorer:
        right, wrong = scorer.score([{"completion": "<think>a</think> b"}, {"completion": "b"}])
    assert (right.reward, wrong.reward) == (1.5, 0.0)
    assert right.scores["served"].details["gpu"] in ("0", "1")
    assert wrong.scores["served"].kind == "not_asked"


def test_a_trainer_that_runs_in_an_actor_has_the_whole_cluster_judge(cluster):
    import ray

    @ray.remote(num_cpus=0)
    def trainer(completions):
        from rewardkit_trainers import RowScorer, row_of

        with RowScorer({"rewards": {"format": {}}}, engine="ray", workers=1) as scorer:
            results = scorer.judge([row_of("", completion, {}) for completion in completions])
            return scorer.scorer.engine.workers, [result.reward for result in results]

    assert ray.get(trainer.remote(["<think>a</think> b", "b"])) == (2, [1.0, 0.0])


def test_a_scorer_cannot_be_sent_to_an_actor():
    refused = pytest.raises(InfrastructureError, match="a Scorer cannot be sent to another process")
    with Scorer({"rewards": {"format": {}}}, workers=1) as scorer, refused:
        pickle.dumps(scorer)


def test_a_node_that_is_killed_loses_and_doubles_nothing(cluster, scorer, folder):
    extra = cluster.add_node(**NODE)
    until(lambda: len(lanes(scorer)) == 3)
    judged_while(scorer, folder, lambda: cluster.remove_node(extra, allow_graceful=False))
    until(lambda: len(lanes(scorer)) == 2)


def test_a_driver_that_is_killed_is_resumed_to_the_same_bytes(cluster, folder, undisturbed, monkeypatch):
    monkeypatch.chdir(folder)
    hold = folder / "hold"
    hold.touch()
    given = "-o", "killed.jsonl", "--engine", "ray", "--address", cluster.address
    command = [sys.executable, "-m", "rewardkit", "score", "rows.jsonl", "-c", "rubric.yaml", "--trust", "-q"]
    with subprocess.Popen([*command, "--workers", "1", *given]) as run:
        until(lambda: any(part.stat().st_size for part in folder.glob(".killed.jsonl*") if part.is_file()))
        run.send_signal(signal.SIGKILL)
    hold.unlink()
    assert not (folder / "killed.jsonl").exists()
    assert score("--resume", *given) == 0
    assert (folder / "killed.jsonl").read_bytes() == undisturbed


def test_ray_that_is_not_there_is_an_error_that_names_the_fix(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ConfigError, match=r"pip install 'rewardkit\[ray\]'"):
        Scorer({"rewards": {"format": {}}}, engine="ray")


@pytest.mark.parametrize("address", ["127.0.0.1:1", "ray://127.0.0.1:1", "127.0.0.1:port"])
def test_a_cluster_that_is_not_there_is_an_error_that_names_the_fix(address, monkeypatch):
    import ray

    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    with pytest.raises(InfrastructureError, match=f"no Ray cluster at {address}: .*; start one with `ray start"):
        connect(address)
