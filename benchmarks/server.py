"""p50 and p99 of `/score` at 1, 8 and 64 clients, for format and code.

    python benchmarks/server.py [--requests 500]

A server in a process of its own, clients in threads of this one, each with its connection. One row a request.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import httpx

ROWS = {
    "format": {"prompt": "What is 1 + 1?", "completion": "<think>One and one is two.</think>It is 2."},
    "code": {
        "prompt": "Print the square of a number.",
        "completion": "```python\nprint(int(input()) ** 2)\n```",
        "ground_truth": {"inputs": ["12\n"], "outputs": ["144\n"]},
    },
}
CLIENTS = (1, 8, 64)


def measured(url: str, row: dict, clients: int, requests: int) -> tuple[float, float, float]:
    """p50 and p99 in milliseconds, and requests a second."""
    took: list[float] = []
    body = json.dumps({"row": row}).encode()
    left = iter(range(requests))
    lock = threading.Lock()

    def ask() -> None:
        with httpx.Client(timeout=120) as client:
            while True:
                with lock:
                    if next(left, None) is None:
                        return
                started = time.perf_counter()
                answer = client.post(f"{url}/score", content=body, headers={"Content-Type": "application/json"})
                took.append(time.perf_counter() - started)
                assert answer.status_code == 200, answer.text
                assert answer.json()["result"]["reward"] == 1.0, answer.text

    threads = [threading.Thread(target=ask) for _ in range(clients)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - started
    assert len(took) == requests
    took.sort()
    return 1000 * took[len(took) // 2], 1000 * took[int(0.99 * len(took))], requests / seconds


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--requests", type=int, default=500)
    requests = parser.parse_args().requests
    print("| reward | clients | p50 | p99 | requests/s |\n|---|---|---|---|---|")
    for name, row in ROWS.items():
        with tempfile.TemporaryDirectory() as folder:
            rubric = Path(folder) / "rubric.yaml"
            rubric.write_text(f"rewards: {{{name}: {{}}}}")
            command = [sys.executable, "-m", "rewardkit", "serve", str(rubric), "--port", "0"]
            with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
                assert server.stdout
                url = server.stdout.readline().split()[-1]
                measured(url, row, 1, 20)  # warm
                for clients in CLIENTS:
                    p50, p99, rate = measured(url, row, clients, requests)
                    print(f"| `{name}` | {clients} | {p50:.1f} ms | {p99:.1f} ms | {rate:,.0f} |", flush=True)
                server.terminate()


if __name__ == "__main__":
    main()
