"""A JSON document that holds all rows is read as its rows; what is JSON lines stays JSON lines."""

import json

import pytest

from rewardkit import InputError
from rewardkit.input.files import read_rows
from rewardkit.input.json_rows import CONTAINERS, LINE_LIMIT_BYTES
from rewardkit.output.writers import open_output

ROWS = [{"prompt": "p", "completion": "1"}, {"prompt": "p", "completion": "2", "n": 2**70}]


def rows_of(path, text):
    path.write_text(text, encoding="utf-8")
    return [row.data for row in read_rows(path)]


@pytest.mark.parametrize("indent", [None, 0, 2])
@pytest.mark.parametrize("document", [ROWS, *({"version": 3, name: ROWS, "mean": 0.5} for name in CONTAINERS)], ids=str)
def test_a_document_is_read_as_the_rows_in_it(tmp_path, document, indent):
    path = tmp_path / "rows.json"
    assert rows_of(path, json.dumps(document, indent=indent)) == ROWS
    assert [row.where for row in read_rows(path)] == [f"{path}, row 1", f"{path}, row 2"]


def test_one_row_over_several_lines_is_a_row(tmp_path):
    assert rows_of(tmp_path / "row.json", json.dumps(ROWS[0], indent=4)) == [ROWS[0]]


@pytest.mark.parametrize(
    "row",
    [
        {"prompt": "p", "samples": [{"completion": "2"}]},
        {"response": "r", "results": [{"ok": True}]},
        {"messages": [{"role": "assistant", "content": "2"}], "items": [{"id": 1}]},
        {"results": [{"ok": True}], "rewardkit": {"reward": 1.0, "scores": {}}},
        {"results": [1, 2]},
        {"results": []},
        {"other": [{"completion": "2"}]},
    ],
    ids=str,
)
def test_a_row_that_also_holds_objects_stays_a_row(tmp_path, row):
    assert rows_of(tmp_path / "rows.jsonl", json.dumps(row)) == [row]


def test_lines_that_each_hold_rows_are_lines(tmp_path):
    line = json.dumps({"results": ROWS})
    assert rows_of(tmp_path / "rows.jsonl", f"{line}\n{line}\n") == [{"results": ROWS}] * 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[{"completion": "2"},\n 3]', r"rows\.json, row 2: is a number \(3\), and a row must be an object"),
        ('[\n{"completion": "2"},\n', r"rows\.json: the JSON is cut off"),
        ('{\n"rows": [{"a": 1, "a": 2}]\n}', r"rows\.json: has the key 'a' twice"),
        ('[{"completion": "1"}]\n[{"completion": "2"}]', r"rows\.json, line 1: is a list"),
    ],
)
def test_a_broken_document_is_named(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        rows_of(tmp_path / "rows.json", text)


def test_a_document_over_the_limit_is_answered_with_the_command_that_splits_it(tmp_path):
    path = tmp_path / "rows.json"
    line = '{"completion": "' + "x" * 1_000_000 + '"},\n'
    path.write_text("[\n" + line * (LINE_LIMIT_BYTES // 1_000_000 + 2) + '{"completion": "2"}]')
    with pytest.raises(InputError, match=r"rows\.json: is one JSON document of more than 64 MiB, .*`jq -c"):
        next(read_rows(path))


def test_judged_rows_of_a_document_are_written_as_lines(tmp_path):
    (tmp_path / "in.json").write_text(json.dumps(ROWS, indent=1))
    with open_output(tmp_path / "out.jsonl") as output:
        for row in read_rows(tmp_path / "in.json"):
            output.write(row, {"reward": 1.0, "scores": {}})
    found = [row.data for row in read_rows(tmp_path / "out.jsonl")]
    assert found == [{**row, "rewardkit": {"reward": 1.0, "scores": {}}} for row in ROWS]
