"""The public interface of adapters: rows in, Results and numbers out, and nothing that stops a training run."""

import asyncio
import logging
import os
import pickle
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import rewardkit
import rewardkit_trainers
from rewardkit import ConfigError, InfrastructureError, Sample
from rewardkit_trainers import RowScorer, UnrewardedError, named_values, row_of, why_no_reward
from rewardkit_trainers.row_scorer import DISTRIBUTED_BATCH_S, NICE

RUBRIC = {"rewards": {"obedient": {}, "constant": {"weight": 0.5}}, "limits": {"deadline_s": 1.0}}


@pytest.fixture(scope="module")
def scorer(misbehaving: Path) -> Iterator[RowScorer]:
    with RowScorer(RUBRIC, plugins=[misbehaving], workers=1) as made:
        yield made


def rows(*completions: str) -> list[dict]:
    return [row_of("what is 1 + 1", text, {"answer": "2"}, group="one") for text in completions]


def test_what_is_offered_is_what_is_listed():
    assert rewardkit_trainers.__all__ == sorted(rewardkit_trainers.__all__)
    assert all(getattr(rewardkit_trainers, name) is not None for name in rewardkit_trainers.__all__)
    with pytest.raises(AttributeError, match="no attribute 'Scorer'"):
        rewardkit_trainers.Scorer  # noqa: B018


def test_each_row_has_its_result_in_order_also_on_an_event_loop(scorer: RowScorer):
    asked = rows("ab", "raise", "a")
    results = scorer.judge(asked)
    assert [result.reward for result in results] == [2.5, None, 1.5]
    assert [result.reward for result in asyncio.run(scorer.judge_async(asked))] == [2.5, None, 1.5]
    assert "obedient failed" in why_no_reward(results[1])


def test_numbers_have_the_same_keys_in_each_row_and_the_groups_mean_where_there_is_none(scorer: RowScorer):
    numbers = scorer.numbers(scorer.judge(rows("ab", "raise", "a")), ["a", "a", "a"])
    assert [row["score"] for row in numbers] == [2.5, 2.0, 1.5]
    assert [row["rewardkit/unrewarded"] for row in numbers] == [0.0, 1.0, 0.0]
    assert {tuple(row) for row in numbers} == {
        ("score", "rewardkit/obedient", "rewardkit/constant", "rewardkit/unrewarded")
    }


def test_named_values_are_those_that_there_are(scorer: RowScorer):
    right, broken = scorer.judge(rows("ab", "raise"))
    assert named_values(right) == {"rewardkit/obedient": 2.0, "rewardkit/constant": 1.0, "rewardkit/unrewarded": 0.0}
    assert named_values(broken) == {"rewardkit/constant": 1.0, "rewardkit/unrewarded": 1.0}


def test_named_values_of_a_reward_stand_beside_it():
    def spelled(completion: str) -> dict[str, float]:
        return {"letters": float(len(completion)), "words": float(len(completion.split()))}

    declared = rewardkit.reward(values=("letters", "words"))(spelled)
    with RowScorer({"rewards": {"spelled": declared}}, workers=1) as scorer:
        (result,) = scorer.judge(rows("a b"))
        (numbers,) = scorer.numbers([result], ["one"])
    assert (numbers["rewardkit/spelled.letters"], numbers["rewardkit/spelled.words"]) == (3.0, 2.0)
    assert named_values(result)["rewardkit/spelled.words"] == 2.0


def test_a_missing_reward_may_be_an_error_or_a_number(misbehaving: Path):
    with RowScorer(RUBRIC, plugins=[misbehaving], workers=1, on_none="raise") as strict:
        broken = strict.judge(rows("raise"))
        with pytest.raises(UnrewardedError, match="told to"):
            strict.numbers(broken, ["a"])
    with RowScorer(RUBRIC, plugins=[misbehaving], workers=1, on_none=-1) as lenient:
        assert lenient.numbers(lenient.judge(rows("raise")), ["a"])[0]["score"] == -1.0
    with pytest.raises(ConfigError, match="on_none='zero'"):
        RowScorer(RUBRIC, plugins=[misbehaving], workers=1, on_none="zero")  # type: ignore[arg-type]


def test_rows_of_other_columns_are_read_by_their_own_columns():
    with RowScorer({"rewards": {"math": {}}}, workers=1) as scorer:
        found = [
            row_of("q", "\\boxed{2}", {"answer": "2"}),
            row_of("q", "\\boxed{2}", {"solution": "The sum is \\boxed{2}."}),
            row_of("q", "\\boxed{2}", {"ground_truth": "2", "answer": "an essay"}),
            row_of("q", "\\boxed{2}", {"reward_model": {"ground_truth": "2"}}),
        ]
        assert [result.reward for result in scorer.judge(found)] == [1.0] * 4


def test_a_row_that_is_no_sample_has_no_reward_and_spoils_no_other(scorer: RowScorer):
    broken = {**rows("ab")[0], "completion": 7}
    results = scorer.judge([broken, *rows("ab")])
    assert [result.reward for result in results] == [None, 2.5]
    assert results[0].scores["obedient"].status == "failed"


def test_a_batch_that_takes_longer_than_its_budget_keeps_what_was_judged(misbehaving: Path):
    patient = {**RUBRIC, "limits": {"deadline_s": 30.0}}
    with RowScorer(patient, plugins=[misbehaving], workers=2, batch_s=2.0) as scorer:
        started = time.monotonic()
        results = scorer.judge(rows("ab", "hang", "a", "ab"))
        assert time.monotonic() - started < 25, "nobody waited for the deadline of 30 s"
        assert results[1].scores["obedient"].kind == "timeout"
        assert results[1].reward is None
        assert [results[n].reward for n in (0, 2, 3)] == [2.5, 1.5, 2.5]


def test_a_run_of_several_processes_has_a_budget(monkeypatch: pytest.MonkeyPatch, misbehaving: Path):
    monkeypatch.setenv("WORLD_SIZE", "2")
    with RowScorer(RUBRIC, plugins=[misbehaving], workers=1) as scorer:
        assert scorer.scorer.rubric.limits.batch_s == DISTRIBUTED_BATCH_S
    with RowScorer(RUBRIC, plugins=[misbehaving], workers=1, batch_s=7) as scorer:
        assert scorer.scorer.rubric.limits.batch_s == 7


def test_a_scorer_can_be_sent_to_another_process(misbehaving: Path):
    with RowScorer(RUBRIC, plugins=[misbehaving], workers=1) as made:
        sent = pickle.loads(pickle.dumps(made))
    with sent:
        assert sent.judge(rows("ab"))[0].reward == 2.5


def test_workers_that_cannot_be_had_are_a_warning_with_the_reason(misbehaving: Path, caplog: pytest.LogCaptureFixture):
    scorer = RowScorer(RUBRIC, plugins=[misbehaving], workers=1)
    scorer.scorer.close()
    with caplog.at_level(logging.WARNING):
        (result,) = scorer.judge(rows("ab"))
    assert (result.reward, result.scores["obedient"].kind) == (None, "unavailable")
    assert "1 completions get no reward, because none could be judged" in caplog.text
    with pytest.raises(InfrastructureError):
        scorer.judge_samples(scorer.samples(rows("ab")), must_work=True)


def test_a_reward_that_fails_is_reported_at_powers_of_two(misbehaving: Path, caplog: pytest.LogCaptureFixture):
    with RowScorer(RUBRIC, plugins=[misbehaving], workers=1) as scorer, caplog.at_level(logging.WARNING):
        for _ in range(5):
            scorer.judge(rows("raise"))
    counts = [record.args[1] for record in caplog.records if "the reward obedient failed" in record.getMessage()]
    assert counts == [1, 2, 4]
    assert "told to" in caplog.text


def test_without_a_rubric_the_environment_names_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    with pytest.raises(ConfigError, match="REWARDKIT_RUBRIC"):
        RowScorer()
    (tmp_path / "rubric.yaml").write_text("rewards: {constant: {}}")
    monkeypatch.setenv("REWARDKIT_RUBRIC", str(tmp_path / "rubric.yaml"))
    with pytest.raises(ConfigError, match="constant"):
        RowScorer(workers=1)
    monkeypatch.setenv("REWARDKIT_RUBRIC", "r1")
    with RowScorer(workers=1) as scorer:
        assert "math" in scorer.rubric.rewards


def test_the_engine_is_a_setting_or_the_environments(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("REWARDKIT_ENGINE", "ftp://nowhere")
    with pytest.raises(ConfigError, match="'ftp://nowhere': wanted the URL of a server"):
        RowScorer("r1", workers=1)
    with pytest.raises(ConfigError, match="workers='node' is for the engine local, not for ray"):
        RowScorer("r1", workers="node", engine="ray")


def test_a_rubric_that_names_code_needs_trust(tmp_path: Path, misbehaving: Path):
    (tmp_path / "rubric.yaml").write_text(f"plugins: [{misbehaving}]\nrewards: {{constant: {{}}}}\n")
    with pytest.raises(ConfigError, match="trust"):
        RowScorer(tmp_path / "rubric.yaml", workers=1)
    with RowScorer(tmp_path / "rubric.yaml", workers=1, trust=True) as scorer:
        assert scorer.judge(rows("x"))[0].reward == 1.0


def test_judging_has_a_lower_priority_than_training(tmp_path: Path):
    plugin = tmp_path / "niceness.py"
    plugin.write_text(
        "import os, rewardkit\n"
        "class Niceness(rewardkit.Reward):\n"
        "    name = 'niceness'\n"
        "    def score(self, samples):\n"
        "        return [rewardkit.Score.scored(os.getpriority(os.PRIO_PROCESS, 0)) for _ in samples]\n"
        "@rewardkit.hookimpl\n"
        "def rewardkit_rewards():\n"
        "    return [Niceness]\n"
    )
    with RowScorer({"rewards": {"niceness": {}}}, plugins=[plugin], workers=1) as scorer:
        (result,) = scorer.judge(rows("x"))
    assert result.reward == min(19, os.getpriority(os.PRIO_PROCESS, 0) + NICE)


def test_a_sample_is_made_of_what_the_trainer_knows(scorer: RowScorer):
    (sample,) = scorer.samples([row_of("q", "a", {"difficulty": 3}, completion_tokens=9, truncated=True, group="g")])
    assert isinstance(sample, Sample)
    assert (sample.completion_tokens, sample.truncated, sample.group) == (9, True, "g")
    assert sample.columns["difficulty"] == 3
