"""verl gets rewards from a rubric: through its own configuration, loaders, reward workers and metrics (verl 0.9.1)."""

import asyncio
import importlib.util
import json
import logging
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from rewardkit import ConfigError
from rewardkit_trainers.imputation import UnrewardedError

if importlib.util.find_spec("verl") is None:
    pytest.skip("verl is not installed", allow_module_level=True)

pytestmark = pytest.mark.filterwarnings("default")  # we cannot fix the warnings of verl and ray
MOODY = Path(__file__).parent / "moody.py"
PAGE = (Path(__file__).parents[2] / "docs" / "verl.md").read_text(encoding="utf-8")
FUNCTION = ["reward.custom_reward_function.path=pkg://rewardkit_trainers.verl"]
MANAGER = [
    "reward.reward_manager.source=importlib",
    "reward.reward_manager.module.path=pkg://rewardkit_trainers.verl",
    "reward.reward_manager.name=RewardKitRewardManager",
]
RUBRIC = {"rewards": {"moody": {}, "format": {"weight": 0.5}}}
KEYS = {
    "score", "rewardkit/unrewarded", "rewardkit/moody", "rewardkit/moody/status", "rewardkit/moody/reason",
    "rewardkit/format", "rewardkit/format/status", "rewardkit/format/reason",
}  # fmt: skip


@pytest.fixture(autouse=True)
def event_loop() -> Iterator[None]:
    """The loop that verl finds, closed afterwards: verl itself closes none."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield
    asyncio.set_event_loop(None)
    loop.close()


@pytest.fixture
def rubric(tmp_path: Path) -> Callable[..., Path]:
    def write(content: Any = RUBRIC) -> Path:
        path = tmp_path / "rubric.yaml"
        path.write_text(json.dumps(content))
        return path

    return write


@pytest.fixture
def configured(model_path: Path) -> Callable[..., Any]:
    """The configuration of verl itself, with what a user writes on its command line."""

    def compose(*overrides: str, n: int = 4, workers: int = 1) -> Any:
        import hydra
        import verl

        with hydra.initialize_config_dir(str(Path(verl.__file__).parent / "trainer" / "config"), version_base=None):
            return hydra.compose(
                "ppo_trainer",
                overrides=[
                    f"actor_rollout_ref.model.path={model_path}",
                    f"actor_rollout_ref.rollout.n={n}",
                    "actor_rollout_ref.rollout.response_length=8",
                    f"reward.num_workers={workers}",
                    *overrides,
                ],
            )

    return compose


@pytest.fixture
def worker(configured: Callable[..., Any], rubric: Callable[..., Path]) -> Callable[..., Any]:
    """The reward worker of verl, as it stands in a Ray actor."""

    def make(*overrides: str, content: Any = RUBRIC, **said: Any) -> Any:
        from verl.experimental.reward_loop import RewardLoopWorker

        path = rubric(content)
        ours = [f"+reward.reward_kwargs.rubric={path}", f"+reward.reward_kwargs.plugins=[{MOODY}]"]
        return RewardLoopWorker(configured(*MANAGER, *ours, "+reward.reward_kwargs.workers=1", *overrides, **said))

    return make


def batch(tokenizer: Any, completions: Sequence[str], uids: Sequence[str] | None = None, **columns: Any) -> Any:
    """A batch as verl's agent loop hands it over: prompts padded on the left, responses on the right."""
    import numpy as np
    import torch
    from tensordict import TensorDict
    from verl import DataProto

    asked = [tokenizer.encode("what is one and one")] * len(completions)
    written = [tokenizer.encode(text) for text in completions]
    left, right = max(map(len, asked)), max(1, *map(len, written))

    def padded(rows: list[list[int]], length: int, *, front: bool) -> Any:
        pads = [[0] * (length - len(row)) for row in rows]
        return torch.tensor([pad + row if front else row + pad for row, pad in zip(rows, pads, strict=True)])

    ones = [[1] * len(row) for row in asked], [[1] * len(row) for row in written]
    tensors = {
        "prompts": padded(asked, left, front=True),
        "responses": padded(written, right, front=False),
        "attention_mask": torch.cat([padded(ones[0], left, front=True), padded(ones[1], right, front=False)], dim=1),
    }
    rows = {
        "data_source": ["words"] * len(completions),
        "reward_model": [{"style": "rule", "ground_truth": "2"}] * len(completions),
        "extra_info": [{"index": 7, "split": "train"} for _ in completions],
        "uid": list(uids or ["group"] * len(completions)),
        "raw_prompt": [[{"role": "user", "content": "what is one and one"}]] * len(completions),
        **columns,
    }
    arrays = {}
    for name, values in rows.items():
        arrays[name] = np.empty(len(values), dtype=object)
        arrays[name][:] = values
    return DataProto(batch=TensorDict(tensors, batch_size=len(completions)), non_tensor_batch=arrays)


def judged(worker: Any, data: Any) -> list[dict[str, Any]]:
    return worker.loop.run_until_complete(worker.compute_score_batch(data))


def test_the_function_pays_what_the_rubric_says_through_verls_own_manager(configured, rubric, tokenizer):
    from verl.experimental.reward_loop import RewardLoopWorker

    said = f"+reward.custom_reward_function.reward_kwargs={{rubric:{rubric()},plugins:[{MOODY}],workers:1}}"
    outputs = judged(
        RewardLoopWorker(configured(*FUNCTION, said)), batch(tokenizer, ["right right", "right one", "abstain"])
    )
    assert [output["reward_score"] for output in outputs] == [1.0, 0.5, 0.0]
    assert all(output["reward_extra_info"].keys() == KEYS for output in outputs)


@pytest.mark.parametrize("block", re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL))
def test_what_the_page_says_to_write_is_what_verl_reads(block, configured, rubric, tokenizer):
    from verl.trainer.ppo.reward import load_reward_manager

    _, *overrides = (
        block.replace("\\\n", "").replace("/data/rubric.yaml", str(rubric({"rewards": {"math": {}}}))).split("main_ppo")
    )
    manager = load_reward_manager(configured(*overrides[0].split()), tokenizer)
    data = batch(tokenizer, ["\\boxed{2}"])
    assert manager.loop.run_until_complete(manager.run_single(data))["reward_score"] == 1.0


def test_the_function_finds_the_rubric_in_the_environment(rubric, monkeypatch):
    from rewardkit_trainers.verl import compute_score

    monkeypatch.delenv("REWARDKIT_RUBRIC", raising=False)
    with pytest.raises(ConfigError, match="REWARDKIT_RUBRIC"):
        compute_score("words", "2", "2")
    monkeypatch.setenv("REWARDKIT_RUBRIC", str(rubric({"rewards": {"math": {}}})))
    assert compute_score("words", "2", "2", {"index": 1})["score"] == 1.0


def test_the_function_starts_one_judge_for_all_threads(rubric, monkeypatch):
    from rewardkit_trainers import shared
    from rewardkit_trainers.verl import compute_score

    made = []

    class Counted(shared.RowScorer):
        def __init__(self, *said: Any, **named: Any) -> None:
            made.append(said)
            super().__init__(*said, **named)

    monkeypatch.setattr(shared, "RowScorer", Counted)
    path = str(rubric({"rewards": {"math": {}}}))
    with ThreadPoolExecutor(4) as threads:
        asked = [threads.submit(compute_score, "words", "2", "2", {"index": 1}, rubric=path) for _ in range(4)]
        assert [one.result()["score"] for one in asked] == [1.0] * 4
    assert len(made) == 1


def test_the_function_refuses_what_it_is_not_told(rubric):
    from rewardkit_trainers.verl import compute_score

    for content, says in (
        ({"rewards": {"math": {"weight": [[0, 0], [1, 1]]}}}, "changes with training"),
        ({"rewards": {"length_relative": {}}}, "judges whole groups"),
    ):
        with pytest.raises(ConfigError, match=says):
            compute_score("words", "2", "2", rubric=str(rubric(content)), workers=1)


def test_verl_knows_the_manager_by_its_name_alone(configured, rubric, monkeypatch):
    from verl.experimental.reward_loop import RewardLoopWorker

    from rewardkit_trainers.verl import RewardKitRewardManager

    monkeypatch.setenv("REWARDKIT_RUBRIC", str(rubric({"rewards": {"math": {}}})))
    worker = RewardLoopWorker(configured("reward.reward_manager.name=rewardkit", "+reward.reward_kwargs.workers=1"))
    assert type(worker.reward_manager) is RewardKitRewardManager


def test_verl_finds_the_manager_without_any_import_of_ours():
    code = (
        "import sys, verl\n"
        "from verl.experimental.reward_loop.reward_manager import get_reward_manager_cls\n"
        "print(get_reward_manager_cls('rewardkit').__module__)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=900, check=False)
    assert done.stdout.strip().endswith("rewardkit_trainers.verl.manager"), done.stderr


def test_the_manager_pays_what_the_rubric_says_under_the_same_keys_for_every_row(worker, tokenizer):
    completions = ["<think> one </think> right", "right right", "wrong", "abstain", "raise", ""]
    outputs = judged(worker(n=6), batch(tokenizer, completions))
    assert all(output["reward_extra_info"].keys() == KEYS for output in outputs)
    marks = [output["reward_extra_info"]["rewardkit/unrewarded"] for output in outputs]
    # `abstain` is left out of the sum, as the rubric says, `raise` is the judge's fault.
    assert marks == [0.0, 0.0, 0.0, 0.0, 1.0, 0.0]
    paid = [output["reward_score"] for output in outputs]
    assert paid[:4] == [0.25 + 0.5, 1.0, 0.0, 0.0]
    assert outputs[4]["reward_extra_info"]["rewardkit/moody/status"] == "failed"
    assert "told to" in outputs[4]["reward_extra_info"]["rewardkit/moody/reason"]


def test_a_fault_of_ours_has_no_advantage_in_verls_grpo(worker, tokenizer):
    import torch
    from verl.trainer.ppo.core_algos import compute_grpo_outcome_advantage

    worker = worker(content={"rewards": {"moody": {}}})
    outputs = judged(worker, batch(tokenizer, ["right right", "crash", "right right", "right wrong"]))
    assert [output["reward_extra_info"]["rewardkit/unrewarded"] for output in outputs] == [0, 1, 0, 0]
    scores = torch.tensor([[output["reward_score"]] for output in outputs])
    advantages, _ = compute_grpo_outcome_advantage(scores, torch.ones(4, 1), ["group"] * 4)
    assert advantages[1].item() == pytest.approx(0, abs=1e-6)
    assert advantages[3].item() < -1 < 0 < advantages[0].item()


def test_a_group_that_nobody_can_judge_has_no_advantages(worker, tokenizer):
    worker = worker(content={"rewards": {"moody": {"on_abstained": "none"}}}, n=2)
    completions = ["right right", "abstain", "abstain", "right wrong", "wrong", "wrong", "abstain", "abstain"]
    outputs = judged(worker, batch(tokenizer, completions, uids=["a", "b", "b", "c", "c", "a", "d", "d"]))
    paid = [output["reward_score"] for output in outputs]
    assert paid[1] == paid[2]
    assert paid[6] == paid[7]


def test_a_missing_reward_is_what_the_user_says(worker, tokenizer):
    one = {"rewards": {"moody": {"on_abstained": "none"}}}
    data = batch(tokenizer, ["right right", "abstain"])
    paid = judged(worker("+reward.reward_kwargs.on_none=-0.25", content=one, n=2), data)
    assert [output["reward_score"] for output in paid] == [1.0, -0.25]
    with pytest.raises(UnrewardedError, match=r"no reward .*told to.*on_none is 'raise'"):
        judged(worker("+reward.reward_kwargs.on_none=raise", content=one, n=2), data)
    with pytest.raises(ConfigError, match="on_none='zero'"):
        worker("+reward.reward_kwargs.on_none=zero", content=one)


def test_missing_rewards_are_counted_in_the_log(worker, tokenizer, caplog):
    worker = worker(content={"rewards": {"moody": {}}})
    with caplog.at_level(logging.WARNING, "rewardkit_trainers"):
        judged(worker, batch(tokenizer, ["right right", "raise", "raise", "raise"]))
    said = [record.getMessage() for record in caplog.records if "got no reward" in record.getMessage()]
    assert [text.split()[0] for text in said] == ["1", "2"]  # the third is silent, the fourth would not be
    assert all("told to" in text and "on_none: mean" in text for text in said)


def test_workers_that_are_killed_while_training_runs_do_not_stop_it(worker, tokenizer):
    worker = worker(content={"rewards": {"moody": {}}})
    assert judged(worker, batch(tokenizer, ["right right"] * 2))[0]["reward_score"] == 1.0
    outputs = judged(worker, batch(tokenizer, ["crash"] * 2))
    assert {output["reward_score"] for output in outputs} == {1.0}  # what all groups before got
    assert judged(worker, batch(tokenizer, ["right wrong"] * 2))[0]["reward_score"] == 0.5


def test_lengths_and_truncation_come_from_the_attention_mask(worker, tokenizer, tmp_path):
    (tmp_path / "lengths.py").write_text(
        "import rewardkit\n"
        "class Lengths(rewardkit.Reward):\n"
        "    '''What the adapter knows of a completion.'''\n"
        "    name = 'lengths'\n"
        "    def score(self, samples):\n"
        "        return [rewardkit.Score.scored(s.completion_tokens + 100 * bool(s.truncated)) for s in samples]\n"
        "@rewardkit.hookimpl\n"
        "def rewardkit_rewards():\n"
        "    return [Lengths]\n"
    )
    plugin = f"reward.reward_kwargs.plugins=[{tmp_path / 'lengths.py'}]"
    worker = worker(plugin, content={"rewards": {"lengths": {}}})
    words = "one two one two one two one"
    outputs = judged(worker, batch(tokenizer, ["one", words + " <eos>", words + " two", words]))
    assert [output["reward_score"] for output in outputs] == [1.0, 8.0, 108.0, 7.0]


def test_a_column_that_a_condition_names_is_found_where_verls_data_keeps_it(worker, tokenizer):
    content = {"rewards": {"moody": {"when": {"extra_info.split": "train"}}, "format": {"weight": 0}}}
    worker = worker(content=content, n=1)
    outputs = judged(
        worker, batch(tokenizer, ["right", "right"], ["a", "b"], extra_info=[{"split": "train"}, {"split": "test"}])
    )
    statuses = [output["reward_extra_info"]["rewardkit/moody/status"] for output in outputs]
    assert statuses == ["scored", "abstained"]


def test_reasoning_that_the_template_opens_is_known(worker, tokenizer):
    import torch

    worker = worker(content={"rewards": {"format": {}}}, n=1)
    data = batch(tokenizer, ["one </think> two"])
    opened = torch.tensor([[*tokenizer.encode("what is one"), *tokenizer.encode("<think>")]])
    data.batch["prompts"][:, -opened.shape[1] :] = opened
    assert judged(worker, data)[0]["reward_score"] == 1.0
    assert judged(worker, batch(tokenizer, ["one </think> two"]))[0]["reward_score"] == 0.0


def test_whole_groups_are_judged_together_however_they_arrive(worker, tokenizer, tmp_path):
    (tmp_path / "rank.py").write_text(
        "import rewardkit\n"
        "class Rank(rewardkit.Reward):\n"
        "    '''How many completions of the group are shorter.'''\n"
        "    name = 'rank'\n"
        "    sees = 'group'\n"
        "    def score(self, samples):\n"
        "        lengths = [len(s.completion_text) for s in samples]\n"
        "        return [rewardkit.Score.scored(sum(other < mine for other in lengths)) for mine in lengths]\n"
        "@rewardkit.hookimpl\n"
        "def rewardkit_rewards():\n"
        "    return [Rank]\n"
    )
    plugin = f"reward.reward_kwargs.plugins=[{tmp_path / 'rank.py'}]"
    ranked = {"rewards": {"rank": {}}}
    same = "actor_rollout_ref.rollout.val_kwargs.n=2"
    one = worker(plugin, same, content=ranked, n=2)
    data = batch(tokenizer, ["one one", "one", "two", "two two two"], uids=["a", "b", "b", "a"])

    async def streamed() -> list[dict[str, Any]]:
        asked = []
        for index in (3, 1, 0, 2):
            asked.append((index, asyncio.create_task(one.compute_score(data[index : index + 1]))))
            await asyncio.sleep(0.05)
        return [await task for _, task in sorted(asked, key=lambda pair: pair[0])]

    assert [output["reward_score"] for output in one.loop.run_until_complete(streamed())] == [0.0, 0.0, 0.0, 1.0]
    copy = asyncio.wait_for(one.compute_score(data[:1]), 30)  # as verl fills up a batch of validation
    assert one.loop.run_until_complete(copy)["reward_score"] == 0.0
    with pytest.raises(ConfigError, match=r"reward\.num_workers=1"):
        worker(plugin, same, content=ranked, n=2, workers=2)
    with pytest.raises(ConfigError, match=r"val_kwargs\.n=2"):
        worker(plugin, content=ranked, n=2)


def test_a_schedule_follows_verls_steps(worker, tokenizer):
    content = {"rewards": {"moody": {"weight": [[0.0, 0.0], [1.0, 2.0]]}, "format": {"weight": 0.5}}}
    one = worker("trainer.total_training_steps=10", content=content, n=1)
    data = batch(tokenizer, ["right", "right"], uids=["a", "b"], global_steps=[5, 10])
    assert [output["reward_score"] for output in judged(one, data)] == [1.0, 2.0]
    for blind in ("trainer.total_training_steps=null", "trainer.use_v1=False"):
        with pytest.raises(ConfigError, match=r"total_training_steps, and leave trainer\.use_v1"):
            worker("trainer.total_training_steps=10", blind, content=content)


def test_what_is_wrong_with_the_rubric_is_an_error_before_the_first_row(worker):
    with pytest.raises(ConfigError, match="moodi"):
        worker(content={"rewards": {"moodi": {}}})
    with pytest.raises(ConfigError, match=r"reward_kwargs\.on_nome: .*'on_none'"):
        worker("+reward.reward_kwargs.on_nome=0")


def test_verls_reward_loop_and_validation_metrics_take_what_the_manager_says(worker, tokenizer, configured, rubric):
    """From Ray's actor to the tensor that trains, and to the metrics of a validation."""
    import ray
    from verl.experimental.reward_loop import RewardLoopManager
    from verl.trainer.ppo.metric_utils import process_validation_metrics
    from verl.trainer.ppo.reward import extract_reward

    said = {"rubric": rubric(), "plugins": f"[{MOODY}]", "workers": 1}
    ours = [f"+reward.reward_kwargs.{name}={value}" for name, value in said.items()]
    data = batch(tokenizer, ["right right", "raise", "right wrong two"])
    os.environ["RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO"] = "0"
    ray.init(num_cpus=1, include_dashboard=False, logging_level="ERROR")
    try:
        scored = RewardLoopManager(configured(*MANAGER, *ours, n=3)).compute_rm_score(data)
    finally:
        ray.shutdown()
    scored.batch["responses"] = data.batch["responses"]
    rewards, infos = extract_reward(scored)
    assert rewards.tolist() == [[0, 1.0, 0], [0.0 + rewards[1][0].item(), 0, 0], [0, 0, pytest.approx(1 / 3)]]
    assert infos.keys() == KEYS
    lists = {name: values.tolist() for name, values in infos.items()}
    metrics = process_validation_metrics(["words"] * 3, ["group"] * 3, lists)["words"]
    assert metrics["rewardkit/unrewarded"]["mean@3"] == pytest.approx(1 / 3)
    assert metrics["rewardkit/moody"]["mean@3"] == pytest.approx(rewards.sum().item() / 3)
