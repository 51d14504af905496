"""NeMo Gym 0.7: a resources server (nemo_gym/base_resources_server.py, BaseMultiRewardVerifyResponse).

A response without a reward is masked (`mask_sample`), which says that its 0.0 measures nothing, with the kind of the
failure in NeMo Gym's words. NeMo-RL refuses rows whose `reward_components` do not sum to the reward, or whose keys
differ: each reward of the rubric has its share, and what is no sum has one component that is the reward.
"""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict

from rewardkit import Result, Rubric, Sample
from rewardkit.adapters import term
from rewardkit_server.answers import JsonResponse
from rewardkit_server.judging import Rubrics

FAILURE_KINDS = {
    "plugin_error": "verifier_error",
    "crash": "verifier_error",
    "breaker_open": "verifier_error",
    "timeout": "transport_timeout",
    "unavailable": "provider_unavailable",
    "rate_limited": "provider_unavailable",
    "sandbox_error": "provider_unavailable",
}
"""NeMo Gym's word for our kinds (nemo_gym/failure_kinds.py); every other kind is `rewardkit:KIND`."""

MODE = "stateless"
"""NeMo Gym may verify a rollout again at any time."""


class VerifyRequest(BaseModel):
    """The row's fields, with the rollout."""

    model_config = ConfigDict(extra="allow")

    responses_create_params: Mapping[str, Any]
    response: Mapping[str, Any]
    """A response of OpenAI's Responses API."""


class VerifyResponse(VerifyRequest):
    """The request again, and its verdict."""

    reward: float
    mask_sample: bool
    failure_kind: str | None
    failure_reason: str | None
    reward_components: dict[str, float]


def router(rubrics: Rubrics) -> APIRouter:
    """The routes, for the only rubric and for each by name."""
    routes = APIRouter(tags=["NeMo Gym"])

    @routes.post("/verify", response_model=VerifyResponse)
    @routes.post("/rubrics/{name}/verify", response_model=VerifyResponse)
    async def verify(asked: VerifyRequest, name: str | None = None) -> Response:
        """The verdict of a rollout."""
        judge = rubrics.get(name)
        content = asked.model_dump()
        row = {key: value for key, value in content.items() if key not in ("reward", "rewardkit")}
        (sample,) = judge.read([row])
        (result,) = await judge.judge([sample])
        return JsonResponse(content | verdict(judge.rubric, sample, result))

    @routes.get("/reverify_mode", response_model=str)
    @routes.get("/rubrics/{name}/reverify_mode", response_model=str)
    async def reverify_mode(name: str | None = None) -> Response:
        """The mode that tells a client if rollouts may be verified again."""
        rubrics.get(name)
        return JsonResponse(MODE)

    @routes.post("/seed_session", response_model=dict[str, Any])
    @routes.post("/rubrics/{name}/seed_session", response_model=dict[str, Any])
    async def seed_session(asked: dict[str, Any], name: str | None = None) -> Response:
        """Nothing: there is no state."""
        rubrics.get(name)
        kept = {key: value for key, value in asked.items() if key == "resources_session_id"}
        return JsonResponse(kept)

    @routes.post("/close_session", response_model=dict[str, Any])
    @routes.post("/rubrics/{name}/close_session", response_model=dict[str, Any])
    async def close_session(asked: dict[str, Any], name: str | None = None) -> Response:
        """Nothing: there is no state."""
        rubrics.get(name)
        kept = {key: value for key, value in asked.items() if key == "resources_session_id"}
        return JsonResponse(kept)

    return routes


def verdict(rubric: Rubric, sample: Sample, result: Result) -> dict[str, Any]:
    """The fields that NeMo Gym reads."""
    components = reward_components(rubric, sample, result)
    if result.reward is not None:
        fields = {"reward": result.reward, "mask_sample": False, "failure_kind": None, "failure_reason": None}
        return fields | {"reward_components": components}
    unjudged = [(alias, score) for alias, score in result.scores.items() if score.status != "scored"]
    unjudged.sort(key=lambda found: found[1].status != "failed")  # what failed says more than what abstained
    kind = unjudged[0][1].kind if unjudged else "undecidable"
    return {
        "reward": 0.0,
        "mask_sample": True,
        "failure_kind": FAILURE_KINDS.get(kind, f"rewardkit:{kind}"),
        "failure_reason": "; ".join(f"{alias} {score.status}: {score.reason}" for alias, score in unjudged),
        "reward_components": dict.fromkeys(components, 0.0),
    }


def reward_components(rubric: Rubric, sample: Sample, result: Result) -> dict[str, float]:
    """Each reward's share; the same keys for every sample, and the reward as their sum."""
    if rubric.combine != "sum":
        return {"reward": result.reward or 0.0}
    shares: dict[str, float] = {}
    for alias in rubric.rewards:
        share = term(rubric, alias, sample, result.scores, result.weights[alias])
        shares[alias] = share if isinstance(share, float) else 0.0
    if rubric.clip is not None:
        shares["rubric/clip"] = (result.reward or 0.0) - sum(shares.values())
    return shares
