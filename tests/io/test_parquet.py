"""Parquet goes in and out like JSON lines do."""

import datetime as dt
import decimal
import json
import math
import os
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rewardkit import InputError, OutputError
from rewardkit.input.files import read_rows
from rewardkit.input.row_reader import detect
from rewardkit.output.writers import open_output


def block(reward, **details):
    score = {
        "value": reward,
        "status": "scored",
        "kind": "judged",
        "weight": 1.0,
        "reason": "because",
        "details": details,
    }
    return {"reward": reward, "scores": {"math": score}}


def write(path, rows, **options):
    pq.write_table(pa.Table.from_pylist(rows), path, **options)
    return path


def score(source, target, blocks=None):
    with open_output(target) as output:
        for number, row in enumerate(read_rows(source)):
            output.write(row, blocks[number] if blocks else block(1.0, seen=number))


def jsonl(path, *rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


CHAT = [
    {"prompt": [{"role": "user", "content": "1+1?"}], "completion": [{"role": "assistant", "content": str(n)}],
     "extra_info": {"index": n, "split": "train"}}
    for n in range(10)
]  # fmt: skip


def test_rows_come_with_the_number_of_the_row(tmp_path):
    path = write(tmp_path / "rows.parquet", CHAT, row_group_size=3)
    rows = list(read_rows(path))
    assert [row.data for row in rows] == CHAT
    assert rows[4].where == f"{path}, row 5"
    assert detect(rows[0]).sample(rows[4]).completion_text == "4"


def test_the_first_bytes_make_it_parquet_not_the_name(tmp_path):
    path = write(tmp_path / "rows.bin", CHAT)
    assert len(list(read_rows(path, limit=7))) == 7


def test_a_file_that_is_only_named_parquet_is_named(tmp_path):
    path = tmp_path / "rows.parquet"
    path.write_text('{"completion": "2"}')
    with pytest.raises(InputError, match=r"rows\.parquet: is named \.parquet but does not begin as such a file does"):
        list(read_rows(path))


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_file_that_is_cut_off_is_named(tmp_path, share):
    path = write(tmp_path / "rows.parquet", CHAT)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(InputError, match=r"rows\.parquet: .* cut off or damaged .* again"):
        list(read_rows(path))


def test_parquet_down_a_pipe_is_refused(tmp_path):
    path = write(tmp_path / "rows.parquet", CHAT)
    code = "from rewardkit.input.files import read_rows; list(read_rows('-'))"
    with path.open("rb") as file:
        done = subprocess.run([sys.executable, "-c", code], stdin=file, capture_output=True, text=True, check=False)
    assert "standard input: is a table, which cannot be read from a pipe; name the file itself" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="named pipes are of POSIX")
def test_parquet_down_a_named_pipe_is_refused(tmp_path):
    write(tmp_path / "rows.parquet", [{"completion": "2"}])
    os.mkfifo(tmp_path / "pipe")
    code = f"from rewardkit.input.files import read_rows; list(read_rows({str(tmp_path / 'pipe')!r}))"
    with subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True) as reader:
        (tmp_path / "pipe").write_bytes((tmp_path / "rows.parquet").read_bytes())
        _, said = reader.communicate(timeout=900)
    assert "cannot be read from a pipe; name the file itself" in said


@pytest.mark.parametrize("use", ["list(read_rows('rows.parquet'))", "open_output('out.parquet')"])
def test_without_pyarrow_the_extra_is_named(tmp_path, use):
    write(tmp_path / "rows.parquet", CHAT)
    code = f"""
import sys
sys.modules["pyarrow"] = None
from rewardkit.input.files import read_rows
from rewardkit.output.writers import open_output
{use}
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "a table needs pyarrow: `pip install 'rewardkit[parquet]'`" in done.stderr.splitlines()[-1]


def test_reading_json_lines_does_not_wait_for_pyarrow(tmp_path):
    path = jsonl(tmp_path / "rows.jsonl", {"completion": "2"})
    code = f"""
import sys
from rewardkit.input.files import read_rows
from rewardkit.output.writers import open_output
with open_output({str(tmp_path / "out.jsonl")!r}) as output:
    output.write(next(read_rows({str(path)!r})), {{}})
print(sorted({{"pyarrow", "zstandard"}} & set(sys.modules)))
"""
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout == b"[]\n"


def test_a_parquet_output_has_the_rows_and_the_block(tmp_path):
    score(write(tmp_path / "rows.parquet", CHAT), tmp_path / "out.parquet")
    found = pq.read_table(tmp_path / "out.parquet").to_pylist()
    assert [{**row, "rewardkit": None} for row in found] == [{**row, "rewardkit": None} for row in CHAT]
    judgement = found[3]["rewardkit"]
    assert judgement["reward"] == 1.0
    assert judgement["scores"]["math"].pop("details") == '{"seen": 3}'
    assert judgement["scores"]["math"] == {
        "value": 1.0,
        "status": "scored",
        "kind": "judged",
        "weight": 1.0,
        "reason": "because",
    }


def test_columns_and_scores_may_differ_from_row_to_row(tmp_path):
    first = [{"completion": "2", "n": 1}] * 3000
    source = jsonl(tmp_path / "rows.jsonl", *first, {"completion": "3", "n": 1.5, "late": {"a": {}, "b": []}, "x": {}})
    blocks = [block(1.0)] * 3000 + [{"reward": None, "scores": {"code": block(0.0)["scores"]["math"]}}]
    score(source, tmp_path / "out.parquet", blocks)
    found = pq.read_table(tmp_path / "out.parquet").to_pylist()
    assert (found[0]["n"], found[0]["late"], found[0]["rewardkit"]["scores"]["code"]) == (1.0, None, None)
    last = found[-1]
    assert (last["n"], last["late"], last["x"]) == (1.5, {"a": None, "b": []}, None)
    assert (last["rewardkit"]["reward"], last["rewardkit"]["scores"]["math"]) == (None, None)


@pytest.mark.parametrize(
    "rows",
    [
        [{"completion": "2", "answer": 2}, {"completion": "2", "answer": "2"}],
        [{"completion": "2", "answer": 2}] * 3000 + [{"completion": "2", "answer": "2"}],
        [{"completion": "2", "answer": 2**70}],
    ],
    ids=["in one batch", "in two batches", "too large"],
)
def test_a_column_that_fits_no_table_is_named_with_the_fix(tmp_path, rows):
    source = jsonl(tmp_path / "in.jsonl", *rows)
    folder = tmp_path / "out"
    folder.mkdir()
    with pytest.raises(OutputError, match=r"out\.parquet: the rows do not fit one table: .*answer.*\.jsonl"):
        score(source, folder / "out.parquet")
    assert list(folder.iterdir()) == []


def test_an_input_without_rows_makes_a_table_without_rows(tmp_path):
    score(jsonl(tmp_path / "rows.jsonl"), tmp_path / "out.parquet")
    assert list(read_rows(tmp_path / "out.parquet")) == []


def test_our_own_parquet_is_scored_again(tmp_path):
    score(write(tmp_path / "rows.parquet", CHAT), tmp_path / "once.parquet")
    score(tmp_path / "once.parquet", tmp_path / "twice.parquet")
    assert pq.read_table(tmp_path / "once.parquet").equals(pq.read_table(tmp_path / "twice.parquet"))
    score(tmp_path / "once.parquet", tmp_path / "lines.jsonl")
    (row,) = read_rows(tmp_path / "lines.jsonl", limit=1)
    assert row.data == {**CHAT[0], "rewardkit": block(1.0, seen=0)}


def test_what_json_has_no_word_for_becomes_text(tmp_path):
    when = dt.datetime(2025, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
    row = {"completion": "2", "when": when, "day": when.date(), "price": decimal.Decimal("1.10"), "image": b"\x00\xff",
           "score": math.nan, "best": [math.inf]}  # fmt: skip
    score(write(tmp_path / "rows.parquet", [row]), tmp_path / "out.jsonl")
    (found,) = (row.data for row in read_rows(tmp_path / "out.jsonl"))
    assert math.isnan(found.pop("score"))
    del found["rewardkit"]
    assert found == {"completion": "2", "when": "2025-01-02T03:04:05+00:00", "day": "2025-01-02", "price": "1.10",
                     "image": "AP8=", "best": [math.inf]}  # fmt: skip
