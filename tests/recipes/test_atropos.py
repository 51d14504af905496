"""Atropos calls the recipe as a RewardFunction of its own."""


def test_a_group_is_paid_by_the_rubric_and_a_missing_reward_is_its_mean(recipe, rubric):
    reward = recipe("atropos_reward").RewardkitReward(weight=2.0)
    logged = []
    reward.set_wandb_logger(type("Logger", (), {"log": staticmethod(logged.append)}))
    completions = ["ab", {"role": "assistant", "content": "raise"}, "abcd"]
    assert reward(completions, prompt="what is 1 + 1", ground_truth="2") == [5.0, 7.0, 9.0]
    assert logged[0]["reward/rewardkit/unrewarded"] == 1 / 3
    assert logged[0]["reward/rewardkit/constant"] == 1.0
