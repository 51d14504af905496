"""OpenRLHF gets rewards from a rubric, in its own executor of rollouts: a Python file, or a URL (OpenRLHF 0.11.2)."""

import asyncio
import importlib.util
import json
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rewardkit import ConfigError, Rubric
from rewardkit_server.serving import Server
from rewardkit_server.settings import Settings
from rewardkit_trainers.imputation import UnrewardedError
from rewardkit_trainers.openrlhf import reward_func

if importlib.util.find_spec("openrlhf") is None:
    pytest.skip("openrlhf is not installed", allow_module_level=True)

pytestmark = pytest.mark.filterwarnings("default")  # what OpenRLHF's libraries say of themselves is not ours to fix
MOODY = Path(__file__).parent / "moody.py"
RUBRIC: dict[str, Any] = {"rewards": {"moody": {}, "format": {"weight": 0.5}}}
FILE = """
from rewardkit_trainers import openrlhf

reward_func = openrlhf.reward_func({rubric!r}, plugins=[{plugin!r}], workers=1)
"""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    server = Server({"moody": Rubric.of(RUBRIC)}, Settings(), plugins=[MOODY], workers=1)
    try:
        with server.in_background() as address:
            yield f"{address}/get_reward"
    finally:
        server.close()


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "reward.py"
    path.write_text(FILE.format(rubric=RUBRIC, plugin=str(MOODY)))
    return str(path)


@pytest.fixture
def rolled_out(tokenizer: Any) -> Callable[..., list[dict[str, Any]]]:
    """OpenRLHF's executor run on completions; only the engine that would write them is ours."""

    def execute(remote_url: Any, completions: list[str], label: str = "2") -> list[dict[str, Any]]:
        from openrlhf.utils.agent import SingleTurnAgentExecutor

        executor = SingleTurnAgentExecutor(remote_url)
        params = SimpleNamespace(max_tokens=16, logprobs=None)

        async def one(text: str) -> dict[str, Any]:
            ids = tokenizer.encode(f"{text} <eos>")

            async def generate(*_: Any, **__: Any) -> Any:
                return SimpleNamespace(
                    outputs=[SimpleNamespace(token_ids=ids, finish_reason="stop", logprobs=None, text=text)]
                )

            engine = SimpleNamespace(generate=generate)
            return await executor.execute("what is one and one", label, params, 64, tokenizer, engine)

        async def every() -> list[dict[str, Any]]:
            return [await one(text) for text in completions]

        return asyncio.run(every())

    return execute


@pytest.mark.parametrize("route", ["file", "url"])
def test_each_route_pays_what_the_rubric_says_and_logs_its_scores(route, request, rolled_out):
    import torch

    outputs = rolled_out(request.getfixturevalue(route), ["right right", "<think> one </think> right", "wrong", ""])
    # As OpenRLHF's samples_generator.py reads them.
    assert [torch.tensor([output["reward"]]).item() for output in outputs] == [1.0, 0.75, 0.0, 0.0]
    assert [torch.tensor([output["scores"]]).item() for output in outputs] == [1.0, 0.75, 0.0, 0.0]
    for output in outputs:
        logs = {key: torch.tensor([value]).item() for key, value in output["extra_logs"].items()}
        assert logs.keys() == {"rewardkit/moody", "rewardkit/format", "rewardkit/unrewarded"}
    assert torch.tensor([outputs[1]["extra_logs"]["rewardkit/format"]]).item() == 1.0


@pytest.mark.parametrize("route", ["file", "url"])
def test_a_judge_that_fails_gives_the_mean_of_its_prompt_and_never_nothing(route, request, rolled_out):
    """A reward of None would end OpenRLHF's run in its experience maker."""
    import torch

    outputs = rolled_out(request.getfixturevalue(route), ["right right", "right wrong", "raise", "crash"])
    paid = [torch.tensor([output["reward"]]).item() for output in outputs]
    marks = [torch.tensor([output["extra_logs"]["rewardkit/unrewarded"]]).item() for output in outputs]
    assert marks == [0.0, 0.0, 1.0, 1.0]
    assert paid[:2] == [1.0, 0.5]
    assert 0.25 < paid[2] == paid[3] < 1.0


def test_several_urls_are_asked_in_turn(url, rolled_out):
    several = [url, url + "?which=second"]
    assert [one["reward"] for one in rolled_out(several, ["right", "wrong", "right"])] == [[1.0], [0.0], [1.0]]


def test_the_label_is_the_ground_truth_and_an_empty_one_is_none():
    judged = reward_func({"rewards": {"math": {}}}, workers=1)
    queries = ["What is 1 + 1?It is 2.</s>", "What is 1 + 1?It is 3.<|im_end|>", "What is 1 + 1?It is 2."]
    answer = judged(queries, ["What is 1 + 1?"] * 3, ["2", "2", ""])
    assert answer["rewards"] == [1.0, 0.0, 0.5]
    assert answer["extra_logs"]["rewardkit/unrewarded"] == [0.0, 0.0, 1.0]


def test_the_completion_is_what_follows_the_prompt():
    judged = reward_func({"rewards": {"format": {}}}, workers=1)
    prompt = "<think> is a tag. Think!"
    assert judged([prompt + "<think>so</think>yes"], [prompt], [""])["rewards"] == 1.0
    assert judged(["<think>\n" + "so</think>yes"], ["<think>\n"], [""])["rewards"] == 1.0


def test_a_missing_reward_is_what_the_user_says():
    one = {"rewards": {"moody": {}}}
    assert reward_func(one, on_none=-1, plugins=[MOODY], workers=1)(["raise"], [""], [""])["rewards"] == -1.0
    with pytest.raises(UnrewardedError, match="told to"):
        reward_func(one, on_none="raise", plugins=[MOODY], workers=1)(["raise"], [""], [""])


def test_what_openrlhf_cannot_tell_is_refused_before_the_first_rollout(monkeypatch):
    monkeypatch.delenv("REWARDKIT_RUBRIC", raising=False)
    with pytest.raises(ConfigError, match="REWARDKIT_RUBRIC"):
        reward_func()
    with pytest.raises(ConfigError, match=r"rewards\.math has a weight that changes"):
        reward_func({"rewards": {"math": {"weight": [[0, 0], [1, 1]]}}}, workers=1)
    with pytest.raises(ConfigError, match=r"rewards\.length_relative judges whole groups"):
        reward_func({"rewards": {"length_relative": {}}}, workers=1)


def post(url: str, body: bytes, **headers: str) -> urllib.request.Request:
    return urllib.request.Request(url, body, {"Content-Type": "application/json", **headers}, method="POST")


@pytest.mark.parametrize(
    ("path", "body", "status", "says"),
    [
        ("/get_rewards", b"{}", 404, "/openapi.json"),
        ("/get_reward", b"{", 400, "JSON"),
        ("/get_reward", b"[" * 100_000, 400, "pars"),
        ("/get_reward", b"[]", 422, "dictionary"),
        ("/get_reward", b'{"query": ["a"], "prompts": ["a"]}', 422, "labels"),
        ("/get_reward", b'{"query": ["a"], "prompts": ["a", "b"], "labels": ["a"]}', 400, "prompts"),
        ("/get_reward", b'{"query": [1], "prompts": ["a"], "labels": ["a"]}', 422, "query"),
    ],
)
def test_the_server_says_what_is_wrong_with_a_request(url, path, body, status, says):
    asked = post(url.replace("/get_reward", path), body)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(asked)
    with refused.value:
        assert refused.value.code == status
        assert says in json.loads(refused.value.read())["error"]


def test_many_rollouts_may_ask_the_server_at_once(url):
    def ask(text: str, answers: list[Any]) -> None:
        body = json.dumps({"query": ["p" + text], "prompts": ["p"], "labels": [""]}).encode()
        with urllib.request.urlopen(post(url, body)) as response:
            answers.append((text, json.load(response)["rewards"]))

    answers: list[Any] = []
    texts = ["right " * (index % 3) + "wrong" for index in range(64)]
    threads = [threading.Thread(target=ask, args=(text, answers)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(text for text, _ in answers) == sorted(texts)
    assert all(paid == [pytest.approx(text.count("right") / len(text.split()))] for text, paid in answers)


def test_the_command_says_the_url_and_answers_there(tmp_path):
    (tmp_path / "rubric.yaml").write_text("rewards: {math: {}}")
    command = [sys.executable, "-m", "rewardkit", "serve-openrlhf", str(tmp_path / "rubric.yaml"), "--port", "0"]
    with subprocess.Popen([*command, "--workers", "1"], stdout=subprocess.PIPE, text=True) as serving:
        try:
            option, url = serving.stdout.readline().split()
            body = json.dumps({"query": ["1 + 1 is 2"], "prompts": ["1 + 1 is"], "labels": ["2"]}).encode()
            with urllib.request.urlopen(post(url, body)) as response:
                answer = json.load(response)
        finally:
            serving.send_signal(signal.SIGINT)
    assert option == "--reward.remote_url"
    assert answer["rewards"] == answer["scores"] == answer["extra_logs"]["rewardkit/math"] == [1.0]
    assert serving.returncode == 130
