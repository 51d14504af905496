"""tinker-cookbook's own rollout of a group runs the recipe's environments, with a renderer of words."""

import asyncio
from types import SimpleNamespace

import tinker
from tinker_cookbook.rl.types import TrajectoryGroup

from rewardkit_trainers import RowScorer


def test_a_group_is_paid_together_and_each_reward_is_a_metric(recipe, rubric):
    texts = {1: "ab", 2: "raise", 3: "abcd"}
    renderer = SimpleNamespace(
        build_generation_prompt=lambda _: tinker.ModelInput.from_ints([0]),
        get_stop_sequences=list,
        tokenizer=SimpleNamespace(decode=lambda ids: texts[ids[0]]),
    )

    async def run():
        with RowScorer(workers=1) as scorer:
            row = {"prompt": "what is 1 + 1", "answer": "2"}
            group = recipe("tinker_env").QuestionGroup(scorer, row, renderer, 3)
            envs = await group.make_envs()
            for env, tokens in zip(envs, ([1], [2], [3]), strict=True):
                await env.initial_observation()
                assert (await env.step(tokens)).episode_done
            return await group.compute_group_rewards(TrajectoryGroup([], [], []), envs)

    paid = asyncio.run(run())
    assert [reward for reward, _ in paid] == [2.5, 3.5, 4.5]
    assert paid[0][1] == {"rewardkit/obedient": 2.0, "rewardkit/constant": 1.0, "rewardkit/unrewarded": 0.0}
