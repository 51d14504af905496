"""SandboxFusion as a backend: its verdicts are verdicts, and its failures never are."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from rewardkit import RewardContext, Sample
from rewardkit_code.reward import CodeParams, CodeReward
from rewardkit_sandbox import SandboxUnavailableError, backend_name, open_sandbox
from rewardkit_sandbox.fusion import NAMES

TESTS = {"kind": "stdin", "cases": [{"input": "3\n", "output": "9\n"}, {"input": "4\n", "output": "16\n"}]}


def answer(status="Success", *, run="Finished", code=0, out="", err="", compiled=None, message=""):
    """A message as the server sends it (sandbox/server/sandbox_api.py, RunCodeResponse)."""
    result = {"status": run, "execution_time": 0.03, "return_code": code, "stdout": out, "stderr": err}
    return {
        "status": status,
        "message": message,
        "compile_result": compiled,
        "run_result": result,
        "executor_pod_name": None,
        "files": {},
    }


class Server(ThreadingHTTPServer):
    """Answers by what stands in the program: `SQUARE` squares, and words of `ENDS` end in their way."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests: list[dict] = []
        self.busy = 0


COMPILED = {"status": "Finished", "execution_time": 1.0, "return_code": 0, "stdout": "", "stderr": ""}
ENDS = {
    "WRONG": answer(out="5\n"),
    "CRASH": answer("Failed", run="Error", code=1, err="Traceback\nValueError: no\n"),
    "SIGNAL": answer("Failed", run="Error", code=-11),
    "SLOW": answer("Failed", run="TimeLimitExceeded", code=None),
    "SYNTAX": answer("Failed", compiled={**COMPILED, "status": "Error", "return_code": 1, "stderr": "x: error: no"}),
    "OWN": answer("SandboxError", message="no executor left"),
    "NOTHING": {"status": "Success", "message": "", "compile_result": None, "run_result": None},
    "OTHER": ["not", "an", "object"],
    "NO STATUS": answer(code=None),
}


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append(request)
        status, body = 200, next((end for word, end in ENDS.items() if word in request["code"]), None)
        if "SQUARE" in request["code"]:
            out = f"{int(request['stdin']) ** 2}\n" if request["stdin"] else ""
            body = answer(out=out, compiled=COMPILED if request["language"] == "cpp" else None)
        if "ready" in request["code"]:
            body = answer(out="ready\n")
        if self.server.busy or "GATEWAY" in request["code"]:
            self.server.busy -= bool(self.server.busy)
            status, body = 504, {}
        if "FORBIDDEN" in request["code"]:
            status, body = 403, {}
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch) -> Iterator[Server]:
    monkeypatch.setattr("rewardkit_sandbox.fusion.PAUSE_S", 0.0)
    running = Server()
    thread = threading.Thread(target=running.serve_forever)
    thread.start()
    yield running
    running.shutdown()
    thread.join()
    running.server_close()


def choice(server, **more):
    url = f"http://127.0.0.1:{server.server_address[1]}/run_code"
    return {"backend": "sandbox-fusion", "url": url, "reduced_isolation": True, **more}


def judge(server, program, fence="python", tests=TESTS):
    languages = ("python", *(language for language in NAMES if language != "python"), "c")
    reward = CodeReward(CodeParams(languages=languages), RewardContext(deadline_s=30.0, sandbox=choice(server)))
    (score,) = reward.score([Sample(completion=f"```{fence}\n{program}\n```", ground_truth=tests)])
    reward.close()
    return score


@pytest.mark.parametrize("fence", ["python", "cpp", "go", "java", "js", "rust", "ts"])
def test_a_right_program_passes_in_every_language_of_the_server(server, fence):
    score = judge(server, "SQUARE stdin", fence)
    assert score.value == 1.0, score.reason
    assert score.details["isolation"].startswith("reduced isolation: run by SandboxFusion at 127.0.0.1")
    assert {request["language"] for request in server.requests[1:]} <= set(NAMES.values())


@pytest.mark.parametrize(
    ("word", "kind", "verdict"),
    [
        ("WRONG", "judged", "wrong"),
        ("CRASH", "judged", "runtime error"),
        ("SIGNAL", "judged", "runtime error"),
        ("SLOW", "time_limit", "time"),
        ("SYNTAX", "malformed", "compile error"),
    ],
)
def test_a_program_that_fails_there_scores_0_by_its_kind(server, word, kind, verdict):
    score = judge(server, f"{word} stdin", "cpp" if word == "SYNTAX" else "python")
    assert (score.value, score.kind, score.details["verdict"]) == (0.0, kind, verdict), score.reason


@pytest.mark.parametrize("word", ["OWN", "NOTHING", "OTHER", "NO STATUS", "GATEWAY", "FORBIDDEN"])
def test_a_failure_of_the_server_is_no_verdict(server, word):
    score = judge(server, f"{word} stdin")
    assert (score.value, score.status, score.kind) == (None, "failed", "sandbox_error"), score


def test_a_busy_server_is_asked_again(server):
    server.busy = 2
    assert judge(server, "SQUARE stdin").value == 1.0


def test_a_server_that_is_not_there_is_an_error_with_its_fix(server, monkeypatch):
    monkeypatch.setattr("rewardkit_sandbox.fusion.PAUSE_S", 0.0)
    with pytest.raises(SandboxUnavailableError, match=r"does not answer.*start SandboxFusion"):
        open_sandbox({"backend": "sandbox-fusion", "url": "http://127.0.0.1:9", "reduced_isolation": True})
    assert server.requests == []


def test_what_does_not_run_there_is_unsupported(server):
    tests = {"kind": "asserts", "setup": "", "asserts": ["assert f(1) == 1"]}
    for program, fence, asked in (("def f(x): return x", "python", tests), ("int main;", "c", TESTS)):
        score = judge(server, program, fence, asked)
        assert (score.value, score.kind) == (None, "unsupported"), score


def test_it_must_be_asked_for_explicitly(server):
    with pytest.raises(SandboxUnavailableError, match="isolates less"):
        backend_name({"backend": "sandbox-fusion", "url": "http://localhost"})
    with open_sandbox(choice(server)) as sandbox:
        assert sandbox.reduced == ("verdicts",)
