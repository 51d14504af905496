"""Rows come out of a file as they were written into it, whatever it is packed in."""

import gzip
import io
import json
import math
import os
import subprocess
import sys
import threading
from pathlib import Path

import orjson
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from rewardkit import InputError
from rewardkit.input.files import read_rows
from rewardkit.input.json_text import parse_json

linux = pytest.mark.skipif(sys.platform != "linux", reason="uses /proc, /dev/full or a user without rights")

ROWS = [{"prompt": "1+1?", "completion": "2"}, {"prompt": "größer", "completion": "是 \U0001f600"}]
LINES = b"".join(orjson.dumps(row) + b"\n" for row in ROWS)


def rows_of(path, **options):
    return [row.data for row in read_rows(path, **options)]


def write(folder: Path, content: bytes, name: str = "rows.jsonl") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    "content",
    [LINES, gzip.compress(LINES), gzip.compress(LINES[:30]) + gzip.compress(LINES[30:]), zstandard.compress(LINES),
     zstandard.compress(LINES[:30]) + zstandard.compress(LINES[30:])],
    ids=["plain", "gzip", "two gzip members", "zstd", "two zstd frames"],
)  # fmt: skip
def test_the_first_bytes_decide_how_a_file_is_packed(tmp_path, content):
    assert rows_of(write(tmp_path, content, "any.name")) == ROWS


@pytest.mark.parametrize("content", [LINES, gzip.compress(LINES, mtime=0), zstandard.compress(LINES)])
def test_a_dash_is_standard_input_packed_or_not(content):
    code = "from rewardkit.input.files import read_rows; print([(r.data, r.where) for r in read_rows('-')])"
    done = subprocess.run([sys.executable, "-c", code], input=content, capture_output=True, check=True)
    assert done.stdout.decode() == f"{[(row, f'standard input, line {i}') for i, row in enumerate(ROWS, 1)]}\n"


@linux
def test_a_pipe_may_hand_over_its_first_bytes_one_by_one(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    def feed():
        with pipe.open("wb", buffering=0) as out:
            for byte in gzip.compress(LINES):
                out.write(bytes([byte]))

    feeder = threading.Thread(target=feed)
    feeder.start()
    assert rows_of(pipe) == ROWS
    feeder.join()


def test_a_row_knows_its_place_and_blank_lines_count(tmp_path):
    path = write(tmp_path, b'\n{"a":1}\r\n  \n{"a":2}')
    assert [(row.line, row.source, row.where) for row in read_rows(path)] == [
        (2, str(path), f"{path}, line 2"),
        (4, str(path), f"{path}, line 4"),
    ]


def test_byte_order_marks_are_no_part_of_the_first_column_wherever_files_were_joined(tmp_path):
    bom = b"\xef\xbb\xbf"
    path = write(tmp_path, bom + bom + b'{"a":1}\n' + bom + b'{"a":2}\n' + bom + b"\n")
    assert rows_of(path) == [{"a": 1}, {"a": 2}]


def test_limit_stops_before_what_comes_after(tmp_path):
    path = write(tmp_path, b'{"a":1}\n{"a":2}\nnot json\n')
    assert rows_of(path, limit=2) == [{"a": 1}, {"a": 2}]
    assert rows_of(path, limit=0) == []


@pytest.mark.parametrize("content", [b"", b"\n\n", gzip.compress(b"", mtime=0), zstandard.compress(b"")])
def test_a_file_without_rows_yields_none(tmp_path, content):
    assert rows_of(write(tmp_path, content)) == []


@pytest.mark.parametrize(
    "number", [2**63 - 1, 2**63, 2**64 - 1, 2**64, 2**100, -(2**63), -(2**63) - 1, -(10**19) + 1, 10**4000]
)
def test_integers_of_any_size_are_exact(tmp_path, number):
    found = rows_of(write(tmp_path, f'{{"ground_truth": {number}, "deep": [{{"n": {number}}}]}}\n'.encode()))
    assert found == [{"ground_truth": number, "deep": [{"n": number}]}]


def test_nan_and_infinity_are_read_as_pythons_json_writes_them(tmp_path):
    (data,) = rows_of(write(tmp_path, json.dumps({"a": math.nan, "b": math.inf, "c": -math.inf}).encode()))
    assert math.isnan(data["a"])
    assert (data["b"], data["c"]) == (math.inf, -math.inf)


def test_half_a_surrogate_pair_becomes_the_replacement_character_and_a_whole_pair_its_letter(tmp_path):
    path = write(tmp_path, rb'{"completion": "x\ud83d", "b\udc00": ["\ud83d\ude00\ud83d"]}')
    assert rows_of(path) == [{"completion": "x\ufffd", "b\ufffd": ["\U0001f600\ufffd"]}]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.lists(st.dictionaries(st.text(st.characters(codec="utf-8")), JSON, max_size=5), max_size=5), st.booleans())
def test_what_json_dumps_writes_comes_back(tmp_path_factory, rows, ascii_only):
    lines = "\n".join(json.dumps(row, ensure_ascii=ascii_only) for row in rows).encode()
    path = write(tmp_path_factory.mktemp("rows"), lines)
    assert list(map(repr, rows_of(path))) == list(map(repr, rows))


KEYS = st.sampled_from(["a", "b", '"', "\\", '\\"', '":', '" :', "é", "\t", " "])
SPACES = st.sampled_from(["", " ", "\t"])


@st.composite
def objects(draw, levels=2):
    """The text of an object, and whether some object in it has a key twice."""
    keys = draw(st.lists(KEYS, max_size=4))
    doubled = len(set(keys)) < len(keys)
    parts = []
    for key in keys:
        text = json.dumps(draw(KEYS))
        if levels and draw(st.booleans()):
            inner, found = draw(objects(levels - 1))
            doubled = doubled or found
            text = draw(st.sampled_from([inner, f"[{inner}]", f"[1, {inner}]", f"[[], {inner}]"]))
        parts.append(f"{json.dumps(key, ensure_ascii=draw(st.booleans()))}{draw(SPACES)}:{draw(SPACES)}{text}")
    return "{" + f"{draw(SPACES)},{draw(SPACES)}".join(parts) + "}", doubled


@given(objects())
def test_a_key_that_an_object_has_twice_is_always_found_and_no_other_ever(found):
    text, doubled = found
    try:
        assert parse_json(text.encode(), "here") == json.loads(text)
        refused = False
    except InputError as error:
        refused = "twice in one object" in str(error)
        assert refused
    assert refused == doubled


def test_a_row_keeps_its_line_as_it_was_written(tmp_path):
    line = b'{ "n" :1e400, "t":"\\u00e9\xc3\xa9" , "m": 1.10 }'
    (row,) = read_rows(write(tmp_path, b"  " + line + b"\r\n"))
    assert row.raw == line


@linux
def test_a_gzip_that_unpacks_to_gigabytes_is_read_piece_by_piece(tmp_path):
    path = tmp_path / "zeros.gz"
    with gzip.open(path, "wb", compresslevel=1) as out:
        for _ in range(300):
            out.write(b'{"a":1}\n' + b" " * (1 << 20) + b"\n")
    code = f"""
from pathlib import Path
from rewardkit import InputError
from rewardkit.input.files import read_rows
from rewardkit.input.json_text import parse_json
assert sum(1 for _ in read_rows({str(path)!r})) == 300
print(Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert int(done.stdout) < 150_000, "kB of 300 MB unpacked"


def test_standard_input_in_a_test_harness_is_read_through_its_buffer(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(LINES)))
    assert rows_of("-") == ROWS
