"""The server's own API: rows in, judgements out."""

import json

import httpx
import pytest

from rewardkit import Scorer, from_block
from rewardkit_server.settings import Settings

from .conftest import MOODY, RUBRIC

ROW = {"prompt": "p", "completion": "right wrong"}


def test_a_row_and_rows_get_what_a_scorer_gives(url):
    rows = [{"prompt": "p", "completion": text} for text in ("right", "wrong right", "raise", "abstain", "")]
    with Scorer(RUBRIC, plugins=[MOODY], workers=1) as scorer:
        wanted = scorer.score(rows)
    many = httpx.post(f"{url}/score", json={"rows": rows}, timeout=120).json()
    assert [from_block(block).reward for block in many["results"]] == [result.reward for result in wanted]
    for row, result in zip(rows, wanted, strict=True):
        one = from_block(httpx.post(f"{url}/score", json={"row": row}, timeout=120).json()["result"])
        assert one.reward == result.reward
        assert one.scores == result.scores


def test_a_stream_answers_line_by_line_in_order_and_a_bad_line_spoils_no_other(url):
    lines = [json.dumps({"prompt": "p", "completion": "right " * n + "wrong"}) for n in range(5)]
    lines[2] = "{"
    lines[3] = '{"nothing": 1}'
    answer = httpx.post(
        f"{url}/score", content="\n".join(lines), headers={"Content-Type": "application/x-ndjson"}, timeout=120
    )
    said = [json.loads(line) for line in answer.text.splitlines()]
    assert [one.get("reward") for one in said] == [0.0, 0.5, None, None, 0.8]
    assert [one.get("line") for one in said] == [None, None, 3, 4, None]


def test_explain_shows_the_parts_and_what_each_reward_adds(url):
    said = httpx.post(
        f"{url}/explain", json={"row": ROW | {"completion": "<think>so</think>right"}}, timeout=120
    ).json()
    assert (said["reasoning"], said["answer"]) == ("so", "right")
    assert said["adds"] == {"moody": 1.0, "format": 0.5} or sum(said["adds"].values()) == said["result"]["reward"]


@pytest.mark.parametrize(
    ("path", "content", "status", "says"),
    [
        ("/score", "{", 400, "JSON"),
        ("/score", "[" * 100_000, 400, "JSON"),
        ("/score", "{}", 422, "row"),
        ("/score", '{"row": {}, "rows": []}', 422, "one of both"),
        ("/score", '{"rows": [{"completion": "a"}, {"nothing": 1}]}', 422, "row 2"),
        ("/score", '{"row": {"completion": "a"}, "rubric": "other"}', 404, "moody"),
        ("/score", '{"row": {"completion": "a"}, "progress": 2}', 422, "progress"),
        ("/score", '{"row": {"completion": "a"}, "deadline_s": -1}', 422, "deadline_s"),
        ("/nothing", "{}", 404, "/openapi.json"),
    ],
)
def test_a_refusal_says_what_is_wrong(url, path, content, status, says):
    answer = httpx.post(url + path, content=content, headers={"Content-Type": "application/json"}, timeout=120)
    assert answer.status_code == status
    assert says in answer.json()["error"]


def test_of_several_rubrics_a_request_names_one(serve):
    url = serve({"moody": RUBRIC, "format": {"rewards": {"format": {}}}})
    assert [one["name"] for one in httpx.get(f"{url}/rubrics", timeout=120).json()] == ["moody", "format"]
    assert httpx.post(f"{url}/score", json={"row": ROW}, timeout=120).status_code == 422
    said = httpx.post(f"{url}/score", json={"row": ROW, "rubric": "format"}, timeout=120).json()
    assert [*said["result"]["scores"]] == ["format"]
    assert httpx.post(f"{url}/rubrics/format/slime", json={"prompt": "", "response": "x"}, timeout=120).json() == 0.0


def test_a_deadline_is_a_failed_judgement_and_no_0(url):
    answer = httpx.post(f"{url}/score", json={"row": ROW | {"completion": "hang"}, "deadline_s": 0.2}, timeout=120)
    result = from_block(answer.json()["result"])
    assert result.reward is None
    assert {(score.status, score.kind) for score in result.scores.values()} == {("failed", "timeout")}


def test_past_its_queue_the_server_says_when_to_ask_again(serve):
    url = serve({"moody": RUBRIC}, Settings(queue_rows=4, rows=10))
    hanging = {"rows": [ROW | {"completion": "hang"}] * 4, "deadline_s": 3}
    with httpx.Client(timeout=120) as client:
        import threading

        thread = threading.Thread(target=lambda: client.post(f"{url}/score", json=hanging))
        thread.start()
        for _ in range(100):
            answer = httpx.get(f"{url}/readyz", timeout=120)
            if answer.status_code == 503:
                break
        refused = httpx.post(f"{url}/score", json={"row": ROW}, timeout=120)
        thread.join()
    assert (answer.status_code, refused.status_code) == (503, 429)
    assert int(refused.headers["Retry-After"]) >= 1
    assert httpx.post(f"{url}/score", json={"rows": [ROW] * 11}, timeout=120).status_code == 413


def test_the_metrics_have_no_other_labels_than_alias_kind_and_status(url):
    httpx.post(f"{url}/score", json={"row": ROW | {"completion": "raise"}}, timeout=120)
    text = httpx.get(f"{url}/metrics", timeout=120).text
    assert 'rewardkit_scores_total{alias="moody",kind="plugin_error",status="failed"}' in text
    labels = {
        pair.split("=")[0]
        for line in text.splitlines()
        if "{" in line
        for pair in line.split("{")[1].split("}")[0].split(",")
    }
    assert labels <= {"alias", "kind", "status", "le"}


def test_the_page_loads_nothing_and_writes_text_alone(url):
    answer = httpx.get(f"{url}/", timeout=120)
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "innerHTML" not in answer.text
    assert "//" not in answer.text.replace("// What", "")
    assert "onload" not in answer.text


def test_every_route_is_described(url):
    described = httpx.get(f"{url}/openapi.json", timeout=120).json()["paths"]
    for path in ("/score", "/explain", "/rubrics", "/jobs", "/healthz", "/readyz", "/metrics", "/get_reward", "/slime",
                 "/verify", "/reverify_mode", "/run_code", "/ors/{env}/call"):  # fmt: skip
        for operation in described[path].values():
            assert operation["responses"].keys() >= {"200"}
            assert operation["description"]
