"""Many clients, good and bad, while a worker is killed now and then: every accepted request is answered exactly once.

`make soak` asks more: REWARDKIT_SOAK=REQUESTS,CLIENTS.
"""

import os
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx

from rewardkit import Client
from rewardkit_server.settings import Settings

from .conftest import RUBRIC

REQUESTS, CLIENTS = map(int, os.environ.get("REWARDKIT_SOAK", "1000,16").split(","))


def pester(url: str, until: threading.Event) -> None:
    """Half-sent bodies, idle connections and bodies that are too large."""
    host, _, port = url.removeprefix("http://").partition(":")
    head = b"POST /score HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n{"
    held = []
    while not until.wait(0.05):
        try:
            connection = socket.create_connection((host, int(port)), timeout=300)
            connection.sendall(head % (100 if len(held) % 2 else 10**8))
            held.append(connection)
        except OSError:
            pass
        if len(held) > 50:
            held.pop(0).close()
    for connection in held:
        connection.close()


def test_every_accepted_request_is_answered_exactly_once_and_no_fault_of_ours_is_a_0(serve):
    url = serve({"moody": RUBRIC}, Settings(body_bytes=10**6, body_s=2, head_s=5, connections=200), workers=2)
    done = threading.Event()
    pests = [threading.Thread(target=pester, args=(url, done)) for _ in range(2)]
    for pest in pests:
        pest.start()
    crashes = max(1, REQUESTS // 20)

    def ask(number: int) -> tuple[int, float | None, str]:
        # A reward that crashes kills its worker: here twenty requests do.
        text = "crash" if number % crashes == 0 else "right " * (number % 7) + "wrong"
        (result,) = client.score([{"prompt": f"p{number}", "completion": text}])
        return number, result.reward, result.scores["moody"].status

    started = time.monotonic()
    with Client(url, connections=CLIENTS, tries=10) as client, ThreadPoolExecutor(CLIENTS) as clients:
        answers = list(clients.map(ask, range(REQUESTS)))
        done.set()
    for pest in pests:
        pest.join()
    assert [number for number, _, _ in answers] == list(range(REQUESTS))
    for number, reward, status in answers:
        if number % crashes == 0:
            assert (reward, status) == (None, "failed")
        else:
            right = number % 7
            assert (reward, status) == (right / (right + 1), "scored")
    text = httpx.get(f"{url}/metrics", timeout=120).text
    counted = sum(
        float(line.split()[-1])
        for line in text.splitlines()
        if line.startswith("rewardkit_scores_total") and 'alias="moody"' in line
    )
    assert counted == REQUESTS
    assert "rewardkit_rows_waiting 0.0" in text
    print(f"{REQUESTS} requests of {CLIENTS} clients in {time.monotonic() - started:.1f} s")
