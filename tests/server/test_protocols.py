"""Trainers' own shapes: messages as their clients send them, and what a judge's failure becomes in each."""

import json
from pathlib import Path

import httpx
import pytest

from .conftest import RUBRIC

NEMO_GYM = Path(__file__).parents[1] / "recipes" / "nemo_gym.jsonl"


def test_slime_gets_a_number_or_an_object(url):
    asked = {"prompt": "p", "response": "right wrong", "label": None}
    assert httpx.post(f"{url}/slime", json=asked, timeout=120).json() == 0.5
    said = httpx.post(f"{url}/slime?values=true", json=asked, timeout=120).json()
    assert said == {"score": 0.5, "rewardkit/moody": 0.5, "rewardkit/format": 0.0, "rewardkit/unrewarded": 0.0}
    chat = asked | {"prompt": [{"role": "user", "content": "p"}]}
    assert httpx.post(f"{url}/slime", json=chat, timeout=120).json() == 0.5


@pytest.mark.parametrize(("on_none", "paid"), [("mean", 1.0), (-2.0, -2.0)])
def test_a_missing_reward_is_the_operators_number_and_counted(serve, on_none, paid):
    url = serve({"moody": RUBRIC}, on_none=on_none)
    for text in ("right", "right", "raise"):
        last = httpx.post(f"{url}/slime", json={"prompt": "p", "response": text}, timeout=120).json()
    assert last == paid
    assert "rewardkit_imputed_total 1.0" in httpx.get(f"{url}/metrics", timeout=120).text


def test_an_operator_may_want_an_error_instead_of_a_number(serve):
    url = serve({"moody": RUBRIC}, on_none="raise")
    answer = httpx.post(f"{url}/slime", json={"prompt": "p", "response": "raise"}, timeout=120)
    assert (answer.status_code, "told to" in answer.json()["error"]) == (503, True)


def test_what_a_trainer_cannot_tell_is_refused(serve):
    url = serve({"scheduled": {"rewards": {"format": {"weight": [[0, 0], [1, 1]]}}}})
    answer = httpx.post(f"{url}/slime", json={"prompt": "p", "response": "raise"}, timeout=120)
    assert (answer.status_code, "changes" in answer.json()["error"]) == (422, True)


def test_nemo_gym_gets_components_that_sum_to_the_reward_and_masks_what_failed(serve):
    url = serve({"r": {"rewards": {"math": {}, "moody": {"weight": 0.5}}}})
    assert httpx.get(f"{url}/reverify_mode", timeout=120).json() == "stateless"
    keys = set()
    for line in NEMO_GYM.read_text().splitlines():
        recorded = json.loads(line)
        said = httpx.post(f"{url}/verify", json=recorded, timeout=120).json()
        assert {name: said[name] for name in recorded if name != "reward"} == {
            name: value for name, value in recorded.items() if name != "reward"
        }
        failed = recorded["about"] == "a judge that fails"
        assert said["mask_sample"] is failed
        assert said["failure_kind"] == ("verifier_error" if failed else None)
        assert ("told to" in (said["failure_reason"] or "")) is failed
        assert said["reward"] == pytest.approx(sum(said["reward_components"].values()))
        keys.add(tuple(said["reward_components"]))
    assert keys == {("math", "moody")}


def test_a_clipped_rubric_has_its_clip_as_a_component(serve):
    url = serve({"r": {"rewards": {"moody": {}, "format": {}}, "clip": [0, 0.25]}})
    message = json.loads(NEMO_GYM.read_text().splitlines()[0])
    message["response"]["output"][0]["content"][0]["text"] = "right"
    said = httpx.post(f"{url}/verify", json=message, timeout=120).json()
    assert said["reward"] == pytest.approx(sum(said["reward_components"].values())) == 0.25


def events(answer: httpx.Response) -> list[tuple[str, str]]:
    pairs = [block.split("\r\n") for block in answer.text.split("\r\n\r\n") if block]
    return [(name.removeprefix("event: "), data.removeprefix("data: ")) for name, data in pairs]


@pytest.mark.parametrize(("answer", "reward"), [("right wrong", 0.5), ("raise", None)])
def test_ors_has_a_rubric_as_an_environment_with_one_tool(url, answer, reward):
    ors = f"{url}/ors"
    assert httpx.get(f"{ors}/list_environments", timeout=120).json() == ["moody"]
    assert [tool["name"] for tool in httpx.get(f"{ors}/moody/tools", timeout=120).json()["tools"]] == ["submit"]
    assert httpx.post(f"{ors}/moody/num_tasks", json={"split": "train"}, timeout=120).json() == {"num_tasks": 0}
    sid = dict(events(httpx.post(f"{ors}/create_session", timeout=120)))["task_id"]
    headers = {"X-Session-ID": sid}
    task = {"prompt": "say right", "ground_truth": "secret"}
    created = httpx.post(f"{ors}/create", json={"env_name": "moody", "task_spec": task}, headers=headers, timeout=120)
    assert created.json() == {"sid": sid}
    prompt = httpx.get(f"{ors}/moody/prompt", headers=headers, timeout=120)
    assert prompt.json()[0]["text"] == "say right"
    assert "secret" not in prompt.text
    call = {"name": "submit", "input": {"answer": answer}, "task_id": "one"}
    first = httpx.post(f"{ors}/moody/call", json=call, headers=headers, timeout=120)
    said = json.loads("".join(data for name, data in events(first) if name in ("chunk", "end")))
    assert said["ok"]
    assert said["output"]["reward"] == reward
    assert said["output"]["finished"]
    assert httpx.post(f"{ors}/moody/call", json=call, headers=headers, timeout=120).text == first.text, (
        "a lost answer, asked again"
    )
    again = httpx.post(f"{ors}/moody/call", json=call | {"task_id": "two"}, headers=headers, timeout=120)
    assert json.loads(events(again)[-1][1])["reason"] == "episode_finished"
    assert httpx.post(f"{ors}/delete", headers=headers, timeout=120).status_code == 200
    assert httpx.post(f"{ors}/ping", headers=headers, timeout=120).status_code == 404


def test_programs_run_in_the_sandbox_and_the_verdict_is_the_clients(url):
    asked = {"compile_timeout": 10, "run_timeout": 5, "code": "print(int(input()) ** 2)", "stdin": "12\n",
             "memory_limit_MB": 256, "language": "python", "files": {}, "fetch_files": []}  # fmt: skip
    said = httpx.post(f"{url}/run_code", json=asked, timeout=120).json()
    assert (said["status"], said["run_result"]["status"], said["run_result"]["stdout"]) == (
        "Success",
        "Finished",
        "144\n",
    )
    said = httpx.post(f"{url}/run_code", json=asked | {"code": "raise SystemExit(3)"}, timeout=120).json()
    assert (said["status"], said["run_result"]["return_code"]) == ("Failed", 3)
    said = httpx.post(f"{url}/run_code", json=asked | {"code": "while 1: pass", "run_timeout": 1}, timeout=120).json()
    assert said["run_result"]["status"] == "TimeLimitExceeded"
    assert httpx.post(f"{url}/run_code", json=asked | {"language": "lean"}, timeout=120).status_code == 422


def test_verls_own_client_runs_programs(url):
    client = pytest.importorskip("verl.utils.reward_score.sandbox_fusion.utils")
    said, error = client.call_sandbox_api(f"{url}/run_code", "print(input() * 2)", "ab\n", 10, 10, 512, "python")
    assert error is None
    assert (said["status"], said["run_result"]["stdout"], said["run_result"]["return_code"]) == ("Success", "abab\n", 0)
    results, _ = client.check_correctness(
        f"{url}/run_code", {"inputs": ["1\n", "2\n"], "outputs": ["2\n", "4\n"]}, "print(int(input()) * 2)", timeout=10
    )
    assert results == [True, True]


def test_running_programs_is_the_operators_choice(serve):
    assert httpx.post(f"{serve({'moody': RUBRIC})}/run_code", json={"code": ""}, timeout=120).status_code == 404
