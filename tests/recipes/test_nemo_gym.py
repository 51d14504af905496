"""NeMo Gym's own web server verifies by the recipe; messages of its 0.7 were written down as JSON."""

import json
from pathlib import Path
from unittest.mock import MagicMock

import pytest
from fastapi.testclient import TestClient

RECORDED = [json.loads(line) for line in Path(__file__).with_name("nemo_gym.jsonl").read_text().splitlines()]


@pytest.fixture
def client(recipe, rubric):
    from nemo_gym.base_resources_server import BaseResourcesServerConfig
    from nemo_gym.server_utils import ServerClient

    config = BaseResourcesServerConfig(host="127.0.0.1", port=1, entrypoint="", name="rewardkit", domain="math")
    server = recipe("nemo_gym_server").RewardkitServer(config=config, server_client=MagicMock(spec=ServerClient))
    return TestClient(server.setup_webserver())


def test_responses_are_verified_by_the_rubric(client, rubric):
    """The last has no reward, and gets the mean of its task's."""
    rubric.write_text(
        rubric.read_text().split("rewards")[0] + "rewards: {math: {}, obedient: {clip: [0, 1], weight: 0.5}}\n"
    )
    for recorded in RECORDED:
        message = {name: value for name, value in recorded.items() if name not in ("about", "reward")}
        answer = client.post("/verify", json=message)
        assert answer.status_code == 200, answer.text
        assert answer.json()["reward"] == recorded["reward"], recorded["about"]
        assert answer.json()["rewardkit/unrewarded"] == float(recorded["about"] == "a judge that fails")
        assert "rewardkit/math" in answer.json()
