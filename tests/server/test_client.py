"""`rewardkit.Client`, and a server as the engine of a Scorer."""

import asyncio
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from rewardkit import Client, ConfigError, InfrastructureError, InputError, Scorer

from .conftest import MOODY, RUBRIC

ROWS = [{"prompt": "p", "completion": "right " * n + "wrong", "n": n} for n in range(40)]


def test_the_client_gets_the_results_of_a_scorer(url):
    with Client(url) as client, Scorer(RUBRIC, plugins=[MOODY], workers=1) as scorer:
        wanted = [result.reward for result in scorer.score(ROWS)]
        assert [result.reward for result in client.score(ROWS)] == wanted
        assert client.explain(ROWS[0])["answer"] == "wrong"
        with pytest.raises(InputError, match="row 1"):
            client.score([{"nothing": 1}])
        with pytest.raises(ConfigError, match="moody"):
            client.score(ROWS, rubric="other")


def test_an_event_loop_may_ask_too(url):
    async def ask() -> list[float | None]:
        async with Client(url) as client:
            both = await asyncio.gather(client.score_async(iter(ROWS[:3])), client.score_async(ROWS[3:6]))
        return [result.reward for results in both for result in results]

    assert asyncio.run(ask()) == [n / (n + 1) for n in range(6)]


def test_what_cannot_be_reached_is_said_with_the_fix():
    with Client("http://127.0.0.1:9", tries=2) as client, pytest.raises(InfrastructureError, match="running"):
        client.rubrics()
    with pytest.raises(ConfigError, match="http://"):
        Client("127.0.0.1:8000")


def test_a_busy_server_is_asked_again_after_the_time_that_it_names():
    answers = [(503, {"Retry-After": "0"}, b"{}"), (429, {"Retry-After": "0"}, b"{}"), (200, {}, b"[]")]

    class Busy(BaseHTTPRequestHandler):
        def do_GET(self):
            status, headers, body = answers.pop(0)
            self.send_response(status)
            for name, value in (headers | {"Content-Length": str(len(body))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Busy) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        with Client(f"http://127.0.0.1:{server.server_port}") as client:
            assert client.rubrics() == []
        server.shutdown()
        thread.join()
    assert answers == []


def test_a_scorer_may_judge_on_a_server(url):
    with (
        Scorer(RUBRIC, plugins=[MOODY], workers=1) as here,
        Scorer(RUBRIC, plugins=[MOODY], engine=url) as there,
    ):
        assert there.score(ROWS) == here.score(ROWS)
        assert [*there.stream(ROWS)] == [*here.stream(ROWS)]
        odd = [
            {"prompt": [{"role": "user", "content": "p"}], "completion": "\ud800 right", "x": float("inf"), "i": 2**80}
        ]
        assert there.score(odd) == here.score(odd)


def test_another_rubric_is_refused_with_the_difference(url):
    other = {"rewards": {"moody": {"weight": 2.0}, "format": {"weight": 0.5}}}
    with pytest.raises(ConfigError, match=r"rubric\.rewards\.moody\.weight: here 2\.0, there 1\.0"):
        Scorer(other, plugins=[MOODY], engine=url)


def test_functions_are_refused_before_anything_is_sent():
    with pytest.raises(ConfigError, match="mine: Python functions"):
        Scorer({"rewards": {"mine": lambda completion: 1.0}}, engine="http://127.0.0.1:9")


def test_the_command_line_writes_the_same_bytes(serve, tmp_path, repository):
    rubric = tmp_path / "rubric.yaml"
    rubric.write_text("rewards: {math: {}, format: {weight: 0.5}}")
    url = serve({"r": {"rewards": {"math": {}, "format": {"weight": 0.5}}}}, plugins=[])
    outputs = []
    for engine in ("local", url):
        outputs.append(tmp_path / f"{len(outputs)}.jsonl")
        command = [sys.executable, "-m", "rewardkit", "score", str(repository / "examples" / "completions.jsonl"), "-q"]
        subprocess.run([*command, "-c", str(rubric), "-o", str(outputs[-1]), "--engine", engine], check=True)
    assert outputs[0].read_bytes() == outputs[1].read_bytes()
