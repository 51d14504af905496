"""The server's own API: rows in, judgements out, and what an operator and Prometheus ask."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Body, Query, Request
from fastapi.responses import HTMLResponse, Response, StreamingResponse
from pydantic import BaseModel, TypeAdapter, ValidationError

from rewardkit import InfrastructureError, InputError, Result, Sample, to_block
from rewardkit.adapters import Row, job_from_json, result_to_json, term
from rewardkit_server.answers import JsonResponse, RequestError, dumps
from rewardkit_server.judging import RubricJudge, Rubrics
from rewardkit_server.metrics import CONTENT_TYPE, Metrics
from rewardkit_server.models import (
    Error,
    ExplainRequest,
    Explanation,
    JobRequest,
    JobResponse,
    RubricDescription,
    ScoreRequest,
    ScoreResponse,
)
from rewardkit_server.page import CONTENT_SECURITY_POLICY, PAGE

NDJSON = "application/x-ndjson"
_ROW = TypeAdapter(dict[str, Any])
_AHEAD = 64
"""Rows of a stream that are judged ahead of the one whose turn it is."""

REFUSALS: dict[int | str, dict[str, Any]] = {
    401: {"model": Error, "description": "The token is missing or wrong."},
    403: {"model": Error, "description": "The Host or the Origin is not this server's."},
    404: {"model": Error, "description": "No rubric of that name."},
    408: {"model": Error, "description": "The body did not come in time."},
    413: {"model": Error, "description": "The body has too many bytes or rows."},
    415: {"model": Error, "description": "The body is not JSON."},
    422: {"model": Error, "description": "The body does not fit; the message names the place."},
    429: {"model": Error, "description": "The queue is full; Retry-After says when to ask again."},
    503: {"model": Error, "description": "Too many bytes are being judged, or the server ends."},
}
_STREAM = {"content": {NDJSON: {"schema": {"type": "string", "description": "One row a line, or one block a line."}}}}


def router(rubrics: Rubrics, metrics: Metrics) -> APIRouter:
    """The routes."""
    routes = APIRouter(responses=REFUSALS)

    @routes.post(
        "/score",
        response_model=ScoreResponse,
        responses={200: _STREAM},
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {
                    "application/json": {"schema": ScoreRequest.model_json_schema()},
                    **_STREAM["content"],
                },
            }
        },
    )
    async def score(
        request: Request,
        rubric: Annotated[str | None, Query(description="For NDJSON: the rubric's name.")] = None,
        progress: Annotated[float, Query(ge=0, le=1, description="For NDJSON: the progress of training.")] = 1.0,
    ) -> Response:
        """Judge a row, rows, or a stream (NDJSON: a row a line; the answer has a block, or an error, a line)."""
        body = await request.body()
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() == NDJSON:
            lines = [line for line in body.splitlines() if line.strip()]
            judge = rubrics.get(rubric)
            judge.check_size(len(lines))
            if judge.scorer.sees_groups:
                raise RequestError(
                    HTTPStatus.UNPROCESSABLE_ENTITY,
                    "a reward of this rubric judges whole groups; send the rows of a group together, in `rows`",
                )
            return StreamingResponse(_stream(judge, lines, progress), media_type=NDJSON)
        asked = parsed(ScoreRequest, body)
        judge = rubrics.get(asked.rubric)
        rows = [asked.row] if asked.row is not None else asked.rows or []
        samples = judge.read(rows)
        results = await judge.judge(samples, progress=asked.progress, deadline_s=asked.deadline_s)
        blocks = [to_block(result) for result in results]
        if asked.row is None:
            return JsonResponse({"results": blocks})
        if len(blocks) != 1:
            raise RequestError(
                HTTPStatus.UNPROCESSABLE_ENTITY, f"the row holds {len(blocks)} completions; ask with `rows`"
            )
        return JsonResponse({"result": blocks[0]})

    @routes.post("/explain", response_model=Explanation)
    async def explain(asked: Annotated[ExplainRequest, Body()]) -> Response:
        """Judge one row and show its parts and how its reward adds up."""
        judge = rubrics.get(asked.rubric)
        samples = judge.read([asked.row])
        if len(samples) != 1:
            raise RequestError(HTTPStatus.UNPROCESSABLE_ENTITY, f"the row holds {len(samples)} completions")
        results = await judge.judge(samples, progress=asked.progress, deadline_s=asked.deadline_s)
        row_format = judge.reader(Row(dict(asked.row), "rows", 1)).name
        return JsonResponse(_explained(judge, row_format, samples[0], results[0]))

    @routes.get("/rubrics", response_model=list[RubricDescription])
    async def listed() -> Response:
        """The rubrics that are served."""
        return JsonResponse([describe(judge) for judge in rubrics])

    @routes.get("/rubrics/{name}", response_model=RubricDescription)
    async def described(name: str) -> Response:
        """One rubric."""
        return JsonResponse(describe(rubrics.get(name)))

    @routes.post(
        "/jobs",
        response_model=JobResponse,
        responses={
            409: {"model": Error, "description": "No rubric here has this hash; `rubrics` describes those here."}
        },
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": JobRequest.model_json_schema()}},
            }
        },
    )
    async def jobs(request: Request) -> Response:
        """Judge samples for a `Scorer` that uses this server as its engine."""
        asked = parsed(JobRequest, await request.body())
        judge = next((judge for judge in rubrics if judge.hash == asked.hash), None)
        if judge is None:
            raise RequestError(
                HTTPStatus.CONFLICT, "no rubric here is that of the request", rubrics=[describe(one) for one in rubrics]
            )
        try:
            job = job_from_json(asked.model_dump())
        except InputError as error:
            raise RequestError(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from error
        if job.weights.keys() != judge.rubric.rewards.keys() or not all(job.units):
            raise RequestError(HTTPStatus.UNPROCESSABLE_ENTITY, "wanted a weight for each reward, and no empty unit")
        rows = sum(map(len, job.units))
        judge.accept(rows)
        try:
            done = await asyncio.wrap_future(judge.scorer.engine.submit(job))
        except InfrastructureError as error:
            raise RequestError(HTTPStatus.SERVICE_UNAVAILABLE, str(error), retry_after_s=1) from error
        finally:
            judge.answered(rows)
        return Response(result_to_json(job, done), media_type="application/json")

    @routes.get("/healthz", response_model=dict[str, str])
    async def healthz() -> Response:
        """Alive."""
        return JsonResponse({"status": "ok"})

    @routes.get("/readyz", response_model=dict[str, str])
    async def readyz() -> Response:
        """Ready for more: 503 where a queue is full."""
        full = [judge.name for judge in rubrics if judge.is_full]
        if full:
            raise RequestError(
                HTTPStatus.SERVICE_UNAVAILABLE, f"too many rows wait for {', '.join(full)}", retry_after_s=1
            )
        return JsonResponse({"status": "ok"})

    @routes.get("/metrics", response_class=Response)
    async def exposition() -> Response:
        """Figures for Prometheus."""
        return Response(metrics.exposition(), media_type=CONTENT_TYPE)

    @routes.get("/", response_class=HTMLResponse)
    async def page() -> Response:
        """A page to paste a completion and see its judgement."""
        return HTMLResponse(PAGE, headers={"Content-Security-Policy": CONTENT_SECURITY_POLICY})

    return routes


def parsed(model: "type[BaseModel] | TypeAdapter[Any]", body: bytes) -> Any:
    """A request of a model; RequestError that names the place where it does not fit."""
    try:
        read = json.loads(body)
        return model.validate_python(read) if isinstance(model, TypeAdapter) else model.model_validate(read)
    except ValidationError as error:
        raise RequestError(HTTPStatus.UNPROCESSABLE_ENTITY, faults(error.errors(include_url=False))) from error
    except (ValueError, RecursionError) as error:
        raise RequestError(HTTPStatus.BAD_REQUEST, f"the body is no JSON: {error}") from error


def faults(errors: Sequence[Mapping[str, Any]]) -> str:
    """The fields that are invalid and why, without their values."""
    return "; ".join(f"{'.'.join(map(str, error['loc'])) or 'body'}: {error['msg']}" for error in errors[:5])


def describe(judge: RubricJudge) -> dict[str, Any]:
    """A rubric for those who ask."""
    steps = {step.alias: step.installed for step in judge.scorer.steps}
    return {
        "name": judge.name,
        "rewards": {alias: f"{steps[alias].qualified_name} {steps[alias].version}" for alias in judge.rubric.rewards},
        "sees_groups": judge.scorer.sees_groups,
        "workers": judge.workers,
        "hash": judge.hash,
        "identity": judge.identity,
    }


async def _stream(judge: RubricJudge, lines: Sequence[bytes], progress: float) -> AsyncIterator[bytes]:
    """A line for each line, in order, each as soon as it is judged."""

    async def judged(number: int, line: bytes) -> bytes:
        try:
            samples = judge.read([parsed(_ROW, line)])
            results = await judge.judge(samples, progress=progress)
        except RequestError as error:
            return dumps(error.content | {"line": number})
        if len(results) != 1:
            return dumps({"error": f"the row holds {len(results)} completions; ask with `rows`", "line": number})
        return dumps(to_block(results[0]))

    tasks: list[asyncio.Task[bytes]] = []
    try:
        for start in range(len(lines)):
            while len(tasks) < min(len(lines), start + _AHEAD):
                tasks.append(asyncio.create_task(judged(len(tasks) + 1, lines[len(tasks)])))
            yield await tasks[start] + b"\n"
    finally:
        for task in tasks:
            task.cancel()


def _explained(judge: RubricJudge, row_format: str, sample: Sample, result: Result) -> dict[str, Any]:
    rubric = judge.rubric
    sample = sample.in_format(rubric.reasoning)
    reasoning, answer = sample.parts
    return {
        "rubric": judge.name,
        "format": row_format,
        "prompt": sample.prompt_text,
        "reasoning": reasoning,
        "answer": answer,
        "ground_truth": sample.ground_truth,
        "result": to_block(result),
        "adds": {alias: term(rubric, alias, sample, result.scores, result.weights[alias]) for alias in rubric.rewards},
        "combine": rubric.combine,
        "clip": rubric.clip,
    }
