"""NeMo Gym 0.7: its own web server verifies by the recipe, and its classes read the answers of our server."""

import json
from pathlib import Path
from unittest.mock import MagicMock

import pytest
from fastapi.testclient import TestClient

from rewardkit import Result, Rubric, Sample, Score
from rewardkit_server.protocols.nemo_gym import verdict

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


@pytest.mark.parametrize(
    ("score", "masked", "kind"),
    [
        (Score.scored(1.0), False, None),
        (Score.failed("told to"), True, "verifier_error"),
        (Score.failed("too slow", kind="timeout"), True, "transport_timeout"),
        (Score.failed("no answer", kind="unavailable"), True, "provider_unavailable"),
        (Score.abstained("nothing to judge"), True, "rewardkit:not_applicable"),
    ],
)
def test_answers_of_our_server_are_nemo_gyms_own_class_with_kinds_that_it_knows(score, masked, kind):
    from nemo_gym.base_resources_server import BaseMultiRewardVerifyResponse
    from nemo_gym.failure_kinds import is_namespaced, is_registered

    rubric = Rubric.of({"rewards": {"math": {"on_abstained": "none"}}})
    result = Result(reward=score.value, scores={"math": score}, weights={"math": 1.0})
    said = RECORDED[0] | verdict(rubric, Sample(prompt="p", completion="c"), result)
    answer = BaseMultiRewardVerifyResponse.model_validate(said)
    assert (answer.mask_sample, answer.failure_kind) == (masked, kind)
    assert kind is None or is_registered(kind) or is_namespaced(kind)
    assert sum(answer.reward_components.values()) == answer.reward
