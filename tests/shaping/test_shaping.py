"""The shaping rewards: golden rows with their sources, and what holds of any completion."""

import json
import math
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

import rewardkit_shaping
from rewardkit import Reward, RewardContext, Sample, Score
from rewardkit_shaping.repetition import windows
from rewardkit_shaping.words import words

REWARDS: dict[str, type[Reward]] = {reward.name: reward for reward in rewardkit_shaping.rewardkit_rewards()}
GOLDEN_FILE = Path(__file__).parents[1] / "golden" / "shaping.jsonl"
GOLDEN = [json.loads(line) for line in GOLDEN_FILE.read_text(encoding="utf-8").splitlines()]
LEAST_PARAMS = {
    "length_cosine": {"limit": 100},
    "length_overlong": {"limit": 100, "cache": 20},
    "length_target": {"target": 50},
}


def build(name: str, **params: object) -> Reward:
    reward = REWARDS[name]
    return reward(reward.Params.model_validate(params), RewardContext())


def judge(name: str, sample: Sample, **params: object) -> Score:
    return build(name, **params).score([sample])[0]


@pytest.mark.parametrize("row", GOLDEN, ids=lambda row: row["id"])
def test_golden_rows(row):
    score = judge(row["reward"], Sample(**row["sample"]), **row["params"])
    assert score.status == ("abstained" if row["value"] is None else "scored")
    assert score.value == (None if row["value"] is None else pytest.approx(row["value"], abs=1e-12))


def test_every_reward_that_sees_samples_has_golden_rows():
    assert {row["reward"] for row in GOLDEN} == {name for name, reward in REWARDS.items() if reward.sees == "sample"}


@pytest.mark.parametrize("name", [name for name in REWARDS if name.startswith("length")])
def test_without_a_token_count_length_abstains_and_says_what_to_do(name):
    score = judge(name, Sample(completion="some words"), **LEAST_PARAMS.get(name, {}))
    assert score.status == "abstained"
    assert "--map completion_tokens" in score.reason
    assert "unit: words" in score.reason


def kimi(*lengths_and_right: tuple[int | None, object], **params: object) -> list[float | None]:
    samples = [
        Sample(completion="", completion_tokens=tokens, columns={"right": right}) for tokens, right in lengths_and_right
    ]
    return [score.value for score in build("length_relative", **params).score(samples)]


def test_kimi_short_right_answers_gain_and_wrong_ones_never_do():
    """Kimi k1.5, arXiv:2501.12599, 2.3.3, worked out for lengths 100 to 300."""
    group = [(100, True), (100, False), (200, True), (250, False), (300, True)]
    assert kimi(*group, right_column="right") == [0.5, 0.0, 0.0, -0.25, -0.5]


def test_kimi_equal_lengths_say_nothing():
    assert kimi((100, True), (100, False), right_column="right") == [0.0, 0.0]
    assert kimi((100, True)) == [0.0]


def test_kimi_samples_that_cannot_be_told_do_not_count():
    group = [(None, True), (100, True), (900, "unknown"), (200, True)]
    assert kimi(*group, right_column="right") == [None, 0.5, None, -0.5]


def test_kimi_without_a_column_takes_all_as_right():
    assert kimi((100, False), (200, False), (300, False)) == [0.5, 0.0, -0.5]


@given(st.lists(st.tuples(st.integers(0, 500), st.booleans()), max_size=8), st.randoms())
def test_kimi_follows_the_samples_under_permutation(group, random):
    order = list(range(len(group)))
    random.shuffle(order)
    found = kimi(*group, right_column="right")
    assert kimi(*(group[index] for index in order), right_column="right") == [found[index] for index in order]


@given(st.integers(0, 3000), st.integers(0, 3000), st.booleans())
def test_cosine_right_falls_and_wrong_rises_with_length(one, other, right):
    short, long = sorted((one, other))
    params = {"limit": 4000, "right_column": "right"}
    values = [
        judge(
            "length_cosine", Sample(completion="", completion_tokens=tokens, columns={"right": right}), **params
        ).value
        for tokens in (short, long)
    ]
    assert values[0] >= values[1] if right else values[0] <= values[1]


def share_seen_before(units: Sequence[object], n: int) -> float:
    """The definition, in quadratic time."""
    grams = [tuple(units[start : start + n]) for start in range(len(units) - n + 1)]
    return sum(gram in grams[:index] for index, gram in enumerate(grams)) / len(grams) if grams else 0.0


@given(st.text(alphabet="ab \n.", max_size=60), st.integers(1, 4))
def test_repetition_is_the_greater_share_of_words_or_characters_seen_before(text, n):
    said = text.lower().replace(".", " ").split()
    in_words, in_characters = share_seen_before(said, n), share_seen_before(re.sub(" +", " ", text), 8 * n)
    score = judge("repetition", Sample(completion=text), n=n)
    assert score.value == pytest.approx(-max(in_words, in_characters))


@given(st.text(max_size=120), st.integers(1, 40))
def test_windows_of_characters_are_counted_as_the_definition_says(text, length):
    found = windows(text, length)
    assert found.share == pytest.approx(share_seen_before(re.sub(r"[^\S\n]+", " ", text), length))


@pytest.mark.parametrize("unit", ["🙂", "=-", "a", "!?\n", "今", "\\quad ", "0"])
def test_a_loop_of_anything_costs_nearly_all(unit):
    assert judge("repetition", Sample(completion=unit * 2000)).value < -0.95


@given(st.text(max_size=200))
def test_unseen_characters_are_no_words(text):
    assert words("\u200b\u2060 \ufeff_") == []
    assert len(words(text)) <= len(text)


def test_words_written_together_are_counted_apart():
    assert len(words("a" * 240)) == 10
    assert words("今天 is 3.5°") == ["今", "天", "is", "3", "5"]
    assert len(words("สวัสดี")) > 1


@pytest.mark.parametrize("name", sorted(REWARDS))
def test_no_negative_zero(name):
    """Which would be written as -0.0 into the output."""
    samples = [Sample(completion="<think>a</think>b", completion_tokens=50, truncated=False)] * 2
    for score in build(name, **LEAST_PARAMS.get(name, {})).score(samples):
        assert score.value != 0.0 or math.copysign(1.0, score.value) == 1.0


def test_the_page_about_shaping_lists_every_reward_and_its_rubric_can_be_built():
    page = (Path(__file__).parents[2] / "docs" / "shaping.md").read_text(encoding="utf-8")
    assert all(f"| `{name}` |" in page for name in REWARDS)
    rubric = yaml.safe_load(page.split("```yaml")[1].split("```")[0])["rewards"]
    for name in rubric.keys() - {"math"}:
        build(name, **rubric[name].get("params", {}))


HOSTILE = ["a " * 500_000, "\n" * 1_000_000, "\n \t" * 300_000, "." * 1_000_000, "wait" * 250_000, "今" * 300_000]


@pytest.mark.parametrize("name", sorted(REWARDS))
@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text[:5]))
def test_hostile_megabyte_takes_a_moment(quick, name, text):
    params = LEAST_PARAMS.get(name, {}) | ({"unit": "words"} if name.startswith("length") else {})
    quick(lambda: judge(name, Sample(completion=text), **params), seconds=3.0)


@pytest.mark.parametrize(
    ("name", "params", "says"),
    [
        ("length_overlong", {"limit": 10, "cache": 11}, "must not exceed the limit"),
        ("length_target", {}, "either `target` or `target_column`"),
        ("length_target", {"target": 1, "target_column": "a"}, "either `target` or `target_column`"),
        ("length_cosine", {}, "limit"),
        ("length_cosine", {"limit": 10, "right": [math.inf, 0.0]}, "finite"),
        ("paragraphs", {"least": 3, "most": 2}, "below"),
        ("reflection", {"markers": []}, "at least 1"),
        ("repetition", {"n": 0}, "greater than or equal to 1"),
    ],
)
def test_parameters_that_contradict_are_refused(name, params, says):
    with pytest.raises(ValidationError, match=says):
        REWARDS[name].Params.model_validate(params)
