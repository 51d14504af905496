"""SandboxFusion's `/run_code`, which verl's `sandbox_fusion.url` asks (sandbox/server/sandbox_api.py).

Programs run in rewardkit's sandbox, isolated as `sandbox` in a rubric's programs are. The verdict is then the client's:
it compares standard output, which a program can write as it likes, so prefer the reward `code` where you can. Where
the sandbox itself fails the answer is HTTP 504, the one that verl tries again; `SandboxError` would be a wrong program.
"""

import asyncio
import base64
import queue
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from rewardkit_sandbox import (
    COMPILING,
    EX_DATAERR,
    EX_UNAVAILABLE,
    LANGUAGES,
    Compile,
    Image,
    Limits,
    RunResult,
    Sandbox,
    SandboxError,
    Script,
    open_sandbox,
)
from rewardkit_server.answers import JsonResponse, RequestError

PYTHON = frozenset(("python", "python3"))
NAMES = {fence: name for name, language in LANGUAGES.items() for fence in language.fences}
MIB = 1024**2
LEAST_S, MOST_S = 0.1, 300
LEAST_MB, MOST_MB = 32, 4096
"""With less memory no interpreter starts: that limit would be ours, not the program's."""
_STATUS = {"exit": "Finished", "signal": "Error", "cpu": "TimeLimitExceeded", "wall": "TimeLimitExceeded"}


class RunCode(BaseModel):
    """SandboxFusion's request."""

    model_config = ConfigDict(extra="ignore")

    code: str
    language: str = "python"
    stdin: str | None = None
    compile_timeout: float = Field(default=10, ge=LEAST_S, le=MOST_S)
    run_timeout: float = Field(default=10, ge=LEAST_S, le=MOST_S)
    memory_limit_MB: int = Field(default=-1, le=MOST_MB)  # noqa: N815 - their name
    files: Mapping[str, str] = Field(default_factory=dict)
    fetch_files: list[str] = Field(default_factory=list)


class Ran(BaseModel):
    """SandboxFusion's answer."""

    status: str
    message: str
    compile_result: Mapping[str, Any] | None
    run_result: Mapping[str, Any] | None
    executor_pod_name: str | None
    files: Mapping[str, str]


class Runner:
    """Sandboxes, each with one program at a time; opened when they are first wanted, closed with the server."""

    def __init__(self, choice: str | Mapping[str, Any], workers: int) -> None:
        """Takes the sandbox as a rubric names it."""
        self._choice = choice
        self._free: queue.SimpleQueue[Sandbox] = queue.SimpleQueue()
        self._all: list[Sandbox] = []
        self._threads = ThreadPoolExecutor(workers, "rewardkit-run-code")

    async def run(self, asked: RunCode) -> dict[str, Any]:
        """Runs one program; raises SandboxError where the sandbox fails."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._run, asked)

    def close(self) -> None:
        """Closes the sandboxes."""
        self._threads.shutdown(wait=True, cancel_futures=True)
        for sandbox in self._all:
            sandbox.close()

    def _run(self, asked: RunCode) -> dict[str, Any]:
        try:
            sandbox = self._free.get_nowait()
        except queue.Empty:
            sandbox = open_sandbox(self._choice)
            self._all.append(sandbox)
        try:
            return run_code(sandbox, asked)
        except SandboxError:  # the next program gets a new one
            sandbox.close()
            sandbox = open_sandbox(self._choice)
            self._all.append(sandbox)
            raise
        finally:
            self._free.put(sandbox)


def router(runner: Runner) -> APIRouter:
    """The route."""
    routes = APIRouter(tags=["SandboxFusion"])

    @routes.post("/run_code", response_model=Ran)
    async def run(asked: RunCode) -> Response:
        """Run a program in a sandbox. The verdict is the client's: nothing here compares an output."""
        if asked.fetch_files:
            raise RequestError(HTTPStatus.UNPROCESSABLE_ENTITY, "fetch_files: files are not given back")
        if asked.language in PYTHON and asked.files:
            raise RequestError(HTTPStatus.UNPROCESSABLE_ENTITY, "files: Python programs get none here")
        if asked.language not in PYTHON and asked.language not in NAMES:
            known = ", ".join(sorted({"python", *NAMES}))
            raise RequestError(HTTPStatus.UNPROCESSABLE_ENTITY, f"language {asked.language!r:.40}: known are {known}")
        try:
            return JsonResponse(await runner.run(asked))
        except SandboxError as error:
            raise RequestError(HTTPStatus.GATEWAY_TIMEOUT, f"the sandbox failed: {error}", retry_after_s=1) from error

    return routes


def run_code(sandbox: Sandbox, asked: RunCode) -> dict[str, Any]:
    """One program in a sandbox, as SandboxFusion answers.

    raises  SandboxError where the sandbox failed rather than the program, RequestError for files that are no base64
    """
    limits = Limits(cpu_s=max(1, round(asked.run_timeout)), wall_s=asked.run_timeout)
    if asked.memory_limit_MB > 0:
        limits = replace(limits, memory_bytes=max(LEAST_MB, asked.memory_limit_MB) * MIB)
    stdin = (asked.stdin or "").encode("utf-8", "surrogatepass")
    compiled = None
    if asked.language in PYTHON:
        ran = sandbox.run(Script(asked.code, stdin), limits)
    else:
        name = NAMES[asked.language]
        compiling = replace(
            Limits(**COMPILING), wall_s=asked.compile_timeout, cpu_s=max(1, round(asked.compile_timeout))
        )
        image = asked.code.encode()
        if LANGUAGES[name].compiler:
            compiled = sandbox.run(Compile(asked.code, name), compiling)
            if compiled.end != "exit" or compiled.code != 0:
                _check_available(compiled, asked.language)
                return _answer("Failed", compiled, None)
            image = compiled.channel
        ran = sandbox.run(Image(image, name, stdin, files=_decoded(asked.files)), limits)
        _check_available(ran, asked.language)
    return _answer("Success" if ran.end == "exit" and ran.code == 0 else "Failed", compiled, ran)


def _decoded(files: Mapping[str, str]) -> dict[str, bytes]:
    try:
        return {name: base64.b64decode(content, validate=True) for name, content in files.items()}
    except ValueError as error:
        raise RequestError(HTTPStatus.UNPROCESSABLE_ENTITY, f"files: wanted base64: {error}") from error


def _check_available(ran: RunResult, language: str) -> None:
    if ran.end == "exit" and ran.code == EX_UNAVAILABLE:
        raise RequestError(HTTPStatus.UNPROCESSABLE_ENTITY, f"the sandbox has no {language}; see `rewardkit doctor`")


def _answer(status: str, compiled: RunResult | None, ran: RunResult | None) -> dict[str, Any]:
    return {
        "status": status,
        "message": "" if ran is None or ran.end in ("exit", "signal") else f"ended by its limit: {ran.end}",
        "compile_result": None if compiled is None else _result(compiled),
        "run_result": None if ran is None else _result(ran),
        "executor_pod_name": None,
        "files": {},
    }


def _result(ran: RunResult) -> dict[str, Any]:
    syntax = ran.end == "exit" and ran.code == EX_DATAERR
    return {
        "status": _STATUS.get(ran.end, "Error"),
        "execution_time": ran.usage.wall_s,
        "return_code": 1 if syntax else ran.code if ran.end == "exit" else -ran.code if ran.end == "signal" else None,
        "stdout": ran.stdout.decode("utf-8", "replace"),
        "stderr": ran.stderr.decode("utf-8", "replace"),
    }
