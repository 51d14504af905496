"""The whole server as one ASGI app: the guard before everything, then the API and each trainer's protocol."""

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from rewardkit_server import api
from rewardkit_server.answers import JsonResponse, RequestError
from rewardkit_server.guard import Guard
from rewardkit_server.judging import Rubrics
from rewardkit_server.metrics import Metrics
from rewardkit_server.protocols import nemo_gym, openrlhf, ors, sandbox_fusion, slime
from rewardkit_server.protocols.trainer_rows import TrainerJudges
from rewardkit_server.settings import Settings
from rewardkit_trainers.imputation import OnNone


def make_app(
    rubrics: Rubrics,
    settings: Settings,
    metrics: Metrics,
    *,
    on_none: OnNone = "mean",
    runner: sandbox_fusion.Runner | None = None,
) -> Guard:
    """The app.

    on_none  what becomes of a missing reward where a trainer takes numbers alone: `mean`, `raise`, or a number
    runner   runs programs for SandboxFusion's clients; None: no `/run_code`
    """
    app = FastAPI(
        title="rewardkit",
        summary="Rewards for reinforcement learning with verifiable rewards.",
        docs_url=None,  # these pages load scripts from elsewhere
        redoc_url=None,
        default_response_class=JsonResponse,
        generate_unique_id_function=lambda route: f"{route.name}{route.path_format}".replace("/", "-"),
    )
    app.include_router(api.router(rubrics, metrics))
    judges = TrainerJudges(rubrics, on_none, metrics)
    for routes in (openrlhf.router(judges), slime.router(judges), nemo_gym.router(rubrics), ors.router(rubrics)):
        app.include_router(routes, responses=api.REFUSALS)
    if runner is not None:
        app.include_router(sandbox_fusion.router(runner), responses=api.REFUSALS)

    @app.exception_handler(RequestError)
    async def refused(_: Request, error: RequestError) -> JsonResponse:
        return error.response()

    @app.exception_handler(RequestValidationError)
    async def misfit(_: Request, error: RequestValidationError) -> JsonResponse:
        kinds = {one["type"] for one in error.errors()}
        status = HTTPStatus.BAD_REQUEST if "json_invalid" in kinds else HTTPStatus.UNPROCESSABLE_ENTITY
        return JsonResponse({"error": api.faults(error.errors())}, status_code=status)

    @app.exception_handler(HTTPException)
    async def not_here(request: Request, error: HTTPException) -> JsonResponse:
        content: dict[str, Any] = {"error": str(error.detail)}
        if error.status_code == HTTPStatus.NOT_FOUND:
            content = {"error": f"nothing is at {request.url.path:.80}; /openapi.json lists what is here"}
        return JsonResponse(content, status_code=error.status_code, headers=error.headers)

    return Guard(app, settings, metrics)
