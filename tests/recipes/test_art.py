"""ART's own groups of trajectories are scored by the recipe."""

import asyncio

import art


def test_a_group_is_scored_by_the_rubric_and_what_has_no_reward_is_left_out(recipe, rubric):
    def trajectory(text):
        asked = {"role": "user", "content": "what is 1 + 1"}
        answered = {"role": "assistant", "content": text}
        return art.Trajectory(messages_and_choices=[asked, answered], reward=0.0, metadata={"answer": "2"})

    group = art.TrajectoryGroup([trajectory("ab"), trajectory("raise"), trajectory("abcd")])
    scored = asyncio.run(recipe("art_group").score_group(group))
    assert [one.reward for one in scored.trajectories] == [2.5, 4.5]
    assert scored.trajectories[0].metrics["rewardkit/obedient"] == 2.0
