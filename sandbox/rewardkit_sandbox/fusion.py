"""SandboxFusion as a backend: programs run on its server, by `POST /run_code`.

What separates programs there, and what they can read, is the server's. A verdict is formed from the output that it
sends back, so a program that reaches its runner can forge one: `reduced` says so, and a rubric must consent. Only
programs on standard input run there. Whatever fails on the way or in the server is an error, never a verdict.

Wire format: bytedance/SandboxFusion, sandbox/server/sandbox_api.py; verl/utils/reward_score/sandbox_fusion/utils.py.
"""

import time
from typing import Any

from rewardkit_sandbox.errors import SandboxUnavailableError, SandboxUnsupportedError
from rewardkit_sandbox.guest.languages import COMPILING, LANGUAGES, MIB
from rewardkit_sandbox.protocol import EX_DATAERR, Compile, Image, Job, Limits, RunResult, Sandbox, Script, Usage

NAMES = {
    "python": "python",
    "c++": "cpp",
    "go": "go",
    "java": "java",
    "javascript": "nodejs",
    "rust": "rust",
    "typescript": "typescript",
}
"""The server's names of languages."""
COMPILE_S = 60
TRIES = 3
BUSY = frozenset({429, 502, 503, 504})
"""HTTP statuses after which the same request is sent again: the server is busy or restarts."""
PAUSE_S = 0.5
MARGIN_S = 10
"""Seconds beyond a run's own in which the server has to answer, as verl gives it."""


class SandboxFusion(Sandbox):
    """A server of SandboxFusion."""

    name = "sandbox-fusion"
    reduced: tuple[str, ...] = ("verdicts",)

    def __init__(self, *, url: str) -> None:
        """Asks the server to run one line.

        url     of the server, with or without `/run_code`
        raises  SandboxUnavailableError where no such server answers
        """
        import httpx  # noqa: PLC0415 - for this backend alone

        self._url = url.rstrip("/").removesuffix("/run_code") + "/run_code"
        self._client = httpx.Client()
        self.isolation = f"reduced isolation: run by SandboxFusion at {self._client.base_url.join(self._url).host}"
        try:
            said = self.run(Script("print('ready')"), Limits(wall_s=10)).stdout
        except BaseException:
            self.close()
            raise
        if said != b"ready\n":
            self.close()
            raise SandboxUnavailableError(f"{self._url} does not run Python ({said[:80]!r})", "check the server's log")

    def run(self, job: Job, limits: Limits) -> RunResult:
        if isinstance(job, Script):
            return _result(self._ask("python", job.source, job.stdin, limits), limits)
        if isinstance(job, Compile) and not job.files:
            # Compiled and run at once there: this run shows whether it compiles, and the text is what is made.
            answer = self._ask(job.language, job.source, b"", Limits(wall_s=2, memory_bytes=COMPILING["memory_bytes"]))
            failed = _compile_error(answer)
            return failed or RunResult("exit", 0, channel=job.source.encode("utf-8", "surrogatepass"))
        if isinstance(job, Image) and not job.args and not job.files:
            source = job.image.decode("utf-8", "surrogatepass")
            return _result(self._ask(job.language, source, job.stdin, limits), limits)
        raise SandboxUnsupportedError(f"{self.name} runs programs on standard input alone")

    def close(self) -> None:
        self._client.close()

    def _ask(self, language: str, source: str, stdin: bytes, limits: Limits) -> dict[str, Any]:
        """The server's answer. Raises SandboxUnavailableError for any failure of its own or of the network."""
        import httpx  # noqa: PLC0415 - as above

        if language not in NAMES:
            raise SandboxUnsupportedError(f"{self.name} runs no {language}; it runs: {', '.join(NAMES)}")
        reserve = LANGUAGES[language].reserve_bytes if language in LANGUAGES else 0
        request = {
            "code": source,
            "stdin": stdin.decode(errors="replace"),
            "language": NAMES[language],
            "compile_timeout": COMPILE_S,
            "run_timeout": limits.wall_s,
            "memory_limit_MB": (limits.memory_bytes + reserve) // MIB,
            "files": {},
            "fetch_files": [],
        }
        wait_s = COMPILE_S + limits.wall_s + MARGIN_S
        for attempt in range(TRIES):
            if attempt:
                time.sleep(PAUSE_S * 2**attempt)
            try:
                response = self._client.post(self._url, json=request, timeout=wait_s)
            except httpx.HTTPError as exc:
                why = f"{type(exc).__name__}: {exc}"
                continue
            if response.status_code == httpx.codes.OK:
                return self._checked(response)
            why = f"HTTP {response.status_code}"
            if response.status_code not in BUSY:
                break
        raise SandboxUnavailableError(f"{self._url} does not answer ({why})", "start SandboxFusion, or correct `url`")

    def _checked(self, response: Any) -> dict[str, Any]:
        try:
            answer = response.json()
            status = answer["status"]
        except (ValueError, KeyError, TypeError) as exc:
            raise SandboxUnavailableError(f"{self._url} sent something else than a result") from exc
        if status not in ("Success", "Failed"):
            message = str(answer.get("message", ""))[:200]
            raise SandboxUnavailableError(f"{self._url} failed itself ({status}: {message})", "see the server's log")
        found: dict[str, Any] = answer
        if _compile_error(found) is None and not isinstance(found.get("run_result"), dict):
            raise SandboxUnavailableError(f"{self._url} sent no result of the run")
        return found


def _compile_error(answer: dict[str, Any]) -> RunResult | None:
    """The result of a program that does not compile; None for one that does, or need not."""
    compiled = answer.get("compile_result")
    if not isinstance(compiled, dict) or (compiled.get("status") == "Finished" and not compiled.get("return_code")):
        return None
    return RunResult("exit", EX_DATAERR, stderr=str(compiled.get("stderr") or compiled.get("stdout") or "").encode())


def _result(answer: dict[str, Any], limits: Limits) -> RunResult:
    """The result of a run that the server reports."""
    failed = _compile_error(answer)
    if failed is not None:
        return failed
    run = answer["run_result"]
    stdout, stderr = (str(run.get(name) or "").encode("utf-8", "surrogatepass") for name in ("stdout", "stderr"))
    usage = Usage(wall_s=float(run.get("execution_time") or 0.0))
    if run.get("status") == "TimeLimitExceeded":
        return RunResult("wall", 0, stdout, stderr, usage=Usage(wall_s=limits.wall_s, quiet_s=limits.wall_s))
    if len(stdout) + len(stderr) > limits.output_bytes:
        return RunResult("output", 0, stdout[: limits.output_bytes], b"", usage=usage)
    code = run.get("return_code")
    if not isinstance(code, int):
        raise SandboxUnavailableError("SandboxFusion sent a run without an exit status")
    if code < 0:
        return RunResult("signal", -code, stdout, stderr, usage=usage)
    return RunResult("exit", code, stdout, stderr, usage=usage)
