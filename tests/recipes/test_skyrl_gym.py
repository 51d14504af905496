"""SkyRL-Gym makes the recipe's environment by its name, and pays by the rubric."""

import skyrl_gym


def test_an_environment_pays_by_the_rubric_and_logs_each_reward(recipe, rubric):
    recipe("skyrl_gym_env")
    skyrl_gym.register(id="rewardkit", entry_point="skyrl_gym_env:RewardkitEnv")
    prompt = [{"role": "user", "content": "what is 1 + 1"}]

    def step(text):
        env = skyrl_gym.make("rewardkit", env_config={}, extras={"reward_spec": {"ground_truth": "2"}})
        env.init(prompt)
        return env, env.step(text)

    env, out = step("ab")
    assert (out["reward"], out["done"]) == (2.5, True)
    assert env.get_metrics()["rewardkit/obedient"] == 2.0
    _, missing = step("raise")
    assert missing["reward"] == 2.5  # the mean of its prompt's completions
    assert missing["metadata"]["rewardkit/unrewarded"] == 1.0
