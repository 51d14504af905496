"""Estimators of advantages: golden rows worked out by hand, and what holds of any rewards."""

import doctest
import json
import math
import statistics
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewardkit import advantages
from rewardkit.advantages import ESTIMATORS

GOLDEN_FILE = Path(__file__).parents[1] / "golden" / "advantages.jsonl"
GOLDEN = [json.loads(line) for line in GOLDEN_FILE.read_text(encoding="utf-8").splitlines()]

rewards = st.one_of(st.none(), st.floats(-10, 10).map(lambda value: round(value, 3)))
batches = st.lists(st.tuples(rewards, st.sampled_from("abc")), max_size=12).map(
    lambda rows: tuple(zip(*rows, strict=True)) or ((), ())
)
names = st.sampled_from(sorted(ESTIMATORS))


@pytest.mark.parametrize("row", GOLDEN, ids=lambda row: row["id"])
def test_golden_rows(row):
    estimator = getattr(advantages, row["estimator"])
    found = estimator(row["rewards"], row["groups"], **row["params"])
    np.testing.assert_allclose(found, np.array(row["expected"], dtype=float), atol=1e-9, rtol=1e-9)


@given(batches, names)
def test_an_advantage_for_each_sample(batch, name):
    values, groups = batch
    found = ESTIMATORS[name](values, groups)
    assert found.shape == (len(values),)
    assert found.dtype == np.float64
    assert np.isfinite(found).all() or name == "magistral"


@given(batches, names)
def test_unscored_samples_have_none_and_change_nothing(batch, name):
    values, groups = batch
    scored = [index for index, value in enumerate(values) if value is not None]
    found = ESTIMATORS[name](values, groups)
    alone = ESTIMATORS[name]([values[index] for index in scored], [groups[index] for index in scored])
    np.testing.assert_array_equal(found[scored], alone)
    assert not np.delete(found, scored).any()


@given(batches, names)
def test_nan_is_none(batch, name):
    values, groups = batch
    nans = [math.nan if value is None else value for value in values]
    np.testing.assert_array_equal(ESTIMATORS[name](values, groups), ESTIMATORS[name](nans, groups))


@given(batches, names.filter(lambda name: name != "passk"), st.randoms())
def test_advantages_follow_their_samples_under_permutation(batch, name, random):
    """Except for passk, where the first of several best samples is the one that is compared: all have 0 then."""
    values, groups = batch
    order = list(range(len(values)))
    random.shuffle(order)
    found = ESTIMATORS[name]([values[index] for index in order], [groups[index] for index in order])
    np.testing.assert_allclose(found, ESTIMATORS[name](values, groups)[order], atol=1e-9)


@given(batches)
def test_grpo_is_what_statistics_says(batch):
    values, groups = batch
    found = advantages.grpo(values, groups)
    for value, key, advantage in zip(values, groups, found, strict=True):
        group = [other for other, of in zip(values, groups, strict=True) if of == key and other is not None]
        expected = 0.0
        if value is not None and len(group) > 1:
            expected = (value - statistics.fmean(group)) / (statistics.stdev(group) + 1e-4)
        assert advantage == pytest.approx(expected, abs=1e-6)


@given(batches, st.sampled_from(["grpo", "grpo_paper", "dr_grpo", "gdpo", "magistral"]))
def test_advantages_sum_to_nothing(batch, name):
    found = ESTIMATORS[name](*batch)
    assert np.nansum(found) == pytest.approx(0.0, abs=1e-6)


# 0.1 has no exact mean in binary: a rest of rounding, over no epsilon, would be an advantage of 1.
@pytest.mark.parametrize(
    "name", ["grpo", "grpo_paper", "verl_grpo", "dr_grpo", "rloo", "gdpo", "passk", "rpp_baseline", "maxrl", "gpg"]
)
def test_no_spread_is_exactly_zero(name):
    assert not ESTIMATORS[name]([0.1] * 3 + [0.7] * 7, ["a"] * 3 + ["b"] * 7).any()


@pytest.mark.parametrize("name", sorted(ESTIMATORS))
def test_rewards_that_differ_by_rounding_are_equal(name):
    found = ESTIMATORS[name]([0.1 + 0.2, 0.3, 0.3, 0.3], ["a"] * 4)
    assert not np.nan_to_num(found).any()


@pytest.mark.parametrize("name", sorted(ESTIMATORS))
def test_tensors_and_arrays_are_taken_as_lists_are(name):
    torch = pytest.importorskip("torch")
    values, groups = [1.0, 0.0, 0.5, 1.0, 0.25, 0.0], [7, 7, 7, 8, 8, 8]
    expected = ESTIMATORS[name](values, groups)
    assert np.nan_to_num(expected).any()
    for rewards, keys in (
        (torch.tensor(values, requires_grad=True), torch.tensor(groups)),
        (torch.tensor(values, dtype=torch.bfloat16), list(torch.tensor(groups))),
        (np.array(values), np.array(groups)),
        ([torch.tensor(value) for value in values], tuple(groups)),
    ):
        np.testing.assert_allclose(ESTIMATORS[name](rewards, keys), expected)
    kept = advantages.dapo_dynamic_sampling(torch.tensor(values), torch.tensor(groups))
    assert kept.tolist() == [True] * 6


def test_remax_compares_with_the_greedy_completion():
    assert advantages.remax([1, 0, None, 1], [0.5, 1, 1, None]).tolist() == [0.5, -1.0, 0.0, 0.0]


@pytest.mark.parametrize("name", ["gpg", "rpp"])
def test_the_estimators_of_verl_say_the_same(name):
    core_algos = pytest.importorskip("verl.trainer.ppo.core_algos")
    import torch

    values, groups = [1.0, 0.0, 0.0, 1.0, 1.0, 0.25], ["a", "a", "a", "b", "b", "c"]
    token_rewards, mask = torch.zeros(6, 3), torch.ones(6, 3)
    token_rewards[:, -1] = torch.tensor(values)
    function = {
        "gpg": core_algos.compute_gpg_outcome_advantage,
        "rpp": core_algos.compute_reinforce_plus_plus_outcome_advantage,
    }[name]
    theirs, _ = function(
        token_level_rewards=token_rewards,
        response_mask=mask,
        index=np.array(groups),
        config=type("C", (), {"gamma": 1.0}),
    )
    ours = ESTIMATORS[name](values, groups, **({"lengths": [3] * 6} if name == "rpp" else {}))
    np.testing.assert_allclose(ours, theirs[:, 0].numpy(), atol=1e-5)


def test_tiny_spread_without_epsilon_is_still_relative():
    found = advantages.grpo_paper([1e-12, 0.0], ["a", "a"])
    np.testing.assert_allclose(found, [1.0, -1.0])


@given(batches)
def test_dynamic_sampling_keeps_just_the_groups_with_an_advantage(batch):
    values, groups = batch
    kept = advantages.dapo_dynamic_sampling(values, groups)
    teaching = {key for key, advantage in zip(groups, advantages.dr_grpo(values, groups), strict=True) if advantage}
    assert kept.tolist() == [key in teaching for key in groups]


def test_overlong_is_linear_in_the_cache():
    found = advantages.overlong([0, 12, 13, 14, 16, 17], max_len=16, cache=4)
    assert found.tolist() == [0.0, 0.0, -0.25, -0.5, -1.0, -1.0]
    assert not np.signbit(found[:2]).any()


def test_each_estimator_by_name_is_a_public_function_of_the_module():
    assert all(getattr(advantages, name) is estimator for name, estimator in ESTIMATORS.items())


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: advantages.grpo([1.0], []), "as many group keys, found 0"),
        (lambda: advantages.grpo([math.inf, 0.0], "ab"), "finite, found inf"),
        (lambda: advantages.grpo([[1.0, math.inf]], "a"), "finite, found inf"),
        (lambda: advantages.grpo([[1.0, 2.0]], "a", weights=[1.0]), "2 rewards need as many weights"),
        (lambda: advantages.grpo([[[1.0]]], "a"), "found shape"),
        (lambda: advantages.grpo([1.0, 0.0], [["a", "a"], ["b", "b"]]), "one key for each sample"),
        (lambda: advantages.remax([1.0], [1.0, 0.0]), "as many baselines"),
        (lambda: advantages.opo([1.0, 0.0], "aa", [5]), "as many lengths"),
        (lambda: advantages.overlong([1], max_len=4, cache=5), "cache must be"),
    ],
)
def test_what_does_not_fit_is_refused(call, says):
    with pytest.raises(ValueError, match=says):
        call()


def test_the_page_about_advantages_says_what_happens():
    page = Path(__file__).parents[2] / "docs" / "advantages.md"
    found = doctest.testfile(str(page), module_relative=False, encoding="utf-8")
    assert found.attempted > 0
    assert found.failed == 0
    assert all(f"`{name}`" in page.read_text(encoding="utf-8") for name in (*ESTIMATORS, "opo", "remax", "overlong"))
