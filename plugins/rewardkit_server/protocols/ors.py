"""ORS, the Open Reward Standard: a rubric as an environment with one tool, `submit`.

The base URL of a client is that of the server with `/ors` behind it; the messages are those of openreward 0.1.167
(openreward/environments/server.py). A task is a row without its completion; there are no tasks of the server's own, so
a session is made from a `task_spec`. A tool's reward may be null: a completion that nobody could judge gets none, and
the reason as text. Sessions end by themselves after SESSION_S without a word.
"""

import secrets
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping
from http import HTTPStatus
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Header
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel

from rewardkit import Result, to_block
from rewardkit_server.answers import JsonResponse, RequestError, dumps
from rewardkit_server.judging import RubricJudge, Rubrics
from rewardkit_trainers.naming import why_no_reward

PREFIX = "/ors"
SESSION_S = 900.0
SESSIONS = 10_000
_CHUNK = 2048
SUBMIT = {
    "name": "submit",
    "description": "Hand in the final answer; it is judged and the episode ends.",
    "input_schema": {
        "type": "object",
        "properties": {"answer": {"type": "string", "description": "The whole completion, reasoning and answer."}},
        "required": ["answer"],
        "additionalProperties": False,
    },
}
SPLIT = {"name": "train", "type": "train"}

SessionId = Annotated[str, Header(alias="X-Session-ID", min_length=1, max_length=200)]


class Create(BaseModel):
    """A session's task."""

    env_name: str | None = None
    task_spec: Mapping[str, Any] | None = None
    split: str | None = None
    index: int | None = None
    toolset_name: str | None = None


class Call(BaseModel):
    """A call of a tool."""

    name: str
    input: Mapping[str, Any]
    task_id: str | None = None


class OfSplit(BaseModel):
    """A question about a split."""

    split: str
    index: int | None = None
    start: int | None = None
    stop: int | None = None


class _Session(NamedTuple):
    judge: RubricJudge
    task: Mapping[str, Any]
    answers: dict[str, bytes]
    """Responses of `submit` by task id: a call repeated after a lost connection is not judged twice."""


class _Sessions:
    """Those that are open, the longest unheard first."""

    def __init__(self) -> None:
        self._open: OrderedDict[str, tuple[float, _Session]] = OrderedDict()

    def add(self, sid: str, session: _Session) -> None:
        now = time.monotonic()
        while self._open and (len(self._open) >= SESSIONS or next(iter(self._open.values()))[0] + SESSION_S < now):
            self._open.popitem(last=False)
        if sid in self._open:
            fix = "POST /delete ends it, POST /create_session gives a new id"
            raise RequestError(HTTPStatus.BAD_REQUEST, f"this X-Session-ID already has a session; {fix}")
        self._open[sid] = (now, session)

    def heard(self, sid: str) -> _Session:
        if sid not in self._open:
            raise RequestError(HTTPStatus.NOT_FOUND, "no session of this X-Session-ID; POST /create makes one")
        session = self._open.pop(sid)[1]
        self._open[sid] = (time.monotonic(), session)
        return session

    def end(self, sid: str) -> None:
        self._open.pop(sid, None)


class Environments:
    """The rubrics as ORS's environments: a method for each request."""

    def __init__(self, rubrics: Rubrics) -> None:
        """Serves these rubrics; no session is open yet."""
        self._rubrics = rubrics
        self._sessions = _Sessions()

    async def health(self) -> Response:
        """Alive."""
        return JsonResponse({"status": "ok"})

    async def list_environments(self) -> Response:
        """The rubrics."""
        return JsonResponse([judge.name for judge in self._rubrics])

    async def create_session(self) -> Response:
        """A new session's id, as an event."""
        return _events(("task_id", secrets.token_hex(16)), ("end", ""))

    async def delete_session(self, sid: SessionId) -> Response:
        """Ends a session."""
        self._sessions.end(sid)
        return JsonResponse({"sid": sid})

    async def create(self, asked: Create, sid: SessionId) -> Response:
        """Gives a session its task."""
        judge = self._rubrics.get(asked.env_name)
        if asked.task_spec is None:
            raise RequestError(HTTPStatus.BAD_REQUEST, "this server has no tasks of its own; send a task_spec, the row")
        self._sessions.add(sid, _Session(judge, asked.task_spec, {}))
        return JsonResponse({"sid": sid})

    async def delete(self, sid: SessionId) -> Response:
        """Ends a session."""
        self._sessions.end(sid)
        return JsonResponse({"sid": sid})

    async def ping(self, sid: SessionId) -> Response:
        """Keeps a session."""
        self._sessions.heard(sid)
        return JsonResponse({"status": "ok"})

    async def tools(self, env: str) -> Response:
        """The one tool."""
        self._rubrics.get(env)
        return JsonResponse({"tools": [SUBMIT]})

    async def splits(self, env: str) -> Response:
        """One split, without tasks."""
        self._rubrics.get(env)
        return JsonResponse([SPLIT])

    async def tasks(self, env: str, asked: OfSplit) -> Response:
        """No tasks."""
        _check_split(self._rubrics, env, asked)
        return JsonResponse({"tasks": [], "env_name": env})

    async def num_tasks(self, env: str, asked: OfSplit) -> Response:
        """No tasks."""
        _check_split(self._rubrics, env, asked)
        return JsonResponse({"num_tasks": 0})

    async def task(self, env: str, asked: OfSplit) -> Response:
        """No task."""
        _check_split(self._rubrics, env, asked)
        raise RequestError(HTTPStatus.BAD_REQUEST, "Invalid index: this server has no tasks of its own")

    async def prompt(self, env: str, sid: SessionId) -> Response:
        """The task's prompt, without its ground truth."""
        self._rubrics.get(env)
        session = self._sessions.heard(sid)
        (sample,) = session.judge.read([{**session.task, "completion": ""}])
        return JsonResponse([_text(sample.prompt_text)])

    async def call(self, env: str, asked: Call, sid: SessionId) -> Response:
        """Judges what is submitted."""
        self._rubrics.get(env)
        session = self._sessions.heard(sid)
        task_id = asked.task_id or secrets.token_hex(16)
        if task_id not in session.answers:
            answer = await _called(session, asked)
            if answer.get("ok"):
                session.answers.clear()
                session.answers[task_id] = dumps(answer)
            written = dumps(answer)
        else:
            written = session.answers[task_id]
        text = written.decode()
        pieces = [text[start : start + _CHUNK] for start in range(0, len(text), _CHUNK)]
        return _events(("task_id", task_id), *(("chunk", piece) for piece in pieces[:-1]), ("end", pieces[-1]))


_ROUTES = (
    ("GET", "/health", Environments.health),
    ("GET", "/list_environments", Environments.list_environments),
    ("POST", "/create_session", Environments.create_session),
    ("POST", "/delete_session", Environments.delete_session),
    ("POST", "/create", Environments.create),
    ("POST", "/delete", Environments.delete),
    ("POST", "/ping", Environments.ping),
    ("GET", "/{env}/tools", Environments.tools),
    ("GET", "/{env}/task_tools", Environments.tools),
    ("GET", "/{env}/splits", Environments.splits),
    ("POST", "/{env}/tasks", Environments.tasks),
    ("POST", "/{env}/task_range", Environments.tasks),
    ("POST", "/{env}/num_tasks", Environments.num_tasks),
    ("POST", "/{env}/task", Environments.task),
    ("GET", "/{env}/prompt", Environments.prompt),
    ("POST", "/{env}/call", Environments.call),
)
"""Method, path below PREFIX and the method that answers."""


def router(rubrics: Rubrics) -> APIRouter:
    """The routes below PREFIX."""
    routes = APIRouter(prefix=PREFIX, tags=["ORS"])
    environments = Environments(rubrics)
    for method, path, answer in _ROUTES:
        routes.add_api_route(path, getattr(environments, answer.__name__), methods=[method])
    return routes


async def _called(session: _Session, asked: Call) -> dict[str, Any]:
    if asked.name != SUBMIT["name"]:
        return {"ok": False, "error": f"{asked.name!r:.80} is not a valid tool; call submit", "reason": "not_found"}
    answer = asked.input.get("answer")
    if not isinstance(answer, str) or asked.input.keys() != {"answer"}:
        return {"ok": False, "error": "wanted {answer: text}", "reason": "input_validation"}
    if session.answers:
        return {"ok": False, "error": "the episode is over", "reason": "episode_finished"}
    (sample,) = session.judge.read([{**session.task, "completion": answer}])
    (result,) = await session.judge.judge([sample])
    said = _said(result)
    output = {"blocks": [_text(said)], "reward": result.reward, "finished": True, "metadata": to_block(result)}
    return {"ok": True, "output": output}


def _said(result: Result) -> str:
    if result.reward is None:
        return f"no reward: {why_no_reward(result)}"
    return f"reward {result.reward:g}"


def _check_split(rubrics: Rubrics, env: str, asked: OfSplit) -> None:
    rubrics.get(env)
    if asked.split != SPLIT["name"]:
        raise RequestError(HTTPStatus.BAD_REQUEST, "Invalid split")


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text, "detail": None}


def _events(*events: tuple[str, str]) -> StreamingResponse:
    """Server-sent events; their data is JSON on one line, or a word."""

    async def stream() -> AsyncIterator[bytes]:
        for name, data in events:
            yield f"event: {name}\r\ndata: {data}\r\n\r\n".encode()

    return StreamingResponse(stream(), media_type="text/event-stream", headers={"Cache-Control": "no-cache"})
