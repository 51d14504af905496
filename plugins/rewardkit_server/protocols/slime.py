"""slime and miles: `--rm-type remote_rm --rm-url …` (slime/rollout/rm_hub/__init__.py).

The answer is the reward: a number, or with `?values=true` in the URL an object, of which `--reward-key score` takes the
reward. slime has no place for none (null ends its run): a missing reward becomes the operator's number.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict

from rewardkit_server.answers import JsonResponse
from rewardkit_server.protocols.trainer_rows import TrainerJudges
from rewardkit_trainers.naming import SCORE
from rewardkit_trainers.samples import row_of

PATH = "/slime"
DEADLINE_S = 100.0
"""slime gives up after 120 seconds."""


class SlimeSample(BaseModel):
    """slime's request."""

    model_config = ConfigDict(extra="allow")

    prompt: str | Sequence[Mapping[str, Any]]
    response: str
    label: Any = None


def router(judges: TrainerJudges) -> APIRouter:
    """The route, for the only rubric and for each by name."""
    routes = APIRouter(tags=["slime"])

    @routes.post(PATH, response_model=float | dict[str, float])
    @routes.post("/rubrics/{name}" + PATH, response_model=float | dict[str, float])
    async def remote_rm(
        asked: SlimeSample,
        name: str | None = None,
        values: Annotated[bool, Query(description="Answer with an object, for --reward-key score.")] = False,  # noqa: FBT002
    ) -> Response:
        """The reward for slime's `--rm-url`."""
        judge = judges.get(name)
        row = row_of(asked.prompt, asked.response, (asked.model_extra or {}) | {"ground_truth": asked.label})
        results = await judge.results([row], who="slime's remote_rm", deadline_s=DEADLINE_S)
        group = asked.prompt if isinstance(asked.prompt, str) else json.dumps(asked.prompt, sort_keys=True)
        (numbers,) = judge.numbers(results, [group])
        return JsonResponse(numbers if values else numbers[SCORE])

    return routes
