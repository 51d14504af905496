"""NeMo Gym: a resources server whose `/verify` judges by the rubric that REWARDKIT_RUBRIC names.

NeMo Gym's reward is a number. A response without a reward gets the mean of its task's responses so far, and
`rewardkit/unrewarded` marks it: leave it out of training by that. The other values stand beside it in the response, and
NeMo Gym's aggregate metrics average every number of a response.
"""

from functools import cache
from typing import Any

from nemo_gym.base_resources_server import BaseVerifyRequest, BaseVerifyResponse, SimpleResourcesServer
from pydantic import ConfigDict

from rewardkit_trainers import RowScorer, row_of


@cache
def scorer() -> RowScorer:
    made = RowScorer(on_none="mean")
    made.check_alone("NeMo Gym verifies one response at a time")
    return made


class RewardkitVerifyRequest(BaseVerifyRequest):
    model_config = ConfigDict(extra="allow")  # the columns of the row


class RewardkitVerifyResponse(BaseVerifyResponse):
    model_config = ConfigDict(extra="allow")


class RewardkitServer(SimpleResourcesServer):
    async def verify(self, body: RewardkitVerifyRequest) -> RewardkitVerifyResponse:
        said: dict[str, Any] = body.model_dump(mode="json")
        asked, group = said["responses_create_params"]["input"], repr(said["responses_create_params"]["input"])
        row = row_of(asked, said["response"]["output"], body.model_extra or {})
        (numbers,) = scorer().numbers(await scorer().judge_async([row]), [group])
        return RewardkitVerifyResponse(**said | {"reward": numbers.pop("score")} | numbers)
