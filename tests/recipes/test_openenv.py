"""OpenEnv takes the recipe for a Rubric, alone and in an environment behind its own server."""

import asyncio
import os
import subprocess
import sys

from openenv.core.env_server import Action, Environment, Observation, State, create_fastapi_app


class Say(Action):
    text: str = ""


def test_a_rubric_scores_an_action_and_shows_each_reward_by_name(recipe, rubric):
    made = recipe("openenv_rubric").RewardkitRubric()
    seen = Observation(metadata={"prompt": "what is 1 + 1", "answer": "2"})
    assert asyncio.run(made(Say(text="ab"), seen)) == 2.5
    assert made.last_score == 2.5
    assert {name: part.last_score for name, part in made.named_rubrics()} == {
        "rewardkit/obedient": 2.0,
        "rewardkit/constant": 1.0,
    }
    assert asyncio.run(made(Say(text="raise"), seen)) is None
    assert dict(made.named_rubrics())["rewardkit/obedient"].last_score is None


def test_an_environment_of_openenvs_server_pays_by_the_rubric(recipe, rubric):
    from fastapi.testclient import TestClient

    made = recipe("openenv_rubric").RewardkitRubric()

    class Questions(Environment):
        def __init__(self):
            super().__init__(rubric=made)

        def reset(self, seed=None, episode_id=None, **_):
            return Observation(metadata={"prompt": "what is 1 + 1"})

        def step(self, action, timeout_s=None, **_):
            seen = Observation(done=True, metadata={"prompt": "what is 1 + 1"})
            seen.reward = asyncio.run(self.rubric(action, seen))
            return seen

        @property
        def state(self):
            return State()

    client = TestClient(create_fastapi_app(Questions, Say, Observation))
    assert client.post("/reset", json={}).status_code == 200
    paid = client.post("/step", json={"action": {"text": "ab"}}).json()
    assert (paid["reward"], paid["done"]) == (2.5, True)
    assert client.post("/step", json={"action": {"text": "raise"}}).json()["reward"] is None


def test_an_environment_that_rewardkit_writes_passes_its_own_tests(tmp_path):
    command = [sys.executable, "-m", "rewardkit", "new", "sums", "--environment", "--into", str(tmp_path)]
    subprocess.run(command, check=True, capture_output=True)
    folder = tmp_path / "rewardkit-sums"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-W", "ignore", "-p", "no:cacheprovider", str(folder / "tests")],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "2 passed" in done.stdout, done.stdout
