"""verifiers' own command evaluates the recipe's taskset with a model behind a URL.

Its harness sets up an environment of its own, from the package index.
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

RECIPES = Path(__file__).parents[2] / "examples" / "trainers"
SAID = "It is \\boxed{4}."


class Model(BaseHTTPRequestHandler):
    """A model of OpenAI's API that always says the same, as a stream."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        chunk = {"id": "1", "created": 1, "model": "m", "object": "chat.completion.chunk"}
        usage = {"prompt_tokens": 5, "completion_tokens": 5, "total_tokens": 10}
        deltas = [({"role": "assistant", "content": SAID}, None), ({}, "stop")]
        choices = [[{"index": 0, "delta": delta, "finish_reason": reason}] for delta, reason in deltas]
        events = [chunk | {"choices": one} for one in choices] + [chunk | {"choices": [], "usage": usage}]
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        for event in (*map(json.dumps, events), "[DONE]"):
            self.wfile.write(f"data: {event}\n\n".encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Model)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_taskset_is_evaluated(tmp_path, url):
    rows = [{"prompt": "What is 2 + 2?", "answer": "4"}, {"prompt": "What is 2 + 3?", "answer": "5"}]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "rubric.yaml").write_text("rewards: {math: {}}")
    variables = {
        "ROWS": "rows.jsonl",
        "REWARDKIT_RUBRIC": "rubric.yaml",
        "PYTHONPATH": str(RECIPES),
        "OPENAI_API_KEY": "none",
    }
    command = [str(Path(sys.executable).with_name("vf-eval")), "verifiers_taskset", "--client.base-url", url]
    command += ["--client.api-key-var", "OPENAI_API_KEY", "--model", "m", "--env.agent.harness.id", "null"]
    command += ["--env.agent.runtime.type", "subprocess", "--push", "False", "--output-dir", "out"]
    subprocess.run(command, cwd=tmp_path, env=os.environ | variables, check=True, capture_output=True)
    (written,) = tmp_path.glob("out/*/traces.jsonl")
    traces = [trace for line in written.read_text().splitlines() for trace in json.loads(line)["traces"]]
    paid = {trace["task"]["data"]["prompt"]: trace["rewards"]["rewardkit"]["score"] for trace in traces}
    assert paid == {"What is 2 + 2?": 1.0, "What is 2 + 3?": 0.0}
    assert {trace["metrics"]["rewardkit/math"] for trace in traces} == {0.0, 1.0}
