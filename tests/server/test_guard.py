"""Who may ask, and how much: before a request is read."""

import contextlib
import socket
import time

import httpx
import pytest
from typer.testing import CliRunner

from rewardkit import ConfigError
from rewardkit_server.serving import bound, check_reachable
from rewardkit_server.settings import Settings

from .conftest import RUBRIC

ASKED = {"row": {"prompt": "p", "completion": "right"}}


def address(url: str) -> tuple[str, int]:
    host, _, port = url.removeprefix("http://").partition(":")
    return host, int(port)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content-Encoding": "gzip"}, 415),
        ({"Host": "attacker.example"}, 403),
        ({"Host": "127.0.0.1.attacker.example"}, 403),
        ({"Origin": "http://attacker.example"}, 403),
        ({"Origin": "null"}, 403),
    ],
)
def test_pages_in_a_browser_cannot_ask(url, headers, status):
    answer = httpx.post(f"{url}/score", json=ASKED, headers=headers, timeout=120)
    assert answer.status_code == status
    assert answer.json()["error"]


def test_with_a_token_only_those_who_bring_it_are_answered(serve):
    url = serve({"moody": RUBRIC}, Settings(token="secret"))
    for wrong in (
        {},
        {"Authorization": "Bearer secre"},
        {"Authorization": "Basic secret"},
        {"Authorization": "Bearer sécret".encode()},
    ):
        assert httpx.post(f"{url}/score", json=ASKED, headers=wrong, timeout=120).status_code == 401
    assert httpx.post(f"{url}/score?token=secre", json=ASKED, timeout=120).status_code == 401
    assert (
        httpx.get(f"{url}/rubrics", timeout=120).status_code
        == httpx.get(f"{url}/metrics", timeout=120).status_code
        == 401
    )
    assert httpx.post(f"{url}/score?token=secret", json=ASKED, timeout=120).status_code == 200
    right = {"Authorization": "Bearer secret", "Host": "judge.example"}
    assert httpx.post(f"{url}/score", json=ASKED, headers=right, timeout=120).status_code == 200
    assert httpx.get(f"{url}/healthz", timeout=120).status_code == 200


def test_off_loopback_a_token_is_wanted(monkeypatch, tmp_path):
    from rewardkit_server.command import app

    monkeypatch.delenv("REWARDKIT_TOKEN", raising=False)
    (tmp_path / "rubric.yaml").write_text("rewards: {math: {}}")
    done = CliRunner().invoke(app, [str(tmp_path / "rubric.yaml"), "--host", "0.0.0.0"])
    assert isinstance(done.exception, ConfigError)
    assert done.exception.exit_code == 2
    assert "REWARDKIT_TOKEN" in str(done.exception)
    check_reachable("0.0.0.0", "secret")
    check_reachable("127.0.0.1", "")


def test_a_port_that_is_taken_is_an_error_that_names_it():
    with bound("127.0.0.1", 0) as first, pytest.raises(ConfigError, match=str(first.getsockname()[1])):
        bound("127.0.0.1", first.getsockname()[1])


def exchange(url: str, sent: bytes) -> bytes:
    with socket.create_connection(address(url), timeout=120) as connection:
        connection.sendall(sent)
        return connection.recv(200)


HEAD = b"POST /score HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"


def test_a_body_that_is_too_large_is_refused_by_its_length_and_while_it_arrives(serve):
    url = serve({"moody": RUBRIC}, Settings(body_bytes=1000))
    assert b" 413 " in exchange(url, HEAD + b"Content-Length: 100000000\r\n\r\n")
    chunks = (
        b"Transfer-Encoding: chunked\r\n\r\n" + b"1f4\r\n" + b" " * 500 + b"\r\n" + b"1f5\r\n" + b" " * 501 + b"\r\n"
    )
    assert b" 413 " in exchange(url, HEAD + chunks)


def test_half_sent_bodies_hold_no_more_than_their_bound_and_end(serve):
    url = serve({"moody": RUBRIC}, Settings(bodies_bytes=1000, body_s=3.0))
    with socket.create_connection(address(url), timeout=120) as slow:
        slow.sendall(HEAD + b"Content-Length: 900\r\n\r\n{")
        time.sleep(0.3)
        assert b" 503 " in exchange(url, HEAD + b"Content-Length: 900\r\n\r\n")
        assert b" 408 " in slow.recv(200)
    assert httpx.post(f"{url}/score", json=ASKED, timeout=120).status_code == 200


def test_idle_connections_end_and_hold_up_nobody(serve):
    url = serve({"moody": RUBRIC}, Settings(connections=20, head_s=1.0))
    idle = [socket.create_connection(address(url), timeout=120) for _ in range(60)]
    try:
        assert httpx.post(f"{url}/score", json=ASKED, timeout=120).status_code == 200
        idle[-1].sendall(b"POST /score HTTP/1.1\r\n")  # slowly, and never whole
        for connection in idle:
            with contextlib.suppress(ConnectionResetError):
                assert connection.recv(1) == b""
    finally:
        for connection in idle:
            connection.close()
