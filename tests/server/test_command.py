"""`rewardkit serve` as an operator starts and ends it."""

import signal
import subprocess
import sys
import threading
import time

import httpx
import pytest

from .conftest import MOODY


@pytest.mark.parametrize(("ends", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_server_that_is_told_to_end_answers_what_it_accepted(tmp_path, ends, code):
    (tmp_path / "rubric.yaml").write_text("rewards: {moody: {}}")
    command = [sys.executable, "-m", "rewardkit", "serve", f"mine={tmp_path / 'rubric.yaml'}", "--port", "0"]
    answers = []
    with subprocess.Popen(
        [*command, "--plugin", str(MOODY), "--workers", "1"], stdout=subprocess.PIPE, text=True
    ) as server:
        said = server.stdout.readline()
        url = said.split()[-1]

        def ask() -> None:
            row = {"prompt": "p", "completion": "hang"}
            answers.append(httpx.post(f"{url}/score", json={"row": row, "deadline_s": 3}, timeout=120))

        asking = threading.Thread(target=ask)
        asking.start()
        while asking.is_alive() and "rows_waiting 1.0" not in httpx.get(f"{url}/metrics", timeout=120).text:
            time.sleep(0.05)
        server.send_signal(ends)
        asking.join()
    assert said.startswith("serving mine at http://127.0.0.1:")
    assert answers[0].json()["result"]["scores"]["moody"]["kind"] == "timeout"
    assert server.returncode == code


def test_rubrics_of_one_name_and_files_that_are_none_are_refused(tmp_path):
    (tmp_path / "a.yaml").write_text("rewards: {format: {}}")
    for arguments, says in (([tmp_path / "a.yaml"] * 2, "two rubrics"), ([tmp_path / "b.yaml"], "b.yaml")):
        command = [sys.executable, "-m", "rewardkit", "serve", *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (done.returncode, says in done.stderr) == (2, True), done.stderr
