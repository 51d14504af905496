"""The trainer that a rubric pays: what TRL logs, what is kept, what cannot stop it, and that it goes on as it was."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rewardkit import ConfigError, Sample, to_block
from rewardkit.input.files import read_rows
from rewardkit.input.row import Row
from rewardkit.input.row_reader import detect
from rewardkit_trainers.trl import reward_funcs

pytest.importorskip("trl")

from trl import GRPOTrainer

from rewardkit_trainers.trl.trainer import RewardKitGRPOTrainer

MOODY = Path(__file__).parent / "moody.py"
RUBRIC = {"rewards": {"right": {}, "format": {"weight": 0.1}}}


@pytest.fixture
def make(model_path: Path, dataset: Any, config: Callable[..., Any]) -> Callable[..., RewardKitGRPOTrainer]:
    """A trainer by a rubric; the rest configures GRPO."""

    def made(rubric: Any = RUBRIC, data: Any = None, said: dict[str, Any] | None = None, **grpo: Any) -> Any:
        data = dataset if data is None else data
        more = {"plugins": [MOODY], "workers": 1, **(said or {})}
        return RewardKitGRPOTrainer(str(model_path), rubric, config(**grpo), data, **more)

    return made


def rows(trainer: RewardKitGRPOTrainer) -> list[dict[str, Any]]:
    return [json.loads(line) for line in trainer.journal.path.read_text().splitlines()]


def curve(trainer: Any) -> list[dict[str, float]]:
    """The log entries of each step without times."""
    timed = ("judging_share", "step_time", "epoch", "train_runtime")
    return [
        {name: value for name, value in logged.items() if name not in timed and not name.endswith("/seconds")}
        for logged in trainer.state.log_history
        if "loss" in logged
    ]


def test_trl_logs_and_weighs_each_reward_by_name(make: Any):
    trainer = make()
    trainer.train()
    for logged in curve(trainer):
        paid = logged["rewards/right/mean"] + 0.1 * logged["rewards/format/mean"]
        assert logged["reward"] == pytest.approx(paid, abs=1e-6)
        assert logged["rewards/right/failed"] == logged["rewards/unrewarded"] == 0.0
    assert trainer.reward_func_names == ["right", "format"]


def test_the_share_of_judging_is_logged_and_printed(make: Any, capsys: pytest.CaptureFixture[str]):
    trainer = make()
    trainer.train()
    shares = [logged["judging_share"] for logged in trainer.state.log_history if "loss" in logged]
    assert len(shares) == 3
    assert all(0 < share < 1 for share in shares)
    assert 0 < trainer.judging_share < 1
    assert f"{trainer.judging_share:.1%} of the training steps" in capsys.readouterr().out


def test_every_judged_completion_is_kept_as_a_row_that_is_read_back_as_it_was_judged(make: Any, dataset: Any):
    judged: list[Any] = []
    evaluated = {"eval_strategy": "steps", "eval_steps": 3, "per_device_eval_batch_size": 8, "num_generations_eval": 1}
    said = {"eval_dataset": dataset}
    trainer = make({"rewards": {"math": {}, "right": {"weight": 0.5}}}, said=said, **evaluated)
    trainer.batch_scorer.listeners.append(judged.append)
    trainer.train()
    results = [result for batch in judged for result in batch.results]
    assert len(results) == 3 * 8 + 8
    reader = None
    for row, result in zip(read_rows(trainer.journal.path), results, strict=True):
        reader = reader or detect(row)
        sample = reader.sample(row)
        assert sample.ground_truth == row.data["answer"]
        assert sample.completion_tokens is not None
        assert sample.truncated is not None
        assert sample.group == row.data["group"]
        (again,) = trainer.batch_scorer.scorer.score([sample])
        assert again.scores == result.scores
        assert json.loads(json.dumps(to_block(result, timings=False))) == row.data["rewardkit"]
    modes = [(row["training"]["mode"], row["training"]["step"]) for row in rows(trainer)]
    assert modes == [("train", 1)] * 8 + [("train", 2)] * 8 + [("train", 3)] * 8 + [("eval", 3)] * 8


def test_the_command_line_scores_and_explains_what_was_judged(make: Any, tmp_path: Path):
    trainer = make({"rewards": {"math": {}}}, max_steps=1)
    trainer.train()
    (tmp_path / "rubric.yaml").write_text("rewards: {math: {}}")
    told = [trainer.journal.path, "-c", tmp_path / "rubric.yaml"]
    command = [sys.executable, "-m", "rewardkit"]
    scored = subprocess.run([*command, "score", *told, "-o", "-"], capture_output=True, text=True, check=True)
    assert scored.stdout == trainer.journal.path.read_text()
    explained = subprocess.run([*command, "explain", *told, "-n", "3"], capture_output=True, text=True, check=True)
    assert rows(trainer)[2]["rewardkit"]["scores"]["math"]["reason"] in explained.stdout


def test_a_run_that_goes_on_from_a_checkpoint_is_the_run_that_never_stopped(make: Any, dataset: Any, tmp_path: Path):
    data = dataset.add_column("odd", [float("nan")] * len(dataset))  # no JSON, and in the rows all the same
    said = {"max_steps": 4, "save_strategy": "steps", "save_steps": 2, "num_iterations": 2}
    schedule = {"rewards": {"right": {"weight": [[0, 0], [1, 1]]}, "format": {"weight": 0.1}}}
    whole = make(schedule, data, output_dir=str(tmp_path / "whole"), **said)
    whole.train()
    broken = make(schedule, data, output_dir=str(tmp_path / "broken"), **said)
    broken.train()
    # Killed in the middle of a line, after the second step.
    with broken.journal.path.open("ab") as file:
        file.write(b'{"training":{"step":9')
    resumed = make(schedule, data, output_dir=str(tmp_path / "broken"), **said)
    resumed.train(resume_from_checkpoint=str(tmp_path / "broken" / "checkpoint-2"))
    assert curve(resumed) == curve(whole)
    assert resumed.journal.path.read_bytes() == whole.journal.path.read_bytes()
    for name, parameter in whole.model.state_dict().items():
        assert (resumed.model.state_dict()[name] == parameter).all()


def test_a_run_from_the_start_begins_its_journal_anew(make: Any, tmp_path: Path):
    for _ in range(2):
        trainer = make()
        trainer.train()
    assert len(rows(trainer)) == 3 * 8


def test_rewards_that_fail_hang_and_abstain_stop_no_run_and_pay_nobody(make: Any):
    rubric = {"rewards": {"moody": {}, "format": {"weight": 0}}, "limits": {"deadline_s": 1.0}}
    few = {"per_device_train_batch_size": 4, "max_steps": 3}
    trainer = make(rubric, None, {"workers": 2}, log_completions=True, num_completions_to_print=0, **few)
    trainer.train()
    assert trainer.state.global_step == 3
    ends = {"hang": 0, "crash": 0, "raise": 0, "abstain": 0}
    for row in rows(trainer):
        words = row["completion"].split()
        score = row["rewardkit"]["scores"]["moody"]
        mood = next((mood for mood in ends if mood in words), None)
        if mood is None:
            assert score["value"] == words.count("right") / max(1, len(words))
            continue
        ends[mood] += 1
        if mood == "hang":
            assert (score["value"], row["rewardkit"]["reward"]) == (0.0, 0.0)
            assert "out of time" in score["reason"]
        else:
            assert score["status"] == ("abstained" if mood == "abstain" else "failed")
            assert row["rewardkit"]["reward"] is None
    assert ends["hang"]
    assert ends["crash"] + ends["raise"]
    for table in sorted(Path(trainer.args.output_dir, "completions").glob("*.parquet")):
        for row in read_rows(table):
            if row.data["moody"] is None:
                assert row.data["advantage"] == 0.0
                assert row.data["format"] is None
            assert isinstance(row.data["moody_reason"], str)


def test_gates_of_a_product_are_composed_beside_probes_that_pay_nothing(make: Any):
    trainer = make({"rewards": {"right": {"gate": {"format": 0.0}}, "format": {"weight": 2.0}}, "combine": "product"})
    trainer.train()
    assert trainer.reward_func_names == ["composed", "right", "format"]
    for logged in curve(trainer):
        assert logged["reward"] == logged["rewards/composed/mean"]


def test_lengths_and_truncation_are_known_to_rewards(make: Any):
    trainer = make({"rewards": {"truncation": {}, "length_target": {"params": {"target": 3}}}})
    trainer.train()
    kept = rows(trainer)
    assert {row["truncated"] for row in kept} == {True, False}
    for row in kept:
        # The limit is six tokens: what is shorter ended by itself.
        assert row["completion_tokens"] == 6 if row["truncated"] else row["completion_tokens"] <= 6
        assert {score["status"] for score in row["rewardkit"]["scores"].values()} == {"scored"}


def test_chats_train(make: Any, dataset: Any):
    chats = dataset.map(lambda row: {"prompt": [{"role": "user", "content": row["prompt"]}]})
    trainer = make(data=chats, max_steps=1)
    trainer.train()
    (row, *_) = rows(trainer)
    assert row["completion"][0]["role"] == "assistant"
    assert isinstance(detect(Row(row, "", 1)).sample(Row(row, "", 1)), Sample)


def test_rewards_that_see_groups_see_what_trl_generates_of_one_prompt(make: Any, misbehaving: Path):
    trainer = make({"rewards": {"rank": {}}}, said={"plugins": [misbehaving]})
    trainer.train()
    for row in rows(trainer):
        assert row["rewardkit"]["scores"]["rank"]["details"] == {"size": 4}


def test_a_missing_column_is_an_error_before_anything_is_generated(make: Any, dataset: Any):
    with pytest.raises(ConfigError, match="can judge none of 8 rows"):
        make({"rewards": {"math": {}}}, dataset.rename_column("answer", "gold_answer"))
    with pytest.raises(ConfigError, match="have no such column"):
        make({"rewards": {"math": {}}}, said={"ground_truth": "gold"})


def test_the_ground_truth_may_have_any_name(make: Any, dataset: Any):
    trainer = make(
        {"rewards": {"math": {}}}, dataset.rename_column("answer", "x"), said={"ground_truth": "x"}, max_steps=1
    )
    trainer.train()
    assert curve(trainer)[0]["rewards/math/abstained"] == 0.0
    assert all(row["ground_truth"] == row["x"] for row in rows(trainer))


def test_rewards_beside_the_rubric_are_refused(make: Any):
    with pytest.raises(ConfigError, match="are the rubric's"):
        make(reward_weights=[1.0, 1.0])
    with pytest.raises(ConfigError, match="are the rubric's"):
        make(said={"reward_funcs": [len]})


def test_functions_without_their_weights_are_an_error_before_anything_is_trained(
    model_path: Path, dataset: Any, config: Any
):
    funcs = reward_funcs(RUBRIC, plugins=[MOODY], workers=1)
    trainer = GRPOTrainer(str(model_path), funcs, config(), dataset)
    with funcs.batch_scorer, pytest.raises(ConfigError, match="does not weigh the rewards as the rubric does"):
        trainer.train()
    assert trainer.state.global_step == 0


def test_a_data_set_that_streams_trains(make: Any, dataset: Any):
    trainer = make(data=dataset.to_iterable_dataset())
    trainer.train()
    assert trainer.state.global_step == 3


def test_the_evaluation_set_is_checked_like_the_training_set(make: Any, dataset: Any):
    rubric = {"rewards": {"math": {}}}
    with pytest.raises(ConfigError, match="columns of the data set: prompt, wrong"):
        make(rubric, said={"eval_dataset": dataset.rename_column("answer", "wrong")})
