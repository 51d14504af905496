"""verifiers scores rollouts by a rubric: rewards, metrics, and an error where there is no reward."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

vf = pytest.importorskip("verifiers.v1")

from rewardkit_trainers.verifiers import RubricRewards, row_of_trace, rubric_reward  # noqa: E402

RUBRIC = "rewards: {obedient: {}, constant: {weight: 0.5}}"


class WordData(vf.TaskData):
    answer: str = "2"


@pytest.fixture
def task(tmp_path: Path, misbehaving: Path) -> Any:
    (tmp_path / "rubric.yaml").write_text(RUBRIC)

    class WordTask(RubricRewards, vf.Task[WordData]):
        rubric = tmp_path / "rubric.yaml"
        rubric_plugins = (misbehaving,)
        rubric_workers = 1

    return WordTask(WordData(prompt="what is 1 + 1", id="seven"))


def trace_of(task: Any, *messages: Any) -> Any:
    """A finished rollout, as verifiers records it; the model wrote the assistant's messages."""
    nodes = [
        vf.MessageNode(parent=number - 1 if number else None, message=message, sampled=message.role == "assistant")
        for number, message in enumerate([vf.UserMessage(content=task.data.prompt), *messages])
    ]
    described = vf.TraceTask(type="WordTask", data=task.data, key=task.key, hash=task.hash)
    return vf.Trace.model_construct(
        **{
            name: made.get_default(call_default_factory=True)
            for name, made in vf.Trace.model_fields.items()
            if not made.is_required()
        }
        | {"task": described, "nodes": nodes}
    )


def scored(task: Any, *messages: Any) -> Any:
    trace = trace_of(task, *messages)
    asyncio.run(task.score(trace))
    return trace


def test_a_rollout_gets_the_rubrics_reward_and_its_values_as_metrics(task):
    trace = scored(task, vf.AssistantMessage(content="ab"))
    assert trace.reward == 2.5
    assert trace.metrics == {"rewardkit/obedient": 2.0, "rewardkit/constant": 1.0, "rewardkit/unrewarded": 0.0}


def test_a_rollout_without_a_reward_is_an_error_and_not_a_zero(task):
    trace = trace_of(task, vf.AssistantMessage(content="raise"))
    with pytest.raises(vf.TaskError, match=r"no reward: obedient failed: .*told to"):
        asyncio.run(task.score(trace))
    assert trace.metrics["rewardkit/unrewarded"] == 1.0


def test_a_function_of_the_configuration_scores_by_the_rubric_of_the_environment(tmp_path, monkeypatch):
    (tmp_path / "rubric.yaml").write_text("rewards: {math: {}}")
    monkeypatch.setenv("REWARDKIT_RUBRIC", str(tmp_path / "rubric.yaml"))

    class Plain(vf.Task[WordData]):
        pass

    plugged = {"rewards": {"rubric": {"fn": f"{rubric_reward.__module__}.{rubric_reward.__name__}"}}}
    plain = Plain(WordData(prompt="what is 1 + 1"), vf.TaskConfig.model_validate(plugged))
    trace = scored(plain, vf.AssistantMessage(content="\\boxed{2}"))
    assert trace.reward == 1.0
    assert trace.metrics["rewardkit/math"] == 1.0


def test_a_row_has_the_prompt_the_models_messages_with_reasoning_and_tools_and_the_tasks_own_fields(task):
    call = vf.ToolCall(id="1", name="add", arguments="{}")
    trace = trace_of(
        task,
        vf.AssistantMessage(content=None, reasoning_content="let me add", tool_calls=[call]),
        vf.ToolMessage(tool_call_id="1", content="2"),
        vf.AssistantMessage(content="\\boxed{2}"),
    )
    row = row_of_trace(task.data, trace)
    assert row["prompt"] == [{"role": "user", "content": "what is 1 + 1"}]
    assert [message["role"] for message in row["completion"]] == ["assistant", "tool", "assistant"]
    assert row["completion"][0]["reasoning_content"] == "let me add"
    assert (row["answer"], row["id"], row["group"]) == ("2", "seven", task.key)
    assert "timeout" not in row


def test_a_rollout_in_which_the_model_wrote_nothing_is_judged_as_nothing(task):
    assert scored(task, vf.AssistantMessage(content="")).reward == 0.5


def test_the_recipe_is_a_taskset_that_verifiers_finds_by_its_name(tmp_path, misbehaving, monkeypatch):
    (tmp_path / "rubric.yaml").write_text(f"plugins: [{misbehaving}]\n{RUBRIC}")
    (tmp_path / "rows.jsonl").write_text('{"prompt": "what is 1 + 1", "answer": "2"}\n')
    variables = {"REWARDKIT_RUBRIC": "rubric.yaml", "REWARDKIT_TRUST": "1", "ROWS": "rows.jsonl"}
    for name, value in variables.items():
        monkeypatch.setenv(name, value if value == "1" else str(tmp_path / value))
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "examples" / "trainers")
    (found,) = vf.load_taskset(vf.TasksetConfig(id="verifiers_taskset"))
    assert (found.data.prompt, found.data.answer) == ("what is 1 + 1", "2")
    assert scored(found, vf.AssistantMessage(content="ab")).reward == 2.5


def test_verifiers_reads_the_traces_that_were_written_for_it(tmp_path):
    rows = [{"prompt": "q", "completion": "\\boxed{2}", "answer": "2"}, {"prompt": "q", "completion": "\\boxed{2}"}]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "math.yaml").write_text("rewards: {math: {on_abstained: none}}")
    command = [sys.executable, "-m", "rewardkit", "score", "rows.jsonl", "-c", "math.yaml", "--to", "verifiers"]
    subprocess.run([*command, "-o", "traces.jsonl"], check=True, capture_output=True, cwd=tmp_path)
    lines = (tmp_path / "traces.jsonl").read_text().splitlines()
    judged, without = [vf.WireTrace.model_validate_json(line) for line in lines]
    assert (judged.reward, judged.metrics, judged.ok) == (1.0, {"rewardkit/math": 1.0}, True)
    assert judged.last_reply == "\\boxed{2}"
    assert (without.ok, without.last_error.type) == (False, "TaskError")
