"""A rubric as TRL's reward functions: named, weighed, judged once, and None where nobody may be paid."""

import asyncio
import json
import logging
import pickle
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rewardkit import ConfigError, InfrastructureError, Rubric
from rewardkit_trainers.row_scorer import DISTRIBUTED_BATCH_S, with_budget
from rewardkit_trainers.trl import RewardFuncs, reward_funcs
from rewardkit_trainers.trl.batch_scorer import JudgedBatch
from rewardkit_trainers.trl.functions import TAKES_ASYNCHRONOUS, RewardFunc, installed_trl

asynchronous = pytest.mark.skipif(
    (installed_trl() or TAKES_ASYNCHRONOUS) < TAKES_ASYNCHRONOUS, reason="this TRL takes no asynchronous objects"
)
SUM = {"rewards": {"math": {}, "format": {"weight": 0.1}}}
PROMPTS = ["what is 1 and 1"] * 4
COMPLETIONS = ["<think>a</think>\\boxed{2}", "<think>a</think>\\boxed{3}", "\\boxed{2}", ""]


@pytest.fixture(scope="module")
def funcs() -> Iterator[RewardFuncs]:
    made = reward_funcs(SUM, workers=1, on_none="none")
    yield made
    made.close()


@pytest.fixture(scope="module")
def obedient(misbehaving: Path) -> Iterator[RewardFuncs]:
    """Two rewards that do what a completion says, beside one that always pays 1."""
    rubric = {"rewards": {"obedient": {}, "constant": {"weight": 0.5}}, "limits": {"deadline_s": 1.0}}
    made = reward_funcs(rubric, plugins=[misbehaving], workers=2, on_none="none")
    yield made
    made.close()


def ask(funcs: RewardFuncs, completions: list[Any] = COMPLETIONS, **said: Any) -> dict[str, list[float | None]]:
    """The values of all functions for one batch, as TRL asks for them."""
    said.setdefault("answer", ["2"] * len(completions))
    said.setdefault("prompts", PROMPTS[:1] * len(completions))
    said.setdefault("completion_ids", [[5] * 3] * len(completions))
    return {func.__name__: func(completions=completions, **said) for func in funcs}


@pytest.fixture
def judged(request: pytest.FixtureRequest) -> Iterator[list[JudgedBatch]]:
    """Every batch that the module's functions judge."""
    seen: list[JudgedBatch] = []
    listeners = [request.getfixturevalue(name).batch_scorer.listeners for name in ("funcs", "obedient")]
    for listener in listeners:
        listener.append(seen.append)
    yield seen
    for listener in listeners:
        listener.remove(seen.append)


def test_each_reward_is_a_function_of_its_name_with_its_weight(funcs: RewardFuncs):
    assert isinstance(funcs, list)
    assert [func.__name__ for func in funcs] == ["math", "format"]
    assert funcs.weights == [1.0, 0.1]
    assert ask(funcs) == {"math": [1.0, 0.0, 1.0, 0.0], "format": [1.0, 1.0, 0.0, 0.0]}


def test_a_judgement_that_is_none_stays_none_and_is_no_one_elses_pay(obedient: RewardFuncs):
    values = ask(obedient, ["four", "fail", "raise", "crash", "no Score", "abstain"])
    assert values["obedient"] == [4.0, None, None, None, None, None]
    # What failed has no reward at all; what abstained is left out of the sum.
    assert values["constant"] == [1.0, None, None, None, None, 1.0]


def test_a_completion_that_hangs_its_judge_earns_nothing_and_holds_up_nobody(
    obedient: RewardFuncs, judged: list[JudgedBatch]
):
    values = ask(obedient, ["hang", "four", "hang in C"])
    assert (values["obedient"][1], values["constant"][1]) == (4.0, 1.0)
    for place in (0, 2):
        kind = judged[0].results[place].scores["obedient"].kind
        # On a machine so loaded that a second of work takes twenty, nobody knows.
        assert (kind, values["obedient"][place]) in [("time_limit", 0.0), ("overloaded", None)]


def test_a_batch_is_judged_once_for_all_functions(funcs: RewardFuncs, judged: list[JudgedBatch]):
    ask(funcs)
    assert len(judged) == 1


def test_a_batch_that_comes_again_is_judged_again(funcs: RewardFuncs, judged: list[JudgedBatch]):
    completions = list(COMPLETIONS)
    first = ask(funcs, completions)
    completions[:] = reversed(completions)  # the same list, refilled
    assert ask(funcs, completions) == {name: values[::-1] for name, values in first.items()}
    assert len(judged) == 2


def test_functions_that_are_left_out_do_not_make_others_stale(funcs: RewardFuncs, judged: list[JudgedBatch]):
    completions = list(COMPLETIONS)
    for _ in range(3):
        assert funcs[0](prompts=PROMPTS, completions=completions, answer=["2"] * 4) == [1.0, 0.0, 1.0, 0.0]
    assert len(judged) == 3


def test_batches_of_several_threads_do_not_mix(funcs: RewardFuncs, judged: list[JudgedBatch]):
    def one(number: int) -> bool:
        answers = [str(number)] * 4
        values = ask(funcs, [f"\\boxed{{{n}}}" for n in range(number - 1, number + 3)], answer=answers)
        return values["math"] == [0.0, 1.0, 0.0, 0.0]

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(one, range(1, 33)))
    assert len(judged) == 32


def test_functions_that_ask_at_once_share_one_judgement(funcs: RewardFuncs, judged: list[JudgedBatch]):
    with ThreadPoolExecutor(2) as threads:
        asked = [threads.submit(func, prompts=PROMPTS, completions=COMPLETIONS, answer=["2"] * 4) for func in funcs * 8]
        assert [future.result() for future in asked[::2]] == [[1.0, 0.0, 1.0, 0.0]] * 8
    assert len(judged) == 8


def test_functions_work_in_the_process_to_which_they_are_sent(funcs: RewardFuncs):
    sent: RewardFuncs = pickle.loads(pickle.dumps(funcs))
    assert sent.weights == funcs.weights
    assert sent[0].__name__ == "math"
    batch = {"prompts": PROMPTS, "completions": COMPLETIONS, "answer": ["2"] * 4, "completion_ids": [[5] * 3] * 4}
    done = subprocess.run(
        [sys.executable, "-c", ELSEWHERE], input=pickle.dumps((funcs, batch)), capture_output=True, check=True
    )
    assert json.loads(done.stdout) == ask(funcs)


ELSEWHERE = """
import json, pickle, sys
funcs, batch = pickle.load(sys.stdin.buffer)
with funcs.batch_scorer:
    print(json.dumps({func.__name__: func(**batch) for func in funcs}))
"""


@asynchronous
def test_asynchronous_functions_share_one_judgement_too():
    funcs = reward_funcs(SUM, workers=1, asynchronous=True)
    batches: list[JudgedBatch] = []
    funcs.batch_scorer.listeners.append(batches.append)

    async def both() -> list[list[float | None]]:
        said = {"prompts": PROMPTS, "completions": COMPLETIONS, "answer": ["2"] * 4}
        return await asyncio.gather(*(func(**said) for func in funcs))

    with funcs.batch_scorer:
        assert asyncio.run(both()) == [[1.0, 0.0, 1.0, 0.0], [1.0, 1.0, 0.0, 0.0]]
    assert len(batches) == 1


@asynchronous
def test_trl_takes_asynchronous_functions_for_what_they_are():
    utils = pytest.importorskip("trl.trainer.utils")
    made = reward_funcs(SUM, workers=1, asynchronous=True)
    made.close()
    assert all(utils.is_async_callable(func) for func in made)
    assert [func.__name__ for func in made] == ["math", "format"]


def test_weights_are_in_the_values_where_the_trainer_takes_none():
    rubric = {"rewards": {"math": {"weight": 2.0}, "format": {"weight": 0.1}, "language": {"weight": 0}}}
    with reward_funcs(rubric, weighted=True, workers=1).batch_scorer as batch_scorer:
        assert [(column.name, column.weight) for column in batch_scorer.columns] == [("math", 1.0), ("format", 1.0)]
        funcs = RewardFuncs(batch_scorer, type(reward_funcs(SUM, workers=1)[0]))
        assert ask(funcs) == {"math": [2.0, 0.0, 2.0, 0.0], "format": [0.1, 0.1, 0.0, 0.0]}


def test_a_trainer_that_makes_a_zero_of_none_gets_the_groups_mean(misbehaving: Path):
    rubric = {"rewards": {"constant": {"weight": 0}, "obedient": {"weight": 2.0}, "format": {"weight": 0.5}}}
    funcs = reward_funcs(rubric, plugins=[misbehaving], workers=1, on_none="mean")
    with funcs.batch_scorer:
        values = ask(funcs, ["ab", "raise", "abcd"])
    assert values == {"constant": [1.0, None, 1.0], "obedient": [2.0, 3.0, 4.0], "format": [0.0, None, 0.0]}
    with reward_funcs(rubric, plugins=[misbehaving], workers=1, on_none=-1.0).batch_scorer as batch_scorer:
        assert ask(RewardFuncs(batch_scorer, RewardFunc), ["ab", "raise"])["obedient"] == [2.0, -0.5]


def test_one_function_stands_for_the_whole_rubric():
    funcs = reward_funcs(SUM, workers=1, single=True)
    logged: dict[str, float] = {}
    with funcs.batch_scorer:
        assert ask(funcs, log_metric=logged.__setitem__) == {"composed": [1.1, 0.1, 1.0, 0.0]}
    assert (logged["rewards/math/value"], logged["rewards/format/value"]) == (0.5, 0.5)


def test_weight_schedules_follow_the_trainers_state():
    rubric = {"rewards": {"math": {"weight": [[0, 0], [1, 1]]}, "format": {"weight": 0.1}}}
    funcs = reward_funcs(rubric, workers=1)
    with funcs.batch_scorer:
        assert [func.__name__ for func in funcs] == ["composed", "math", "format"]
        assert funcs.weights == [1.0, 0.0, 0.0]
        for step, expected in ((0, 0.1), (5, 0.6), (10, 1.1)):
            state = SimpleNamespace(global_step=step, max_steps=10)
            values = ask(funcs, list(COMPLETIONS), trainer_state=state)
            assert values["composed"][0] == pytest.approx(expected)
            assert values["math"] == [1.0, 0.0, 1.0, 0.0]


def test_rewards_that_see_groups_see_the_generations_of_one_prompt(misbehaving: Path):
    funcs = reward_funcs({"rewards": {"rank": {}}}, plugins=[misbehaving], workers=1)
    with funcs.batch_scorer:
        values = ask(funcs, ["a", "bb", "a", "bb"], prompts=["p", "p", "q", "q"])
    assert values == {"rank": [0.5, 1.0, 0.5, 1.0]}


def test_chats_reasoning_tool_calls_and_images_are_read(funcs: RewardFuncs, judged: list[JudgedBatch]):
    call = {"type": "function", "function": {"name": "add", "arguments": {"a": 1}}}
    completions = [
        [{"role": "assistant", "content": "\\boxed{2}", "reasoning_content": "one and one"}],
        [{"role": "assistant", "content": "\\boxed{2}", "thinking": "one and one"}],  # as LFM2's template says it
        [
            {"role": "assistant", "content": "", "tool_calls": [call]},
            {"role": "tool", "name": "add", "content": "3"},
            {"role": "assistant", "content": "<think>so</think>\\boxed{2}"},
        ],
    ]
    question = [{"type": "image", "image": object()}, {"type": "text", "text": "what is 1 and 1"}]
    prompts = [[{"role": "user", "content": question}]] * 3
    values = ask(funcs, completions, prompts=prompts, image=[object()] * 3)
    assert values == {"math": [1.0] * 3, "format": [1.0] * 3}
    row = judged[0].rows[2]
    assert row["completion"][0]["tool_calls"] == [call]
    assert row["prompt"][0]["content"] == [{"type": "image"}, {"type": "text", "text": "what is 1 and 1"}]
    assert "image" not in row


def test_a_tool_call_of_any_depth_is_judged_with_its_text(funcs: RewardFuncs, judged: list[JudgedBatch]):
    arguments = json.loads("[" * 900 + "]" * 900)
    call = {"type": "function", "function": {"name": "add", "arguments": {"a": arguments}}}
    values = ask(funcs, [[{"role": "assistant", "content": "<think>so</think>\\boxed{3}", "tool_calls": [call]}]])
    assert values["math"] == [0.0]
    assert "tool_calls" not in judged[0].rows[0]["completion"][0]


def test_reasons_and_shares_reach_the_trainers_log(misbehaving: Path):
    rubric = {"rewards": {"obedient": {}, "constant": {"weight": 0.5}}, "limits": {"deadline_s": 4}}
    funcs = reward_funcs(rubric, plugins=[misbehaving], workers=2)
    extra: dict[str, list[str]] = {}
    metrics: dict[str, list[float]] = defaultdict(list)
    with funcs.batch_scorer:
        ask(
            funcs,
            ["four", "fail", "abstain", "sleep 2.1"],
            log_extra=extra.__setitem__,
            log_metric=lambda name, value: metrics[name].append(value),
        )
    assert extra["obedient_reason"][1:3] == ["told to", "told to"]
    seconds = [metrics.pop(f"rewards/{alias}/seconds")[0] for alias in ("obedient", "constant")]
    assert seconds[0] > 2
    assert seconds[1] < 1
    assert metrics == {
        "rewards/obedient/abstained": [0.25],
        "rewards/obedient/failed": [0.25],
        "rewards/obedient/slow": [0.25],
        "rewards/constant/abstained": [0.0],
        "rewards/constant/failed": [0.0],
        "rewards/constant/slow": [0.0],
        "rewards/unrewarded": [0.25],
    }


def test_the_same_metrics_are_logged_where_a_reward_was_asked_about_nothing():
    rubric = {"rewards": {"math": {"when": {"source": ["x"]}}, "format": {}}}
    names: list[set[str]] = []
    with reward_funcs(rubric, workers=1).batch_scorer as scorer:
        for source in ("x", "y"):
            metrics: dict[str, float] = {}
            funcs = [RewardFunc(column.name, scorer) for column in scorer.columns]
            ask(funcs, COMPLETIONS, source=[source] * 4, log_metric=metrics.__setitem__)
            names.append(set(metrics))
    assert names[0] == names[1]


def test_a_listener_that_fails_stops_nothing(funcs: RewardFuncs, caplog: pytest.LogCaptureFixture):
    def full_disk(_: JudgedBatch) -> None:
        raise OSError("no space left on device")

    funcs.batch_scorer.listeners.append(full_disk)
    try:
        with caplog.at_level(logging.WARNING):
            assert ask(funcs)["math"] == [1.0, 0.0, 1.0, 0.0]
    finally:
        funcs.batch_scorer.listeners.remove(full_disk)
    assert "no space left on device" in caplog.text
    assert sum(funcs.batch_scorer.listeners.failures.values()) == 1


def test_columns_of_numpy_are_read(funcs: RewardFuncs):
    import numpy as np

    assert ask(funcs, answer=np.array(["2"] * 4))["math"] == [1.0, 0.0, 1.0, 0.0]


def test_a_reward_that_fails_on_the_whole_first_batch_is_an_error_with_its_reason(misbehaving: Path):
    funcs = reward_funcs({"rewards": {"obedient": {}}}, plugins=[misbehaving], workers=1)
    with funcs.batch_scorer, pytest.raises(InfrastructureError, match=r"obedient failed on all 2 .*plugin_error"):
        ask(funcs, ["raise", "raise"])


def test_later_failures_are_warned_of_with_their_reason(misbehaving: Path, caplog: pytest.LogCaptureFixture):
    funcs = reward_funcs({"rewards": {"obedient": {}}}, plugins=[misbehaving], workers=1)
    with funcs.batch_scorer, caplog.at_level(logging.WARNING):
        ask(funcs, ["four", "four"])
        for _ in range(5):
            ask(funcs, ["raise"])
    counts = [record.args[1] for record in caplog.records if record.msg.startswith("the reward")]
    assert counts == [1, 2, 4]
    assert "plugin_error" in caplog.text


def test_a_judgement_that_had_to_be_ended_counts_as_slow(obedient: RewardFuncs):
    metrics: dict[str, float] = {}
    ask(obedient, ["hang", "four"], log_metric=metrics.__setitem__)
    assert metrics["rewards/obedient/slow"] == 0.5


@pytest.mark.parametrize(
    ("rubric", "said", "message"),
    [
        (
            SUM,
            {},
            r"rewards.math can judge none .*; columns of the data set: gold_answer, prompt; name it with gr",
        ),
        (SUM, {"ground_truth": "gold"}, "ground_truth='gold': the rows have no such column.*gold_answer"),
        ({"rewards": {"math": {"when": {"source": "x"}}}}, {"ground_truth": "gold_answer"}, "the column 'source'"),
        (
            {"rewards": {"language": {"params": {"target_column": "lang.code"}}}},
            {},
            "rewards.language reads the column 'lang.code'",
        ),
    ],
    ids=["no ground truth", "ground truth by a wrong name", "a condition's column", "a parameter's column"],
)
def test_a_missing_column_is_an_error_at_the_first_batch(rubric: dict[str, Any], said: dict[str, Any], message: str):
    funcs = reward_funcs(rubric, workers=1, **said)
    with funcs.batch_scorer, pytest.raises(ConfigError, match=message):
        funcs[0](prompts=PROMPTS, completions=COMPLETIONS, gold_answer=["2"] * 4)


def test_rows_are_tried_from_the_first_to_the_last(funcs: RewardFuncs):
    without, with_truth = {"prompt": "q", "answer": None}, {"prompt": "q", "answer": "2"}
    with pytest.raises(ConfigError, match="can judge none of 8 rows"):
        funcs.batch_scorer.check([without] * 15)
    funcs.batch_scorer.check([without] * 8 + [with_truth] * 7)


def test_a_data_set_without_rows_is_an_error(funcs: RewardFuncs):
    with pytest.raises(ConfigError, match="no rows"):
        funcs.batch_scorer.check([])


def test_the_ground_truth_is_read_from_the_column_that_is_named():
    funcs = reward_funcs(SUM, workers=1, ground_truth="extra.gold")
    with funcs.batch_scorer:
        extra = [{"gold": None}, {"gold": "3"}, {"gold": "3"}, {"gold": "3"}]
        values = funcs[0](prompts=PROMPTS, completions=COMPLETIONS, extra=extra, answer=["2"] * 4)
    assert values == [None, 1.0, 0.0, 0.0]


def test_rewards_that_want_no_ground_truth_train_without_one():
    funcs = reward_funcs({"rewards": {"format": {}, "language": {"params": {"target": "en"}}}}, workers=1)
    with funcs.batch_scorer:
        values = {func.__name__: func(prompts=PROMPTS, completions=COMPLETIONS) for func in funcs}
    assert values["format"] == [1.0, 1.0, 0.0, 0.0]


def test_a_row_that_does_not_fit_fails_alone(funcs: RewardFuncs, judged: list[JudgedBatch]):
    values = ask(funcs, ["<think>a</think>\\boxed{2}", 17, "", ""])
    assert values == {"math": [1.0, None, 0.0, 0.0], "format": [1.0, None, 0.0, 0.0]}
    score = judged[0].results[1].scores["math"]
    assert score.status == "failed"
    assert "must be text or a list of chat messages, found int 17" in score.reason


def test_broken_machinery_stops_no_training_and_pays_nobody(caplog: pytest.LogCaptureFixture):
    funcs = reward_funcs(SUM, workers=1, on_none="none")
    ask(funcs)
    funcs.batch_scorer.scorer.close()
    with caplog.at_level(logging.WARNING):
        assert ask(funcs, list(COMPLETIONS)) == {"math": [None] * 4, "format": [None] * 4}
    assert "none could be judged: this scorer was closed" in caplog.text


def test_broken_machinery_is_an_error_before_anything_is_trained():
    funcs = reward_funcs(SUM, workers=1)
    funcs.batch_scorer.scorer.close()
    with pytest.raises(InfrastructureError):
        ask(funcs)


def test_what_is_wrong_with_a_rubric_shows_when_the_functions_are_made():
    with pytest.raises(ConfigError, match="did you mean 'math'"):
        reward_funcs({"rewards": {"mth": {}}})


def test_the_package_imports_nothing_of_the_trainers():
    import subprocess
    import sys

    code = (
        "import sys, rewardkit_trainers, rewardkit_trainers.trl;"
        "assert not {'torch', 'trl', 'transformers'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_batch_has_a_budget_where_other_ranks_wait_for_it(monkeypatch: pytest.MonkeyPatch):
    rubric, own = Rubric.of(SUM), Rubric.of({**SUM, "limits": {"batch_s": 7}})
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert (with_budget(rubric).limits.batch_s, with_budget(own).limits.batch_s) == (DISTRIBUTED_BATCH_S, 7)
    monkeypatch.delenv("WORLD_SIZE")
    assert with_budget(rubric).limits.batch_s is None
