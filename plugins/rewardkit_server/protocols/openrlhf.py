"""OpenRLHF 0.11: `--reward.remote_url` (openrlhf/utils/agent.py, _fetch_rewards_via_http).

It takes numbers alone, and a rollout without one ends its run: a missing reward becomes the operator's number
(`--on-none`), with `rewardkit/unrewarded` at 1 in its logs.
"""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel

from rewardkit_server.answers import JsonResponse, RequestError
from rewardkit_server.protocols.trainer_rows import TrainerJudges
from rewardkit_trainers.naming import SCORE
from rewardkit_trainers.openrlhf import rollout_row

PATH = "/get_reward"
DEADLINE_S = 150.0
"""OpenRLHF gives up after 180 seconds."""


class Rollouts(BaseModel):
    """OpenRLHF's request."""

    query: Sequence[str]
    """Prompt and completion in one text."""
    prompts: Sequence[str]
    labels: Sequence[Any]
    """Ground truths; an empty text where there is none."""


class Rewards(BaseModel):
    """The response that OpenRLHF reads."""

    rewards: Sequence[float]
    scores: Sequence[float]
    extra_logs: dict[str, Sequence[float]]


def router(judges: TrainerJudges) -> APIRouter:
    """The route, for the only rubric and for each by name."""
    routes = APIRouter(tags=["OpenRLHF"])

    @routes.post(PATH, response_model=Rewards)
    @routes.post("/rubrics/{name}" + PATH, response_model=Rewards)
    async def get_reward(asked: Rollouts, name: str | None = None) -> Response:
        """Rewards for OpenRLHF's `--reward.remote_url`."""
        if not len(asked.query) == len(asked.prompts) == len(asked.labels):
            raise RequestError(
                HTTPStatus.BAD_REQUEST,
                f"query has {len(asked.query)} entries, prompts {len(asked.prompts)}, labels {len(asked.labels)}",
            )
        judge = judges.get(name)
        rows = [rollout_row(*one) for one in zip(asked.query, asked.prompts, asked.labels, strict=True)]
        results = await judge.results(rows, who="OpenRLHF", deadline_s=DEADLINE_S)
        numbers = judge.numbers(results, asked.prompts)
        rewards = [one.pop(SCORE) for one in numbers]
        logs = {key: [one[key] for one in numbers] for key in numbers[0]} if numbers else {}
        return JsonResponse({"rewards": rewards, "scores": rewards, "extra_logs": logs})

    return routes
